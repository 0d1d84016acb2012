"""Rounds the operands of every matrix product of JAX as it is traced."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp

TYPES = {"f16": jnp.float16, "bf16": jnp.bfloat16}


@contextmanager
def rounded_operands(dtype: str, scale: float = 1.0) -> Iterator[None]:
    """Meanwhile operands of products, times a scale, are rounded to this type, multiplied and summed in float32."""
    bind = jax.lax.dot_general_p.bind
    seen = 0

    def rounded(value: Any) -> Any:
        # A barrier, since XLA takes a conversion there and back for nothing.
        return jax.lax.optimization_barrier((value * scale).astype(TYPES[dtype])).astype(jnp.float32) / scale

    def bind_rounded(lhs: Any, rhs: Any, **parameters: Any) -> Any:
        nonlocal seen
        seen += 1
        if lhs.dtype != jnp.float32:  # integers that count are exact
            return bind(lhs, rhs, **parameters)
        return bind(rounded(lhs), rounded(rhs), **parameters)

    with mock.patch.object(jax.lax.dot_general_p, "bind", bind_rounded):
        jax.clear_caches()  # what was traced before would be taken again
        yield
    jax.clear_caches()
    if seen == 0:
        raise RuntimeError("no matrix product was seen")
