"""Windows of atoms as slices, in which the number of atoms stays free when a network is exported."""

import torch
from torch.nn import functional


def windows(x: torch.Tensor, n_queries: int, n_keys: int, pad_value: float | None = None) -> torch.Tensor:
    """[.., A, c] to [.., A / n_queries, n_keys, c]: slices of the padded atoms cut into runs of queries, side by side."""
    side = (n_keys - n_queries) // 2
    padded = functional.pad(x, (0, 0, side, side), value=pad_value or 0) if side else x
    runs = padded.unflatten(-2, (-1, n_queries))
    count, kept = n_keys // n_queries, x.shape[-2] // n_queries
    parts = [runs[..., first : first + kept, :, :] for first in range(count)]
    return torch.cat(parts, dim=-2) if count > 1 else runs


def whole_windows(x: torch.Tensor, n_queries: int) -> torch.Tensor:
    """[.., A, c] with zeros behind, so that the atoms fill their windows."""
    atoms = x.shape[-2]
    count = (atoms + n_queries - 1) // n_queries
    return functional.pad(x, (0, 0, 0, count * n_queries - atoms))


def ownership(tokens: int, to_token: torch.Tensor) -> torch.Tensor:
    """[tokens, A] of ones where a token owns an atom, from each atom's token [.., A]."""
    every = torch.arange(tokens, dtype=to_token.dtype, device=to_token.device)
    return (every[:, None] == to_token[..., None, :]).to(torch.float32)
