"""The commands of `python -m af3_export` that round the references' operands."""

import argparse
from pathlib import Path
from typing import Any

from af3_export.core import declared_cases, rounding_costs, rounding_depth
from af3_export.core.errors import InputError
from af3_export.core.files import require_writable
from af3_export.core.registry import ENGINES, require_engine


def add_commands(commands: Any) -> None:
    """The commands `rounding` and `rounding-depth`."""
    rounding = commands.add_parser("rounding", help="what it costs the references to round operands to half precision")
    rounding.add_argument("names", nargs="*", metavar="NAME", help="cases or components; else all of the engine")
    rounding.add_argument("--engine", required=True, help=" or ".join(ENGINES))
    rounding.add_argument("--out", type=Path, required=True, help="the JSON file, beside the case folders")
    rounding.set_defaults(run=_rounding)

    depth = commands.add_parser("rounding-depth", help="the same over depth and scales, of seeded Pairformers")
    depth.add_argument("--engine", required=True, help=" or ".join(ENGINES))
    depth.add_argument("--preset", default="block", help="whose widths (default block, the published ones)")
    depth.add_argument("--tokens", type=int, default=16)
    depth.add_argument("--depths", default="1,2,8,48", help="numbers of blocks (default 1,2,8,48)")
    depth.add_argument("--scales", default="1", help="factors of the inputs, at the first depth (default 1)")
    depth.add_argument("--out", type=Path, required=True, help="the JSON file")
    depth.set_defaults(run=_rounding_depth)


def _rounding(arguments: argparse.Namespace) -> int:
    """Measures what rounded operands cost; what the file holds of other cases stays."""
    chosen = declared_cases.selected(require_engine(arguments.engine), arguments.names)
    require_writable(arguments.out.parent)
    for name, found in rounding_costs.measured(chosen, arguments.out.parent):
        rounding_costs.merge(arguments.out, arguments.engine, {name: found})
        print(f"{name}: {rounding_costs.listed(found)}", flush=True)
    return 0


def _rounding_depth(arguments: argparse.Namespace) -> int:
    """Measures over depth and scales; what else the file holds stays."""
    engine = require_engine(arguments.engine)
    require_writable(arguments.out.parent)
    if arguments.tokens < 1:
        raise InputError(f"--tokens {arguments.tokens}: expected at least 1")
    depths = [int(depth) for depth in _above_zero("--depths", arguments.depths, whole=True)]
    scales = _above_zero("--scales", arguments.scales)
    sizes = f"--preset {arguments.preset} --tokens {arguments.tokens}"
    command = f"python -m af3_export rounding-depth --engine {engine} {sizes} --depths {arguments.depths} --scales {arguments.scales} --out FILE"
    for workload in rounding_depth.workloads(engine, arguments.preset, arguments.tokens, depths, scales):
        found = rounding_depth.costs(workload)
        rounding_depth.merge(arguments.out, engine, command, rounding_depth.rows(workload, found))
        print(f"{workload.depth} blocks, inputs × {workload.scale:g}: {rounding_costs.listed(found)}", flush=True)
    return 0


def _above_zero(option: str, text: str, *, whole: bool = False) -> list[float]:
    """Numbers above 0 with commas between."""
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found or not all(0 < value < float("inf") and (not whole or value.is_integer()) for value in found):
        kind = "whole numbers" if whole else "numbers"
        raise InputError(f"{option} {text}: expected {kind} above 0 with commas, such as 1,8")
    return found
