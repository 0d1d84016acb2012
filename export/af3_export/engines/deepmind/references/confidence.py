"""The pinned deepmind confidence head, on one sample."""

from collections.abc import Mapping
from typing import Any

import haiku as hk
import jax
from numpy.typing import NDArray

from af3_export.engines.deepmind import network

EMBEDDINGS = ("single", "pair", "target_feat")
MAP = "token_atoms_to_pseudo_beta"


def _transformed(config: Mapping[str, Any]) -> hk.Transformed:
    """A function of positions [N, 24, 3], the embeddings, seq_mask and asym_id [N], and the pseudo-beta map."""
    head = network.module("model.network.confidence_head").ConfidenceHead
    gather = network.module("model.atom_layout.atom_layout").GatherInfo
    settings, numerics = network.configured(head.Config, config), network.numerics()

    def judge(positions: jax.Array, embeddings: Any, seq_mask: jax.Array, asym_id: jax.Array, where: Any) -> Any:
        return head(settings, numerics)(positions, embeddings, seq_mask, gather.from_dict(where, MAP), asym_id)

    return hk.transform(network.scoped(("diffuser",), judge))


def _arguments(inputs: Mapping[str, NDArray]) -> list[Any]:
    """The inputs in order, masks as the featuriser has them."""
    where = {name: value for name, value in inputs.items() if name.startswith(MAP)}
    where[f"{MAP}:gather_mask"] = where[f"{MAP}:gather_mask"] != 0
    embeddings = {name: inputs[name] for name in EMBEDDINGS}
    return [inputs["dense_atom_positions"], embeddings, inputs["seq_mask"] != 0, inputs["asym_id"], where]


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    return network.shapes(_transformed(config), "", _arguments(inputs))


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """Gives pLDDT and resolvedness [N, 24], errors and TM terms [N, N] and the average error []."""
    return network.run(_transformed(config), "", weights, _arguments(inputs))
