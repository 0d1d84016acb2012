"""Commands of `python -m af3_export`: results on stdout, one sentence on stderr and exit code 2 for bad input."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from af3_export import rounding_commands
from af3_export.core import checkpoints, declared_cases, make_cases, random_fixture
from af3_export.core.case_files import Seeded, read_tensors, write_case
from af3_export.core.errors import InputError, UnavailableError
from af3_export.core.files import require_writable
from af3_export.core.presets import pairformer_widths, preset
from af3_export.core.random_tensors import require_seed
from af3_export.core.references import load
from af3_export.core.registry import ENGINES, require_engine

# Sizes of a graph that may be fixed, and the least of each.
GRAPH_SIZES = {
    "tokens": 1,
    "rows": 1,
    "atoms": 1,
    "samples": 1,
    "templates": 0,
    "polymer_bonds": 0,
    "ligand_bonds": 0,
}


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one sentence."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see `{self.prog} --help`)")


def _parser() -> Parser:
    """All commands with their options."""
    parser = Parser(prog="python -m af3_export", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)

    cases = commands.add_parser("cases", help="make the committed golden cases, or check them")
    cases.add_argument("names", nargs="*", metavar="NAME", help="cases or components to make; else all of the engine")
    cases.add_argument("--engine", required=True, help=" or ".join(ENGINES))
    cases.add_argument("--out", type=Path, required=True, help="folder of the case folders")
    cases.add_argument("--check", action="store_true", help="make them again, compare with --out, change nothing")
    cases.set_defaults(run=_cases)

    rounding_commands.add_commands(commands)

    own = commands.add_parser("case", help="make a case of your own weights or inputs")
    own.add_argument("--engine", required=True, help=" or ".join(ENGINES))
    own.add_argument("--config", required=True, help="a JSON file with the Pairformer's config, or preset:NAME")
    own.add_argument("--weights", required=True, help="a safetensors file under the full model's names, or seed:N")
    own.add_argument("--inputs", required=True, help="a safetensors file without a batch axis, or seed:N")
    own.add_argument("--tokens", type=int, help="with seeded inputs: how many tokens")
    own.add_argument("--c-s", type=int, help="with seeded inputs: single channels, where the config does not say")
    own.add_argument("--c-z", type=int, help="with seeded inputs: pair channels, where the config does not say")
    own.add_argument("--note", default="", help="a sentence to keep in the case")
    own.add_argument("--out", type=Path, required=True, help="the case folder to write")
    own.set_defaults(run=_case)

    _add_onnx(commands)

    convert = commands.add_parser("convert-checkpoint", help="convert a torch checkpoint to float32 safetensors")
    convert.add_argument("checkpoint", type=Path, metavar="FILE", help="a state dict, or a Lightning checkpoint")
    convert.add_argument("--entry", default="state_dict", help="what to take of it: state_dict, model, or ema for the average")
    convert.add_argument("--out", type=Path, required=True, help="the safetensors file")
    convert.set_defaults(run=_convert)

    digests = commands.add_parser("digests", help="write the digests of seeded tensors that both languages check")
    digests.add_argument("--out", type=Path, required=True, help="the JSON file")
    digests.set_defaults(run=_digests)
    return parser


def _add_onnx(commands: Any) -> None:
    """The command `onnx`."""
    onnx = commands.add_parser("onnx", help="export a component to ONNX, its weights left outside")
    onnx.add_argument("--engine", required=True, help=" or ".join(ENGINES))
    onnx.add_argument("--component", required=True, help="such as pairformer or trunk")
    sizes = onnx.add_mutually_exclusive_group(required=True)
    sizes.add_argument("--preset", help="a preset of presets/<engine>.json")
    sizes.add_argument("--config", type=Path, metavar="FILE", help="the component's config as JSON, or a case.json")
    onnx.add_argument("--variant", choices=("plain", "mha"), default="plain", help="mha: attention as one node each")
    onnx.add_argument(
        "--width", action="append", default=[], metavar="NAME=N", help="with --config: what it does not say (c_s=384)"
    )
    for name in GRAPH_SIZES:
        onnx.add_argument(f"--{name}", type=int, help=f"fix the number of {name}; else the graph takes any")
    onnx.add_argument("--out", type=Path, help="folder for model.onnx and manifest.json (default: in the cache)")
    onnx.set_defaults(run=_onnx)


def _cases(arguments: argparse.Namespace) -> int:
    """Makes or checks declared cases."""
    chosen = declared_cases.selected(require_engine(arguments.engine), arguments.names)
    if not arguments.check:
        require_writable(arguments.out)
        for case in chosen:
            print(make_cases.write(case, arguments.out), flush=True)
        return 0
    verdicts = []
    for case in chosen:
        right, line = make_cases.check(case, arguments.out)
        print(line, flush=True)
        verdicts.append(right)
    return 0 if all(verdicts) else 1


def _seed(text: str) -> int | None:
    """The number of `seed:N`, or None for a path."""
    if not text.startswith("seed:"):
        return None
    if not text[5:].isdecimal():
        raise InputError(f"{text}: expected seed: and an integer")
    return require_seed(int(text[5:]))


def _json(path: Path) -> dict[str, Any]:
    """A JSON object from a file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as JSON ({error})") from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: expected a JSON object")
    return found


def _config(engine: str, text: str) -> tuple[dict[str, Any], dict[str, int]]:
    """A config from a preset or a JSON file, and the widths that are known from it."""
    if text.startswith("preset:"):
        name = text.removeprefix("preset:")
        return preset(engine, name)["pairformer"], dict(
            zip(("c_s", "c_z"), pairformer_widths(engine, name), strict=True)
        )
    config = _json(Path(text))
    return config, {key: config[key] for key in ("c_s", "c_z") if isinstance(config.get(key), int)}


def _case(arguments: argparse.Namespace) -> int:
    """Makes one case of given weights and inputs."""
    engine = require_engine(arguments.engine)
    require_writable(arguments.out)
    config, widths = _config(engine, arguments.config)
    weights_seed, inputs_seed = _seed(arguments.weights), _seed(arguments.inputs)
    dims = {"tokens": arguments.tokens, "c_s": arguments.c_s, "c_z": arguments.c_z}
    dims = widths | {key: value for key, value in dims.items() if value is not None}
    if inputs_seed is not None:
        for key in ("tokens", "c_s", "c_z"):
            if dims.get(key, 0) < 1:
                raise InputError(f"seeded inputs need --{key.replace('_', '-')} of at least 1")
    made = make_cases.make_own(
        engine,
        config,
        read_tensors(Path(arguments.weights)) if weights_seed is None else Seeded(weights_seed),
        read_tensors(Path(arguments.inputs)) if inputs_seed is None else Seeded(inputs_seed, dims),
        arguments.note,
    )
    size = write_case(arguments.out, made.case)
    errors = make_cases.listed(make_cases.witness_errors(made, made.case))
    print(f"{arguments.out}: {size / 1024:.0f} KiB, numpy witness {errors}")
    return 0


def _counts(given: Mapping[str, int | None]) -> dict[str, int]:
    """The sizes that are given, none below its least."""
    found = {name: size for name, size in given.items() if size is not None}
    for name, size in found.items():
        least = GRAPH_SIZES.get(name, 1)
        if size < least:
            raise InputError(f"{name} is {size}, expected at least {least}")
    return found


def _widths(texts: Sequence[str]) -> dict[str, int]:
    """Widths from NAME=N."""
    found = {}
    for text in texts:
        name, _, number = text.partition("=")
        if not (name.isidentifier() and number.isdecimal()):
            raise InputError(f"--width {text}: expected NAME=N, such as c_s=384")
        found[name] = int(number)
    return _counts(found)


def _graph_config(arguments: argparse.Namespace) -> tuple[dict[str, Any], dict[str, int]]:
    """The config of a component, and the widths beside it."""
    engine, component = arguments.engine, arguments.component
    if arguments.preset is None:
        config = _json(arguments.config)
        return config["config"] if "format" in config else config, _widths(arguments.width)
    if arguments.width:
        raise InputError("--width goes with --config: a preset has its own")
    values = preset(engine, arguments.preset)
    if component == "widths" or component not in values:
        known = ", ".join(name for name in values if name != "widths")
        raise InputError(f'no component "{component}" in the presets of {engine}: expected one of {known}')
    return values[component], {name: width for name, width in values["widths"].items() if name != "rows"}


def _onnx(arguments: argparse.Namespace) -> int:
    """Exports a component of either engine."""
    engine = require_engine(arguments.engine)
    if arguments.out is not None:
        require_writable(arguments.out)
    sizes = _counts({name: getattr(arguments, name) for name in GRAPH_SIZES})
    config, widths = _graph_config(arguments)
    exporter = load(engine, "onnx.export")
    if arguments.component not in exporter.COMPONENTS:
        known = ", ".join(exporter.COMPONENTS)
        raise InputError(f'{engine} exports no component "{arguments.component}": expected one of {known}')
    print(exporter.export(arguments.component, config, widths, sizes, arguments.variant, arguments.out))
    return 0


def _convert(arguments: argparse.Namespace) -> int:
    """Converts a torch checkpoint."""
    require_writable(arguments.out.parent)
    print(checkpoints.convert(arguments.checkpoint, arguments.out, arguments.entry))
    return 0


def _digests(arguments: argparse.Namespace) -> int:
    """Writes the fixture of seeded tensors."""
    random_fixture.write(arguments.out)
    print(arguments.out)
    return 0


def main(argv: Sequence[str]) -> int:
    """Runs a command and returns the exit code."""
    try:
        arguments = _parser().parse_args(argv)
        return arguments.run(arguments)
    except (InputError, UnavailableError) as error:
        print(f"af3_export: {error}", file=sys.stderr)
        return error.exit_code
    except MemoryError:
        print("af3_export: not enough memory for tensors of this size", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("af3_export: stopped; nothing half-written is left", file=sys.stderr)
        return 130
