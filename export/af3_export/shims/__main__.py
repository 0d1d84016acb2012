"""Entry of `python -m af3_export.shims ligo|deepmind`: a process that answers one request per line until it is closed."""

import importlib
import logging
import sys
import traceback
import warnings

from af3_export.core.errors import InputError
from af3_export.core.registry import ENGINES, require_engine
from af3_export.core.shims import protocol
from af3_export.core.shims.measures import end_with_parent


def _engine(name: str) -> protocol.Engine:
    """The engine's shim; one that explains itself where its packages cannot be imported."""
    try:
        return importlib.import_module(f"af3_export.engines.{name}.shim").Shim()
    except Exception as error:  # noqa: BLE001 - whatever a broken environment throws while its packages are imported
        traceback.print_exc()
        fix = f"run `npm run setup:native -- {name}`"
        return protocol.Broken(f"the {name} environment does not work: {protocol.one_line(error)}", fix)


def main(arguments: list[str]) -> int:
    """Serves one engine on stdin and stdout. 2 for bad usage, else 0 once stdin ends or `close` comes."""
    try:
        if len(arguments) != 1:
            raise InputError(f"usage: python -m af3_export.shims {'|'.join(ENGINES)}")
        name = require_engine(arguments[0])
    except InputError as error:
        print(f"shims: {error}", file=sys.stderr)
        return error.exit_code
    requests, answers = protocol.guarded_streams()
    warnings.simplefilter("ignore")
    logging.getLogger().setLevel(logging.ERROR)
    end_with_parent()
    return protocol.serve(_engine(name), requests, answers)


sys.exit(main(sys.argv[1:]))
