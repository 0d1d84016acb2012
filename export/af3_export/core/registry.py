"""The engines: each folder of `engines/` is one. Their modules are imported when they are asked for."""

import importlib
import pkgutil

from af3_export import engines
from af3_export.core.engine import Engine
from af3_export.core.errors import InputError

ENGINES: tuple[str, ...] = tuple(sorted(found.name for found in pkgutil.iter_modules(engines.__path__)))


def require_engine(name: str) -> str:
    """Returns the engine's name or refuses an unknown one."""
    if name not in ENGINES:
        raise InputError(f'unknown engine "{name}": expected {" or ".join(ENGINES)}')
    return name


def find_engine(name: str) -> Engine:
    """The engine of this name."""
    found: Engine = importlib.import_module(f"af3_export.engines.{require_engine(name)}").ENGINE
    return found
