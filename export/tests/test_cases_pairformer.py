"""The committed cases of the Pairformer: double-precision numpy agrees with every stored one, and inputs are made again."""

import unittest

import numpy as np

from af3_export.core.case_files import counting, read_case
from af3_export.core.compare import difference
from af3_export.core.component_case import ComponentCase
from af3_export.core.declared_cases import declared, folder_name
from af3_export.core.make_cases import WITNESS_BOUND
from af3_export.core.pairformer_case import COMPONENT
from af3_export.core.presets import REPOSITORY
from af3_export.core.registry import ENGINES, find_engine

ROOT = REPOSITORY / "cases"


def stored(*engines: str) -> list[ComponentCase]:
    """The cases whose weights are kept in files."""
    cases = (case for engine in engines for case in declared(engine))
    return [case for case in cases if case.component == COMPONENT and case.stored_weights]


class CommittedCases(unittest.TestCase):
    """cases/<engine>-pairformer-*."""

    def test_stored_cases_against_numpy(self) -> None:
        for case in stored(*ENGINES):
            committed = read_case(ROOT / folder_name(case))
            witness = find_engine(case.engine).witnesses[COMPONENT]
            for name, want in witness(committed.config, committed.weights, committed.inputs).items():
                with self.subTest(case=folder_name(case), output=name):
                    counts = counting(committed, committed.inputs, name, want.size)
                    error = difference(committed.expected[name], want, counts).element
                    self.assertLess(error, WITNESS_BOUND)

    def test_stored_inputs_are_made_again(self) -> None:
        self.assertGreater(len(stored(*ENGINES)), 12)
        for case in stored(*ENGINES):
            committed = read_case(ROOT / folder_name(case)).inputs
            self.assertEqual(set(committed), set(case.inputs()))
            for name, value in case.inputs().items():
                np.testing.assert_array_equal(committed[name], value)

    def test_ligo_rows_without_keys_are_padded_tokens(self) -> None:
        """Else noise of masked pairs would reach entries that count, through the pair bias."""
        for case in stored("ligo"):
            inputs = case.inputs()
            mask, single = inputs["pair_mask"], inputs["single_mask"]
            empty = (mask.sum(0) == 0) | (mask.sum(1) == 0)
            with self.subTest(case=folder_name(case)):
                self.assertFalse(mask[empty].any() or mask[:, empty].any() or single[empty].any())
