"""Case folders: round trip, sampling, and nothing half-written."""

import dataclasses
import tempfile
import unittest
from pathlib import Path

import numpy as np

from af3_export.core.case_files import Case, Seeded, counting, read_case, sample_positions, sampled, write_case
from af3_export.core.errors import InputError


def small_case() -> Case:
    """A case with every kind of entry."""
    mask = np.array([1, 0], np.int32)
    return Case(
        "ligo",
        "pairformer",
        {"c_s": 3},
        {"repo": "a/b", "commit": "c"},
        "note ü",
        {"s": "single_mask"},
        Seeded(3),
        {"s": np.arange(6, dtype=np.float32).reshape(2, 3), "single_mask": mask, "level": np.float32(2).reshape(())},
        {"s": np.ones((2, 3), np.float32)},
    )


class CaseFiles(unittest.TestCase):
    """Format af3-gpu-case/1."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def test_round_trip(self) -> None:
        case = small_case()
        size = write_case(self.folder / "deep" / "case", case)
        back = read_case(self.folder / "deep" / "case")
        self.assertEqual(back.header(), case.header())
        self.assertEqual(size, sum(path.stat().st_size for path in (self.folder / "deep" / "case").iterdir()))
        for name, value in case.inputs.items():
            np.testing.assert_array_equal(back.inputs[name], value)
            self.assertEqual((back.inputs[name].dtype, back.inputs[name].shape), (value.dtype, value.shape))

    def test_same_bytes_twice_and_replaced(self) -> None:
        folder = self.folder / "case"
        write_case(folder, small_case())
        (folder / "weights.safetensors").write_text("of an earlier case")
        first = (folder / "inputs.safetensors").read_bytes()
        write_case(folder, small_case())
        self.assertEqual(first, (folder / "inputs.safetensors").read_bytes())
        self.assertFalse((folder / "weights.safetensors").exists())

    def test_folders_of_others_are_kept(self) -> None:
        (self.folder / "letter").write_text("x")
        with self.assertRaisesRegex(InputError, "holds letter"):
            write_case(self.folder, small_case())
        self.assertEqual([path.name for path in self.folder.iterdir()], ["letter"])

    def test_bad_tensors_leave_nothing(self) -> None:
        for value in (np.array([np.nan], np.float32), np.zeros(2), np.zeros(2, np.int64)):
            with self.assertRaises(InputError):
                write_case(self.folder / "case", dataclasses.replace(small_case(), expected={"s": value}))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_unwritable_place(self) -> None:
        (self.folder / "file").write_text("x")
        with self.assertRaises(InputError):
            write_case(self.folder / "file" / "case", small_case())

    def test_broken_files(self) -> None:
        folder = self.folder / "case"
        with self.assertRaises(InputError):
            read_case(folder)
        write_case(folder, small_case())
        (folder / "expected.safetensors").write_bytes(b"\xff" * 20)
        with self.assertRaises(InputError):
            read_case(folder)
        (folder / "case.json").write_text('{"format": "other"}')
        with self.assertRaises(InputError):
            read_case(folder)

    def test_sampling(self) -> None:
        for size in (4097, 5000, 133 * 133 * 12):
            positions = sample_positions("z", size)
            self.assertEqual((len(positions), len(np.unique(positions))), (4096, 4096))
            self.assertTrue((np.diff(positions) > 0).all() and 0 <= positions[0] and positions[-1] < size)
        value = np.arange(70 * 70, dtype=np.float32).reshape(70, 70)
        kept = sampled({"z": value, "s": value[0]})
        np.testing.assert_array_equal(kept["z"], kept["z:indices"].astype(np.float32))
        self.assertEqual(kept["z:indices"].dtype, np.int32)
        self.assertNotIn("s:indices", kept)

    def test_counting(self) -> None:
        case = small_case()
        counts = counting(case, case.inputs, "s", 6)
        np.testing.assert_array_equal(counts, [[True] * 3, [False] * 3])
        taken = {"s": np.zeros(2, np.float32), "s:indices": np.array([2, 3], np.int32)}
        counts = counting(dataclasses.replace(case, expected=taken), case.inputs, "s", 6)
        np.testing.assert_array_equal(counts, [True, False])
        self.assertIsNone(counting(dataclasses.replace(case, valid={}), case.inputs, "s", 6))
        pairs = dataclasses.replace(case, valid={"z": "outer(single_mask)"}, expected={"z": np.zeros((2, 2, 3))})
        counts = counting(pairs, case.inputs, "z", 12)
        np.testing.assert_array_equal(counts.all(-1), [[True, False], [False, False]])
