"""Commands of `python -m af3_export`: results on stdout, one sentence on stderr and exit code 2 for bad input."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from af3_export import checkpoints, declared_cases, make_cases, random_fixture
from af3_export.case_files import Seeded, read_tensors, write_case
from af3_export.errors import InputError, UnavailableError
from af3_export.files import require_writable
from af3_export.presets import pairformer_widths, preset, require_engine
from af3_export.random_tensors import require_seed


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
    cases.add_argument("--engine", required=True, help="ligo or deepmind")
    cases.add_argument("--out", type=Path, required=True, help="folder of the case folders")
    cases.add_argument("--check", action="store_true", help="make them again, compare with --out, change nothing")
    cases.set_defaults(run=_cases)

    own = commands.add_parser("case", help="make a case of your own weights or inputs")
    own.add_argument("--engine", required=True, help="ligo or deepmind")
    own.add_argument("--config", required=True, help="a JSON file with the Pairformer's config, or preset:NAME")
    own.add_argument("--weights", required=True, help="a safetensors file under the full model's names, or seed:N")
    own.add_argument("--inputs", required=True, help="a safetensors file without a batch axis, or seed:N")
    own.add_argument("--tokens", type=int, help="with seeded inputs: how many tokens")
    own.add_argument("--c-s", type=int, help="with seeded inputs: single channels, where the config does not say")
    own.add_argument("--c-z", type=int, help="with seeded inputs: pair channels, where the config does not say")
    own.add_argument("--note", default="", help="a sentence to keep in the case")
    own.add_argument("--out", type=Path, required=True, help="the case folder to write")
    own.set_defaults(run=_case)

    onnx = commands.add_parser("onnx-pairformer", help="export the Pairformer to ONNX (ligo)")
    onnx.add_argument("--engine", required=True, help="ligo")
    onnx.add_argument("--preset", default="block", help="a preset of presets/ligo.json")
    onnx.add_argument("--out", type=Path, required=True, help="folder for model.onnx and manifest.json")
    onnx.set_defaults(run=_onnx)

    convert = commands.add_parser("convert-checkpoint", help="convert a torch checkpoint to float32 safetensors")
    convert.add_argument("checkpoint", type=Path, metavar="FILE", help="a state dict, or a Lightning checkpoint")
    convert.add_argument("--entry", default="state_dict", help="what to take of it: state_dict, or ema for the average")
    convert.add_argument("--out", type=Path, required=True, help="the safetensors file")
    convert.set_defaults(run=_convert)

    digests = commands.add_parser("digests", help="write the digests of seeded tensors that both languages check")
    digests.add_argument("--out", type=Path, required=True, help="the JSON file")
    digests.set_defaults(run=_digests)
    return parser


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


def _config(engine: str, text: str) -> tuple[dict[str, Any], dict[str, int]]:
    """A config from a preset or a JSON file, and the widths that are known from it."""
    if text.startswith("preset:"):
        name = text.removeprefix("preset:")
        return preset(engine, name)["pairformer"], dict(
            zip(("c_s", "c_z"), pairformer_widths(engine, name), strict=True)
        )
    try:
        config = json.loads(Path(text).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{text}: cannot be read as JSON ({error})") from None
    if not isinstance(config, dict):
        raise InputError(f"{text}: expected a JSON object")
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


def _onnx(arguments: argparse.Namespace) -> int:
    """Exports the ligo Pairformer."""
    if require_engine(arguments.engine) != "ligo":
        raise InputError("onnx-pairformer exports only the ligo engine")
    require_writable(arguments.out)
    try:
        from af3_export.onnx_pairformer import export
    except ModuleNotFoundError as error:
        fix = "run `npm run setup:python -- ligo` and use the Python it names"
        raise UnavailableError(f"this Python lacks {error.name}, which the export needs; {fix}") from None
    print(export(arguments.preset, arguments.out))
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
