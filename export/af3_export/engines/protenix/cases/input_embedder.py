"""Golden cases of protenix's input embedder, as data."""

from typing import Any

from af3_export.core.component_case import ComponentCase
from af3_export.engines.protenix import complexes
from af3_export.engines.protenix.cases.recorded import recorded
from af3_export.engines.protenix.complexes import Chain, Complex

SMALL = {"c_atom": 16, "c_atompair": 6, "c_token": 12}
# 64 atoms: two full windows and no more, one token over the seam between them and one conformer in both.
EDGE = Complex(
    seed=152,
    chains=(Chain(0, 0, (9, 6, 11, 1, 21, 5)), Chain(0, 1, (9, 2))),
    masked=(0, 31, 40),
    shared_uid=(0, 5, 7),
    charges={3: -7, 33: 5},
)
ION = Complex(seed=151, chains=(Chain(0, 0, (1,), ligand=True),), charges={0: 2})
# 161 atoms: five full windows and a last one with one atom, whose keys begin 48 atoms before it.
LONG = Complex(seed=153, chains=(Chain(0, 0, (23,) * 6), Chain(1, 0, (22, 1), ligand=True)), masked=(160,))


def _case(name: str, shows: str, config: dict[str, Any], given: Complex) -> ComponentCase:
    return ComponentCase(
        name,
        "protenix",
        "input_embedder",
        shows,
        config,
        given.seed,
        lambda: {**complexes.atoms(given), **complexes.residues(given)},
    )


CASES = [
    recorded("odd", "input_embedder", "homodimer, glycerol, magnesium; fewer than 128 atoms", SMALL, 301),
    recorded(
        "esm",
        "input_embedder",
        "with the language model's embedding of the esm variants, added through linear_esm",
        {**SMALL, "esm": {"enable": True, "embedding_dim": 40}},
        302,
    ),
    _case("one-atom", "a lone ion: one token, one atom, one window of which the rest is empty", SMALL, ION),
    _case(
        "edge",
        "64 atoms in two windows without an empty place; a token over their seam, one conformer in both, masked atoms,"
        " charges of -7 and 5",
        {"c_atom": 20, "c_atompair": 5, "c_token": 7},
        EDGE,
    ),
    _case("long", "161 atoms, one of them, masked, alone in the last window", SMALL, LONG),
]
