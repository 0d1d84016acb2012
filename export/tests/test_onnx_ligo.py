"""ligo's ONNX export: replacements compute what the repository computes, graphs hold what the format promises."""

import contextlib
import importlib.util
import io
import json
import tempfile
import unittest
from pathlib import Path
from typing import Any

from af3_export.cli import main
from af3_export.core.checkouts import checkout_path
from af3_export.core.presets import REPOSITORY

NEEDED = ("torch", "einops", "scipy", "onnx", "onnxscript", "onnxruntime")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
REASON = "needs the environment and the checkout of ligo: `npm run setup:python -- ligo`"

if not MISSING:
    import numpy as np
    import onnx
    import torch

    from af3_export.core.errors import InputError
    from af3_export.engines.ligo import network
    from af3_export.engines.ligo.onnx import export as onnx_ligo
    from af3_export.engines.ligo.onnx import patches
    from af3_export.engines.ligo.references import pairformer

SMALL = {
    "c_s": 12,
    "c_z": 10,
    "no_blocks": 1,
    "c_hidden_mul": 6,
    "c_hidden_pair_attn": 4,
    "no_heads_tri_attn": 2,
    "no_heads_single_attn": 3,
    "transition_n": 2,
}


@unittest.skipIf(MISSING or not checkout_path("ligo").is_dir(), REASON)
class Replacements(unittest.TestCase):
    """What patches exchanges, beside the original."""

    def setUp(self) -> None:
        self.atoms = network.module("models.components.atom_attention")
        self.random = torch.Generator().manual_seed(1)
        # 96 atoms of 7 tokens in any order, one of which owns none.
        self.tokens = torch.tensor([0, 1, 2, 4, 5, 6])[torch.randint(6, (1, 96), generator=self.random)]

    def same(self, got: "torch.Tensor", want: "torch.Tensor") -> None:
        self.assertEqual(got.shape, want.shape)
        torch.testing.assert_close(got, want, rtol=1e-5, atol=1e-6)

    def values(self, *shape: int) -> "torch.Tensor":
        return torch.randn(shape, generator=self.random)

    def test_windows(self) -> None:
        for shape in ((1, 96, 3), (1, 2, 64, 5), (1, 32, 1)):
            x = self.values(*shape)
            for keys in (32, 128):
                want = self.atoms.partition_tensor(x, 32, keys)
                self.same(patches._windows(x, 32, keys), want)

    def test_mean_of_atoms(self) -> None:
        x = self.values(1, 2, 96, 5)
        want = self.atoms.aggregate_atom_to_token(x, self.tokens, 7)
        self.assertTrue((want[:, :, 3] == 0).all())
        self.same(patches._mean_of_atoms(x, self.tokens.int(), 7), want)

    def test_values_of_tokens_and_of_pairs(self) -> None:
        single, pair = self.values(1, 7, 4), self.values(1, 7, 7, 4)
        want = self.atoms.gather_token_repr(single, self.tokens)
        self.same(patches._of_tokens(single, self.tokens.int()), want)
        want = self.atoms.map_token_pairs_to_local_atom_pairs(pair, self.tokens)
        self.same(patches._pairs_of_tokens(pair, self.tokens.int()), want)

    def test_average_of_the_msa(self) -> None:
        average = network.module("models.msa_module").MSAWeightedAveragingNaive(3, 8)
        v, b, g = self.values(1, 5, 6, 3, 8), self.values(1, 6, 6, 3), self.values(1, 5, 6, 3, 8)
        self.same(patches._average(average, v, b, g, 5, 6), average(v, b, g, 5, 6))

    def test_one_hot(self) -> None:
        nearest = network.module("utils.tensor_utils").one_hot
        x, bins = torch.randint(6, (4, 4), generator=self.random).float(), torch.arange(6.0)
        self.same(patches._one_hot_of_integers(x, bins), nearest(x, bins))
        self.same(patches._one_hot(x.int(), 6), torch.nn.functional.one_hot(x.long(), 6).float())

    def test_nothing_stays_replaced(self) -> None:
        before = self.atoms.partition_tensor
        with patches.patched():
            self.assertIsNot(self.atoms.partition_tensor, before)
        self.assertIs(self.atoms.partition_tensor, before)


def exported(folder: Path, component: str, config: dict[str, Any], *options: str) -> tuple[dict[str, Any], Any]:
    """The manifest and the model of an export by the command."""
    (folder / "config.json").write_text(json.dumps(config))
    arguments = ["onnx", "--engine", "ligo", "--component", component, "--config", str(folder / "config.json")]
    with contextlib.redirect_stdout(io.StringIO()) as line, contextlib.redirect_stderr(io.StringIO()) as progress:
        code = main([*arguments, *options, "--out", str(folder / "out")])
    if code != 0 or line.getvalue().count("\n") != 1:
        raise AssertionError(progress.getvalue())
    manifest = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    return manifest, onnx.load(folder / "out" / "model.onnx", load_external_data=False)


@unittest.skipIf(MISSING or not checkout_path("ligo").is_dir(), REASON)
class Exports(unittest.TestCase):
    """Whole exports; that numbers are right is checked by the command itself."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def test_the_pairformer_with_attention_as_one_node(self) -> None:
        manifest, model = exported(self.folder, "pairformer", SMALL, "--variant", "mha")
        kinds = [node.op_type for node in model.graph.node]
        self.assertEqual((kinds.count("MultiHeadAttention"), kinds.count("Softmax")), (3, 0))
        shapes = pairformer.shapes(SMALL, {"s": np.zeros((3, 12)), "z": np.zeros((3, 3, 10))})
        self.assertEqual({entry["tensor"]: tuple(entry["shape"]) for entry in manifest["weights"]}, shapes)
        self.assertEqual(manifest["inputs"][1]["shape"], [1, "tokens", "tokens", 10])
        self.assertEqual([entry["tensor"] for entry in manifest["outputs"]], ["s", "z"])
        self.assertEqual(manifest["variant"], "mha")

    def test_the_diffusion_module_takes_any_number_of_everything(self) -> None:
        case = json.loads((REPOSITORY / "cases/ligo-diffusion_module-windows/case.json").read_text())
        manifest, _ = exported(self.folder, "diffusion_module", case["config"])
        self.assertEqual(manifest["inputs"][0]["shape"], [1, "samples", "atoms", 3])
        against = [entry["against"] for entry in manifest["checked"]]
        self.assertIn("ligo-diffusion_module-windows", against)
        self.assertTrue(any("unpatched" in name for name in against))

    def test_fixed_sizes_and_bad_ones(self) -> None:
        manifest, model = exported(self.folder, "distogram_head", {"c_z": 6, "no_bins": 4}, "--tokens", "5")
        self.assertEqual(manifest["sizes"], {"tokens": 5})
        self.assertEqual(manifest["outputs"][0]["shape"], [1, 5, 5, 4])
        for component, sizes, variant, words in (
            ("distogram_head", {"rows": 3}, "plain", "no size rows"),
            ("distogram_head", {}, "mha", "no attention"),
        ):
            with self.assertRaisesRegex(InputError, words):
                onnx_ligo.export(component, {"c_z": 6, "no_bins": 4}, {}, sizes, variant, self.folder / "bad")
        self.assertFalse((self.folder / "bad").exists())
