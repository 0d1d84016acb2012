"""The pinned network from features to scores, with recorded randomness."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from af3_export.engines.protenix import model as protenix_model
from af3_export.engines.protenix import network


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    return network.shapes(protenix_model.build(config), "")


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """The trunk's outputs, positions [S, A, 3], logits of all heads, contact_probs, and scores as `summary:*`."""
    model = protenix_model.build(config)
    network.set_weights(model, weights, "")
    with network.inference():
        return network.outputs(protenix_model.full(model, protenix_model.prepared(config, inputs)))
