"""The pinned deepmind distogram head."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import haiku as hk
import jax
import numpy as np
from numpy.typing import NDArray

from af3_export.engines.deepmind import network


def _transformed(config: Mapping[str, Any]) -> hk.Transformed:
    """A function of pair [N, N, c_z] and seq_mask [N]."""
    head = network.module("model.network.distogram_head").DistogramHead
    settings, numerics = network.configured(head.Config, config), network.numerics()

    def distogram(pair: jax.Array, seq_mask: jax.Array) -> Any:
        batch = SimpleNamespace(token_features=SimpleNamespace(mask=seq_mask))
        found = head(settings, numerics)(batch, {"pair": pair}, return_distogram=True)
        found["distogram_logits"] = found.pop("distogram")
        return found

    return hk.transform(network.scoped(("diffuser",), distogram))


def _arguments(inputs: Mapping[str, NDArray]) -> list[NDArray]:
    """The inputs in order, the mask as the featuriser has it."""
    return [np.asarray(inputs["pair"], np.float32), np.asarray(inputs["seq_mask"]) != 0]


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    return network.shapes(_transformed(config), "", _arguments(inputs))


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """Gives distogram_logits [N, N, bins], contact_probs [N, N] and bin_edges [bins - 1]."""
    return network.run(_transformed(config), "", weights, _arguments(inputs))
