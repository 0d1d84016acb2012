"""What the ONNX export must know of deepmind's components: the function to trace, the names of its inputs, an example."""

import dataclasses
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from unittest import mock

import haiku as hk
import jax
import numpy as np
from numpy.typing import NDArray

from af3_export.core.component_case import Arrays
from af3_export.core.onnx.files import Carry
from af3_export.engines.deepmind import network
from af3_export.engines.deepmind.batch import as_batch
from af3_export.engines.deepmind.onnx import examples, nodes
from af3_export.engines.deepmind.onnx.graph import OUT
from af3_export.engines.deepmind.references import confidence, diffusion, trunk

Config = Mapping[str, Any]
Sizes = Mapping[str, int]
Widths = Mapping[str, int]


@dataclass(frozen=True)
class Component:
    """One component. Everything is in the case format's names; a graph has fixed sizes."""

    # What the config does not say, of the preset's widths.
    widths: tuple[str, ...]
    # The sizes it has, from those that are given.
    sizes: Callable[[Config, Sizes], dict[str, int]]
    # A case's inputs at these sizes.
    example: Callable[[Config, Widths, Sizes], Arrays]
    # The network's function of the arguments.
    function: Callable[[Config], hk.Transformed]
    # The function's arguments of a case's inputs, of one trip.
    arguments: Callable[[Arrays], list[Any]]
    # Names of the arguments that are one array; None for a dictionary by name.
    names: tuple[str | None, ...]
    # The network of a case's inputs as it is, all trips.
    run: Callable[[Config, Arrays, Arrays], dict[str, NDArray]]
    # In front of the function's scopes.
    prefix: str = ""
    attention: bool = True
    carry: tuple[Carry, ...] = ()
    # What the first trip takes in the place of an earlier one's outputs.
    start: Callable[[Config, Sizes], Arrays] = lambda config, sizes: {}
    per_trip: tuple[str, ...] = ()

    def leaves(self, inputs: Arrays) -> tuple[list[tuple[str, Any]], Any]:
        """The arrays of the arguments by name, and their tree."""
        leaves, tree = jax.tree_util.tree_flatten_with_path(self.arguments(inputs))
        return [(self._name(path), value) for path, value in leaves], tree

    def _name(self, path: tuple[Any, ...]) -> str:
        """The case format's name of an argument."""
        return self.names[path[0].idx] or str(path[-1].key)

    def trips(self, inputs: Arrays) -> list[dict[str, NDArray]]:
        """A case's inputs by trip."""
        count = len(inputs[self.per_trip[0]]) if self.per_trip else 1
        return [
            {name: value[trip] if name in self.per_trip else value for name, value in inputs.items()}
            for trip in range(count)
        ]


def _part(module: str) -> Any:
    """A reference module whose arguments are INPUTS."""
    return importlib.import_module(f"af3_export.engines.deepmind.references.{module}")


def _simple(module: str, **rest: Any) -> Component:
    """A component whose reference module has _transformed, _arguments, run and INPUTS."""
    part = _part(module)
    return Component(function=part._transformed, arguments=part._arguments, run=part.run, names=part.INPUTS, **rest)


def _tokens(config: Config, sizes: Sizes) -> dict[str, int]:
    """Sizes of most components."""
    del config
    return {"tokens": examples.size(sizes, "tokens")}


def _template() -> Component:
    """The template embedding: its arguments are INPUTS and the templates' parts."""
    part = _part("template")
    return Component(
        widths=("c_z",),
        sizes=lambda config, sizes: {**_tokens(config, sizes), "templates": sizes.get("templates", 4)},
        example=examples.template,
        function=part._transformed,
        arguments=part._arguments,
        names=(*part.INPUTS, *(f"templates.{name}" for name in part.TEMPLATES)),
        run=part.run,
    )


def _distogram() -> Component:
    """The distogram head."""
    part = _part("distogram")
    return Component(
        widths=("c_z",),
        sizes=_tokens,
        example=examples.distogram,
        function=part._transformed,
        arguments=part._arguments,
        names=("pair", "seq_mask"),
        run=part.run,
        attention=False,
    )


PREVIOUS = "previous_"


def _one_pass(config: Config) -> hk.Transformed:
    """One pass of the trunk: a function of the featurised dictionary, a row order and what the last pass gave."""
    evoformer = network.module("model.network.evoformer").Evoformer
    model = network.module("model.model")
    settings, numerics = network.configured(evoformer.Config, config["evoformer"]), network.numerics()

    def one_pass(features: Any, order: jax.Array, previous: Mapping[str, jax.Array]) -> Any:
        given = as_batch(features)
        module = evoformer(settings, numerics)
        target = model.create_target_feat_embedding(given, settings, numerics)
        chosen = {name: nodes.take(getattr(given.msa, name), order, 0) for name in ("rows", "mask", "deletion_matrix")}
        rows = dataclasses.replace(given, msa=dataclasses.replace(given.msa, **chosen))
        named = {name.removeprefix(PREVIOUS): value for name, value in previous.items()}
        with mock.patch.object(model.featurization, "shuffle_msa", lambda key, msa: (msa, key)):
            found = module(batch=rows, prev=named, target_feat=target, key=jax.random.PRNGKey(0))
        return {"target_feat": target, "single": found["single"], "pair": found["pair"]}

    return hk.transform(network.scoped(("diffuser",), one_pass))


def _trunk_arguments(inputs: Arrays) -> list[Any]:
    """The arguments of one pass; without what an earlier one gave, stand-ins of no use."""
    previous = {name: value for name, value in inputs.items() if name.startswith(PREVIOUS)}
    rest = {name: value for name, value in inputs.items() if name not in previous}
    features, order = trunk._arguments(rest)
    return [features, order, previous]


def _trunk_sizes(config: Config, sizes: Sizes) -> dict[str, int]:
    """Sizes of the trunk; those that are not given are those of synthetic features (docs/features.md)."""
    tokens = examples.size(sizes, "tokens")
    evoformer = network.module("model.network.evoformer").Evoformer
    rows = network.configured(evoformer.Config, config["evoformer"]).num_msa
    usual = {"rows": rows, "templates": 4, "polymer_bonds": tokens, "ligand_bonds": 10 * tokens}
    return {"tokens": tokens, **{name: sizes.get(name, size) for name, size in usual.items()}}


def _start(config: Config, sizes: Sizes) -> dict[str, NDArray]:
    """What the first pass takes of none before it."""
    evoformer = network.module("model.network.evoformer").Evoformer
    settings, tokens = network.configured(evoformer.Config, config["evoformer"]), sizes["tokens"]
    return {
        f"{PREVIOUS}single": np.zeros((tokens, settings.seq_channel), np.float32),
        f"{PREVIOUS}pair": np.zeros((tokens, tokens, settings.pair_channel), np.float32),
    }


def _trunk() -> Component:
    """The trunk, one pass per trip."""
    return Component(
        widths=(),
        sizes=_trunk_sizes,
        example=examples.trunk,
        function=_one_pass,
        arguments=_trunk_arguments,
        names=(None, "msa_order", None),
        run=trunk.run,
        carry=(Carry(f"single{OUT}", f"{PREVIOUS}single"), Carry(f"pair{OUT}", f"{PREVIOUS}pair")),
        start=_start,
        per_trip=("msa_order",),
    )


def components() -> dict[str, Component]:
    """All components that can be exported."""
    return {
        "pairformer": _simple("pairformer", widths=("c_s", "c_z"), sizes=_tokens, example=examples.pairformer),
        "msa_stack": _simple(
            "msa",
            widths=("c_m", "c_z"),
            sizes=lambda config, sizes: {**_tokens(config, sizes), "rows": examples.size(sizes, "rows")},
            example=examples.msa_stack,
        ),
        "template_embedding": _template(),
        "diffusion_head": Component(
            widths=("c_s", "c_z", "c_target"),
            sizes=_tokens,
            example=examples.diffusion_head,
            function=diffusion._transformed,
            arguments=diffusion._arguments,
            names=("positions_noisy", "noise_level", None, None),
            run=diffusion.run,
            prefix=diffusion.PREFIX,
        ),
        "diffusion_transformer": _simple(
            "transformer",
            widths=("c", "c_s", "c_p"),
            sizes=_tokens,
            example=examples.diffusion_transformer,
            prefix=_part("transformer").PREFIX,
        ),
        "confidence_head": Component(
            widths=("c_s", "c_z", "c_target"),
            sizes=_tokens,
            example=examples.confidence_head,
            function=confidence._transformed,
            arguments=confidence._arguments,
            names=("dense_atom_positions", None, "seq_mask", "asym_id", None),
            run=confidence.run,
        ),
        "distogram_head": _distogram(),
        "trunk": _trunk(),
    }
