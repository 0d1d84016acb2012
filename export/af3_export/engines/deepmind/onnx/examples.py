"""Inputs of deepmind's components at given sizes and widths, to trace a graph and to check it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays
from af3_export.core.errors import InputError
from af3_export.engines.deepmind.cases import confidence, diffusion, msa, transformer
from af3_export.engines.deepmind.cases import template as template_cases
from af3_export.engines.deepmind.cases import trunk as trunk_cases

SEED = 7
Config = Mapping[str, Any]
Sizes = Mapping[str, int]
Widths = Mapping[str, int]
# Made-up complexes by their tokens; the rest of the tokens are padding.
COMPLEXES = (("CHAINS", 32), ("LARGE", 12), ("SMALL", 9))
# Seeds to try until no made-up distance lies on the edge of a bin.
TRIES = 50
BONDS = ("tokens_to_polymer_ligand_bonds", "tokens_to_ligand_ligand_bonds")


def size(sizes: Sizes, name: str) -> int:
    """A size that has no default."""
    if name not in sizes:
        raise InputError(f"a graph of deepmind is for one size: its number of {name} is needed (--{name})")
    return sizes[name]


def _complex(tokens: int) -> str:
    """The largest complex that fits."""
    for name, size in COMPLEXES:
        if size <= tokens:
            return name
    raise InputError(f"{tokens} tokens are too few to check this graph: the smallest complex has {COMPLEXES[-1][1]}")


def _clear(make: Any) -> Arrays:
    """Inputs of the first seed whose distances are clear of the edges of bins."""
    for seed in range(SEED, SEED + TRIES):
        try:
            return make(seed)
        except InputError:
            continue
    raise InputError(f"no seed from {SEED} to {SEED + TRIES - 1} gives positions that are clear of the edges of bins")


def _wide(widths: Widths, *names: str) -> tuple[int, ...]:
    """Widths by name, which have no default."""
    missing = [name for name in names if name not in widths]
    if missing:
        raise InputError(
            f"the config does not say how wide the inputs are: {missing[0]} is needed (--width {missing[0]}=N)"
        )
    return tuple(widths[name] for name in names)


def pairformer(config: Config, widths: Widths, sizes: Sizes) -> Arrays:
    """Seeded representations and masks."""
    del config
    return random_tensors.pairformer_inputs("deepmind", SEED, sizes["tokens"], *_wide(widths, "c_s", "c_z"))


def msa_stack(config: Config, widths: Widths, sizes: Sizes) -> Arrays:
    """Seeded representations and masks."""
    del config
    return msa._unpadded(SEED, sizes["rows"], sizes["tokens"], *_wide(widths, "c_m", "c_z"))


def template(config: Config, widths: Widths, sizes: Sizes) -> Arrays:
    """Templates for two chains; the last slot of several is empty."""
    del config
    tokens, slots = sizes["tokens"], sizes["templates"]
    (c_z,) = _wide(widths, "c_z")
    chains, empty = (tokens - tokens // 3, tokens // 3), (slots - 1,) if slots > 1 else ()
    return _clear(lambda seed: template_cases._inputs(seed, slots, chains, c_z, tokens // 8, empty))


def diffusion_transformer(config: Config, widths: Widths, sizes: Sizes) -> Arrays:
    """Seeded representations and a mask."""
    del config
    return transformer._inputs(SEED, sizes["tokens"], *_wide(widths, "c", "c_s", "c_p"))


def diffusion_head(config: Config, widths: Widths, sizes: Sizes) -> Arrays:
    """A noisy complex."""
    del config
    tokens, channels = sizes["tokens"], _wide(widths, "c_s", "c_z", "c_target")
    return diffusion._inputs(SEED, _complex(tokens), tokens, 7.5, channels, True)


def confidence_head(config: Config, widths: Widths, sizes: Sizes) -> Arrays:
    """A structure of a complex; it is wide, for few of many tokens may lie on the edge of a bin."""
    del config
    tokens, channels = sizes["tokens"], _wide(widths, "c_s", "c_z", "c_target")
    make, chains = confidence._inputs, _complex(tokens)
    return _clear(lambda seed: make(seed, chains, tokens, channels, 14.0))


def distogram(config: Config, widths: Widths, sizes: Sizes) -> Arrays:
    """A seeded pair representation and a mask of int32."""
    del config
    tokens = sizes["tokens"]
    mask = random_tensors.mask(SEED, "seq_mask", (tokens,)).astype(np.int32)
    return {"pair": random_tensors.normal(SEED, "pair", (tokens, tokens, *_wide(widths, "c_z"))), "seq_mask": mask}


def trunk(config: Config, widths: Widths, sizes: Sizes) -> Arrays:
    """A complex with its MSA, templates and bonds, for two passes at least."""
    del widths
    tokens, slots, passes = sizes["tokens"], sizes["templates"], config.get("num_recycles", 10) + 1
    wanted = config["evoformer"].get("num_msa") or 1024
    empty = (slots - 1,) if slots > 1 else ()
    make, chains = trunk_cases.trunk_inputs, _complex(tokens)
    found = dict(_clear(lambda seed: make(seed, chains, tokens, sizes["rows"], slots, empty, passes, wanted)))
    for name, size in zip(BONDS, (sizes["polymer_bonds"], sizes["ligand_bonds"]), strict=True):
        for part in ("gather_idxs", "gather_mask"):
            given = found[f"{name}:{part}"]
            found[f"{name}:{part}"] = np.zeros((size, 2), np.int32)
            found[f"{name}:{part}"][: len(given)] = given[:size]
    return {name: value for name, value in found.items() if not name.startswith("token_atoms_to_pseudo_beta")}
