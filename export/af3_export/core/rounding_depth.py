"""What it costs the references to round the operands of their matrix products, over depth and over scales of the inputs.

Pairformers at the published widths with seeded weights and inputs, nothing masked: what `npm run precision` runs with our kernels.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from af3_export.core import random_tensors
from af3_export.core.compare import difference
from af3_export.core.declared_cases import component_reference
from af3_export.core.files import read_format, write_atomically
from af3_export.core.pairformer_case import COMPONENT
from af3_export.core.presets import pairformer_widths, preset
from af3_export.core.references import load, processor, versions
from af3_export.core.rounding_costs import TYPES, Rounder

FORMAT = "af3-gpu-depth/1"
NOTE = (
    "Pairformers by engine, preset, number of blocks, scale of the inputs and output: the largest error against the same network"
    " in float32. f16, bf16: the reference with the operands of its matrix products rounded, sums in float32; mixed: our kernels"
)
SEED = 0
# What makes a row.
KEY = ("engine", "preset", "tokens", "depth", "scale", "output")
# What configs call the number of blocks.
DEPTHS = ("num_layer", "no_blocks")


@dataclass(frozen=True)
class Workload:
    """A Pairformer of a preset's widths with so many blocks, and inputs so many times as large, with masks of ones."""

    engine: str
    preset: str
    tokens: int
    depth: int
    scale: float

    def config(self) -> dict[str, Any]:
        """Its config."""
        config = dict(preset(self.engine, self.preset)[COMPONENT])
        config[next(field for field in DEPTHS if field in config)] = self.depth
        return config

    def inputs(self) -> dict[str, NDArray]:
        """Its inputs, which its seed makes."""
        widths = pairformer_widths(self.engine, self.preset)
        seeded = random_tensors.pairformer_inputs(self.engine, SEED, self.tokens, *widths)
        return {
            name: np.ones_like(value) if "mask" in name else np.float32(self.scale) * value
            for name, value in seeded.items()
        }


def workloads(
    engine: str, name: str, tokens: int, depths: Sequence[int], scales: Sequence[float]
) -> list[Workload]:
    """All depths with inputs as they are, and all scales at the first depth."""
    pairs = [*((depth, 1.0) for depth in depths), *((depths[0], scale) for scale in scales)]
    return [Workload(engine, name, tokens, depth, scale) for depth, scale in dict.fromkeys(pairs)]


def costs(workload: Workload) -> dict[str, dict[str, float]]:
    """By output and type, the largest error of an element against the reference's own float32."""
    engine = workload.engine
    network = component_reference(engine, COMPONENT)
    rounder: Rounder = load(engine, "rounding")  # type: ignore[assignment]
    config, inputs = workload.config(), workload.inputs()
    weights = random_tensors.weights(engine, SEED, network.shapes(config, inputs))
    exact = network.run(config, weights, inputs)
    found: dict[str, dict[str, float]] = {output: {} for output in exact}
    for dtype in TYPES:
        with rounder.rounded_operands(dtype):
            rounded = network.run(config, weights, inputs)
        for output, want in exact.items():
            found[output][dtype] = float(f"{difference(rounded[output], want).element:.2e}")
    return found


def rows(workload: Workload, found: Mapping[str, Mapping[str, float]]) -> list[dict[str, Any]]:
    """Costs as rows of the file."""
    return [
        {
            "engine": workload.engine,
            "preset": workload.preset,
            "tokens": workload.tokens,
            "depth": workload.depth,
            "scale": workload.scale,
            "output": output,
            **errors,
        }
        for output, errors in found.items()
    ]


def merge(path: Path, engine: str, command: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes rows into the file; other columns of a row that it has, and other rows, stay."""
    known = read_format(path, FORMAT)
    software = ", ".join(f"{name} {version}" for name, version in versions(engine).items())
    table = {_key(row): row for row in known.get("rows", [])}
    for row in rows:
        table[_key(row)] = {**table.get(_key(row), {}), **row}
    made = {
        "format": FORMAT,
        "note": NOTE,
        "origin": {**known.get("origin", {}), engine: f"`{command}` with {software} on {processor()}"},
        "rows": [table[key] for key in sorted(table)],
    }
    write_atomically(path, (json.dumps(made, indent=2) + "\n").encode())


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[field] for field in KEY)
