"""What `af3-gpu score` says, by biotite: structures made by the formulas of test/support/score_structures.ts.

`python -m tests.test_score ../test/fixtures/score.json` writes the numbers that the tests without Python compare with.
"""

import functools
import json
import math
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

try:
    import biotite.structure as struc
    from biotite.structure.io.pdb import PDBFile
    from biotite.structure.io.pdbx import CIFFile, set_structure
except ImportError:
    struc = None

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = ROOT / "test" / "fixtures" / "score.json"
PROGRAM = ROOT / "dist" / "cli" / "start.js"

MADE = {
    "protein": ("A", 40, ["ALA", "SER", "LYS", "GLY", "THR"], ["N", "CA", "C", "O"], 1.745, 1.5, 2.3, "CA", "CA"),
    "nucleic": ("B", 36, ["A", "C", "G", "U"], ["P", "C4'", "C3'", "C1'"], 0.571, 2.8, 9.0, "C1'", "C3'"),
}
DIGITS = 6
# Both searches stop near the best superposition, and may stop at either side of it.
TM_APART = 2e-3


def turned(a: float, b: float, angle: float, shift: float) -> tuple[float, float]:
    """A rotation in a plane, and a shift of the second coordinate."""
    return math.cos(angle) * a - math.sin(angle) * b, math.sin(angle) * a + math.cos(angle) * b + shift


def made(kind: str) -> tuple["struc.AtomArray", np.ndarray]:
    """The reference, and where the model has its atoms; NaN where it lacks them."""
    chain, length, residues, names, turn, rise, radius, _, _ = MADE[kind]
    reference = struc.AtomArray(length * len(names))
    model = np.zeros((len(reference), 3))
    for at in range(len(reference)):
        i, a = divmod(at, len(names))
        reference.chain_id[at], reference.res_id[at], reference.res_name[at] = chain, i + 1, residues[i % len(residues)]
        reference.atom_name[at], reference.element[at] = names[a], names[a][0]
        angle = turn * i
        x = radius * math.cos(angle) + 1.5 * math.cos(angle + 2 * a)
        y = radius * math.sin(angle) + 1.5 * math.sin(angle + 2 * a)
        z = rise * i + 0.4 * a
        reference.coord[at] = np.round([x, y, z], 3)
        x += 0.6 * math.sin(1.3 * i + a)
        y += 0.6 * math.cos(0.7 * i + 2 * a)
        z += 0.6 * math.sin(2.1 * i - a)
        middle = rise * length / 2
        if i + 1 > length / 2:
            y, z = turned(y, z - middle, math.pi / 6, middle)
        x, y = turned(x, y, 1, 0)
        y, z = turned(y, z, 2, 0)
        lacking = i + 1 == 5 or (i + 1 == 9 and a == 3)
        model[at] = [math.nan] * 3 if lacking else np.round([x + 10, y - 20, z + 5], 3)
    return reference, model


def lddt(reference: "struc.AtomArray", model: np.ndarray) -> float:
    """Of atoms that the model lacks, no distance is kept: NaN is near nothing."""
    with np.errstate(invalid="ignore"):
        return float(struc.lddt(reference, model, inclusion_radius=15, distance_bins=(0.5, 1, 2, 4)))


def rmsd(reference: "struc.AtomArray", model: np.ndarray) -> float:
    """Of what both have, superposed."""
    there = ~np.isnan(model[:, 0])
    fitted, _ = struc.superimpose(reference.coord[there], model[there])
    return float(struc.rmsd(reference.coord[there], fitted))


def scale(kind: str, length: int) -> float:
    """The TM-score's d0; both structures are long enough for the plain formulas."""
    return 1.24 * (length - 15) ** (1 / 3) - 1.8 if kind == "protein" else 0.6 * math.sqrt(length - 0.5) - 2.5


def weighted_fit(weights: np.ndarray, fixed: np.ndarray, moving: np.ndarray) -> np.ndarray:
    """Weighted Kabsch, by singular values."""
    a, b = (np.average(points, axis=0, weights=weights) for points in (fixed, moving))
    u, _, v = np.linalg.svd((moving - b).T @ (weights[:, None] * (fixed - a)))
    u[:, -1] *= np.linalg.det(u @ v)
    return (moving - b) @ u @ v + a


def tm(kind: str, reference: "struc.AtomArray", model: np.ndarray) -> float:
    """The largest TM-score: from every part of the chain, superpositions weighted by the gradient of the score until it stands."""
    there = ~np.isnan(model[:, 0])
    fixed, moving, d0 = reference.coord[there].astype(float), model[there], scale(kind, len(reference))
    best = 0.0
    for size in range(4, len(fixed) + 1, 4):
        for start in range(len(fixed) - size + 1):
            weights = np.zeros(len(fixed))
            weights[start : start + size] = 1
            for _ in range(40):
                fitted = weighted_fit(weights, fixed, moving)
                terms = 1 / (1 + np.sum((fitted - fixed) ** 2, axis=1) / d0**2)
                best = max(best, float(np.sum(terms)) / len(reference))
                weights = terms**2
    return best


@functools.cache
def numbers(kind: str) -> dict[str, float]:
    """All scores of a made structure."""
    reference, model = made(kind)
    one, end = (reference.atom_name == name for name in MADE[kind][-2:])
    found = {
        "lddt_one": lddt(reference[one], model[one]),
        "lddt_all": lddt(reference, model),
        "rmsd_one": rmsd(reference[one], model[one]),
        "rmsd_all": rmsd(reference, model),
        "tm": tm(kind, reference[end], model[end]),
    }
    return {name: round(value, DIGITS) for name, value in found.items()}


def write(path: Path, structure: "struc.AtomArray") -> None:
    """As biotite writes it, PDB or mmCIF by the ending."""
    file = PDBFile() if path.suffix == ".pdb" else CIFFile()
    if path.suffix == ".pdb":
        file.set_structure(structure)
    else:
        set_structure(file, structure)
    file.write(str(path))


@unittest.skipIf(struc is None, "needs biotite: pip install biotite")
class Score(unittest.TestCase):
    """By biotite's lDDT and RMSD, and a search for the TM-score of our own."""

    def test_committed_numbers(self) -> None:
        committed = json.loads(FIXTURE.read_text())
        for kind in MADE:
            for name, value in numbers(kind).items():
                with self.subTest(kind=kind, name=name):
                    self.assertAlmostEqual(value, committed[kind][name], 5)

    @unittest.skipUnless(PROGRAM.exists(), "needs the built program: npm run build")
    def test_program(self) -> None:
        for kind in MADE:
            for ending in ("pdb", "cif"):
                with self.subTest(kind=kind, ending=ending), tempfile.TemporaryDirectory() as folder:
                    self.check_program(kind, [Path(folder) / f"{name}.{ending}" for name in ("model", "reference")])

    def check_program(self, kind: str, paths: list[Path]) -> None:
        reference, positions = made(kind)
        model = reference.copy()
        model.coord = positions
        write(paths[0], model[~np.isnan(positions[:, 0])])
        write(paths[1], reference)
        command = ["node", str(PROGRAM), "score", *map(str, paths), "--json"]
        said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["whole"]
        wanted = numbers(kind)
        self.assertEqual(said["residues"], {"reference": MADE[kind][1], "model": MADE[kind][1] - 1})
        for name, value in (
            ("lddt_one", said["lddt"]["one"]),
            ("lddt_all", said["lddt"]["all"]),
            ("rmsd_one", said["rmsd"]["one"]),
            ("rmsd_all", said["rmsd"]["all"]),
        ):
            self.assertAlmostEqual(value, wanted[name], 4, name)
        self.assertLess(abs(said["tm"] - wanted["tm"]), TM_APART)
        # biotite's TM-score of a superposition is that of the same formula.
        end = reference.atom_name == MADE[kind][-1]
        there = end & ~np.isnan(positions[:, 0])
        if kind == "protein":
            fitted, _ = struc.superimpose(reference[there], model[there])
            indices = np.arange(np.count_nonzero(there))
            score = struc.tm_score(reference[there], fitted, indices, indices, int(np.count_nonzero(end)))
            self.assertGreaterEqual(said["tm"], score - TM_APART)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps({kind: numbers(kind) for kind in MADE}, indent=1) + "\n")
