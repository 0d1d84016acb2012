"""deepmind's declared component cases hold what they promise to show (without running the network)."""

import importlib.util
import unittest
from typing import ClassVar

import numpy as np

from af3_export.core.checkouts import checkout_path
from af3_export.core.component_case import Arrays, ComponentCase
from af3_export.core.declared_cases import declared, folder_name
from af3_export.core.pairformer_case import COMPONENT

MISSING = [name for name in ("jax", "haiku", "tokamax") if importlib.util.find_spec(name) is None]
REASON = "needs the environment and the checkout of deepmind: `npm run setup:python -- deepmind`"
MAPS = ("token_atoms_to_queries", "queries_to_keys", "queries_to_token_atoms", "tokens_to_queries", "tokens_to_keys")
PARTS = ("gather_idxs", "gather_mask", "input_shape")


def mapped(*names: str) -> set[str]:
    """The three tensors of every map."""
    return {f"{name}:{part}" for name in names for part in PARTS}


TOKENS = {"token_index", "residue_index", "asym_id", "entity_id", "sym_id", "seq_mask"}
ATOMS = {"pred_dense_atom_mask", "ref_pos", "ref_mask", "ref_element", "ref_charge", "ref_atom_name_chars"}
STRUCTURE = TOKENS | ATOMS | {"ref_space_uid"} | mapped(*MAPS)
TRUNK = (
    STRUCTURE
    | {"aatype", "msa", "msa_mask", "deletion_matrix", "profile", "deletion_mean", "msa_order"}
    | {"template_aatype", "template_atom_positions", "template_atom_mask"}
    | mapped("tokens_to_polymer_ligand_bonds", "tokens_to_ligand_ligand_bonds")
)
EMBEDDINGS = {"single", "pair", "target_feat"}
NOISE = {"init_noise", "step_rotation", "step_translation", "step_noise"}
NAMES = {
    "msa_stack": {"msa", "pair", "msa_mask", "pair_mask"},
    "diffusion_transformer": {"act", "mask", "single_cond", "pair_cond"},
    "distogram_head": {"pair", "seq_mask"},
    "template_embedding": {"query_embedding", "padding_mask_2d", "multichain_mask_2d"}
    | {"templates.aatype", "templates.atom_positions", "templates.atom_mask"},
    "diffusion_head": STRUCTURE | EMBEDDINGS | {"positions_noisy", "noise_level"},
    "confidence_head": EMBEDDINGS
    | {"dense_atom_positions", "seq_mask", "asym_id"}
    | mapped("token_atoms_to_pseudo_beta"),
    "trunk": TRUNK,
    "full": TRUNK | NOISE | mapped("token_atoms_to_pseudo_beta"),
}
FLOATS = EMBEDDINGS | NOISE | {"profile", "deletion_mean", "template_atom_positions", "ref_pos", "ref_charge"}


@unittest.skipIf(MISSING or not checkout_path("deepmind").is_dir(), REASON)
class DeepmindCases(unittest.TestCase):
    """What the inputs of each case show."""

    cases: ClassVar[dict[str, tuple[ComponentCase, Arrays]]]

    @classmethod
    def setUpClass(cls) -> None:
        found = [case for case in declared("deepmind") if case.component != COMPONENT]
        cls.cases = {folder_name(case).removeprefix("deepmind-"): (case, case.inputs()) for case in found}

    def test_names_and_types(self) -> None:
        for name, (case, inputs) in self.cases.items():
            with self.subTest(case=name):
                self.assertEqual(set(inputs), NAMES[case.component])
                for tensor, value in inputs.items():
                    self.assertIn(value.dtype, (np.float32, np.int32), tensor)
                    self.assertTrue(np.isfinite(value).all(), tensor)
                    if "ref_element" in inputs:  # batch features: masks and ids are int32
                        floats = FLOATS | {"positions_noisy", "noise_level"}
                        self.assertEqual(value.dtype, np.float32 if tensor in floats else np.int32, tensor)

    def test_masks_are_asymmetric(self) -> None:
        for name in ("msa_stack-padded", "msa_stack-no-common-row", "msa_stack-published"):
            mask = self.cases[name][1]["pair_mask"]
            self.assertFalse((mask == mask.T).all(), name)
        for name, (case, inputs) in self.cases.items():
            if case.component == "template_embedding":
                self.assertFalse((inputs["padding_mask_2d"] == inputs["padding_mask_2d"].T).all(), name)

    def test_tokens_without_a_common_row(self) -> None:
        mask = self.cases["msa_stack-no-common-row"][1]["msa_mask"]
        common = mask.T @ mask
        self.assertEqual(common[3, 6], 0)
        self.assertTrue(common[3, 3] and common[6, 6])

    def test_numbers_of_atoms(self) -> None:
        for name, (_, inputs) in self.cases.items():
            if "pred_dense_atom_mask" not in inputs or name.startswith("trunk-tiny"):
                continue  # those are workloads of bench, which show nothing in particular
            with self.subTest(case=name):
                real, tokens = int(inputs["pred_dense_atom_mask"].sum()), len(inputs["seq_mask"])
                few = inputs["sym_id"].max() == 2 and inputs["asym_id"].max() == 3
                self.assertEqual(few, real < 128)
                self.assertGreater(real, 32)
                self.assertEqual(inputs["tokens_to_keys:gather_idxs"].shape, (-(-tokens * 24 // 32), 128))
                self.assertTrue((inputs["seq_mask"] == 0).any())
                masks = inputs["queries_to_keys:gather_mask"]
                if not few:  # no window of real atoms has a padding key
                    windows = -(-real // 32)
                    self.assertTrue(inputs["tokens_to_keys:gather_mask"][:windows].all() and masks[:windows].all())

    def test_keys_clamp(self) -> None:
        """T9: an index into the windows, taken for one into the slots of the tokens, lies behind their end."""
        inputs = self.cases["diffusion_head-few-atoms"][1]
        tokens = len(inputs["seq_mask"])
        self.assertNotEqual(tokens * 24 % 32, 0)
        self.assertGreaterEqual(inputs["queries_to_keys:gather_idxs"][:2].max(), tokens * 24)

    def test_rows_of_the_msa(self) -> None:
        orders = {name: self.cases[name][1]["msa_order"] for name in ("trunk-many-rows", "trunk-few-rows")}
        many = orders["trunk-many-rows"]
        self.assertEqual(many.shape, (3, 5))
        self.assertEqual(len({tuple(row) for row in many.tolist()}), 3)
        self.assertFalse((many == 3).any())  # the empty row comes last
        few = orders["trunk-few-rows"]
        self.assertTrue((few[:, 4:] == few[:, 3:4]).all() and (few[:, 3] == 3).all())

    def test_template_slots(self) -> None:
        features = [inputs for _, inputs in self.cases.values() if "template_aatype" in inputs]
        slots = {inputs["template_aatype"].shape[0] for inputs in features}
        self.assertEqual(slots, {0, 1, 2, 4})
        mask = self.cases["template_embedding-empty-slot"][1]["templates.atom_mask"]
        self.assertEqual([bool(slot.any()) for slot in mask], [True, False, True])
        aatype = self.cases["template_embedding-odd"][1]["templates.aatype"]
        for one in (7, 20, 21, 22, 25, 28, 30):  # glycine, unknown, gap, A, U, DG, N
            self.assertIn(one, aatype)

    def test_normalisers_of_the_tm_terms(self) -> None:
        inputs = self.cases["confidence_head-chains"][1]
        sizes = np.bincount(inputs["asym_id"])[1:]
        self.assertEqual(sizes.tolist(), [24, 5, 3])
        self.assertFalse(inputs["seq_mask"].all())

    def test_bonds(self) -> None:
        inputs = self.cases["trunk-many-rows"][1]
        where, mask = (inputs[f"tokens_to_ligand_ligand_bonds:{part}"] for part in PARTS[:2])
        self.assertIn([3, 4], where[mask.all(1)].tolist())
        self.assertTrue((mask.any(1) & ~mask.all(1)).any())  # half a bond is none
