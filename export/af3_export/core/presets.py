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
    whole = _merged(presets[name], presets[name], presets)
    resolved: dict[str, Any] = _resolved(whole, whole, presets)
    return resolved


def _merged(value: dict[str, Any], preset: dict[str, Any], presets: dict[str, Any]) -> dict[str, Any]:
    """An object with its reference replaced: `{"@": "pairformer", ...}` is that component's config of the same preset with the
    other fields added, `{"@": "/paper.pairformer", ...}` one of another preset."""
    path = value.get("@")
    if path is None:
        return value
    first, *keys = path.removeprefix("/").split(".")
    base = _merged(presets[first], presets[first], presets) if path.startswith("/") else preset[first]
    for key in keys:
        base = base[key]
    return {**_merged(base, preset, presets), **{key: field for key, field in value.items() if key != "@"}}


def _resolved(value: Any, preset: dict[str, Any], presets: dict[str, Any]) -> Any:
    """A value of a preset without references; those of another preset's values mean this one's."""
    if not isinstance(value, dict):
        return value
    return {key: _resolved(field, preset, presets) for key, field in _merged(value, preset, presets).items()}


def pairformer_widths(engine: str, name: str) -> tuple[int, int]:
    """Channels (c_s, c_z) of the Pairformer in a preset."""
    values = preset(engine, name)
    widths = values["pairformer"] if find_engine(engine).pairformer.config_has_widths else values["widths"]
    return widths["c_s"], widths["c_z"]
