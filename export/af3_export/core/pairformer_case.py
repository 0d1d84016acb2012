"""Golden cases of a Pairformer: widths, masks with padding and empty rows, and the workloads of `bench`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from af3_export.core import random_tensors
from af3_export.core.component_case import ComponentCase
from af3_export.core.presets import pairformer_widths, preset
from af3_export.core.registry import find_engine

COMPONENT = "pairformer"
# The workloads of `bench --component pairformer` that are recorded.
PRESETS = (("tiny", 64), ("block", 40), ("block", 64), ("block", 128), ("block", 256))


def masked_inputs(
    engine: str,
    seed: int,
    tokens: int,
    c_s: int,
    c_z: int,
    *,
    padded: tuple[int, ...] = (),
    empty_rows: tuple[int, ...] = (),
    empty_columns: tuple[int, ...] = (),
    mask_type: type[np.generic] = np.float32,
    pair_mean: float = 0.0,
    extra_inputs: Mapping[str, tuple[int, ...]] | None = None,
) -> dict[str, NDArray]:
    """Inputs with asymmetric masks.

    `padded`: tokens whose single mask and whole row and column of the pair mask are 0; `empty_rows`, `empty_columns`: of
    the pair mask, without a 1, of other tokens; `extra_inputs`: tensors that a reader must ignore.
    """
    names = find_engine(engine).pairformer
    inputs: dict[str, NDArray] = {**random_tensors.pairformer_inputs(engine, seed, tokens, c_s, c_z)}
    if pair_mean:
        inputs[names.pair] = np.float32(pair_mean) + inputs[names.pair]
    # A second draw leaves about three quarters, not symmetric and no outer product; the diagonal stays 1.
    thinner = random_tensors.mask(seed, "pair_mask/thinner", (tokens, tokens))
    np.fill_diagonal(thinner, 1)
    mask = inputs["pair_mask"] * thinner
    for token in padded:
        inputs[names.single_mask][token] = 0
        mask[token, :] = mask[:, token] = 0
    mask[list(empty_rows), :] = 0
    mask[:, list(empty_columns)] = 0
    inputs["pair_mask"] = mask.astype(mask_type)
    inputs[names.single_mask] = inputs[names.single_mask].astype(mask_type)
    for name, shape in (extra_inputs or {}).items():
        inputs[name] = random_tensors.mask(seed, name, shape).astype(np.int32)
    return inputs


def stored_case(
    name: str,
    engine: str,
    shows: str,
    tokens: int,
    c_s: int,
    c_z: int,
    config: Mapping[str, Any],
    seed: int,
    *,
    extra_config: Mapping[str, Any] | None = None,
    extra_weights: Mapping[str, tuple[int, ...]] | None = None,
    **masks: Any,
) -> ComponentCase:
    """A small case that keeps all its tensors in files; `masks` are those of masked_inputs."""
    return ComponentCase(
        name,
        engine,
        COMPONENT,
        shows,
        config,
        seed,
        lambda: masked_inputs(engine, seed, tokens, c_s, c_z, **masks),
        valid=find_engine(engine).pairformer.valid,
        stored_weights=True,
        extra_config=extra_config or {},
        extra_weights=extra_weights or {},
    )


def seeded_case(
    name: str,
    engine: str,
    shows: str,
    tokens: int,
    c_s: int,
    c_z: int,
    config: Mapping[str, Any],
    seed: int = 0,
) -> ComponentCase:
    """A case whose tensors are all named by its seed."""
    widths = {} if find_engine(engine).pairformer.config_has_widths else {"c_s": c_s, "c_z": c_z}
    return ComponentCase(
        name,
        engine,
        COMPONENT,
        shows,
        config,
        seed,
        lambda: random_tensors.pairformer_inputs(engine, seed, tokens, c_s, c_z),
        {"tokens": tokens, **widths},
        find_engine(engine).pairformer.valid,
    )


def preset_cases(engine: str, workloads: Sequence[tuple[str, int]] = PRESETS) -> list[ComponentCase]:
    """Exactly the workloads of `bench --component pairformer --preset NAME --seq-len TOKENS`."""
    return [
        seeded_case(
            f"{name}-{tokens}",
            engine,
            f"the workload of bench at preset {name} and {tokens} tokens",
            tokens,
            *pairformer_widths(engine, name),
            preset(engine, name)[COMPONENT],
        )
        for name, tokens in workloads
    ]
