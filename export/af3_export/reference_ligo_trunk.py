"""The pinned ligo trunk: input embedder, and in each cycle the MSA module and the Pairformer."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from af3_export import ligo_model, ligo_network

# Described by the config and built, but their weights need not be there.
UNUSED = ("diffusion_module.", "distogram_head.")


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    found = ligo_network.shapes(ligo_model.build(config), "")
    return {name: shape for name, shape in found.items() if not name.startswith(UNUSED)}


def run(
    config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]
) -> ligo_network.Outputs:
    """From the features, sym_id, aatype, msa_feat [R, M, N, 49] and msa_mask [R, M, N]: s_inputs, s and z."""
    model = ligo_model.build(config)
    ligo_network.set_weights(model, weights, "", UNUSED)
    found = ligo_model.forward(model, inputs, config["num_cycles"], lambda **_: torch.zeros(1))
    return ligo_network.outputs({name: found[name] for name in ("s_inputs", "s", "z")})
