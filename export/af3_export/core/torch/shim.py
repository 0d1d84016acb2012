"""A network in PyTorch: eager, compiled, with TF32, or under autocast to bfloat16, on a CPU, CUDA or Metal."""

import contextlib
import gc
import importlib.util
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from af3_export.core.errors import InputError
from af3_export.core.references import processor
from af3_export.core.shims.offers import device, pinned, require_offered
from af3_export.core.shims.protocol import Answer, Load, Measured
from af3_export.core.torch.modules import set_weights, versions

VARIANTS = ("eager", "compile", "tf32", "bf16")
BLOCK = re.compile(r"(^|\.)blocks\.\d+$")
TOY_WIDTH = 64
Config = Mapping[str, Any]
Tensors = dict[str, torch.Tensor]
# What a component takes: tensors, in whatever holds them.
Given = dict[str, Any]


@dataclass(frozen=True)
class Component:
    """How a component is built, which weights it has, what it takes and how it is called."""

    build: Callable[[Config], torch.nn.Module]
    prefix: str
    call: Callable[[torch.nn.Module, Given, Config], Tensors]
    take: Callable[[Mapping[str, NDArray], Config], Given]
    # Weights that need not be there, since nothing that runs reads them.
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offer:
    """What a shim must know of an engine."""

    engine: str
    components: Mapping[str, Component]
    # Imports the repository, which is no part of a load.
    imports: Callable[[], Any]
    # Meanwhile a network is built without initial values, since all weights are set behind it.
    unset_values: Callable[[], contextlib.AbstractContextManager[Any]]
    # The config with the widths and counts that it lacks.
    completed: Callable[[Load], dict[str, Any]]
    # What a reader of the times must know besides.
    settings: Mapping[str, str]
    # An output without what the network has in front of the case format's axes.
    output: Callable[[torch.Tensor], torch.Tensor] = lambda value: value


class _Toy(torch.nn.Module):
    """The mode `toy`: tanh(x W^T). It measures what a run costs around the network, and is nobody's network."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = torch.nn.Parameter(torch.zeros(TOY_WIDTH, TOY_WIDTH))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(torch.nn.functional.linear(x, self.weights))


TOY = Component(
    lambda _: _Toy(),
    "toy.",
    lambda toy, given, _: {"y": toy(given["x"])},
    lambda inputs, _: {"x": torch.from_numpy(np.array(inputs["x"], np.float32))},
)


def _devices() -> list[Answer]:
    """What PyTorch can run on here."""
    found = {"cpu": processor()}
    if torch.cuda.is_available():
        found["cuda"] = torch.cuda.get_device_name(0)
    if torch.backends.mps.is_available():
        found["mps"] = f"{processor()} (Metal)"
    return [device(name, description, VARIANTS) for name, description in found.items()]


def _versions() -> dict[str, str]:
    """Versions of what computes."""
    found = versions()
    if torch.version.cuda:
        found["cuda"] = torch.version.cuda
    if importlib.util.find_spec("triton"):
        found["triton"] = importlib.import_module("triton").__version__
    return found


def _moved(value: Any, place: str) -> Any:
    """Tensors on the device, in whatever holds them."""
    if isinstance(value, torch.Tensor):
        return value.to(place)
    if isinstance(value, dict):
        return {name: _moved(part, place) for name, part in value.items()}
    return [_moved(part, place) for part in value]


class TorchShim:
    """The engine's side of the protocol."""

    def __init__(self, offer: Offer) -> None:
        self.offer = offer
        self.components = {**offer.components, "toy": TOY}
        self.threads = torch.get_num_threads()
        self.component: Component | None = None
        self.network: torch.nn.Module | None = None
        self.request: Load | None = None
        self.config: dict[str, Any] = {}

    def hello(self) -> Answer:
        """Who is here; refuses a checkout that is not the pinned one."""
        pinned(self.offer.engine)
        self.offer.imports()
        return {
            "engine": self.offer.engine,
            "versions": _versions(),
            "devices": _devices(),
            "variants": VARIANTS,
            "components": list(self.components),
            "threads": self.threads,
        }

    def load(self, request: Load, weights: Mapping[str, NDArray]) -> Answer:
        """Builds the real network with these weights on the device."""
        require_offered(request, self.components, _devices())
        torch.set_num_threads(request.threads or self.threads)
        torch.set_float32_matmul_precision("high" if request.variant == "tf32" else "highest")
        component = self.components[request.component]
        config = self.offer.completed(request)
        with self.offer.unset_values():
            built = component.build(config)
        set_weights(built, weights, component.prefix, component.unused)
        built = built.to(request.device)
        if request.variant == "compile":
            _compile(built)
        self._synchronise(request.device)
        self.component, self.network, self.request, self.config = component, built, request, config
        return {
            "weights_bytes": sum(value.nbytes for value in built.state_dict().values()),
            "settings": self._settings(request),
        }

    def run(self, inputs: Mapping[str, NDArray]) -> tuple[dict[str, NDArray], Measured]:
        """Inputs to the device, the network, outputs back."""
        if self.network is None or self.component is None or self.request is None:
            raise InputError("run: nothing is loaded")
        place = self.request.device
        if place == "cuda":
            torch.cuda.reset_peak_memory_stats()
        compiles = self.request.variant == "compile"
        before = _compile_seconds() if compiles else 0.0
        start = time.perf_counter()
        given: Given = _moved(self.component.take(inputs, self.config), place)
        self._synchronise(place)
        resident = time.perf_counter()
        with torch.no_grad(), self._numerics():
            found = self.component.call(self.network, given, self.config)
        self._synchronise(place)
        done = time.perf_counter()
        outputs = self._fetched(found)
        end = time.perf_counter()
        compiling = 1e3 * (_compile_seconds() - before) if compiles else 0.0
        return outputs, Measured(
            exec_ms=max(0.0, 1e3 * (done - resident) - compiling),
            elapsed_ms=1e3 * (end - start),
            compile_ms=compiling,
            peak_bytes=torch.cuda.max_memory_allocated() if place == "cuda" else None,
        )

    def unload(self) -> None:
        """Frees the network and what was compiled for it."""
        if self.request is not None and self.request.variant == "compile":
            torch._dynamo.reset()
        self.network = self.component = self.request = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _numerics(self) -> contextlib.AbstractContextManager[Any]:
        """Autocast for bf16, as the repository's bf16-mixed trainers have it; nothing otherwise."""
        if self.request is None or self.request.variant != "bf16":
            return contextlib.nullcontext()
        return torch.autocast(self.request.device, dtype=torch.bfloat16)

    def _fetched(self, tensors: Tensors) -> dict[str, NDArray]:
        """Float32 outputs on the host, in the case format's shapes."""
        toy = self.component is TOY
        shown = {name: value if toy else self.offer.output(value) for name, value in tensors.items()}
        return {name: np.ascontiguousarray(value.float().cpu().numpy()) for name, value in shown.items()}

    def _synchronise(self, place: str) -> None:
        if place == "cuda":
            torch.cuda.synchronize()
        elif place == "mps":
            torch.mps.synchronize()

    def _settings(self, request: Load) -> dict[str, Any]:
        """What a reader of the times must know."""
        return {
            "framework": "PyTorch",
            "variant": request.variant,
            "device": request.device,
            "dtype": "bfloat16 by autocast" if request.variant == "bf16" else "float32",
            "tf32": "on" if request.variant == "tf32" else "off",
            "compiled": "each block, by torch.compile" if request.variant == "compile" else "no",
            **self.offer.settings,
            "threads": torch.get_num_threads(),
        }


def _compile(built: torch.nn.Module) -> None:
    """Compiles every block of a stack, equal ones once; what has no blocks as a whole.

    A graph of all blocks would take as many times longer to compile as there are blocks.
    """
    torch._dynamo.config.recompile_limit = 64  # beyond it PyTorch would go back to eager without a word
    blocks = [module for name, module in built.named_modules() if BLOCK.search(name)]
    for module in blocks or [built]:
        module.compile(dynamic=False)


def _compile_seconds() -> float:
    """Seconds that torch.compile has taken in this process."""
    return float(torch._dynamo.utils.calculate_time_spent().get("total_wall_time", 0.0))
