"""deepmind in JAX: compiled, with TF32, or in the repository's bfloat16, on a CPU or CUDA."""

import gc
import os
import time
from collections.abc import Mapping
from typing import Any

# The case makers cap XLA's instructions and its platforms for every process that imports them; a process that is timed
# does not keep that. XLA reads its flags when the first computation starts, and holds no memory that nobody asked for.
OWN_FLAGS = os.environ.get("XLA_FLAGS")
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import jax
import jax.extend.backend
import numpy as np
from numpy.typing import NDArray

from af3_export.core.errors import InputError
from af3_export.core.references import processor
from af3_export.core.shims.offers import device, pinned, require_offered
from af3_export.core.shims.protocol import Answer, Load, Measured
from af3_export.engines.deepmind import network, shim_components

if OWN_FLAGS is None:
    os.environ.pop("XLA_FLAGS", None)
else:
    os.environ["XLA_FLAGS"] = OWN_FLAGS
jax.config.update("jax_platforms", None)

VARIANTS = ("compile", "tf32", "bf16")


def _devices() -> list[Answer]:
    """What JAX can run on here."""
    found = {"cpu": processor()}
    if jax.default_backend() == "gpu":
        found["cuda"] = jax.devices("gpu")[0].device_kind
    return [device(name, description, VARIANTS) for name, description in found.items()]


def _versions() -> dict[str, str]:
    """Versions of what computes."""
    import haiku
    import jaxlib
    import tokamax

    return {
        **network.versions(),
        "jaxlib": jaxlib.__version__,
        "haiku": haiku.__version__,
        "tokamax": getattr(tokamax, "__version__", "unknown"),
    }


class Shim:
    """The engine's side of the protocol."""

    def __init__(self) -> None:
        self.devices = _devices()
        self.client: tuple[str, int | None] | None = None
        self.request: Load | None = None
        self.parameters: Any = None
        self.function: Any = None
        self.compiled: dict[Any, Any] = {}
        self.peak = 0

    def hello(self) -> Answer:
        """Who is here; refuses a checkout that is not the pinned one."""
        pinned("deepmind")
        network.module("model.model")  # imports the repository, which is no part of a load
        return {
            "engine": "deepmind",
            "versions": _versions(),
            "devices": self.devices,
            "variants": VARIANTS,
            "components": list(shim_components.COMPONENTS),
            "threads": _cores(),
        }

    def load(self, request: Load, weights: Mapping[str, NDArray]) -> Answer:
        """Makes the function and puts the weights on the device; the first run compiles it."""
        require_offered(request, shim_components.COMPONENTS, self.devices)
        self._use(request.device, request.threads)
        # tokamax reads this too. The default would be TF32 on GPUs that have it; bfloat16 has nothing to choose.
        jax.config.update("jax_default_matmul_precision", "high" if request.variant == "tf32" else "highest")
        # The repository's own flash attention is a Triton kernel, which is not for float32 to the last digits.
        attention = "triton" if request.device == "cuda" and request.variant != "compile" else "xla"
        run = shim_components.function_of(request.component, request.config, request.variant == "bf16", attention)
        self.function = jax.jit(run)
        prefix = shim_components.COMPONENTS[request.component].prefix
        self.parameters = jax.block_until_ready(jax.device_put(shim_components.parameters(weights, prefix)))
        self.request = request
        self.peak = self._device_peak() or 0
        return {
            "weights_bytes": sum(leaf.nbytes for leaf in jax.tree.leaves(self.parameters)),
            "settings": _settings(request, attention),
        }

    def run(self, inputs: Mapping[str, NDArray]) -> tuple[dict[str, NDArray], Measured]:
        """Inputs to the device, compiling at the first run of a shape, the network, outputs back."""
        if self.request is None:
            raise InputError("run: nothing is loaded")
        start = time.perf_counter()
        arguments = shim_components.COMPONENTS[self.request.component].arguments(inputs)
        arguments = jax.block_until_ready(jax.device_put(arguments))
        resident = time.perf_counter()
        executable = self._executable(arguments)
        compiled = time.perf_counter()
        found = jax.block_until_ready(executable(self.parameters, *arguments))
        done = time.perf_counter()
        outputs = {name: np.asarray(value, np.float32) for name, value in jax.device_get(found).items()}
        end = time.perf_counter()
        return outputs, Measured(
            exec_ms=1e3 * (done - compiled),
            elapsed_ms=1e3 * (end - start),
            compile_ms=1e3 * (compiled - resident),
            peak_bytes=self._peak_of_run(),
        )

    def unload(self) -> None:
        """Frees the network and everything compiled."""
        self.request = self.parameters = self.function = None
        self.compiled = {}
        jax.clear_caches()
        gc.collect()

    def _executable(self, arguments: list[Any]) -> Any:
        """The compiled function for arguments of these shapes."""
        shapes = tuple((leaf.shape, str(leaf.dtype)) for leaf in jax.tree.leaves(arguments))
        if shapes not in self.compiled:
            try:
                lowered = self.function.lower(self.parameters, *arguments)
            except (AssertionError, KeyError, TypeError, ValueError) as error:
                reason = " ".join(str(error).split())[:300] or "a number of channels is no multiple of its heads"
                raise InputError(f"the config does not fit the weights or the inputs: {reason}") from error
            self.compiled[shapes] = lowered.compile()
        return self.compiled[shapes]

    def _use(self, place: str, threads: int | None) -> None:
        """Makes the device the default of a client with so many threads; a client keeps what it was made with."""
        if self.client == (place, threads):
            return
        os.environ.pop("NPROC", None)
        if threads is not None:
            os.environ["NPROC"] = str(threads)  # what XLA's CPU client takes in place of the number of cores
        jax.config.update("jax_platforms", "cpu" if place == "cpu" else "cuda,cpu")
        jax.clear_caches()
        jax.extend.backend.clear_backends()
        self.client = (place, threads)

    def _device_peak(self) -> int | None:
        """The most bytes on the device since the process began; None on a CPU."""
        statistics = jax.devices()[0].memory_stats() or {}
        return statistics.get("peak_bytes_in_use")

    def _peak_of_run(self) -> int | None:
        """The peak if this network has raised it: JAX cannot start it anew, and an earlier network's says nothing."""
        peak = self._device_peak()
        return peak if peak is not None and peak > self.peak else None


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _settings(request: Load, attention: str) -> dict[str, Any]:
    """What a reader of the times must know."""
    settings = {
        "framework": "JAX, jit",
        "variant": request.variant,
        "device": request.device,
        "dtype": "bfloat16 (global_config.bfloat16 = all)" if request.variant == "bf16" else "float32",
        "tf32": "on" if request.variant == "tf32" else "off",
        "attention": attention,
        "threads": request.threads or _cores(),
    }
    if request.component in shim_components.WITH_TEMPLATES:
        settings["templates"] = "subtract before rotating (trap T20)"
    return settings
