"""Reads files of ours back, and writes files and folders whole or not at all: under a temporary name first."""

import json
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from af3_export.core.errors import InputError


def require_writable(place: Path) -> None:
    """Refuses a place that cannot be written, before minutes of computing; makes nothing."""
    nearest = place.resolve()
    while not nearest.exists():
        nearest = nearest.parent
    if not (nearest.is_dir() and os.access(nearest, os.W_OK)):
        raise InputError(f"{place}: cannot be written ({nearest} is no writable folder)")


def make_folder(folder: Path) -> Path:
    """Makes a folder and its parents, or says why not."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot make this folder ({error.strerror})") from None
    return folder


def read_format(path: Path, wanted: str) -> dict[str, Any]:
    """What a JSON file of this format holds; nothing if there is no such file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as JSON ({error})") from None
    if not isinstance(found, dict) or found.get("format") != wanted:
        raise InputError(f'{path}: expected an object with "format": "{wanted}"')
    return found


def write_atomically(path: Path, content: bytes) -> None:
    """Writes one file in full or not at all."""
    temporary = make_folder(path.parent) / f".{path.name}.{os.getpid()}.tmp"
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(f"{path}: cannot write this file ({error.strerror})") from None


def _require_replaceable(folder: Path, names: Collection[str]) -> None:
    """Refuses a place that holds anything but an earlier result: `--out` of a home folder must not empty it."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file, a folder was expected")
    strangers = sorted(path.name for path in folder.iterdir() if path.name not in names) if folder.exists() else []
    if strangers:
        raise InputError(f"{folder}: holds {strangers[0]}, so it is not replaced; name a new folder")


@contextmanager
def new_folder(folder: Path, names: Collection[str]) -> Iterator[Path]:
    """Yields a temporary folder, for files of these names, that replaces `folder` when the block ends well."""
    folder = folder.resolve()
    _require_replaceable(folder, names)
    make_folder(folder.parent)
    temporary = folder.parent / f".{folder.name}.{os.getpid()}.tmp"
    previous = folder.parent / f".{folder.name}.{os.getpid()}.old"
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        yield temporary
        if folder.exists():
            folder.rename(previous)
        temporary.rename(folder)
    except OSError as error:
        if previous.exists() and not folder.exists():
            previous.rename(folder)
        raise InputError(f"{folder}: cannot write this folder ({error.strerror or error})") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(previous, ignore_errors=True)
