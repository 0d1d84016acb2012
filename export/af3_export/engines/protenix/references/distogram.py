"""The pinned distogram head, and the contacts that the model makes of its logits."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from af3_export.engines.protenix import network

PREFIX = "distogram_head."


def build(config: Mapping[str, Any]) -> torch.nn.Module:
    """The real head."""
    return network.build(network.module("model.modules.head").DistogramHead, config)


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names in the full model and shapes of every weight."""
    return network.shapes(build(config), PREFIX)


def call(head: torch.nn.Module, given: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Logits, and the probability that two tokens are nearer than 8 Å."""
    logits = head(given["z"])
    bins = network.module("configs.configs_base").configs["loss"]["distogram"]
    found = {"distogram_logits": logits}
    if logits.shape[-1] == bins["no_bins"]:
        limits = {name: bins[name] for name in ("min_bin", "max_bin", "no_bins")}
        found["contact_probs"] = network.module("model.sample_confidence").compute_contact_prob(logits, **limits)
    return found


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """From z [N, N, c_z]: distogram_logits [N, N, bins] and contact_probs [N, N]."""
    head = build(config)
    network.set_weights(head, weights, PREFIX)
    with network.inference():
        return network.outputs(call(head, network.tensors(inputs)))
