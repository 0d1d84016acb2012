"""The pinned ligo trunk: input embedder, and in each cycle the MSA module and the Pairformer."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from af3_export.engines.ligo import model as ligo_model
from af3_export.engines.ligo import network

# The parts of the model beside the trunk, as small as they can be: a config need not describe them.
BESIDE = {
    "diffusion_module": {
        "c_atom": 1,
        "c_atompair": 1,
        "c_token": 1,
        "c_tokenpair": 1,
        "atom_encoder_heads": 1,
        "atom_decoder_blocks": 1,
        "atom_decoder_heads": 1,
        "token_transformer_blocks": 1,
        "token_transformer_heads": 1,
    },
    "distogram_head": {"c_z": 1, "no_bins": 1},
}
# Built, but their weights need not be there.
UNUSED = tuple(f"{part}." for part in BESIDE)


def build(config: Mapping[str, Any]) -> torch.nn.Module:
    """The whole model, since only its forward() has the trunk."""
    pair = (config.get("input_embedder") or {}).get("c_trunk_pair")
    # forward() ends with the distogram of the trunk's pair.
    fitting = {"distogram_head": {**BESIDE["distogram_head"], **({"c_z": pair} if pair else {})}}
    return ligo_model.build({**BESIDE, **fitting, **config})


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    found = network.shapes(build(config), "")
    return {name: shape for name, shape in found.items() if not name.startswith(UNUSED)}


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """From the features, sym_id, aatype, msa_feat [R, M, N, 49] and msa_mask [R, M, N]: s_inputs, s and z."""
    model = build(config)
    network.set_weights(model, weights, "", UNUSED)
    found = ligo_model.forward(model, inputs, config["num_cycles"], lambda **_: torch.zeros(1))
    return network.outputs({name: found[name] for name in ("s_inputs", "s", "z")})
