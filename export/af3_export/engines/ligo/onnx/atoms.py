"""ligo's components with atoms, as the ONNX export sees them: one denoising call, and one cycle of the trunk."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays
from af3_export.core.errors import InputError
from af3_export.core.onnx.files import Carry, Shape
from af3_export.engines.ligo import features as ligo_features
from af3_export.engines.ligo import model as ligo_model
from af3_export.engines.ligo import model_inputs
from af3_export.engines.ligo import network as ligo_network
from af3_export.engines.ligo.features import WINDOW, Molecules
from af3_export.engines.ligo.onnx.component import (
    INTEGERS,
    SEED,
    Component,
    Config,
    Sizes,
    Tensors,
    class_of,
    floats,
    with_defaults,
)
from af3_export.engines.ligo.references import diffusion, trunk

FEATURES: Mapping[str, Shape] = {
    "residue_index": ("tokens",),
    "token_index": ("tokens",),
    "asym_id": ("tokens",),
    "entity_id": ("tokens",),
    "token_mask": ("tokens",),
    "atom_mask": ("atoms",),
    "ref_pos": ("atoms", 3),
    "ref_charge": ("atoms",),
    "ref_mask": ("atoms",),
    "ref_element": ("atoms", 4),
    "ref_atom_name_chars": ("atoms", 4),
    "ref_space_uid": ("atoms",),
    "atom_to_token": ("atoms",),
}


def molecules(sizes: Sizes) -> Molecules:
    """Two chains, their tokens with equally many atoms, the last token padded."""
    tokens, atoms = sizes["tokens"], sizes["atoms"]
    if tokens < 2 or atoms % WINDOW != 0 or atoms < WINDOW:
        raise InputError(f"{tokens} tokens and {atoms} atoms: expected at least 2, and a multiple of {WINDOW}")
    real = atoms - 3
    first = tokens // 2
    return Molecules(
        seed=SEED,
        asym_id=(0,) * first + (3,) * (tokens - first),
        entity_id=(1,) * first + (2,) * (tokens - first),
        residue_index=(*range(first), *range(40, 40 + tokens - first)),
        ref_space_uid=tuple(range(tokens)),
        atoms=tuple(real // tokens + (token < real % tokens) for token in range(tokens)),
        padded_tokens=(tokens - 1,),
        masked_atoms=(1,),
        token_jumps=(first,),
        filler_token=tokens - 1,
    )


def _diffusion_inputs(config: Config) -> dict[str, Shape]:
    """Atoms, noise levels, the trunk's embeddings and the features."""
    return {
        "noisy_atoms": ("samples", "atoms", 3),
        "timesteps": ("samples",),
        "s_inputs": ("tokens", config["c_token"]),
        "s_trunk": ("tokens", config["c_token"]),
        "z_trunk": ("tokens", "tokens", config["c_tokenpair"]),
        **FEATURES,
    }


def _diffusion(network: torch.nn.Module, given: Tensors) -> tuple[torch.Tensor, ...]:
    """The module on its inputs."""
    trunk = [given[name] for name in ("s_inputs", "s_trunk", "z_trunk")]
    atoms, timesteps = given["noisy_atoms"], given["timesteps"][..., None]
    return (network(atoms, timesteps, floats(given), *trunk, use_deepspeed_evo_attention=False),)


def _diffusion_example(config: Config, sizes: Sizes) -> Arrays:
    """Atoms of the deviation that each noise level has."""
    tokens, levels = sizes["tokens"], np.geomspace(0.5, 900, sizes["samples"]).astype(np.float32)
    noise = random_tensors.normal(SEED, "noisy_atoms", (len(levels), sizes["atoms"], 3))
    return {
        "noisy_atoms": noise * np.sqrt(np.float32(256) + levels**2)[:, None, None],
        "timesteps": levels,
        "s_inputs": random_tensors.normal(SEED, "s_inputs", (tokens, config["c_token"])),
        "s_trunk": random_tensors.normal(SEED, "s_trunk", (tokens, config["c_token"])),
        "z_trunk": random_tensors.normal(SEED, "z_trunk", (tokens, tokens, config["c_tokenpair"])),
        **ligo_features.features(molecules(sizes)),
    }


DIFFUSION_MODULE = Component(
    prefix="diffusion_module.",
    resolve=lambda config: with_defaults(class_of("models.diffusion_module", "DiffusionModule"), config),
    build=lambda config: ligo_network.build(class_of("models.diffusion_module", "DiffusionModule"), config),
    inputs=_diffusion_inputs,
    outputs=lambda config: {"denoised": ("denoised", ("samples", "atoms", 3))},
    call=_diffusion,
    reference=diffusion.run,
    example=_diffusion_example,
    sizes={"tokens": 11, "atoms": 96, "samples": 2},
    valid={},
    integers=INTEGERS,
)


def _resolve_trunk(config: Config) -> dict[str, Any]:
    """The parts of the trunk; those beside it are left out."""
    parts = {}
    for part, place in ligo_model.PARTS.items():
        given = config.get(part) or {}
        if not isinstance(given, Mapping):
            raise InputError(f"config.{part} is {given!r}, expected an object")
        if part not in trunk.BESIDE:
            parts[part] = with_defaults(class_of(*place), given)
    return {**parts, "num_cycles": config.get("num_cycles", 1)}


def _build_trunk(config: Config) -> torch.nn.Module:
    """The real model without what is beside the trunk."""
    model = trunk.build(config)
    for part in trunk.BESIDE:
        setattr(model, part, torch.nn.Identity())
    return model


def _trunk(network: torch.nn.Module, given: Tensors) -> tuple[torch.Tensor, ...]:
    """The embedder and one cycle."""
    features = floats(given)
    previous = features.pop("s_prev"), features.pop("z_prev")
    s_inputs, *initial = network.input_embedder(features, inplace_safe=False)
    s, z = network.run_trunk(features, s_inputs, *initial, *previous, inplace_safe=False)
    return s_inputs, s, z


def _trunk_shapes(config: Config) -> dict[str, Shape]:
    """s_inputs, s and z."""
    widths = config["input_embedder"]
    token, pair = widths["c_token"], widths["c_trunk_pair"]
    return {"s_inputs": ("tokens", token), "s": ("tokens", token), "z": ("tokens", "tokens", pair)}


def _trunk_inputs(config: Config) -> dict[str, Shape]:
    """The features, one cycle's MSA, and what the last cycle gave."""
    shapes = _trunk_shapes(config)
    msa: dict[str, Shape] = {"msa_feat": ("rows", "tokens", 49), "msa_mask": ("rows", "tokens")}
    return {**FEATURES, "aatype": ("tokens",), **msa, "s_prev": shapes["s"], "z_prev": shapes["z"]}


def _trunk_reference(config: Config, weights: Arrays, inputs: Arrays) -> ligo_network.Outputs:
    """All the cycles that the inputs have an MSA for."""
    return trunk.run({**config, "num_cycles": len(inputs["msa_feat"])}, weights, inputs)


TRUNK = Component(
    prefix="",
    resolve=_resolve_trunk,
    build=_build_trunk,
    inputs=_trunk_inputs,
    outputs=lambda config: {name: (name, shape) for name, shape in _trunk_shapes(config).items()},
    call=_trunk,
    reference=_trunk_reference,
    example=lambda config, sizes: model_inputs.trunk_inputs(molecules(sizes), sizes["rows"], 2),
    sizes={"tokens": 11, "atoms": 96, "rows": 5},
    valid=model_inputs.TRUNK_VALID,
    integers=INTEGERS,
    carry=(Carry("s", "s_prev"), Carry("z", "z_prev")),
    unused=("sym_id",),
    per_trip=("msa_feat", "msa_mask"),
)
