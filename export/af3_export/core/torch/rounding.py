"""Rounds the operands of every matrix product of PyTorch, whatever function of it a module calls."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

TYPES = {"f16": torch.float16, "bf16": torch.bfloat16}
ATEN = torch.ops.aten
# What all products come to below autograd (linear, matmul and einsum too), and which arguments are multiplied.
PRODUCTS = {
    ATEN.mm.default: (0, 1),
    ATEN.bmm.default: (0, 1),
    ATEN.mv.default: (0, 1),
    ATEN.dot.default: (0, 1),
    ATEN.addmm.default: (1, 2),
    ATEN.baddbmm.default: (1, 2),
    ATEN.addmv.default: (1, 2),
}
# Products that would pass unrounded: refused, so that no figure is too good.
UNKNOWN = ("convolution", "attention", "einsum", "linear", "matmul")


class _Rounding(TorchDispatchMode):
    """Sees every operation that reaches the CPU."""

    def __init__(self, dtype: torch.dtype, scale: float) -> None:
        super().__init__()
        self.dtype = dtype
        self.scale = scale
        self.products = 0

    def set_scale(self, scale: float) -> None:
        """Products from now on have this one."""
        self.scale = scale

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func in PRODUCTS:
            given = list(args)
            for place in PRODUCTS[func]:
                given[place] = (given[place] * self.scale).to(self.dtype).to(torch.float32) / self.scale
            self.products += 1
            return func(*given, **(kwargs or {}))
        if any(word in str(func) for word in UNKNOWN):
            raise NotImplementedError(f"{func} multiplies, and nobody rounds its operands")
        return func(*args, **(kwargs or {}))


@contextmanager
def rounded_operands(dtype: str, scale: float = 1.0) -> Iterator[Callable[[float], None]]:
    """Meanwhile operands of products, times a scale, are rounded to this type, multiplied and summed in float32.

    Gives what sets another scale for the next run.
    """
    with _Rounding(TYPES[dtype], scale) as mode:
        yield mode.set_scale
    if mode.products == 0:
        raise RuntimeError("no matrix product was seen")
