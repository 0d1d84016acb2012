"""protenix's components without windows of atoms, as the ONNX export sees them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays
from af3_export.core.onnx.files import Shape
from af3_export.core.torch.component import SEED, Component, Config, Sizes, Tensors
from af3_export.core.torch.modules import with_defaults
from af3_export.engines.protenix import complexes, network
from af3_export.engines.protenix.complexes import Chain, Complex
from af3_export.engines.protenix.features import template_geometry
from af3_export.engines.protenix.onnx import modules
from af3_export.engines.protenix.onnx.inputs import INTEGERS, unbatched
from af3_export.engines.protenix.references import confidence, distogram, msa, pairformer, template

PAIR = ("tokens", "tokens")
TEMPLATE = ("templates", "tokens", "tokens")


def resolver(place: str, name: str) -> Callable[[Config], dict[str, Any]]:
    """A config with the defaults of a class of the repository."""
    return lambda config: with_defaults(getattr(network.module(place), name), config)


def batched(*found: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Outputs with the graph's batch axis."""
    return tuple(value[None] for value in found)


def pair(config: Config, tokens: int, name: str = "z") -> Arrays:
    """A seeded pair representation."""
    return {name: random_tensors.normal(SEED, name, (tokens, tokens, config["c_z"]))}


def complex_of(tokens: int, atoms: int) -> Complex:
    """Two chains and a ligand of one atom, whose tokens have all those atoms between them."""
    spread = [atoms // tokens + (token < atoms % tokens) for token in range(tokens)]
    first = tokens // 2
    chains = [Chain(0, 0, tuple(spread[:first]), jumps=(0,)), Chain(1, 0, tuple(spread[first:]))]
    return Complex(SEED, tuple(chain for chain in chains if chain.atoms), masked=(1,) if atoms > 1 else ())


def _pairformer(built: torch.nn.Module, given: Tensors) -> tuple[torch.Tensor, ...]:
    found = pairformer.call(built, unbatched(given))
    return batched(found["s"], found["z"])


PAIRFORMER = Component(
    prefix=pairformer.PREFIX,
    resolve=resolver("model.modules.pairformer", "PairformerStack"),
    build=pairformer.build,
    inputs=lambda config: {"s": ("tokens", config["c_s"]), "z": (*PAIR, config["c_z"])},
    outputs=lambda config: {"s_out": ("s", ("tokens", config["c_s"])), "z_out": ("z", (*PAIR, config["c_z"]))},
    call=_pairformer,
    reference=pairformer.run,
    example=lambda config, sizes: random_tensors.pairformer_inputs(
        "protenix", SEED, sizes["tokens"], config["c_s"], config["c_z"]
    ),
    sizes={"tokens": 7},
    valid={},
    unused=("pair_mask",),
)


def rows_of(sizes: Sizes, tokens: int, trips: int = 1) -> Arrays:
    """An MSA of which each trip takes some rows, the first one all but one."""
    rows = sizes["rows"]
    orders = [list(range(rows))[::-1][: max(1, rows - 1 - trip)] for trip in range(trips)]
    made = complexes.msa(SEED, rows, tokens, orders)
    return {**made, "msa_order": made["msa_order"][:, : sizes["chosen"]]}


MSA: Mapping[str, Shape] = {
    "msa": ("rows", "tokens"),
    "has_deletion": ("rows", "tokens"),
    "deletion_value": ("rows", "tokens"),
    "msa_order": ("chosen",),
}


def _msa(built: torch.nn.Module, given: Tensors) -> tuple[torch.Tensor, ...]:
    features = unbatched(given)
    return batched(modules.msa_module(built, features, features["z"], features["s_inputs"]))


def _msa_example(config: Config, sizes: Sizes) -> Arrays:
    tokens = sizes["tokens"]
    single = random_tensors.normal(SEED, "s_inputs", (tokens, config["c_s_inputs"]))
    return {**rows_of(sizes, tokens), **pair(config, tokens), "s_inputs": single}


MSA_MODULE = Component(
    prefix=msa.PREFIX,
    resolve=resolver("model.modules.pairformer", "MSAModule"),
    build=msa.build,
    inputs=lambda config: {**MSA, "z": (*PAIR, config["c_z"]), "s_inputs": ("tokens", config["c_s_inputs"])},
    outputs=lambda config: {"z_out": ("z", (*PAIR, config["c_z"]))},
    call=_msa,
    reference=msa.run,
    example=_msa_example,
    sizes={"tokens": 7, "rows": 5, "chosen": 4},
    valid={},
    per_trip=("msa_order",),
    integers=INTEGERS,
)


def _template(built: torch.nn.Module, given: Tensors) -> tuple[torch.Tensor, ...]:
    features = unbatched(given)
    return batched(modules.template_embedder(built, features, features["z"]))


def _template_example(config: Config, sizes: Sizes) -> Arrays:
    tokens = sizes["tokens"]
    raw = complexes.templates(SEED, tokens, [slot != 1 for slot in range(sizes["templates"])])
    chains = np.arange(tokens, dtype=np.int32) * 2 // max(tokens, 1)
    return {**raw, **template_geometry(raw), "asym_id": chains, **pair(config, tokens)}


TEMPLATE_EMBEDDER = Component(
    prefix=template.PREFIX,
    resolve=resolver("model.modules.pairformer", "TemplateEmbedder"),
    build=template.build,
    inputs=lambda config: {
        "template_aatype": ("templates", "tokens"),
        "template_pseudo_beta_mask": TEMPLATE,
        "template_distogram": (*TEMPLATE, 39),
        "template_unit_vector": (*TEMPLATE, 3),
        "template_backbone_frame_mask": TEMPLATE,
        "asym_id": ("tokens",),
        "z": (*PAIR, config["c_z"]),
    },
    outputs=lambda config: {"template": ("template", (*PAIR, config["c_z"]))},
    call=_template,
    reference=template.run,
    example=_template_example,
    sizes={"tokens": 7, "templates": 3},
    valid={},
    unused=("template_atom_positions", "template_atom_mask"),
    integers=INTEGERS,
)


def _near_bins() -> tuple[int, int]:
    """How many bins the model's distogram has, and how many of them have centres below 8 Å."""
    bins = network.module("configs.configs_base").configs["loss"]["distogram"]
    width = (bins["max_bin"] - bins["min_bin"]) / bins["no_bins"]
    centres = bins["min_bin"] + width * (np.arange(bins["no_bins"]) + 0.5)
    return bins["no_bins"], int((centres < 8).sum())


def _distogram(built: torch.nn.Module, given: Tensors) -> tuple[torch.Tensor, ...]:
    logits = built(given["z"][0])
    count, near = _near_bins()
    if logits.shape[-1] != count:
        return batched(logits)
    return batched(logits, torch.softmax(logits, -1)[..., :near].sum(-1))


def _distogram_outputs(config: Config) -> dict[str, tuple[str, Shape]]:
    logits = {"distogram_logits": ("distogram_logits", (*PAIR, config["no_bins"]))}
    return {**logits, **({"contact_probs": ("contact_probs", PAIR)} if config["no_bins"] == _near_bins()[0] else {})}


DISTOGRAM_HEAD = Component(
    prefix=distogram.PREFIX,
    resolve=resolver("model.modules.head", "DistogramHead"),
    build=distogram.build,
    inputs=lambda config: {"z": (*PAIR, config["c_z"])},
    outputs=_distogram_outputs,
    call=_distogram,
    reference=distogram.run,
    example=lambda config, sizes: pair(config, sizes["tokens"]),
    sizes={"tokens": 7},
    valid={},
    attention=False,
)


def _confidence(built: torch.nn.Module, given: Tensors) -> tuple[torch.Tensor, ...]:
    found = confidence.call(built, unbatched(given))
    return batched(*(found[name] for name in confidence.OUTPUTS))


def _confidence_outputs(config: Config) -> dict[str, tuple[str, Shape]]:
    shapes: dict[str, Shape] = {
        "plddt": ("samples", "atoms", config["b_plddt"]),
        "pae": ("samples", *PAIR, config["b_pae"]),
        "pde": ("samples", *PAIR, config["b_pde"]),
        "resolved": ("samples", "atoms", config["b_resolved"]),
    }
    return {name: (name, shape) for name, shape in shapes.items()}


def _confidence_example(config: Config, sizes: Sizes) -> Arrays:
    given = complex_of(sizes["tokens"], sizes["atoms"])
    tokens, maps = given.tokens, complexes.heads(given)
    return {
        "x_pred_coords": random_tensors.normal(SEED, "x_pred_coords", (sizes["samples"], given.atoms, 3), 12.0),
        "s_inputs": random_tensors.normal(SEED, "s_inputs", (tokens, config["c_s_inputs"])),
        "s_trunk": random_tensors.normal(SEED, "s_trunk", (tokens, config["c_s"])),
        **pair(config, tokens, "z_trunk"),
        "atom_to_token_idx": complexes.atoms(given)["atom_to_token_idx"],
        **{name: maps[name] for name in ("atom_to_tokatom_idx", "distogram_rep_atom_mask")},
    }


CONFIDENCE_HEAD = Component(
    prefix=confidence.PREFIX,
    resolve=resolver("model.modules.confidence", "ConfidenceHead"),
    build=confidence.build,
    inputs=lambda config: {
        "x_pred_coords": ("samples", "atoms", 3),
        "s_inputs": ("tokens", config["c_s_inputs"]),
        "s_trunk": ("tokens", config["c_s"]),
        "z_trunk": (*PAIR, config["c_z"]),
        "atom_to_token_idx": ("atoms",),
        "atom_to_tokatom_idx": ("atoms",),
        "distogram_rep_atom_mask": ("atoms",),
    },
    outputs=_confidence_outputs,
    call=_confidence,
    reference=confidence.run,
    example=_confidence_example,
    sizes={"tokens": 7, "atoms": 41, "samples": 2},
    valid={},
    integers=INTEGERS,
)
