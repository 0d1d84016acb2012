"""What rounds the operands of protenix's matrix products: those of PyTorch, its fused attention taken apart."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from af3_export.core.torch import rounding
from af3_export.engines.protenix import network


@contextmanager
def rounded_operands(dtype: str, scale: float = 1.0) -> Iterator[Callable[[float], None]]:
    """As core/torch/rounding.py; attention is the network's own products and softmax, which its class offers beside the fused one."""
    primitives = network.module("model.modules.primitives")
    attention = primitives._attention

    def apart(**arguments: Any) -> Any:
        return attention(**{**arguments, "use_efficient_implementation": False})

    with mock.patch.object(primitives, "_attention", apart), rounding.rounded_operands(dtype, scale) as scaled:
        yield scaled
