"""Structures that `predict` writes, read by two libraries that know nothing of us: every atom is there, where it was put."""

import importlib.util
import json
import shutil
import subprocess
import tempfile
import unittest
import warnings
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ROOT / "dist" / "cli" / "start.js"
NODE = shutil.which("node")
MISSING = [name for name in ("gemmi", "biotite") if importlib.util.find_spec(name) is None]
REASON = (
    f"needs {' and '.join(MISSING)}: `pip install {' '.join(MISSING)}`"
    if MISSING
    else "needs node, and the command that `npm run build` makes"
)

if not MISSING:
    import gemmi
    from biotite.structure.io import pdb, pdbx

# A modified residue, a sugar that is bonded, an ion, a chain of a longer name, and nucleic acids: all kinds of records.
SEQUENCES: list[dict[str, Any]] = [
    {"protein": {"id": "A", "sequence": "GNSKM", "modifications": [{"ptmType": "SEP", "ptmPosition": 3}]}},
    {"rna": {"id": "B", "sequence": "AU"}},
    {"dna": {"id": "C", "sequence": "GT"}},
    {"ligand": {"id": "D", "ccdCodes": ["NAG", "NAG"]}},
    {"ligand": {"id": ["E", "AA"], "ccdCodes": ["MG"]}},
]
BONDS = [[["A", 2, "ND2"], ["D", 1, "C1"]], [["D", 1, "O4"], ["D", 2, "C1"]]]
TOKENS = 80
SLOTS = 24


def outputs() -> dict[str, np.ndarray]:
    """Outputs of a network: every slot at a place of its own, to a thousandth."""
    slots = np.arange(TOKENS * SLOTS)
    places = np.stack([7 * np.cos(slots), 7 * np.sin(slots), slots / 4], -1).round(3)
    pairs = np.full((1, TOKENS, TOKENS), 0.5, np.float32)
    return {
        "positions": places.reshape(1, TOKENS, SLOTS, 3).astype(np.float32),
        "predicted_lddt": (slots % 97).reshape(1, TOKENS, SLOTS).astype(np.float32),
        "full_pae": 10 * pairs,
        "tmscore_adjusted_pae_global": pairs,
        "tmscore_adjusted_pae_interface": pairs,
        "contact_probs": pairs[0],
    }


def predict(folder: Path, out: str, *options: str) -> Path:
    """The folder of a job whose outputs are those above."""
    job = {"dialect": "alphafold3", "version": 4, "name": "kinds", "modelSeeds": [1], "sequences": SEQUENCES}
    (folder / "job.json").write_text(json.dumps({**job, "bondedAtomPairs": BONDS}))
    np.savez(folder / "outputs.npz", **outputs())
    command = [str(NODE), str(COMMAND), "predict", "job.json", "--from-outputs", "outputs.npz", "--out", out]
    made = subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise AssertionError(made.stderr)
    return folder / out / "kinds"


@unittest.skipIf(MISSING or NODE is None or not COMMAND.is_file(), REASON)
class Structures(unittest.TestCase):
    """One prediction of all kinds of chains, in both formats."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        folder = Path(cls.temporary.name)
        cls.cif = predict(folder, "cif") / "kinds_model.cif"
        cls.pdb = predict(folder, "pdb", "--format", "pdb") / "kinds_model.pdb"
        rows = [line.split() for line in cls.cif.read_text().splitlines() if line.startswith(("ATOM ", "HETATM "))]
        # Chain, number of the residue, component, atom, element; place; confidence.
        cls.named = [(row[16], row[15], row[5], row[3].strip('"'), row[2]) for row in rows]
        cls.places = np.array([[float(value) for value in row[10:13]] for row in rows])
        cls.confidences = np.array([float(row[14]) for row in rows])

    def test_has_all_kinds(self) -> None:
        self.assertEqual(len({chain for chain, *_ in self.named}), 6)
        self.assertEqual({element for *_, element in self.named}, {"C", "N", "O", "P", "S", "MG"})

    def test_places_are_those_of_the_outputs(self) -> None:
        given = outputs()
        places = given["positions"].reshape(-1, 3)
        for place, confidence in zip(self.places, self.confidences, strict=True):
            slot = int(np.abs(places - place).sum(-1).argmin())
            np.testing.assert_allclose(places[slot], place, atol=6e-4)
            self.assertEqual(given["predicted_lddt"].ravel()[slot], confidence)

    def check(self, named: list[tuple[str, ...]], places: np.ndarray, confidences: np.ndarray) -> None:
        self.assertEqual(named, self.named)
        np.testing.assert_allclose(places, self.places, atol=2e-4)
        np.testing.assert_allclose(confidences, self.confidences, atol=6e-3)

    def check_gemmi(self, structure: "gemmi.Structure", rename: dict[str, str]) -> None:
        self.assertEqual(len(structure), 1)
        found = [
            (
                rename.get(chain.name, chain.name),
                str(residue.seqid.num),
                residue.name,
                atom.name,
                atom.element.name.upper(),
                atom,
            )
            for chain in structure[0]
            for residue in chain
            for atom in residue
        ]
        found.sort(key=lambda row: row[-1].serial)
        atoms = [row[-1] for row in found]
        self.check(
            [row[:-1] for row in found],
            np.array([atom.pos.tolist() for atom in atoms]),
            np.array([atom.b_iso for atom in atoms]),
        )

    def check_biotite(self, atoms: Any, rename: dict[str, str]) -> None:
        chains = [rename.get(str(chain), str(chain)) for chain in atoms.chain_id]
        rows = zip(chains, atoms.res_id, atoms.res_name, atoms.atom_name, atoms.element, strict=True)
        self.check([tuple(str(value) for value in row) for row in rows], atoms.coord, atoms.b_factor)

    def test_gemmi_reads_mmcif(self) -> None:
        structure = gemmi.read_structure(str(self.cif))
        self.check_gemmi(structure, {})
        kinds = [entity.entity_type for entity in structure.entities]
        polymer, branched, other = (getattr(gemmi.EntityType, name) for name in ("Polymer", "Branched", "NonPolymer"))
        self.assertEqual(kinds, [polymer, polymer, polymer, branched, other, other])
        self.assertEqual(structure.entities[0].full_sequence, ["GLY", "ASN", "SEP", "LYS", "MET"])
        ends = [
            (
                str(bond.partner1.chain_name),
                bond.partner1.atom_name,
                str(bond.partner2.chain_name),
                bond.partner2.atom_name,
            )
            for bond in structure.connections
        ]
        self.assertEqual(ends, [("A", "ND2", "D", "C1"), ("D", "O4", "D", "C1")])

    def test_biotite_reads_mmcif(self) -> None:
        with warnings.catch_warnings():
            # Names of the authors' own for components and atoms, which predictions have none of.
            warnings.filterwarnings("ignore", message="Attribute 'auth_")
            atoms = pdbx.get_structure(pdbx.CIFFile.read(str(self.cif)), model=1, extra_fields=["b_factor"])
        self.check_biotite(atoms, {})

    def test_both_read_pdb(self) -> None:
        # A PDB file names a chain by one letter: AA got the next free one.
        rename = {"F": "AA"}
        self.check_gemmi(gemmi.read_structure(str(self.pdb)), rename)
        self.check_biotite(pdb.PDBFile.read(str(self.pdb)).get_structure(model=1, extra_fields=["b_factor"]), rename)


if __name__ == "__main__":
    unittest.main()
