"""ligo's components without atoms, as the ONNX export sees them."""

import numpy as np
import torch

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays, seeded_inputs
from af3_export.core.onnx.files import Shape
from af3_export.engines.ligo import VALID
from af3_export.engines.ligo import network as ligo_network
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
from af3_export.engines.ligo.references import confidence, distogram, msa, pairformer, template

PAIR = ("tokens", "tokens")


def _pairformer(config: Config) -> dict[str, Shape]:
    """s, z and their masks."""
    return {
        "s": ("tokens", config["c_s"]),
        "z": (*PAIR, config["c_z"]),
        "single_mask": ("tokens",),
        "pair_mask": PAIR,
    }


PAIRFORMER = Component(
    prefix=pairformer.PREFIX,
    resolve=lambda config: with_defaults(class_of("models.pairformer", "PairformerStack"), config),
    build=lambda config: pairformer.build_pairformer(config, config["c_s"], config["c_z"]),
    inputs=_pairformer,
    outputs=lambda config: {
        "s_out": ("s", ("tokens", config["c_s"])),
        "z_out": ("z", (*PAIR, config["c_z"])),
    },
    call=lambda network, given: network(*given.values(), use_deepspeed_evo_attention=False, inplace_safe=False),
    reference=pairformer.run,
    example=lambda config, sizes: random_tensors.pairformer_inputs(
        "ligo", SEED, sizes["tokens"], config["c_s"], config["c_z"]
    ),
    sizes={"tokens": 7},
    widths=lambda inputs: {"c_s": inputs["s"].shape[-1], "c_z": inputs["z"].shape[-1]},
    valid=VALID,
)


def _msa_example(config: Config, sizes: Sizes) -> Arrays:
    """Seeded inputs, with masks that are no outer product."""
    rows, tokens = sizes["rows"], sizes["tokens"]
    shapes = {
        "msa_feat": (rows, tokens, 49),
        "z": (tokens, tokens, config["c_z"]),
        "s_inputs": (tokens, config["c_token"]),
    }
    return seeded_inputs(SEED, shapes, {"msa_mask": (rows, tokens), "pair_mask": (tokens, tokens)})


def _msa(network: torch.nn.Module, given: Tensors) -> tuple[torch.Tensor, ...]:
    """The module on its features."""
    return (network(given, given["z"], given["s_inputs"], given["pair_mask"], inplace_safe=False),)


MSA_MODULE = Component(
    prefix="msa_module.",
    resolve=lambda config: with_defaults(class_of("models.msa_module", "MSAModule"), config),
    build=lambda config: ligo_network.build(class_of("models.msa_module", "MSAModule"), config),
    inputs=lambda config: {
        "msa_feat": ("rows", "tokens", 49),
        "msa_mask": ("rows", "tokens"),
        "z": (*PAIR, config["c_z"]),
        "s_inputs": ("tokens", config["c_token"]),
        "pair_mask": PAIR,
    },
    outputs=lambda config: {"z_out": ("z", (*PAIR, config["c_z"]))},
    call=_msa,
    reference=msa.run,
    example=_msa_example,
    sizes={"tokens": 7, "rows": 5},
    valid={"z": "pair_mask"},
)

DISTOGRAM_HEAD = Component(
    prefix="distogram_head.",
    resolve=lambda config: with_defaults(class_of("models.heads", "DistogramHead"), config),
    build=lambda config: ligo_network.build(class_of("models.heads", "DistogramHead"), config),
    inputs=lambda config: {"z": (*PAIR, config["c_z"])},
    outputs=lambda config: {"distogram_logits": ("distogram_logits", (*PAIR, config["no_bins"]))},
    call=lambda network, given: (network(given["z"]),),
    reference=distogram.run,
    example=lambda config, sizes: {
        "z": random_tensors.normal(SEED, "z", (sizes["tokens"], sizes["tokens"], config["c_z"]))
    },
    sizes={"tokens": 7},
    valid={},
    attention=False,
)


def _confidence_head(config: Config) -> torch.nn.Module:
    """The real head, its Pairformer called without the argument that a Pairformer does not take."""
    head = ligo_network.build(class_of("models.heads", "ConfidenceHead"), config)
    forward = head.pairformer.forward
    head.pairformer.forward = lambda *, use_flash, **arguments: forward(**arguments)
    return head


def _confidence(network: torch.nn.Module, given: Tensors) -> tuple[torch.Tensor, ...]:
    """The head's logits in the order of the outputs."""
    found = network(**given, inplace_safe=False)
    return tuple(found[name] for name in CONFIDENCE_VALID)


def _confidence_example(config: Config, sizes: Sizes) -> Arrays:
    """Seeded inputs; the positions' coordinate sums spread over all bins."""
    tokens = sizes["tokens"]
    return {
        "s_inputs": random_tensors.normal(SEED, "s_inputs", (tokens, config["c_s"])),
        **random_tensors.pairformer_inputs("ligo", SEED, tokens, config["c_s"], config["c_z"]),
        "x_repr": random_tensors.normal(SEED, "x_repr", (tokens, 3), 6.0),
    }


CONFIDENCE_VALID = {
    "plddt_logits": "single_mask",
    "pae_logits": "pair_mask",
    "pde_logits": "pair_mask",
    "experimentally_resolved_logits": "single_mask",
}
CONFIDENCE_HEAD = Component(
    prefix="confidence_head.",
    resolve=lambda config: with_defaults(class_of("models.heads", "ConfidenceHead"), config),
    build=_confidence_head,
    inputs=lambda config: {
        "s_inputs": ("tokens", config["c_s"]),
        "s": ("tokens", config["c_s"]),
        "z": (*PAIR, config["c_z"]),
        "x_repr": ("tokens", 3),
        "single_mask": ("tokens",),
        "pair_mask": PAIR,
    },
    outputs=lambda config: {
        "plddt_logits": ("plddt_logits", ("tokens", config["no_bins_plddt"])),
        "pae_logits": ("pae_logits", (*PAIR, config["no_bins_pae"])),
        "pde_logits": ("pde_logits", (*PAIR, 64)),  # the head's own number, whatever the config says
        "experimentally_resolved_logits": ("experimentally_resolved_logits", ("tokens", 2)),
    },
    call=_confidence,
    reference=confidence.run,
    example=_confidence_example,
    sizes={"tokens": 7},
    valid=CONFIDENCE_VALID,
)


class _Templates(torch.nn.Module):
    """The real embedder on a batch of templates, each alone, in place of its loop: so their number is free.

    What it does before and after its loop is done here, with its own projections.
    """

    def __init__(self, embedder: torch.nn.Module) -> None:
        super().__init__()
        self.embedder, self.proj_pair, self.output_proj = embedder, embedder.proj_pair, embedder.output_proj
        embedder.proj_pair, embedder.output_proj = torch.nn.Identity(), torch.nn.Identity()

    def forward(self, given: Tensors) -> torch.Tensor:
        """From features with a batch axis: u [1, N, N, c_z]."""
        templates = given["template_aatype"].shape[1]
        names = ("template_aatype", "template_pseudo_beta", "template_pseudo_beta_mask")
        features = {name: given[name].transpose(0, 1) for name in names}
        features["asym_id"] = given["asym_id"].expand(templates, -1)
        z = self.proj_pair(given["z_trunk"]).expand(templates, -1, -1, -1)
        mask = given["pair_mask"].expand(templates, -1, -1)
        found = self.embedder(features, z, mask, inplace_safe=False)
        return self.output_proj(found.sum(0, keepdim=True) / templates)


def _template_example(config: Config, sizes: Sizes) -> Arrays:
    """Seeded inputs of two chains, the last template empty."""
    tokens, templates = sizes["tokens"], sizes["templates"]
    draws = random_tensors.words(SEED, "template_aatype", np.arange(templates * tokens, dtype=np.uint64))
    letters = draws.astype(np.uint64) * np.uint64(22) >> np.uint64(32)
    beta_mask = random_tensors.mask(SEED, "template_pseudo_beta_mask", (templates, tokens))
    beta_mask[1:][-1:] = 0
    return {
        **seeded_inputs(SEED, {"z_trunk": (tokens, tokens, config["c_z"])}, {"pair_mask": (tokens, tokens)}),
        "template_aatype": letters.astype(np.int32).reshape(templates, tokens),
        "template_pseudo_beta": random_tensors.normal(SEED, "template_pseudo_beta", (templates, tokens, 3), 14.0),
        "template_pseudo_beta_mask": beta_mask,
        "asym_id": np.arange(tokens, dtype=np.int32) * 2 // tokens,
    }


TEMPLATE_EMBEDDER = Component(
    prefix="template_embedder.",
    resolve=lambda config: with_defaults(class_of("models.embedders", "TemplateEmbedder"), config),
    build=lambda config: _Templates(ligo_network.build(class_of("models.embedders", "TemplateEmbedder"), config)),
    inputs=lambda config: {
        "template_aatype": ("templates", "tokens"),
        "template_pseudo_beta": ("templates", "tokens", 3),
        "template_pseudo_beta_mask": ("templates", "tokens"),
        "asym_id": ("tokens",),
        "z_trunk": (*PAIR, config["c_z"]),
        "pair_mask": PAIR,
    },
    outputs=lambda config: {"u": ("u", (*PAIR, config["c_z"]))},
    call=lambda network, given: (network(floats(given)),),
    reference=template.run,
    example=_template_example,
    sizes={"tokens": 7, "templates": 3},
    valid={"u": "pair_mask"},
    integers=INTEGERS,
)
