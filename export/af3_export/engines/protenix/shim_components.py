"""protenix's components on resident tensors: as the modules of references/ run them, but built once and called often."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from af3_export.core.torch.shim import Component, Config, Given, Tensors
from af3_export.engines.protenix import features, network
from af3_export.engines.protenix import model as protenix_model
from af3_export.engines.protenix.references import (
    confidence,
    diffusion,
    distogram,
    input_embedder,
    msa,
    pairformer,
    template,
    trunk,
)


def _taken(inputs: Mapping[str, NDArray], _: Config) -> Given:
    return {**network.tensors(inputs)}


def _rows(inputs: Mapping[str, NDArray], config: Config) -> Given:
    """The MSA; all rows as they stand where no order is given."""
    found = _taken(inputs, config)
    return {"msa_order": torch.arange(len(found["msa"]))[None], **found}


def _templates(inputs: Mapping[str, NDArray], _: Config) -> Given:
    made = inputs if "template_distogram" in inputs else {**inputs, **features.template_geometry(inputs)}
    return {**network.tensors(made)}


def _atoms(inputs: Mapping[str, NDArray], _: Config) -> Given:
    return features.atoms(network.tensors(inputs))


def _positions(inputs: Mapping[str, NDArray], _: Config) -> Given:
    return diffusion.prepared(inputs)


def _whole(inputs: Mapping[str, NDArray], config: Config) -> Given:
    return protenix_model.prepared(config, inputs)


def _of(call: Callable[..., Tensors]) -> Callable[[torch.nn.Module, Given, Config], Tensors]:
    """A call that needs no config."""
    return lambda built, given, _: call(built, given)


def _trunk(model: torch.nn.Module, given: Given, config: Config) -> Tensors:
    return trunk.call(model, given, config["N_cycle"])


def _part(module: Any, take: Callable[[Mapping[str, NDArray], Config], Given] = _taken) -> Component:
    """A component that is one module of the network."""
    return Component(module.build, module.PREFIX, _of(module.call), take)


COMPONENTS: Mapping[str, Component] = {
    "pairformer": _part(pairformer),
    "msa_module": _part(msa, _rows),
    "template_embedder": _part(template, _templates),
    "input_embedder": _part(input_embedder, _atoms),
    "diffusion_module": _part(diffusion, _positions),
    "confidence_head": _part(confidence),
    "distogram_head": _part(distogram),
    "trunk": Component(trunk.build, "", _trunk, _whole),
    "full": Component(protenix_model.build, "", _of(protenix_model.full), _whole),
}
