"""The name of an exported graph's folder in the cache, which the TypeScript side computes too."""

import hashlib
import json
import math
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from af3_export.core.errors import InputError


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces, byte for byte what a sorted JSON.stringify of JavaScript gives."""
    if isinstance(value, Mapping):
        entries = sorted((str(name), entry) for name, entry in value.items())
        return "{" + ",".join(f"{canonical(name)}:{canonical(entry)}" for name, entry in entries) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    """A number as JavaScript writes it: 1.0 as 1, 1e-05 as 0.00001, 1e-07 as 1e-7."""
    if not math.isfinite(value):
        raise InputError(f"the config holds {value}, expected finite numbers")
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + int(exponent)
    if len(text) <= point <= 21:
        text = text.ljust(point, "0")
    elif 0 < point <= 21:
        text = f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        text = f"0.{'0' * -point}{text}"
    else:
        rest = f".{text[1:]}" if len(text) > 1 else ""
        text = f"{text[0]}{rest}e{point - 1:+d}"
    return ("-" if sign else "") + text


def key(
    engine: str,
    component: str,
    variant: str,
    config: Mapping[str, Any],
    widths: Mapping[str, int],
    sizes: Mapping[str, int],
) -> str:
    """The name of a graph's folder in the cache."""
    content = canonical({"config": config, "widths": widths, "sizes": sizes})
    return f"{engine}-{component}-{variant}-{hashlib.sha256(content.encode('utf-8')).hexdigest()[:12]}"


def place(name: str) -> Path:
    """The folder of a graph with this key, where the backends look for it (the rule of export/setup.mjs)."""
    own, shared = os.environ.get("AF3_GPU_CACHE"), os.environ.get("XDG_CACHE_HOME")
    cache = Path(own) if own else Path(shared or Path.home() / ".cache") / "af3-gpu"
    return cache.resolve() / "onnx" / name
