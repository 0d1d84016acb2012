"""The committed cases: they are those that are declared, and double-precision numpy agrees with every stored one."""

import unittest

import numpy as np

from af3_export.case_files import Seeded, counting, read_case
from af3_export.cases_pairformer import declared
from af3_export.compare import difference
from af3_export.declared_cases import folder_name
from af3_export.make_cases import WITNESS_BOUND
from af3_export.numpy_pairformer import WITNESSES
from af3_export.pairformer_case import NAMES, make_inputs, merged, seeded_dims
from af3_export.presets import ENGINES, REPOSITORY

ROOT = REPOSITORY / "cases"


class CommittedCases(unittest.TestCase):
    """cases/<engine>-pairformer-*."""

    def test_headers(self) -> None:
        for case in (case for engine in ENGINES for case in declared(engine)):
            with self.subTest(case=folder_name(case)):
                committed = read_case(ROOT / folder_name(case))
                self.assertEqual(committed.config, merged(case.config, case.extra_config))
                if not case.stored:
                    self.assertEqual(committed.weights, Seeded(case.seed))
                    self.assertEqual(committed.inputs, Seeded(case.seed, seeded_dims(case)))

    def test_no_other_folders(self) -> None:
        names = {folder_name(case) for engine in ENGINES for case in declared(engine)}
        found = {path.name for engine in ENGINES for path in ROOT.glob(f"{engine}-pairformer-*")}
        self.assertEqual(found, names)

    def test_stored_cases_against_numpy(self) -> None:
        for case in (case for engine in ENGINES for case in declared(engine) if case.stored):
            committed = read_case(ROOT / folder_name(case))
            exact = WITNESSES[case.engine](committed.config, committed.weights, committed.inputs)
            for name, want in exact.items():
                with self.subTest(case=folder_name(case), output=name):
                    counts = counting(committed, committed.inputs, name, want.size)
                    error = difference(committed.expected[name], want, counts).element
                    self.assertLess(error, WITNESS_BOUND)

    def test_stored_inputs_are_made_again(self) -> None:
        for case in (case for engine in ENGINES for case in declared(engine) if case.stored):
            committed = read_case(ROOT / folder_name(case)).inputs
            for name, value in make_inputs(case).items():
                np.testing.assert_array_equal(committed[name], value)

    def test_ligo_rows_without_keys_are_padded_tokens(self) -> None:
        """Else noise of masked pairs would reach entries that count, through the pair bias."""
        for case in declared("ligo"):
            inputs = make_inputs(case)
            mask, single = inputs["pair_mask"], inputs[NAMES["ligo"][2]]
            empty = (mask.sum(0) == 0) | (mask.sum(1) == 0)
            with self.subTest(case=folder_name(case)):
                self.assertFalse(mask[empty].any() or mask[:, empty].any() or single[empty].any())
