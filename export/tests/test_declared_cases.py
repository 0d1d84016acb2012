"""The table of cases: names, selection, and the committed folders that belong to it."""

import unittest

from af3_export.core.case_files import Seeded, read_case
from af3_export.core.component_case import seeded_inputs
from af3_export.core.declared_cases import declared, folder_name, selected
from af3_export.core.errors import InputError
from af3_export.core.presets import REPOSITORY
from af3_export.core.registry import ENGINES, find_engine

ROOT = REPOSITORY / "cases"


class DeclaredCases(unittest.TestCase):
    """Every engine's cases as data."""

    def test_names_are_unique(self) -> None:
        cases = [case for engine in ENGINES for case in declared(engine)]
        names = [folder_name(case) for case in cases]
        self.assertEqual(len(set(names)), len(names))

    def test_every_component_has_cases_of_its_own(self) -> None:
        for engine in ENGINES:
            self.assertEqual({case.component for case in declared(engine)}, set(find_engine(engine).components))
            self.assertTrue(all(case.engine == engine for case in declared(engine)))

    def test_every_engine_has_all_rooms(self) -> None:
        """Shared code finds by name what an engine's folder has."""
        for engine in ENGINES:
            folder = REPOSITORY / "export" / "af3_export" / "engines" / engine
            modules = find_engine(engine).components.values()
            wanted = [f"{room}/{module}.py" for room in ("cases", "references") for module in modules]
            for file in [*wanted, "network.py", "shim.py", "onnx/export.py"]:
                self.assertTrue((folder / file).is_file(), f"{engine} lacks {file}")

    def test_shared_code_knows_no_engine(self) -> None:
        """Adding an engine is adding a folder. Digests of both languages name the tensors of engines they fix."""
        for file in sorted((REPOSITORY / "export" / "af3_export").rglob("*.py")):
            if "engines" in file.parts or file.name == "random_fixture.py":
                continue
            with self.subTest(file=file.name):
                names = [name for name in ENGINES if f'"{name}"' in file.read_text(encoding="utf-8")]
                self.assertEqual(names, [])

    def test_selection(self) -> None:
        self.assertEqual([case.name for case in selected("ligo", ["ligo-pairformer-fused"])], ["fused"])
        self.assertEqual([case.name for case in selected("deepmind", ["distogram_head-odd"])], ["odd"])
        self.assertEqual(len(selected("deepmind", ["msa_stack"])), 4)
        self.assertGreater(len(selected("deepmind", ["odd"])), 2)
        self.assertEqual(selected("ligo", []), declared("ligo"))
        with self.assertRaises(InputError):
            selected("ligo", ["nothing"])

    def test_committed_folders_are_declared(self) -> None:
        known = {folder_name(case): case for engine in ENGINES for case in declared(engine)}
        for folder in sorted(path for path in ROOT.iterdir() if path.is_dir()):
            if folder.name.split("-")[0] not in ENGINES:
                continue
            with self.subTest(folder=folder.name):
                self.assertIn(folder.name, known)
                case = known[folder.name]
                committed = read_case(folder)
                self.assertEqual(committed.config, case.whole_config())
                self.assertEqual(committed.weights == Seeded(case.seed), not case.stored_weights)
                self.assertEqual(committed.valid, case.valid)
                seeded = case.seeded_inputs()
                self.assertEqual(committed.inputs if isinstance(committed.inputs, Seeded) else None, seeded)

    def test_seeded_masks(self) -> None:
        made = seeded_inputs(4, {"msa": (3, 40, 2)}, {"msa_mask": (3, 40), "pair_mask": (40, 40), "mask": (40,)})
        self.assertEqual((made["msa"].shape, made["mask"][0]), ((3, 40, 2), 1))
        self.assertTrue(made["msa_mask"][0].all() and not made["msa_mask"].all())
        self.assertTrue(made["pair_mask"].diagonal().all() and not (made["pair_mask"] == made["pair_mask"].T).all())
