"""The line protocol of the shims: one JSON object per line in each direction, tensors by file (docs/native.md)."""

import json
import math
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, Protocol, TypeVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

from af3_export.core.case_files import encode, read_tensors
from af3_export.core.errors import InputError, UnavailableError
from af3_export.core.files import write_atomically
from af3_export.core.shims.measures import process_peak_bytes, processor_ms, restart_process_peak

VERSION = 1
Arrays = Mapping[str, NDArray]
Answer = dict[str, Any]
T = TypeVar("T")


class ShimError(Exception):
    """A request that failed: `bad-input`, `unavailable`, `out-of-memory` or `failed`, and for some what helps."""

    def __init__(self, kind: str, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.fix = fix


@dataclass(frozen=True)
class Load:
    """What to build. `sizes` has widths that the config may lack; `threads` of null is the framework's own choice."""

    component: str
    config: dict[str, Any]
    sizes: dict[str, Any]
    weights: str
    device: str
    variant: str
    threads: int | None = None


@dataclass(frozen=True)
class Run:
    """One run: a file to read and a file to write."""

    inputs: str
    outputs: str


@dataclass(frozen=True)
class Measured:
    """Milliseconds and bytes of one run; None where the framework cannot tell.

    `elapsed_ms` holds everything, compiling too; `exec_ms` has inputs and outputs resident and nothing compiled.
    """

    exec_ms: float
    elapsed_ms: float
    compile_ms: float | None
    peak_bytes: int | None


class Engine(Protocol):
    """What an engine's shim can do. Errors are InputError, UnavailableError, ShimError, or a bug's own."""

    def hello(self) -> Answer:
        """Versions, devices, variants, components and threads."""

    def load(self, request: Load, weights: Arrays) -> Answer:
        """Builds a network in place of the last one; gives weights_bytes and settings."""

    def run(self, inputs: Arrays) -> tuple[Arrays, Measured]:
        """Runs the network that was loaded last."""

    def unload(self) -> None:
        """Frees it."""


class Broken:
    """Stands for an engine whose packages cannot be imported: every answer says why."""

    def __init__(self, reason: str, fix: str) -> None:
        self.reason = reason
        self.fix = fix

    def _refuse(self, *_: Any) -> NoReturn:
        raise ShimError("unavailable", self.reason, self.fix)

    hello = load = run = _refuse

    def unload(self) -> None:
        """Nothing is loaded."""


def one_line(error: BaseException) -> str:
    """What an error says, on one line and not longer than a sentence."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__


OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "resource_exhausted", "not enough memory")


def refusal(error: Exception) -> ShimError:
    """The kind of failure that an exception is."""
    if isinstance(error, ShimError):
        return error
    if isinstance(error, InputError):
        return ShimError("bad-input", str(error))
    if isinstance(error, UnavailableError):
        return ShimError("unavailable", str(error))
    if isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in OUT_OF_MEMORY):
        return ShimError("out-of-memory", f"the memory does not suffice ({one_line(error)})")
    return ShimError("failed", one_line(error))


def _typed(kind: type[T], message: Mapping[str, Any]) -> T:
    """A request's fields, each present and of its type; others are ignored."""
    found = {}
    for name, hint in get_type_hints(kind).items():
        optional = hint == int | None
        value = message.get(name)
        wanted = int if optional else dict if hint == dict[str, Any] else hint
        if not (optional and value is None) and (not isinstance(value, wanted) or isinstance(value, bool)):
            raise InputError(f'{message["op"]}: "{name}" is {json.dumps(value)}, expected {wanted.__name__}')
        found[name] = value
    return kind(**found)


def finite(tensors: Arrays, what: str) -> Arrays:
    """The tensors, none of which holds NaN or infinity."""
    for name, value in tensors.items():
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            raise InputError(f"the {what} {name} holds NaN or infinity")
    return tensors


class Server:
    """Answers requests with an engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.loaded = False

    def hello(self, _: Mapping[str, Any]) -> Answer:
        """Who is here."""
        return {"protocol": VERSION, **self.engine.hello()}

    def load(self, message: Mapping[str, Any]) -> Answer:
        """Reads the weights and builds the network."""
        request = _typed(Load, message)
        if request.threads is not None and request.threads < 1:
            raise InputError(f'load: "threads" is {request.threads}, expected a positive number or null')
        self.unload(message)
        weights = finite(read_tensors(Path(request.weights)), "weight")
        answer, milliseconds = timed(lambda: self.engine.load(request, weights))
        self.loaded = True
        return {"load_ms": milliseconds, **answer}

    def run(self, message: Mapping[str, Any]) -> Answer:
        """Reads inputs, runs, writes outputs in full or not at all."""
        request = _typed(Run, message)
        if not self.loaded:
            raise InputError("run: nothing is loaded")
        began = processor_ms()
        inputs = finite(read_tensors(Path(request.inputs)), "input")
        restart_process_peak()
        outputs, measured = self.engine.run(inputs)
        peak = process_peak_bytes()
        try:
            write_atomically(Path(request.outputs), encode(outputs))
        except InputError as error:
            raise ShimError("failed", f"the outputs cannot be handed over: {error}") from None
        return {**vars(measured), "process_peak_bytes": peak, "processor_ms": processor_ms() - began}

    def unload(self, _: Mapping[str, Any]) -> Answer:
        """Frees the network, if there is one."""
        self.loaded = False
        self.engine.unload()
        return {}

    def close(self, _: Mapping[str, Any]) -> Answer:
        """The last request."""
        return {}

    def answer(self, line: bytes) -> tuple[Answer, bool]:
        """The answer to one line, and whether it was the last."""
        number = None
        try:
            message = _message(line)
            number = message["id"]
            handlers: Mapping[str, Callable[[Mapping[str, Any]], Answer]] = {
                name: getattr(self, name) for name in ("hello", "load", "run", "unload", "close")
            }
            if message.get("op") not in handlers:
                raise InputError(f'unknown "op" {json.dumps(message.get("op"))}: expected {", ".join(handlers)}')
            return {"id": number, "ok": True, **handlers[message["op"]](message)}, message["op"] == "close"
        except Exception as error:  # noqa: BLE001 - the process outlives whatever a request does
            failed = refusal(error)
            if failed.kind == "failed" or error.__cause__ is not None:
                traceback.print_exc()
            help_ = {} if failed.fix is None else {"fix": failed.fix}
            return {"id": number, "ok": False, "kind": failed.kind, "error": str(failed), **help_}, False


def _message(line: bytes) -> dict[str, Any]:
    """A line as an object with a number."""
    try:
        message = json.loads(line)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"a line is no JSON ({error})") from None
    if not isinstance(message, dict) or not isinstance(message.get("id"), int):
        raise InputError('a request is an object with a number "id" and an "op"')
    return message


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What the work gives, and its milliseconds."""
    start = time.perf_counter()
    found = work()
    return found, (time.perf_counter() - start) * 1e3


def plain(value: Any) -> Any:
    """A number that JSON knows: NaN and infinity become null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def serve(engine: Engine, requests: BinaryIO, answers: BinaryIO) -> int:
    """Answers every line until `close` or the end of the requests."""
    server = Server(engine)
    for line in requests:
        answer, last = server.answer(line)
        text = json.dumps({key: plain(value) for key, value in answer.items()}, allow_nan=False)
        try:
            answers.write(text.encode() + b"\n")
            answers.flush()
        except BrokenPipeError:
            return 0
        if last:
            return 0
    return 0


def guarded_streams() -> tuple[BinaryIO, BinaryIO]:
    """stdin and stdout for the protocol alone: what anybody prints goes to stderr, and child processes read nothing.

    Ctrl-C reaches every process of a terminal; this one leaves the decision to whoever started it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return requests, answers
