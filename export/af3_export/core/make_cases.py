"""Makes golden cases from the references, and checks committed ones against the reference and the numpy witness."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from af3_export.core import random_tensors
from af3_export.core.case_files import Case, Seeded, counting, encode, read_case, sampled, write_case
from af3_export.core.checkouts import pin
from af3_export.core.compare import difference
from af3_export.core.component_case import ComponentCase
from af3_export.core.declared_cases import component_reference, folder_name
from af3_export.core.errors import InputError
from af3_export.core.pairformer_case import COMPONENT
from af3_export.core.references import processor, versions
from af3_export.core.registry import find_engine

# A case made again may move in the last digits (CPU, library): relative to the root mean square.
REGENERATED_BOUND = 1e-5
# The bound of every float32 component case; the witness is exact beside it.
WITNESS_BOUND = 1e-4


@dataclass(frozen=True)
class Made:
    """A case as it is stored, with everything it was made from."""

    case: Case
    config: Mapping[str, Any]
    weights: Mapping[str, NDArray]
    inputs: Mapping[str, NDArray]
    outputs: Mapping[str, NDArray]


def made_with(engine: str) -> str:
    """The software and hardware that computed a case, for its note."""
    software = ", ".join(f"{name} {version}" for name, version in versions(engine).items())
    return f"{software} on {processor()}, float32"


def refuse_bad_outputs(outputs: Mapping[str, NDArray], place: str, flags: tuple[str, ...] = ()) -> None:
    """A case whose outputs are not finite or, but for flags, all alike would test nothing."""
    for name, value in outputs.items():
        if not np.isfinite(value).all():
            raise InputError(f"{place}: the reference's {name} holds NaN or infinity")
        if name not in flags and value.size > 1 and value.std() == 0:
            raise InputError(f"{place}: the reference's {name} is constant, so the case would test nothing")


def note_of(declared: ComponentCase) -> str:
    """How a case was made and what it is for."""
    command = f"python -m af3_export cases --engine {declared.engine} --out cases {folder_name(declared)}"
    return f"Made by `{command}` with {made_with(declared.engine)}. Shows {declared.shows}."


def make(declared: ComponentCase) -> Made:
    """Runs the reference on a declared case; large outputs are sampled."""
    engine, name = declared.engine, folder_name(declared)
    network = component_reference(engine, declared.component)
    inputs = dict(declared.inputs())
    weights = random_tensors.weights(engine, declared.seed, network.shapes(declared.config, inputs))
    weights |= {extra: random_tensors.normal(declared.seed, extra, s) for extra, s in declared.extra_weights.items()}
    config = declared.whole_config()
    outputs = network.run(config, weights, inputs)
    refuse_bad_outputs(outputs, name, declared.flags)
    case = Case(
        engine,
        declared.component,
        config,
        pin(engine).source(),
        note_of(declared),
        declared.valid,
        weights if declared.stored_weights else Seeded(declared.seed),
        declared.seeded_inputs() or inputs,
        outputs if declared.whole_outputs else sampled(outputs),
    )
    return Made(case, config, weights, inputs, outputs)


def witness_errors(made: Made, case: Case) -> dict[str, float]:
    """Largest element error of each stored output of `case` against double-precision numpy, if it has this witness."""
    witness = find_engine(case.engine).witnesses.get(case.component)
    if witness is None:
        return {}
    exact = witness(made.config, made.weights, made.inputs)
    errors = {}
    for name, value in exact.items():
        positions = case.expected.get(f"{name}:indices")
        want = value if positions is None else value.reshape(-1)[positions]
        errors[name] = difference(case.expected[name], want, counting(case, made.inputs, name, value.size)).element
    return errors


def write(declared: ComponentCase, out: Path) -> str:
    """Makes one case folder below `out` and returns a line about it; a case the witness contradicts is not written."""
    made = make(declared)
    errors = witness_errors(made, made.case)
    name = folder_name(declared)
    if max(errors.values(), default=0) > WITNESS_BOUND:
        raise InputError(f"{name}: reference and numpy witness disagree ({listed(errors)}), so nothing was written")
    size = write_case(out / name, made.case)
    return f"{name}: {size / 1024:.0f} KiB{witnessed(errors)}"


def witnessed(errors: Mapping[str, float]) -> str:
    """The witness's part of a line."""
    return f", numpy witness {listed(errors)}" if errors else ""


def listed(errors: Mapping[str, float]) -> str:
    """Errors of several outputs in a line."""
    return ", ".join(f"{name} {error:.1e}" for name, error in errors.items())


def check(declared: ComponentCase, out: Path) -> tuple[bool, str]:
    """Makes a case again and compares it with the folder below `out`: whether they agree, and a line about it."""
    name = folder_name(declared)
    folder = out / name
    committed, made = read_case(folder), make(declared)
    fresh = made.case
    faults = []
    for key, value in fresh.header().items():
        if key != "note" and committed.header().get(key) != value:
            faults.append(f"case.json says another {key}")
    for part in ("weights", "inputs"):
        tensors = getattr(fresh, part)
        if not isinstance(tensors, Seeded) and (folder / f"{part}.safetensors").read_bytes() != encode(tensors):
            faults.append(f"{part}.safetensors has other bytes")
    if set(committed.expected) != set(fresh.expected):
        return False, f"{name}: WRONG, expected.safetensors has other tensors"
    moved = {}
    for key, value in fresh.expected.items():
        got = committed.expected[key]
        if got.shape != value.shape or (key.endswith(":indices") and not np.array_equal(got, value)):
            return False, f"{name}: WRONG, expected {key} has another shape or other positions"
        if not key.endswith(":indices"):
            counts = counting(fresh, made.inputs, key, made.outputs[key].size)
            moved[key] = difference(got, value, counts).of_rms
    errors = witness_errors(made, committed)
    if max(moved.values()) > REGENERATED_BOUND:
        faults.append(f"made again it differs by more than {REGENERATED_BOUND:.0e} of rms")
    if max(errors.values(), default=0) > WITNESS_BOUND:
        faults.append(f"the numpy witness differs by more than {WITNESS_BOUND:.0e}")
    verdict = "WRONG, " + "; ".join(faults) if faults else "right"
    return not faults, f"{name}: {verdict} (made again {listed(moved)}{witnessed(errors)})"


def make_own(
    engine: str,
    config: Mapping[str, Any],
    weights: dict[str, NDArray] | Seeded,
    inputs: dict[str, NDArray] | Seeded,
    note: str,
) -> Made:
    """A case of somebody's own weights or inputs; of the weights only those that the component reads are kept."""
    network, names = component_reference(engine, COMPONENT), find_engine(engine).pairformer
    if isinstance(inputs, Seeded):
        dims = inputs.dims
        given = random_tensors.pairformer_inputs(engine, inputs.seed, dims["tokens"], dims["c_s"], dims["c_z"])
        if names.config_has_widths:  # then they are not in dims
            inputs = Seeded(inputs.seed, {"tokens": dims["tokens"]})
            config = {**config, "c_s": dims["c_s"], "c_z": dims["c_z"]}
    else:
        inputs = given = checked_inputs(engine, inputs)
    shapes = network.shapes(config, given)
    used = (
        random_tensors.weights(engine, weights.seed, shapes)
        if isinstance(weights, Seeded)
        else {name: np.asarray(weights[name], np.float32) for name in shapes if name in weights}
    )
    outputs = network.run(config, used, given)
    refuse_bad_outputs(outputs, "this case")
    case = Case(
        engine,
        COMPONENT,
        config,
        pin(engine).source(),
        f"{note} Made by `python -m af3_export case` with {made_with(engine)}.".strip(),
        names.valid,
        weights if isinstance(weights, Seeded) else used,
        inputs,
        sampled(outputs) if isinstance(inputs, Seeded) else outputs,
    )
    return Made(case, config, used, given, outputs)


def checked_inputs(engine: str, inputs: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """The inputs a Pairformer reads, as float32 (integers int32), after checking that their shapes belong together."""
    names = find_engine(engine).pairformer
    found = {}
    ranks = {names.single: 2, names.pair: 3}
    if names.single_mask is not None:
        ranks |= {names.single_mask: 1, "pair_mask": 2}
    for name, rank in ranks.items():
        if name not in inputs:
            raise InputError(f"the inputs lack {name}")
        value = inputs[name]
        if value.ndim != rank or value.size == 0:
            raise InputError(f"input {name} has shape {list(value.shape)}, expected rank {rank} without a batch axis")
        found[name] = value.astype(np.float32 if value.dtype.kind == "f" else np.int32)
    tokens = found[names.single].shape[0]
    for name, rank in ranks.items():
        over = (tokens, tokens) if name in (names.pair, "pair_mask") else (tokens,)
        if found[name].shape[: len(over)] != over:
            raise InputError(
                f"input {name} has shape {list(found[name].shape)}, but {names.single} has {tokens} tokens"
            )
    return found
