"""Reads the numbers of a component's config, with a sentence for each way they can be wrong."""

from collections.abc import Mapping
from typing import Any

from af3_export.core.errors import InputError


def positive(config: Mapping[str, Any], keys: tuple[str, ...], place: str = "config") -> dict[str, int]:
    """The present entries of `keys` as positive integers; absent and null ones are left out (the engine's default)."""
    if not isinstance(config, Mapping):
        raise InputError(f"{place} is {config!r}, expected an object")
    found = {key: config[key] for key in keys if config.get(key) is not None}
    for key, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InputError(f"{place}.{key} is {value!r}, expected a positive integer")
    return found
