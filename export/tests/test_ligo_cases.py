"""ligo's declared component cases: their inputs keep the promises that make the recorded numbers reproducible."""

import unittest

import numpy as np

from af3_export.core.component_case import Arrays, ComponentCase
from af3_export.core.declared_cases import declared, folder_name
from af3_export.core.pairformer_case import COMPONENT
from af3_export.engines.ligo.cases import confidence, full, template
from af3_export.engines.ligo.features import WINDOW

TOKEN_FEATURES = {"residue_index", "token_index", "asym_id", "entity_id", "token_mask"}
ATOM_FEATURES = {
    "atom_mask",
    "ref_pos",
    "ref_charge",
    "ref_mask",
    "ref_element",
    "ref_atom_name_chars",
    "ref_space_uid",
    "atom_to_token",
}
FEATURES = TOKEN_FEATURES | ATOM_FEATURES
TRUNK = FEATURES | {"sym_id", "aatype", "msa_feat", "msa_mask"}
NAMES = {
    "msa_module": {"msa_feat", "msa_mask", "z", "s_inputs", "pair_mask"},
    "diffusion_module": FEATURES | {"noisy_atoms", "timesteps", "s_inputs", "s_trunk", "z_trunk"},
    "distogram_head": {"z"},
    "template_embedder": {
        "template_aatype",
        "template_pseudo_beta",
        "template_pseudo_beta_mask",
        "asym_id",
        "z_trunk",
        "pair_mask",
    },
    "confidence_head": {"s_inputs", "s", "z", "x_repr", "single_mask", "pair_mask"},
    "trunk": TRUNK,
    "full": TRUNK | {"init_noise", "step_rotation_quat", "step_translation", "step_noise"},
}
INTEGERS = {
    "residue_index",
    "token_index",
    "asym_id",
    "entity_id",
    "sym_id",
    "aatype",
    "ref_space_uid",
    "atom_to_token",
    "template_aatype",
}


def pair_mask_of(inputs: Arrays) -> np.ndarray | None:
    """The pair mask that the network works with, if it has one."""
    if "token_mask" in inputs:
        return np.outer(inputs["token_mask"], inputs["token_mask"])
    return inputs.get("pair_mask")


class LigoCases(unittest.TestCase):
    """Everything that can be said without running the network."""

    cases: list[tuple[ComponentCase, Arrays]]

    @classmethod
    def setUpClass(cls) -> None:
        cls.cases = [(case, case.inputs()) for case in declared("ligo") if case.component != COMPONENT]

    def test_names_and_types(self) -> None:
        for case, inputs in self.cases:
            with self.subTest(case=folder_name(case)):
                self.assertEqual(set(inputs), NAMES[case.component])
                for name, value in inputs.items():
                    self.assertEqual(value.dtype, np.int32 if name in INTEGERS else np.float32, name)
                    self.assertTrue(np.isfinite(value).all())

    def test_every_component_has_a_case_and_every_seed_is_new(self) -> None:
        self.assertEqual({case.component for case, _ in self.cases}, set(NAMES))
        # Those by the preset's name have the seed of the benchmark that they are.
        seeds = [case.seed for case, _ in self.cases if not case.name.startswith("tiny-")]
        self.assertEqual(len(set(seeds)), len(seeds))

    def test_tokens_without_pairs_are_in_no_row_of_the_msa(self) -> None:
        """Else rounding noise of rows whose keys are all masked would reach entries that count."""
        for case, inputs in self.cases:
            mask = pair_mask_of(inputs)
            if mask is None:
                continue
            with self.subTest(case=folder_name(case)):
                empty = (mask.sum(0) == 0) | (mask.sum(1) == 0)
                self.assertFalse(mask[empty].any() or mask[:, empty].any())
                for name in ("single_mask", "token_mask"):
                    self.assertFalse(name in inputs and inputs[name][empty].any())
                if "msa_mask" in inputs:
                    self.assertFalse(inputs["msa_mask"][..., empty].any())

    def test_atoms(self) -> None:
        for case, inputs in self.cases:
            if "atom_to_token" not in inputs:
                continue
            with self.subTest(case=folder_name(case)):
                atoms, tokens = len(inputs["atom_to_token"]), len(inputs["token_mask"])
                self.assertEqual(atoms % WINDOW, 0)
                self.assertTrue((inputs["atom_to_token"] >= 0).all() and (inputs["atom_to_token"] < tokens).all())
                for start in range(0, atoms, WINDOW):  # a window without a key would be rounding noise
                    self.assertTrue(inputs["atom_mask"][max(0, start - 48) : start + 80].any())
                for name in INTEGERS & set(inputs):  # the network compares with a relative tolerance of 1e-5
                    self.assertLess(np.abs(inputs[name]).max(), 1e5)

    def test_rollouts_have_no_atom_of_a_padded_token(self) -> None:
        """Its pairs are rounding noise, which the unmasked centre would spread."""
        for case, inputs in self.cases:
            if case.component == "full":
                self.assertTrue(inputs["token_mask"][inputs["atom_to_token"]].all())
        self.assertFalse(full.CASES[0].inputs()["token_mask"].all())

    def test_cycles_differ(self) -> None:
        for case, inputs in self.cases:
            if case.component in ("trunk", "full"):
                self.assertEqual(inputs["msa_feat"].shape[0], case.config["num_cycles"])
                if case.config["num_cycles"] > 1:
                    self.assertFalse((inputs["msa_mask"][0] == inputs["msa_mask"][1]).all())

    def test_distances_keep_away_from_the_edges_of_bins(self) -> None:
        """A one-hot must not hang on the last digit."""
        positions = template.CASES[0].inputs()["template_pseudo_beta"].astype(np.float64)
        squared = ((positions[:, :, None] - positions[:, None]) ** 2).sum(-1)
        edges = np.linspace(3.25, 50.75, 39) ** 2
        self.assertGreater(np.abs(squared[..., None] / edges - 1).min(), 1e-5)
        self.assertTrue((squared > edges[-1]).any())
        sums = confidence.CASES[0].inputs()["x_repr"].astype(np.float64).sum(-1)
        centres = np.linspace(3.375, 21.375, 11)
        middles = (centres[1:] + centres[:-1]) / 2
        distances = np.abs(sums[:, None] - sums[None])
        self.assertGreater(np.abs(distances[..., None] - middles).min(), 1e-4)
        self.assertTrue((distances > middles[-1]).any())

    def test_small_quaternion(self) -> None:
        squared = (full.CASES[1].inputs()["step_rotation_quat"] ** 2).sum(-1)
        self.assertEqual(int((squared < 1e-6).sum()), 1)
