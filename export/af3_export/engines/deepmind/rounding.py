"""Rounds the operands of every matrix product of JAX as it is traced."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np

from af3_export.engines.deepmind import network

TYPES = {"f16": jnp.float16, "bf16": jnp.bfloat16}


@contextmanager
def rounded_operands(dtype: str, scale: float = 1.0) -> Iterator[Callable[[float], None]]:
    """Meanwhile operands of products, times a scale, are rounded to this type, multiplied and summed in float32.

    Gives what sets another scale for the next run of the same network, which is compiled once for all of them.
    """
    bind = jax.lax.dot_general_p.bind
    seen = 0
    current = np.float32(scale)
    programs: list[Any] = []
    asked = 0

    def rounded(value: Any) -> Any:
        # Programs ask for the scale as they run: as a constant it would need one of its own for each, as an argument it
        # would not reach what JAX traces once and keeps. A barrier, since XLA takes a conversion there and back for nothing.
        factor = jax.pure_callback(lambda: current, jax.ShapeDtypeStruct((), jnp.float32))
        return jax.lax.optimization_barrier((value * factor).astype(TYPES[dtype])).astype(jnp.float32) / factor

    def bind_rounded(lhs: Any, rhs: Any, **parameters: Any) -> Any:
        nonlocal seen
        seen += 1
        if lhs.dtype != jnp.float32:  # integers that count are exact
            return bind(lhs, rhs, **parameters)
        return bind(rounded(lhs), rounded(rhs), **parameters)

    def kept(function: Any) -> Any:
        """The programs of a run, in the order in which it asks for them, are those of the run before."""
        nonlocal asked
        asked += 1
        if asked > len(programs):
            programs.append(jax.jit(function))
        return programs[asked - 1]

    def scaled(factor: float) -> None:
        nonlocal current, asked
        current, asked = np.float32(factor), 0

    with (
        mock.patch.object(jax.lax.dot_general_p, "bind", bind_rounded),
        mock.patch.object(network, "jit", kept),
    ):
        jax.clear_caches()  # what was traced before would be taken again
        yield scaled
    jax.clear_caches()
    if seen == 0:
        raise RuntimeError("no matrix product was seen")
