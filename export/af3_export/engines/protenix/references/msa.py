"""The pinned MSA module, with recorded orders of rows in place of those that it draws."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

import torch
from numpy.typing import NDArray

from af3_export.core.errors import InputError
from af3_export.engines.protenix import network

PREFIX = "msa_module."
# More rows than a case has: what the model's own configuration says.
CUTOFF = {"sample_cutoff": {"train": 16384, "test": 16384}, "min_size": {"train": 1, "test": 1}}


def build(config: Mapping[str, Any]) -> torch.nn.Module:
    """The real module."""
    return network.build(network.module("model.modules.pairformer").MSAModule, {**config, "msa_configs": CUTOFF})


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names in the full model and shapes of every weight."""
    return network.shapes(build(config), PREFIX)


@contextmanager
def drawn(orders: torch.Tensor) -> Iterator[None]:
    """Each pass draws the next of these rows [R, M]; -1 is no row."""
    left = iter(orders)

    def sample_indices(n: int, **_: Any) -> torch.Tensor:
        order = next(left, None)
        if order is None:
            raise InputError(f"there are more passes than the {len(orders)} rows of msa_order")
        if order.max() >= n:
            raise InputError(f"msa_order names row {order.max()}, the MSA has {n}")
        return order[order >= 0]

    with mock.patch.object(network.module("model.utils"), "sample_indices", sample_indices):
        yield
    if next(left, None) is not None:
        raise InputError(f"there are fewer passes than the {len(orders)} rows of msa_order")


def call(module: torch.nn.Module, given: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The new z."""
    features = {name: given[name] for name in ("msa", "has_deletion", "deletion_value")}
    with drawn(given["msa_order"]):
        z = module(features, given["z"], given["s_inputs"], None, **network.KERNELS, inplace_safe=False)
    return {"z": z}


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """From msa, has_deletion and deletion_value [M, N], msa_order [1, M], z [N, N, c_z] and s_inputs [N, c]: z."""
    module = build(config)
    network.set_weights(module, weights, PREFIX)
    with network.inference():
        return network.outputs(call(module, network.tensors(inputs)))
