"""What a golden case of the Pairformer is made of, and the inputs it describes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from af3_export import random_tensors

COMPONENT = "pairformer"
# Names of the single representation, the pair representation and the mask of single tokens.
NAMES = {"ligo": ("s", "z", "single_mask"), "deepmind": ("single", "pair", "seq_mask")}
# ligo's entries outside the masks are rounding noise at 1e8; deepmind's padded entries count (trap T18).
VALID = {"ligo": {"z": "pair_mask", "s": "single_mask"}, "deepmind": {}}


@dataclass(frozen=True)
class PairformerCase:
    """One case; stored cases keep all their tensors in files, the others name them by seed."""

    name: str
    engine: str
    shows: str
    tokens: int
    c_s: int
    c_z: int
    config: Mapping[str, Any]
    seed: int = 0
    stored: bool = True
    # Tokens whose single mask and whole row and column of the pair mask are 0.
    padded: tuple[int, ...] = ()
    # Rows and columns of the pair mask without a 1, of tokens that are not padded otherwise (deepmind only: see VALID).
    empty_rows: tuple[int, ...] = ()
    empty_columns: tuple[int, ...] = ()
    mask_type: type[np.generic] = np.float32
    pair_mean: float = 0.0
    # What a reader must ignore: entries merged into the config (at any depth) and tensors beside the real ones.
    extra_config: Mapping[str, Any] = field(default_factory=dict)
    extra_weights: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    extra_inputs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def seeded_dims(case: PairformerCase) -> dict[str, int]:
    """What a seeded case must say about its inputs: ligo's config has the widths, deepmind's has not."""
    widths = {} if case.engine == "ligo" else {"c_s": case.c_s, "c_z": case.c_z}
    return {"tokens": case.tokens, **widths}


def make_inputs(case: PairformerCase) -> dict[str, NDArray]:
    """All inputs of a case; a seeded case has exactly those that its seed and dims name."""
    inputs: dict[str, NDArray] = {
        **random_tensors.pairformer_inputs(case.engine, case.seed, case.tokens, case.c_s, case.c_z)
    }
    if not case.stored:
        return inputs
    _, pair, single_mask = NAMES[case.engine]
    if case.pair_mean:
        inputs[pair] = np.float32(case.pair_mean) + inputs[pair]
    # A second draw leaves about three quarters, not symmetric and no outer product; the diagonal stays 1.
    thinner = random_tensors.mask(case.seed, "pair_mask/thinner", (case.tokens, case.tokens))
    np.fill_diagonal(thinner, 1)
    mask = inputs["pair_mask"] * thinner
    for token in case.padded:
        inputs[single_mask][token] = 0
        mask[token, :] = mask[:, token] = 0
    mask[list(case.empty_rows), :] = 0
    mask[:, list(case.empty_columns)] = 0
    inputs["pair_mask"] = mask.astype(case.mask_type)
    inputs[single_mask] = inputs[single_mask].astype(case.mask_type)
    for name, shape in case.extra_inputs.items():
        inputs[name] = random_tensors.mask(case.seed, name, shape).astype(np.int32)
    return inputs


def merged(config: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """A config with the extra entries added, dictionaries merged key by key."""
    found = dict(config)
    for key, value in extra.items():
        found[key] = merged(found.get(key) or {}, value) if isinstance(value, Mapping) else value
    return found
