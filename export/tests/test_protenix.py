"""protenix in Python: its cases as data, its references against each other, its graphs, and the wheel that its source is."""

import base64
import contextlib
import hashlib
import importlib.util
import io
import json
import os
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from af3_export.cli import main
from af3_export.core import checkouts, random_tensors
from af3_export.core.checkouts import checkout_path
from af3_export.core.errors import InputError
from af3_export.engines.protenix import complexes
from af3_export.engines.protenix.cases import full as full_cases
from af3_export.engines.protenix.cases import trunk as trunk_cases
from af3_export.engines.protenix.complexes import Chain, Complex

NEEDED = ("torch", "rdkit", "optree", "ml_collections", "onnx", "onnxscript", "onnxruntime")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
REASON = "needs the environment and the checkout of protenix: `npm run setup:native -- protenix`"
HERE = not MISSING and checkout_path("protenix").is_dir()


class Wheels(unittest.TestCase):
    """verified_checkout of a source that came as a wheel."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name).resolve() / "protenix"
        (self.folder / "a" / "b").mkdir(parents=True)
        (self.folder / "a" / "b" / "c.py").write_text("x = 1\n")
        digest = base64.urlsafe_b64encode(hashlib.sha256(b"x = 1\n").digest()).decode().rstrip("=")
        self.record = self.folder / "a-1.0.dist-info" / "RECORD"
        self.record.parent.mkdir()
        self.record.write_text(f"a/b/c.py,sha256={digest},6\nbeside/d.py,sha256=none,1\na-1.0.dist-info/RECORD,,\n")
        known = hashlib.sha256(self.record.read_bytes()).hexdigest()
        pinned = checkouts.Pin("n/a", "0" * 40, checkouts.Wheel("a", "1.0", known, ("/a/",)))
        for patch in (
            mock.patch.dict(os.environ, {"AF3_GPU_THIRD_PARTY": str(self.folder.parent)}),
            mock.patch.object(checkouts, "pin", return_value=pinned),
        ):
            patch.start()
            self.addCleanup(patch.stop)

    def test_whole(self) -> None:
        self.assertEqual(checkouts.verified_checkout("protenix"), self.folder)

    def test_a_changed_file(self) -> None:
        (self.folder / "a" / "b" / "c.py").write_text("x = 2\n")
        with self.assertRaisesRegex(InputError, "a/b/c.py differs from the wheel a 1.0"):
            checkouts.verified_checkout("protenix")

    def test_a_file_that_is_gone(self) -> None:
        (self.folder / "a" / "b" / "c.py").unlink()
        with self.assertRaisesRegex(InputError, "a/b/c.py differs"):
            checkouts.verified_checkout("protenix")

    def test_another_table(self) -> None:
        self.record.write_text(self.record.read_text() + "\n")
        with self.assertRaisesRegex(InputError, "RECORD is not that of a 1.0"):
            checkouts.verified_checkout("protenix")


class Complexes(unittest.TestCase):
    """What is made up is what the engine's features may be."""

    def test_every_token_has_its_atoms_and_one_that_stands_for_it(self) -> None:
        given = Complex(1, (Chain(0, 0, (3, 1), jumps=(0,)), Chain(1, 0, (4,), ligand=True)), bonds=((0, 3),))
        atoms, ids, heads = complexes.atoms(given), complexes.ids(given), complexes.heads(given)
        self.assertEqual((given.tokens, given.atoms), (6, 8))
        np.testing.assert_array_equal(np.bincount(atoms["atom_to_token_idx"]), [3, 1, 1, 1, 1, 1])
        np.testing.assert_array_equal(ids["residue_index"], [1, 42, 1, 1, 1, 1])
        owner = atoms["atom_to_token_idx"][heads["distogram_rep_atom_mask"] == 1]
        np.testing.assert_array_equal(owner, range(6))
        bonds = complexes.bonds(given)["token_bonds"]
        np.testing.assert_array_equal(bonds, bonds.T)
        self.assertEqual(bonds.sum(), 2 * (3 + 1))

    def test_rotations_turn(self) -> None:
        turns = complexes.noise(3, 4, 2, 5)["step_rotation"].astype(np.float64)
        np.testing.assert_allclose(turns @ turns.swapaxes(-1, -2), np.broadcast_to(np.eye(3), turns.shape), atol=1e-6)
        np.testing.assert_allclose(np.linalg.det(turns), 1, atol=1e-6)

    def test_bins_are_the_networks_own(self) -> None:
        lower = random_tensors.weight("protenix", 5, "confidence_head.lower_bins", (39,))
        upper = random_tensors.weight("protenix", 6, "confidence_head.upper_bins", (39,))
        self.assertEqual((lower[0], lower[38], upper[0], upper[38]), (3.25, 50.75, 4.5, 1e6))


@unittest.skipUnless(HERE, REASON)
class References(unittest.TestCase):
    """What the recording adds to the repository."""

    def test_bins_and_noise_levels_of_a_new_network(self) -> None:
        from af3_export.engines.protenix.references import confidence

        head = confidence.build({"n_blocks": 1, "c_s": 16, "c_z": 4, "c_s_inputs": 5})
        for name in ("lower_bins", "upper_bins"):
            want = random_tensors.weight("protenix", 0, f"confidence_head.{name}", (39,))
            np.testing.assert_array_equal(getattr(head, name).numpy(), want)

    def test_the_sampler_starts_from_the_trunk_that_is_recorded_alone(self) -> None:
        from af3_export.engines.protenix.references import full, trunk

        (case,) = [case for case in full_cases.CASES if case.name == "scaled"]
        inputs = case.inputs()
        weights = random_tensors.weights("protenix", case.seed, full.shapes(case.config, inputs))
        whole, alone = full.run(case.config, weights, inputs), trunk.run(case.config, weights, inputs)
        for name, value in alone.items():
            np.testing.assert_array_equal(whole[name], value)
        np.testing.assert_array_equal(whole["summary:has_clash"], [0, 1, 0])

    def test_noise_and_rows_that_do_not_fit_are_refused(self) -> None:
        from af3_export.engines.protenix.references import full, trunk

        (case,) = [case for case in full_cases.CASES if case.name == "scaled"]
        inputs = dict(case.inputs())
        weights = random_tensors.weights("protenix", case.seed, full.shapes(case.config, inputs))
        short = {**inputs, "step_noise": inputs["step_noise"][:-1]}
        with self.assertRaisesRegex(InputError, "the sampler draws"):
            full.run(case.config, weights, short)
        (case,) = [case for case in trunk_cases.CASES if case.name == "one-atom"]
        inputs = dict(case.inputs())
        weights = random_tensors.weights("protenix", case.seed, trunk.shapes(case.config, inputs))
        for order, words in (([[3]], "names row 3"), ([[0], [0]], "fewer passes")):
            with self.assertRaisesRegex(InputError, words):
                trunk.run(case.config, weights, {**inputs, "msa_order": np.array(order, np.int32)})

    def test_missing_weights_are_named(self) -> None:
        from af3_export.engines.protenix.references import distogram

        inputs = {"z": random_tensors.normal(0, "z", (3, 3, 4))}
        with self.assertRaisesRegex(InputError, "the weights lack distogram_head.linear"):
            distogram.run({"c_z": 4, "no_bins": 64}, {}, inputs)

    def test_rounded_operands_reach_attention(self) -> None:
        from af3_export.engines.protenix.references import pairformer
        from af3_export.engines.protenix.rounding import rounded_operands

        config = {"n_blocks": 1, "n_heads": 2, "c_s": 8, "c_z": 6}
        inputs = random_tensors.pairformer_inputs("protenix", 0, 5, 8, 6)
        weights = random_tensors.weights("protenix", 0, pairformer.shapes(config, inputs))
        exact = pairformer.run(config, weights, inputs)
        with rounded_operands("bf16"):
            rounded = pairformer.run(config, weights, inputs)
        for name, value in exact.items():
            self.assertGreater(np.abs(rounded[name] - value).max(), 1e-4)


def exported(folder: Path, component: str, config: dict[str, Any], *options: str) -> dict[str, Any]:
    """The manifest of an export by the command."""
    (folder / "config.json").write_text(json.dumps(config))
    arguments = ["onnx", "--engine", "protenix", "--component", component, "--config", str(folder / "config.json")]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as progress:
        code = main([*arguments, *options, "--out", str(folder / "out")])
    if code != 0:
        raise AssertionError(progress.getvalue())
    found: dict[str, Any] = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    return found


@unittest.skipUnless(HERE, REASON)
class Exports(unittest.TestCase):
    """Whole exports; that numbers are right is checked by the command itself."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def test_the_trunk_takes_any_number_of_everything(self) -> None:
        (case,) = [case for case in trunk_cases.CASES if case.name == "scaled"]
        manifest = exported(self.folder, "trunk", dict(case.config))
        against = [entry["against"] for entry in manifest["checked"]]
        self.assertIn("protenix-trunk-scaled", against)
        shapes = {entry["name"]: entry["shape"] for entry in manifest["inputs"]}
        self.assertEqual(shapes["ref_pos"], [1, "atoms", 3])
        self.assertEqual(shapes["msa_order"], [1, "chosen"])
        self.assertEqual(manifest["per_trip"], ["msa_order"])
        self.assertEqual([link["input"] for link in manifest["carry"]], ["s_prev", "z_prev"])

    def test_attention_as_one_node(self) -> None:
        config = {"n_blocks": 1, "n_heads": 2, "c_s": 8, "c_z": 6}
        manifest = exported(self.folder, "pairformer", config, "--variant", "mha")
        self.assertEqual([entry["tensor"] for entry in manifest["outputs"]], ["s", "z"])
        self.assertEqual(manifest["inputs"][1]["shape"], [1, "tokens", "tokens", 6])
