"""The whole pinned network, its own forward() and its own passes, with recorded randomness from outside."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from typing import Any
from unittest import mock

import torch
from ml_collections import ConfigDict
from numpy.typing import NDArray

from af3_export.core.errors import InputError
from af3_export.engines.protenix import features, network
from af3_export.engines.protenix.references.msa import CUTOFF, drawn

# Where the model finds the classes of its parts, by the part's name in its own configuration.
PARTS = {
    "input_embedder": "InputFeatureEmbedder",
    "relative_position_encoding": "RelativePositionEncoding",
    "template_embedder": "TemplateEmbedder",
    "msa_module": "MSAModule",
    "pairformer": "PairformerStack",
    "diffusion_module": "DiffusionModule",
    "confidence_head": "ConfidenceHead",
    "distogram_head": "DistogramHead",
}
# What a trunk does not have.
BESIDE = ("diffusion_module", "confidence_head", "distogram_head")
WIDTHS = ("c_s", "c_z", "c_s_inputs")
NOISE = ("init_noise", "step_rotation", "step_translation", "step_noise")
SUMMARY = (
    "plddt",
    "gpde",
    "ptm",
    "iptm",
    "chain_ptm",
    "chain_iptm",
    "chain_pair_iptm",
    "chain_plddt",
    "has_clash",
    "ranking_score",
)
# No dropout at inference, no kernels, nothing cached, no chunks: none of it changes what the network computes but the first.
PLAIN = {
    "mc_dropout_apply_rate": 0.0,
    "mc_dropout_rate": 0.0,
    "enable_tf32": False,
    "enable_diffusion_shared_vars_cache": False,
    "enable_efficient_fusion": False,
    **network.KERNELS,
}
UNCHUNKED = {"chunk_size": None, "dynamic_chunk_size": False, "sample_diffusion_chunk_size": None}


class _Absent(torch.nn.Module):
    """A part that a component does not have."""

    def __init__(self, **_: Any) -> None:
        super().__init__()


def settings(config: Mapping[str, Any]) -> Any:
    """The model's configuration: its own defaults, what the case says, and what makes it plain."""
    manager = network.module("config.config").ConfigManager
    found = deepcopy(manager(network.module("configs.configs_base").configs, True).default_configs)
    found.update({**PLAIN, **{name: config[name] for name in (*WIDTHS, "esm") if name in config}})
    found["infer_setting"] |= UNCHUNKED
    found["data"] = {"msa": CUTOFF}
    for group in ("sample_diffusion", "inference_noise_scheduler"):
        found[group] |= config.get(group) or {}
    place = network.module("model.protenix")
    for part, name in PARTS.items():
        # A part takes the widths that all share unless it says its own; the model's defaults are those of one size.
        kind = getattr(place, name)
        shared = network.known(kind, {name: config.get(name) for name in WIDTHS})
        found["model"][part] = {**shared, **network.known(kind, config.get(part) or {})}
    # The class would have 20, which no model is built with.
    found["model"]["confidence_head"].setdefault("max_atoms_per_token", found["max_atoms_per_token"])
    found["model"]["N_cycle"] = config.get("N_cycle", 1)
    return ConfigDict(found)


def _templates_run(config: Mapping[str, Any]) -> bool:
    """Whether the template embedder has blocks: without, the model builds it and never calls it."""
    return ((config.get("template_embedder") or {}).get("n_blocks", 0) or 0) > 0


def _built(config: Mapping[str, Any], absent: tuple[str, ...]) -> torch.nn.Module:
    """The real model in eval mode, some parts left out."""
    if not _templates_run(config):
        absent = (*absent, "template_embedder")
    place, configuration = network.module("model.protenix"), settings(config)
    with ExitStack() as stack:
        for part in absent:
            stack.enter_context(mock.patch.object(place, PARTS[part], _Absent))
        found = network.build(place.Protenix, {"configs": configuration})
    if "template_embedder" in absent:
        found.template_embedder.n_blocks = 0
    return found


def build(config: Mapping[str, Any]) -> torch.nn.Module:
    """The whole model."""
    return _built(config, ())


def build_trunk(config: Mapping[str, Any]) -> torch.nn.Module:
    """The model without what is beside the trunk."""
    return _built(config, BESIDE)


def prepared(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, torch.Tensor]:
    """All features as the network takes them, and the recorded randomness."""
    given = dict(inputs)
    if _templates_run(config) and "template_aatype" not in given:
        given |= features.empty_templates(len(given["asym_id"]))
    clips = network.known(features.relative_positions, config.get("relative_position_encoding") or {})
    return features.relative_positions(features.whole(given), **clips)


def trunk(model: torch.nn.Module, given: Mapping[str, torch.Tensor], cycles: int) -> dict[str, torch.Tensor]:
    """The model's own passes on the functional path."""
    with drawn(given["msa_order"]):
        found = model.get_pairformer_output(dict(given), N_cycle=cycles, inplace_safe=False, chunk_size=None)
    return dict(zip(("s_inputs", "s", "z"), found, strict=True))


@contextmanager
def recorded(given: Mapping[str, torch.Tensor]) -> Iterator[None]:
    """What the sampler draws are these values in the order in which it asks for them; another shape, more or fewer are refused."""
    normals = [given["init_noise"]]
    for step in range(len(given["step_noise"])):
        normals += [given["step_translation"][step][:, None], given["step_noise"][step]]
    left, turns = iter(normals), iter(given["step_rotation"])

    def randn(*, size: tuple[int, ...], **_: Any) -> torch.Tensor:
        value = next(left, None)
        if value is None or tuple(size) != tuple(value.shape):
            raise InputError(f"the sampler draws {list(size)}, but the recorded noise has not that shape there")
        return value.clone()

    def rotation(N_sample: int = 1) -> torch.Tensor:  # noqa: N803 - the repository's name
        value = next(turns, None)
        if value is None or len(value) != N_sample:
            raise InputError(f"the sampler draws {N_sample} rotations, but those recorded are others")
        return value

    with (
        mock.patch.object(torch, "randn", randn),
        mock.patch.object(network.module("model.utils"), "uniform_random_rotation", rotation),
    ):
        yield
    if next(left, None) is not None or next(turns, None) is not None:
        raise InputError("the sampler draws less than the recorded noise")


def full(model: torch.nn.Module, given: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """forward() on the functional path: what it returns, and what its trunk and its distogram head gave."""
    seen: dict[str, torch.Tensor] = {}
    passes, head = model.get_pairformer_output, model.distogram_head.forward

    def watched(*arguments: Any, **named: Any) -> Any:
        found = passes(*arguments, **named)
        seen.update(zip(("s_inputs", "s", "z"), found, strict=True))
        return found

    def logits(z: torch.Tensor) -> torch.Tensor:
        seen["distogram_logits"] = head(z)
        return seen["distogram_logits"]

    with (
        drawn(given["msa_order"]),
        recorded(given),
        mock.patch.object(model, "get_pairformer_output", watched),
        mock.patch.object(model.distogram_head, "forward", logits),
    ):
        found, _, _ = model(dict(given), None, None, mode="inference", disable_inplace=True, mc_dropout_apply_rate=0.0)
    samples = found["summary_confidence"]
    scores = {f"summary:{name}": torch.stack([sample[name] for sample in samples]).float() for name in SUMMARY}
    heads = {name: found[name] for name in ("plddt", "pae", "pde", "resolved", "contact_probs")}
    return {**seen, "positions": found["coordinate"], **heads, **scores}
