"""protenix's components with windows of atoms, as the ONNX export sees them: embedder, one denoising call, one cycle of the trunk."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays
from af3_export.core.onnx.files import Carry, Shape
from af3_export.core.torch.component import SEED, Component, Config, Sizes, Tensors
from af3_export.core.torch.modules import with_defaults
from af3_export.engines.protenix import complexes, network
from af3_export.engines.protenix import model as protenix_model
from af3_export.engines.protenix.onnx import modules
from af3_export.engines.protenix.onnx.inputs import (
    INTEGERS,
    relative_positions,
    template_geometry,
    unbatched,
    with_atoms,
)
from af3_export.engines.protenix.onnx.parts import MSA, PAIR, batched, complex_of, pair, resolver, rows_of
from af3_export.engines.protenix.onnx.patches import averaging_to
from af3_export.engines.protenix.references import diffusion, input_embedder, trunk

ATOMS: Mapping[str, Shape] = {
    "atom_to_token_idx": ("atoms",),
    "ref_pos": ("atoms", 3),
    "ref_charge": ("atoms",),
    "ref_mask": ("atoms",),
    "ref_element": ("atoms",),
    "ref_atom_name_chars": ("atoms", 4),
    "ref_space_uid": ("atoms",),
}
RESIDUES: Mapping[str, Shape] = {
    "restype": ("tokens", 32),
    "profile": ("tokens", 32),
    "deletion_mean": ("tokens",),
}
IDS: Mapping[str, Shape] = {
    name: ("tokens",) for name in ("token_index", "residue_index", "asym_id", "entity_id", "sym_id")
}
TEMPLATES: Mapping[str, Shape] = {
    "template_aatype": ("templates", "tokens"),
    "template_atom_positions": ("templates", "tokens", 24, 3),
    "template_atom_mask": ("templates", "tokens", 24),
}


def _esm(config: Config) -> int:
    """Channels of the language model's embedding, 0 without it."""
    settings = config.get("esm") or {}
    return int(settings.get("embedding_dim", 2560)) if settings.get("enable") else 0


def _resolve_embedder(config: Config) -> dict[str, Any]:
    kind = network.module("model.modules.embedders").InputFeatureEmbedder
    found = with_defaults(kind, config)
    del found["esm_configs"]
    return {**found, "esm": dict(config.get("esm") or {})}


def _embedder_inputs(config: Config) -> dict[str, Shape]:
    esm = _esm(config)
    return {**ATOMS, **RESIDUES, **({"esm_token_embedding": ("tokens", esm)} if esm else {})}


def _embedded(built: torch.nn.Module, given: Tensors) -> torch.Tensor:
    with averaging_to(given["restype"].shape[0]):
        found: torch.Tensor = built(given)
    return found


def _embedder_example(config: Config, sizes: Sizes) -> Arrays:
    given = complex_of(sizes["tokens"], sizes["atoms"])
    found = {**complexes.atoms(given), **complexes.residues(given)}
    esm = _esm(config)
    name = "esm_token_embedding"
    return found | ({name: random_tensors.normal(SEED, name, (given.tokens, esm))} if esm else {})


INPUT_EMBEDDER = Component(
    prefix=input_embedder.PREFIX,
    resolve=_resolve_embedder,
    build=input_embedder.build,
    inputs=_embedder_inputs,
    outputs=lambda config: {"s_inputs": ("s_inputs", ("tokens", config["c_token"] + 65))},
    call=lambda built, given: batched(_embedded(built, with_atoms(unbatched(given)))),
    reference=input_embedder.run,
    example=_embedder_example,
    sizes={"tokens": 7, "atoms": 67},
    valid={},
    attention=False,
    integers=INTEGERS,
)


def _diffusion(built: torch.nn.Module, given: Tensors) -> tuple[torch.Tensor, ...]:
    features = with_atoms(unbatched(given))
    encoding = built.diffusion_conditioning.relpe
    features["relp"] = relative_positions(features, encoding.r_max, encoding.s_max)
    return batched(diffusion.call(built, features)["denoised"])


def _diffusion_example(config: Config, sizes: Sizes) -> Arrays:
    """Atoms of the deviation that each noise level has."""
    given, levels = complex_of(sizes["tokens"], sizes["atoms"]), np.geomspace(0.5, 900, sizes["samples"])
    t_hat = levels.astype(np.float32)
    noise = random_tensors.normal(SEED, "x_noisy", (len(levels), given.atoms, 3))
    return {
        "x_noisy": noise * np.sqrt(np.float32(256) + t_hat**2)[:, None, None],
        "t_hat": t_hat,
        "s_inputs": random_tensors.normal(SEED, "s_inputs", (given.tokens, config["c_s_inputs"])),
        "s_trunk": random_tensors.normal(SEED, "s_trunk", (given.tokens, config["c_s"])),
        **pair(config, given.tokens, "z_trunk"),
        **complexes.ids(given),
        **complexes.atoms(given),
    }


DIFFUSION_MODULE = Component(
    prefix=diffusion.PREFIX,
    resolve=resolver("model.modules.diffusion", "DiffusionModule"),
    build=diffusion.build,
    inputs=lambda config: {
        "x_noisy": ("samples", "atoms", 3),
        "t_hat": ("samples",),
        "s_inputs": ("tokens", config["c_s_inputs"]),
        "s_trunk": ("tokens", config["c_s"]),
        "z_trunk": (*PAIR, config["c_z"]),
        **IDS,
        **ATOMS,
    },
    outputs=lambda config: {"denoised": ("denoised", ("samples", "atoms", 3))},
    call=_diffusion,
    reference=diffusion.run,
    example=_diffusion_example,
    sizes={"tokens": 7, "atoms": 67, "samples": 2},
    valid={},
    integers=INTEGERS,
)


def _resolve_trunk(config: Config) -> dict[str, Any]:
    """The parts of the trunk as the model builds them; those beside it are left out."""
    settings = protenix_model.settings(config)
    parts = {
        part: with_defaults(getattr(network.module("model.protenix"), kind), settings["model"][part])
        for part, kind in protenix_model.PARTS.items()
        if part not in protenix_model.BESIDE
    }
    del parts["input_embedder"]["esm_configs"], parts["msa_module"]["msa_configs"]
    widths = {name: settings[name] for name in protenix_model.WIDTHS}
    return {**widths, "N_cycle": config.get("N_cycle", 1), "esm": dict(config.get("esm") or {}), **parts}


def _templates_run(config: Config) -> bool:
    return bool(config["template_embedder"]["n_blocks"])


def _trunk(model: torch.nn.Module, given: Tensors) -> tuple[torch.Tensor, ...]:
    """The embedder and one cycle, as get_pairformer_output has them."""
    features = with_atoms(unbatched(given))
    encoding = model.relative_position_encoding
    s_inputs = _embedded(model.input_embedder, features)
    s_init = model.linear_no_bias_sinit(s_inputs)
    z_init = model.linear_no_bias_zinit1(s_init)[:, None] + model.linear_no_bias_zinit2(s_init)[None]
    z_init = z_init + encoding(relative_positions(features, encoding.r_max, encoding.s_max))
    z_init = z_init + model.linear_no_bias_token_bond(features["token_bonds"][..., None])
    z = z_init + model.linear_no_bias_z_cycle(model.layernorm_z_cycle(features["z_prev"]))
    if model.template_embedder.n_blocks > 0:
        z = z + modules.template_embedder(model.template_embedder, {**features, **template_geometry(features)}, z)
    z = modules.msa_module(model.msa_module, features, z, s_inputs)
    s = s_init + model.linear_no_bias_s(model.layernorm_s(features["s_prev"]))
    return batched(s_inputs, *model.pairformer_stack(s, z, None, **network.KERNELS))


def _trunk_shapes(config: Config) -> dict[str, Shape]:
    """s_inputs, s and z."""
    return {
        "s_inputs": ("tokens", config["c_s_inputs"]),
        "s": ("tokens", config["c_s"]),
        "z": (*PAIR, config["c_z"]),
    }


def _trunk_inputs(config: Config) -> dict[str, Shape]:
    """The features, which rows one cycle takes, and what the last cycle gave."""
    shapes = _trunk_shapes(config)
    esm = _esm(config)
    return {
        **IDS,
        **ATOMS,
        **RESIDUES,
        **({"esm_token_embedding": ("tokens", esm)} if esm else {}),
        "token_bonds": PAIR,
        **MSA,
        **(TEMPLATES if _templates_run(config) else {}),
        "s_prev": shapes["s"],
        "z_prev": shapes["z"],
    }


def _trunk_example(config: Config, sizes: Sizes) -> Arrays:
    given = complex_of(sizes["tokens"], sizes["atoms"])
    found = {
        **complexes.ids(given),
        **_embedder_example({**config["input_embedder"], "esm": config["esm"]}, sizes),
        **complexes.bonds(given),
        **rows_of(sizes, given.tokens, trips=2),
    }
    present = [slot != 1 for slot in range(sizes.get("templates", 0))]
    return found | (complexes.templates(SEED, given.tokens, present) if present and _templates_run(config) else {})


def _trunk_reference(config: Config, weights: Arrays, inputs: Arrays) -> network.Outputs:
    """All the cycles that the inputs have rows for."""
    return trunk.run({**config, "N_cycle": len(inputs["msa_order"])}, weights, inputs)


TRUNK = Component(
    prefix="",
    resolve=_resolve_trunk,
    build=trunk.build,
    inputs=_trunk_inputs,
    outputs=lambda config: {name: (name, shape) for name, shape in _trunk_shapes(config).items()},
    call=_trunk,
    reference=_trunk_reference,
    example=_trunk_example,
    sizes={"tokens": 7, "atoms": 67, "rows": 5, "chosen": 4, "templates": 3},
    valid={},
    carry=(Carry("s", "s_prev"), Carry("z", "z_prev")),
    per_trip=("msa_order",),
    integers=INTEGERS,
)
