"""Reads the network sizes of presets/<engine>.json, the one home they have for Python and TypeScript."""

import json
from pathlib import Path
from typing import Any

from af3_export.core.errors import InputError
from af3_export.core.registry import find_engine, require_engine

REPOSITORY = Path(__file__).resolve().parents[3]


def preset(engine: str, name: str) -> dict[str, Any]:
    """One preset: `pairformer` is a component's config, `widths` (deepmind only) what its config does not say."""
    presets = json.loads((REPOSITORY / "presets" / f"{require_engine(engine)}.json").read_text(encoding="utf-8"))
    if name not in presets:
        raise InputError(f'unknown preset "{name}" of {engine}: expected one of {", ".join(presets)}')
    return _resolved(presets[name], presets[name])


def _resolved(value: Any, preset: dict[str, Any]) -> Any:
    """Resolves `{"@": "pairformer", ...}`: that component's config with the other fields added."""
    if not isinstance(value, dict):
        return value
    base: Any = {}
    if "@" in value:
        base = preset
        for key in value["@"].split("."):
            base = base[key]
    fields = {**base, **{key: field for key, field in value.items() if key != "@"}}
    return {key: _resolved(field, preset) for key, field in fields.items()}


def pairformer_widths(engine: str, name: str) -> tuple[int, int]:
    """Channels (c_s, c_z) of the Pairformer in a preset."""
    values = preset(engine, name)
    widths = values["pairformer"] if find_engine(engine).pairformer.config_has_widths else values["widths"]
    return widths["c_s"], widths["c_z"]
