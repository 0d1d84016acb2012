"""Finds the reference of an engine; only its own Python environment can import it."""

import importlib
import platform
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from af3_export.errors import UnavailableError
from af3_export.presets import require_engine


class Reference(Protocol):
    """What reference_ligo and reference_deepmind offer."""

    def versions(self) -> dict[str, str]:
        """Versions of what computes."""

    def pairformer_widths(self, inputs: Mapping[str, NDArray]) -> tuple[int, int]:
        """Channels (c_s, c_z) of given inputs."""

    def pairformer_shapes(self, config: Mapping[str, Any], c_s: int, c_z: int) -> dict[str, tuple[int, ...]]:
        """Names in the full model and shapes of every weight."""

    def run_pairformer(
        self, config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]
    ) -> dict[str, NDArray[np.float32]]:
        """Outputs of the real network in float32."""


def reference(engine: str) -> Reference:
    """The engine's reference module, or how to get the environment it needs."""
    return load(engine, f"reference_{require_engine(engine)}")  # type: ignore[return-value]


def load(engine: str, module: str) -> ModuleType:
    """A module that needs the engine's environment, or how to get that."""
    try:
        return importlib.import_module(f"af3_export.{module}")
    except ModuleNotFoundError as error:
        fix = f"run `npm run setup:python -- {engine}` and use the Python it names"
        raise UnavailableError(f"this Python lacks {error.name}, which the {engine} reference needs; {fix}") from None


def processor() -> str:
    """The CPU's brand, for the note of a case."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return " ".join(line.split(":", 1)[1].split())
    return platform.processor() or platform.machine()
