"""Golden cases on disk, format `af3-gpu-case/1`: case.json beside safetensors files."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from af3_export.core import random_tensors
from af3_export.core.errors import InputError
from af3_export.core.files import new_folder

FORMAT = "af3-gpu-case/1"
SAMPLES = 4096
FILES = ("case.json", "weights.safetensors", "inputs.safetensors", "expected.safetensors")
Tensors = Mapping[str, NDArray]


@dataclass(frozen=True)
class Seeded:
    """Tensors that are named by a seed instead of stored; `dims` is for inputs only."""

    seed: int
    dims: Mapping[str, int] = field(default_factory=dict)

    def entry(self) -> dict[str, Any]:
        """The `weights` or `inputs` entry of case.json."""
        described: dict[str, Any] = {"random": random_tensors.SCHEME, "seed": self.seed}
        return {**described, "dims": dict(self.dims)} if self.dims else described


@dataclass(frozen=True)
class Case:
    """One golden case; weights and inputs are stored tensors or Seeded, expected is what is stored of the outputs."""

    engine: str
    component: str
    config: Mapping[str, Any]
    source: Mapping[str, str]
    note: str
    valid: Mapping[str, str]
    weights: Tensors | Seeded
    inputs: Tensors | Seeded
    expected: Tensors

    def header(self) -> dict[str, Any]:
        """The content of case.json."""
        found: dict[str, Any] = {
            "format": FORMAT,
            "engine": self.engine,
            "component": self.component,
            "config": self.config,
            "source": self.source,
            "note": self.note,
        }
        if self.valid:
            found["valid"] = self.valid
        for name, value in (("weights", self.weights), ("inputs", self.inputs)):
            if isinstance(value, Seeded):
                found[name] = value.entry()
        return found


def sample_positions(name: str, size: int, count: int = SAMPLES) -> NDArray[np.int32]:
    """`count` different flat positions below `size`, sorted: the first that stream `sample/<name>` of seed 0 draws."""
    found: NDArray[np.uint64] = np.empty(0, np.uint64)
    drawn = 0
    while len(found) < count:
        index = np.arange(drawn, drawn + 2 * count, dtype=np.uint64)
        drawn += len(index)
        draws = random_tensors.words(0, f"sample/{name}", index).astype(np.uint64) * np.uint64(size) >> np.uint64(32)
        both = np.concatenate([found, draws])
        first = np.sort(np.unique(both, return_index=True)[1])
        found = both[first][:count]
    return np.sort(found).astype(np.int32)


def sampled(outputs: Tensors) -> dict[str, NDArray]:
    """Keeps 4096 values of each larger output as `<name>` [k] beside their flat positions `<name>:indices` [k]."""
    kept: dict[str, NDArray] = {}
    for name, value in outputs.items():
        if value.size <= SAMPLES:
            kept[name] = value
        else:
            kept[f"{name}:indices"] = sample_positions(name, value.size)
            kept[name] = value.reshape(-1)[kept[f"{name}:indices"]]
    return kept


def encode(tensors: Tensors) -> bytes:
    """The bytes of a safetensors file; only float32 and int32, the two types of the format."""
    for name, value in tensors.items():
        if value.dtype not in (np.float32, np.int32):
            raise InputError(f"tensor {name} is {value.dtype}: cases hold float32 and int32")
        if not np.isfinite(value).all():
            raise InputError(f"tensor {name} holds NaN or infinity")
    return save({name: np.ascontiguousarray(value).reshape(value.shape) for name, value in tensors.items()})


def write_case(folder: Path, case: Case) -> int:
    """Writes a case folder in full or not at all, and returns its size in bytes."""
    files = {"case.json": (json.dumps(case.header(), indent=2) + "\n").encode()}
    for name, value in (("weights", case.weights), ("inputs", case.inputs), ("expected", case.expected)):
        if not isinstance(value, Seeded):
            files[f"{name}.safetensors"] = encode(value)
    with new_folder(folder, FILES) as temporary:
        for name, content in files.items():
            (temporary / name).write_bytes(content)
    return sum(map(len, files.values()))


def read_header(folder: Path) -> dict[str, Any]:
    """case.json of a case folder."""
    path = folder / "case.json"
    try:
        header = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: cannot be read as JSON ({error})") from None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise InputError(f'{path}: expected an object with "format": "{FORMAT}"')
    return header


def read_tensors(path: Path) -> dict[str, NDArray]:
    """All tensors of a safetensors file."""
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    try:
        return load_file(path)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: cannot be read as safetensors ({error})") from None


def read_case(folder: Path) -> Case:
    """A case from disk, its seeded tensors still unmade."""
    header = read_header(folder)

    def tensors(name: str) -> Tensors | Seeded:
        if name not in header:
            return read_tensors(folder / f"{name}.safetensors")
        entry = header[name]
        if entry.get("random") != random_tensors.SCHEME:
            raise InputError(
                f"{folder}: {name} are of the scheme {entry.get('random')}, expected {random_tensors.SCHEME}"
            )
        return Seeded(entry["seed"], entry.get("dims", {}))

    return Case(
        header["engine"],
        header["component"],
        header["config"],
        header["source"],
        header["note"],
        header.get("valid", {}),
        tensors("weights"),
        tensors("inputs"),
        read_tensors(folder / "expected.safetensors"),
    )


def counting(case: Case, inputs: Tensors, name: str, size: int) -> NDArray[np.bool_] | None:
    """Which stored entries of an output of `size` elements count: None for all, else booleans of the stored shape."""
    if name not in case.valid:
        return None
    rule = case.valid[name]
    outer = rule.startswith("outer(")
    mask = np.asarray(inputs[rule.removeprefix("outer(").removesuffix(")") if outer else rule]) != 0
    if outer:
        mask = mask[:, None] & mask[None, :]
    full = np.repeat(mask.reshape(-1), size // math.prod(mask.shape))
    positions = case.expected.get(f"{name}:indices")
    return full.reshape(case.expected[name].shape) if positions is None else full[positions]
