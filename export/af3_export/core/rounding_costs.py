"""What it costs the references to round the operands of their matrix products: errors against the committed cases."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median
from typing import Any, Protocol

from af3_export.core import random_tensors
from af3_export.core.case_files import SAMPLES, counting, read_case
from af3_export.core.compare import difference
from af3_export.core.component_case import ComponentCase
from af3_export.core.declared_cases import component_reference, folder_name
from af3_export.core.files import read_format, write_atomically
from af3_export.core.references import load, processor, versions

FORMAT = "af3-gpu-rounding/3"
# binary16, which `--precision mixed` stores, and bfloat16, in which both networks are trained.
TYPES = ("f16", "bf16")
# Factors that operands have while they are rounded: each rounds every one of them otherwise, by as much. The largest
# error of one rounding is a draw, and the median of several is what it costs. How uncertain that is depends on how many
# entries there are to be the worst: of 64 it varies by a quarter, so that the median of five may be a third too low.
FEW_ENTRIES = SAMPLES  # all that is recorded of larger outputs
DRAWS = {"f16": 5, "bf16": 1}
DRAWS_OF_FEW = {"f16": 25, "bf16": 1}
NOTE = "By case, output and type: the largest error when the operands of the reference's own matrix products are rounded to it and summed in float32; of f16, the median of five roundings, of 25 where an output has fewer than 4096 entries, whose operands have factors from 1 to below 2; `f16_largest` is the largest of those roundings, unknown where the median was measured before it was kept"


class Rounder(Protocol):
    """What an engine's `rounding.py` offers."""

    def rounded_operands(self, dtype: str, scale: float = 1.0) -> AbstractContextManager[Callable[[float], None]]:
        """Meanwhile operands of products, times a scale, are rounded to a type of TYPES; all else stays float32.

        Gives what sets another scale for the next run.
        """


def scales(dtype: str, entries: Sequence[int]) -> list[float]:
    """The factors that a case's operands have, from 1 to below 2, given how many entries its outputs have."""
    count = (DRAWS_OF_FEW if min(entries) < FEW_ENTRIES else DRAWS)[dtype]
    return [1 + k / count for k in range(count)]


def summary(draws: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """What is recorded of an output's errors, given each type's draws: their median, and of float16's the largest.

    The largest says how far rounded operands may carry an output whose errors are beyond any bound that is set for all.
    """
    found = {"f16": median(draws["f16"]), "f16_largest": max(draws["f16"]), "bf16": median(draws["bf16"])}
    return {name: float(f"{error:.2e}") for name, error in found.items()}


def costs(declared: ComponentCase, cases: Path) -> dict[str, dict[str, float]]:
    """By output what is recorded of it: the largest error of an element that counts against the case, over the draws."""
    name = folder_name(declared)
    case = read_case(cases / name)
    network = component_reference(declared.engine, declared.component)
    rounder: Rounder = load(declared.engine, "rounding")  # type: ignore[assignment]
    inputs = dict(declared.inputs())
    weights = random_tensors.weights(declared.engine, declared.seed, network.shapes(declared.config, inputs))
    drawn: dict[str, dict[str, list[float]]] = {}
    entries = [value.size for name, value in case.expected.items() if not name.endswith(":indices")]
    for dtype in TYPES:
        with rounder.rounded_operands(dtype) as scaled:
            for scale in scales(dtype, entries):
                scaled(scale)
                outputs = network.run(declared.whole_config(), weights, inputs)
                for output, value in outputs.items():
                    positions = case.expected.get(f"{output}:indices")
                    got = value if positions is None else value.reshape(-1)[positions]
                    error = difference(got, case.expected[output], counting(case, inputs, output, value.size)).element
                    drawn.setdefault(output, {}).setdefault(dtype, []).append(error)
    return {output: summary(own) for output, own in drawn.items()}


def measured(chosen: Sequence[ComponentCase], cases: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Case by case its name and costs."""
    for declared in chosen:
        yield folder_name(declared), costs(declared, cases)


def listed(found: Mapping[str, Mapping[str, float]]) -> str:
    """Costs of several outputs in a line."""
    errors = {f"{output} {dtype}": error for output, own in found.items() for dtype, error in own.items()}
    return ", ".join(f"{name} {error:.1e}" for name, error in errors.items())


def merge(path: Path, engine: str, found: Mapping[str, Any]) -> None:
    """Writes costs into the file, beside those of other cases that it holds."""
    known = read_format(path, FORMAT)
    software = ", ".join(f"{name} {version}" for name, version in versions(engine).items())
    origin = (
        f"`python -m af3_export rounding --engine {engine} --out cases/rounding.json` with {software} on {processor()}"
    )
    made = {
        "format": FORMAT,
        "note": NOTE,
        "origin": {**known.get("origin", {}), engine: origin},
        "cases": dict(sorted({**known.get("cases", {}), **found}.items())),
    }
    write_atomically(path, (json.dumps(made, indent=2) + "\n").encode())
