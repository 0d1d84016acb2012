"""What a graph makes of a case's inputs before the network's own modules: one-hots, windows, relative positions, templates."""

from collections.abc import Mapping

import torch

from af3_export.core.torch.component import Tensors
from af3_export.core.torch.windows import whole_windows, windows
from af3_export.engines.protenix import network
from af3_export.engines.protenix.features import CHARACTERS, ELEMENTS
from af3_export.engines.protenix.onnx.patches import inside, one_hot

QUERIES, KEYS = 32, 128
BINS, FIRST_EDGE, LAST_EDGE, NO_EDGE = 39, 3.25, 50.75, 1e8
EPSILON = 1e-6
CLASSES, SLOTS = 32, 24
# Inputs that the graph takes as int32, to index with; the others it compares and subtracts, which float32 does exactly to 2^24.
INTEGERS = ("atom_to_token_idx", "atom_to_tokatom_idx", "msa_order")


def unbatched(given: Tensors) -> Tensors:
    """Inputs without the graph's batch axis."""
    return {name: value[0] for name, value in given.items()}


def with_atoms(given: Tensors) -> Tensors:
    """Features with elements and names as one-hots, and the pairs of the windows."""
    found = dict(given)
    found["ref_element"] = one_hot(given["ref_element"], ELEMENTS)
    found["ref_atom_name_chars"] = one_hot(given["ref_atom_name_chars"], CHARACTERS)

    def pairs(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        whole = whole_windows(x, QUERIES)
        return windows(whole, QUERIES, QUERIES)[..., None, :], windows(whole, QUERIES, KEYS)[..., None, :, :]

    queries, keys = pairs(given["ref_pos"])
    found["d_lm"] = queries - keys
    queries, keys = pairs(given["ref_space_uid"][:, None])
    found["v_lm"] = (queries == keys).to(torch.float32)
    found["pad_info"] = {"mask_trunked": inside(given["ref_pos"])}  # type: ignore[assignment]
    return found


def relative_positions(given: Tensors, r_max: int, s_max: int) -> torch.Tensor:
    """`relp` [N, N, 4 r_max + 2 s_max + 7]."""

    def apart(name: str) -> torch.Tensor:
        return given[name][:, None] - given[name][None, :]

    def same(name: str) -> torch.Tensor:
        return (apart(name) == 0).to(torch.float32)

    def places(distance: torch.Tensor, limit: int, counts: torch.Tensor) -> torch.Tensor:
        clipped = torch.clamp(distance + limit, 0, 2 * limit) * counts + (1 - counts) * (2 * limit + 1)
        return one_hot(clipped, 2 * limit + 2)

    chain, entity = same("asym_id"), same("entity_id")
    return torch.cat(
        [
            places(apart("residue_index"), r_max, chain),
            places(apart("token_index"), r_max, chain * same("residue_index")),
            entity[..., None],
            places(apart("sym_id"), s_max, entity),
        ],
        -1,
    )


def _slot_tables() -> tuple[torch.Tensor, torch.Tensor]:
    """[32, 24] of the pseudo-beta's slot and [3, 32, 24] of those of a frame's C, CA and N, as ones by class."""
    constants = network.module("data.constants")
    slots = torch.eye(SLOTS)
    beta = slots[torch.as_tensor(constants.RESTYPE_PSEUDOBETA_INDEX).long()]
    frames = torch.as_tensor(constants.RESTYPE_RIGIDGROUP_DENSE_ATOM_IDX[:, 0]).long()
    return beta, torch.stack([slots[frames[:, place]] for place in range(3)])


def _length(x: torch.Tensor) -> torch.Tensor:
    return torch.sqrt((x * x).sum(-1, keepdim=True)) + EPSILON


def template_geometry(given: Mapping[str, torch.Tensor]) -> Tensors:
    """The four derived features of raw templates [T, N, ..]."""
    classes, mask = one_hot(given["template_aatype"], CLASSES), given["template_atom_mask"]
    positions = given["template_atom_positions"] * mask[..., None]
    table, frames = _slot_tables()

    def taken(slots: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        chosen = torch.matmul(classes, slots)
        return (positions * chosen[..., None]).sum(-2), (mask * chosen).sum(-1)

    def pairs(x: torch.Tensor) -> torch.Tensor:
        return x[..., :, None] * x[..., None, :]

    beta, beta_mask = taken(table)
    apart = beta[..., :, None, :] - beta[..., None, :, :]
    squares = (apart * apart).sum(-1, keepdim=True)
    lower = torch.linspace(FIRST_EDGE, LAST_EDGE, BINS).square()
    upper = torch.cat([lower[1:], torch.tensor([NO_EDGE])])
    bins = ((squares > lower) & (squares < upper)).to(torch.float32)
    (c, c_mask), (ca, ca_mask), (n, n_mask) = (taken(frames[place]) for place in range(3))
    framed = pairs(c_mask * ca_mask * n_mask)
    first = (c - ca) / _length(c - ca)
    second = (n - ca) - ((n - ca) * first).sum(-1, keepdim=True) * first
    second = second / _length(second)
    third = torch.cat(
        [
            first[..., (1,)] * second[..., (2,)] - first[..., (2,)] * second[..., (1,)],
            first[..., (2,)] * second[..., (0,)] - first[..., (0,)] * second[..., (2,)],
            first[..., (0,)] * second[..., (1,)] - first[..., (1,)] * second[..., (0,)],
        ],
        -1,
    )
    turn = torch.stack([first, second, third], -1)
    vector = torch.matmul(ca[..., None, :, :] - ca[..., :, None, :], turn)
    vector = vector / _length(vector)
    return {
        "template_pseudo_beta_mask": pairs(beta_mask),
        "template_distogram": bins * pairs(beta_mask)[..., None],
        "template_unit_vector": vector * framed[..., None],
        "template_backbone_frame_mask": framed,
    }
