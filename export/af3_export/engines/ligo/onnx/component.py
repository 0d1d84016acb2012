"""What ligo's components share in the ONNX export."""

from collections.abc import Callable

import torch

from af3_export.core.torch.component import SEED, Component, Config, Sizes, Tensors
from af3_export.core.torch.modules import with_defaults
from af3_export.engines.ligo import network as ligo_network

__all__ = ["IDS", "INTEGERS", "SEED", "Component", "Config", "Sizes", "Tensors", "class_of", "floats", "with_defaults"]

# Integers of the case format. The network indexes with some; the others it compares and subtracts, which float32 does
# exactly to 2^24, and the WebGPU provider better than int64.
IDS = ("residue_index", "token_index", "asym_id", "entity_id", "ref_space_uid")
INTEGERS = ("atom_to_token", "aatype", "template_aatype", *IDS)


def class_of(place: str, name: str) -> Callable[..., torch.nn.Module]:
    """A class of the repository."""
    return getattr(ligo_network.module(place), name)


def floats(features: Tensors) -> Tensors:
    """Features with all integers but indices in float32."""
    return {name: value.to(torch.float32) if name in IDS else value for name, value in features.items()}
