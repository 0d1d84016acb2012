"""Imports what needs an engine's own Python environment."""

import importlib
import platform
from pathlib import Path
from types import ModuleType

from af3_export.core.errors import UnavailableError
from af3_export.core.registry import require_engine


def versions(engine: str) -> dict[str, str]:
    """Versions of what computes."""
    found: dict[str, str] = load(engine, "network").versions()
    return found


def load(engine: str, module: str) -> ModuleType:
    """A module of the engine's folder that needs its environment, or how to get that."""
    try:
        return importlib.import_module(f"af3_export.engines.{require_engine(engine)}.{module}")
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
