"""deepmind's ONNX export: replacements compute what the repository computes, graphs hold what the format promises."""

import importlib.util
import io
import json
import tempfile
import unittest
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import numpy as np

from af3_export.core.checkouts import checkout_path
from af3_export.core.errors import InputError
from af3_export.core.presets import REPOSITORY

NEEDED = ("jax", "haiku", "tokamax", "jax2onnx", "onnx", "onnxruntime")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
REASON = "needs the environment and the checkout of deepmind: `npm run setup:python -- deepmind`"

if not MISSING:
    import jax
    import jax.numpy as jnp
    import onnx
    import onnxruntime

    from af3_export.core import random_tensors
    from af3_export.core.case_files import read_case
    from af3_export.engines.deepmind import network
    from af3_export.engines.deepmind.onnx import export as onnx_deepmind
    from af3_export.engines.deepmind.onnx import nodes
    from af3_export.engines.deepmind.onnx.graph import exported
    from af3_export.engines.deepmind.onnx.patches import exportable

EQUATIONS = (
    "...a, ahi->...hi",
    "...a, hia->...hi",
    "cik,cjk->cij",
    "ckj,cki->cij",
    "hqk, bkhc -> bqhc",
    "abc,ade,cef->bdf",
    "abc,adc->bdc",
)
SHAPES = (
    ((3, 4, 6), (6, 2, 5)),
    ((3, 4, 6), (2, 5, 6)),
    ((2, 5, 7), (2, 6, 7)),
    ((2, 7, 5), (2, 7, 6)),
    ((2, 5, 6), (3, 6, 2, 4)),
    ((4, 3, 2), (4, 5, 6), (2, 6, 7)),
    ((4, 3, 1), (4, 5, 1)),
)


def values(name: str, *shape: int) -> np.ndarray:
    """Seeded numbers."""
    return random_tensors.normal(5, name, shape)


def answered(function: Any, inputs: dict[str, np.ndarray], variant: str = "plain") -> tuple[dict[str, Any], Any]:
    """Outputs in ONNX Runtime of a function of arrays, traced with everything replaced, and its graph."""
    bodies: list[Any] = []

    def traced(*arrays: Any) -> Any:
        with exportable(variant) as found:
            outputs = function(*arrays)
        bodies[:] = found.found
        return outputs

    structs = [jax.ShapeDtypeStruct(value.shape, value.dtype) for value in inputs.values()]
    model = exported(traced, structs, bodies, list(inputs))
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    taken = {value.name for value in session.get_inputs()}
    found = session.run(None, {name: value for name, value in inputs.items() if name in taken})
    return {value.name: got for value, got in zip(session.get_outputs(), found, strict=True)}, model


@unittest.skipIf(MISSING or not checkout_path("deepmind").is_dir(), REASON)
class Replacements(unittest.TestCase):
    """What onnx_deepmind_patches exchanges, beside the original."""

    def same(self, got: Any, want: Any) -> None:
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=2e-6)

    def test_einsums(self) -> None:
        operands = [
            [values(f"{position}/{index}", *shape) for index, shape in enumerate(shapes)]
            for position, shapes in enumerate(SHAPES)
        ]
        inputs = {f"x{p}_{i}": value for p, group in enumerate(operands) for i, value in enumerate(group)}

        def products(*arrays: Any) -> Any:
            left = list(arrays)
            found = {}
            for position, (equation, shapes) in enumerate(zip(EQUATIONS, SHAPES, strict=True)):
                group, left = left[: len(shapes)], left[len(shapes) :]
                found[f"y{position}"] = jnp.einsum(equation, *group)
            return found

        got, model = answered(products, inputs)
        for position, (equation, group) in enumerate(zip(EQUATIONS, operands, strict=True)):
            with self.subTest(equation):
                self.same(got[f"y{position}_out"], np.einsum(equation.replace(" ", ""), *group))
        self.assertNotIn("Einsum", {node.op_type for node in model.graph.node})

    def test_an_einsum_of_another_kind_is_refused(self) -> None:
        with self.assertRaisesRegex(NotImplementedError, "ab,cd->ad"):
            nodes.einsum("ab,cd->ad", jnp.zeros((2, 3)), jnp.zeros((3, 2)))

    def test_layer_norms(self) -> None:
        norm = network.module("model.components.haiku_modules").LayerNorm
        x = 0.3 + values("x", 4, 5, 6)
        kinds = {
            "last": {},
            "first": {"axis": 0, "param_axis": 0},
            "bare": {"create_scale": False, "create_offset": False},
        }

        def norms(x: Any) -> Any:
            return {name: norm(name=name, **kind)(x) for name, kind in kinds.items()}

        import haiku as hk

        function = hk.transform(norms)
        parameters = jax.tree.map(lambda leaf: values(str(leaf.shape), *leaf.shape), function.init(None, x))
        want = function.apply(parameters, None, x)
        got, model = answered(lambda x: function.apply(parameters, None, x), {"x": x})
        for name in kinds:
            self.same(got[f"{name}_out"], want[name])
        self.assertEqual([node.op_type for node in model.graph.node].count("LayerNormalization"), 3)

    def test_attention_where_all_keys_are_masked(self) -> None:
        import tokamax

        q, k, v = (values(name, 3, 4, 2, 8) for name in "qkv")
        bias, mask = values("bias", 1, 2, 4, 4), np.ones((3, 1, 1, 4), bool)
        mask[1], mask[2, ..., 2:] = False, False
        inputs = {"q": q, "k": k, "v": v, "bias": bias, "mask": mask}

        def attention(q: Any, k: Any, v: Any, bias: Any, mask: Any) -> Any:
            return {"y": tokamax.dot_product_attention(q, k, v, mask=mask, bias=bias, implementation="xla")}

        want = attention(*map(jnp.asarray, inputs.values()))["y"]
        self.same(np.asarray(want)[1], np.broadcast_to(v[1].mean(0), (4, 2, 8)))

        for variant, kind in (("plain", "Softmax"), ("mha", "MultiHeadAttention")):
            got, model = answered(attention, inputs, variant)
            self.same(got["y_out"], want)
            self.assertEqual([node.op_type for node in model.graph.node].count(kind), 1)

    def test_nested_loops_with_slices_constants_and_results(self) -> None:
        xs, start, other = values("xs", 3, 2, 4), values("start", 4), values("other", 4)

        def loops(xs: Any, start: Any, other: Any) -> Any:
            def outer(carry: Any, x: Any) -> Any:
                inner, _ = jax.lax.scan(lambda c, row: (jnp.tanh(c + row * other), None), carry, x)
                return inner + start, inner

            last, all_of_them = jax.lax.scan(outer, start, xs)
            nothing, _ = jax.lax.scan(outer, start * 2, xs[:0])
            return {"last": last, "all": all_of_them, "nothing": nothing + 0}

        want = loops(xs, start, other)
        got, model = answered(loops, {"xs": xs, "start": start, "other": other})
        for name, value in want.items():
            self.same(got[f"{name}_out"], value)
        self.assertFalse({"Loop", "Scan"} & {node.op_type for node in model.graph.node})

    def test_gathers_clamp(self) -> None:
        layout = network.module("model.atom_layout.atom_layout")
        x, indices = values("x", 2, 3, 5), np.array([[0, 5, 7], [2, 1, 99]], np.int32)
        mask = np.array([[True, True, True], [False, True, True]])

        def gathered(x: Any, indices: Any, mask: Any) -> Any:
            info = layout.GatherInfo(gather_idxs=indices, gather_mask=mask, input_shape=jnp.array((2, 3)))
            return {"y": layout.convert(info, x, layout_axes=(-3, -2))}

        want = jax.jit(gathered)(x, indices, mask)["y"]
        got, _ = answered(gathered, {"x": x, "indices": indices, "mask": mask})
        self.same(got["y_out"], want)
        self.same(got["y_out"][0, 2], x[1, 2])

    def test_nothing_stays_replaced(self) -> None:
        before = (jnp.einsum, jax.lax.scan, jax.nn.softmax, jax.random.split)
        with exportable("mha"):
            self.assertIsNot(jnp.einsum, before[0])
        self.assertEqual((jnp.einsum, jax.lax.scan, jax.nn.softmax, jax.random.split), before)


@unittest.skipIf(MISSING or not checkout_path("deepmind").is_dir(), REASON)
class Exports(unittest.TestCase):
    """Whole exports, each checked by the exporter against the unpatched network and the golden case of that config."""

    def exported(self, case: str, widths: dict[str, int], sizes: dict[str, int], variant: str) -> dict[str, Any]:
        """The manifest of a graph for a golden case."""
        recorded = read_case(REPOSITORY / "cases" / case)
        with tempfile.TemporaryDirectory() as folder, redirect_stderr(io.StringIO()):
            out = Path(folder) / "graph"
            onnx_deepmind.export(recorded.component, dict(recorded.config), widths, sizes, variant, out)
            manifest = json.loads((out / "manifest.json").read_text())
            model = onnx.load(out / "model.onnx", load_external_data=False)
        names = [check["against"] for check in manifest["checked"]]
        self.assertIn(case, names)
        self.assertTrue(any("unpatched" in name for name in names))
        inside = [value for value in model.graph.initializer if value.data_location != onnx.TensorProto.EXTERNAL]
        self.assertLess(max(int(np.prod(value.dims)) for value in inside), 5000)
        outside = {value.name for value in model.graph.initializer} - {value.name for value in inside}
        self.assertEqual(outside, {entry["initializer"] for entry in manifest["weights"]})
        return manifest

    def test_pairformer(self) -> None:
        case = "deepmind-pairformer-odd"
        inputs = read_case(REPOSITORY / "cases" / case).inputs
        assert isinstance(inputs, dict)
        tokens, _, c_z = inputs["pair"].shape
        widths = {"c_s": inputs["single"].shape[-1], "c_z": c_z, "c_m": 64}
        for variant in ("plain", "mha"):
            manifest = self.exported(case, widths, {"tokens": tokens}, variant)
            self.assertEqual(manifest["widths"], {"c_s": widths["c_s"], "c_z": c_z})
            self.assertEqual(manifest["sizes"], {"tokens": tokens})
            self.assertEqual({port["tensor"] for port in manifest["inputs"]}, set(inputs))
            self.assertEqual([port["tensor"] for port in manifest["outputs"]], ["single", "pair"])

    def test_diffusion_head_with_indices_that_clamp(self) -> None:
        widths = {"c_s": 14, "c_z": 9, "c_target": 15}
        manifest = self.exported("deepmind-diffusion_head-few-atoms", widths, {"tokens": 11}, "mha")
        self.assertIn("queries_to_keys:input_shape", manifest["unused"])

    def test_trunk_without_templates_over_two_trips(self) -> None:
        sizes = {"tokens": 13, "rows": 4, "templates": 0, "polymer_bonds": 4, "ligand_bonds": 6}
        manifest = self.exported("deepmind-trunk-few-rows", {}, sizes, "plain")
        self.assertEqual(manifest["per_trip"], ["msa_order"])
        self.assertEqual([link["output"] for link in manifest["carry"]], ["single_out", "pair_out"])

    def test_refusals(self) -> None:
        config = {"num_bins": 64}
        refused = (
            (({}, {"tokens": 9}, "mha"), "no attention"),
            (({"c_z": 8}, {}, "plain"), "number of tokens is needed"),
            (({}, {"tokens": 9}, "plain"), "c_z is needed"),
            (({"c_z": 8}, {"tokens": 9, "atoms": 3}, "plain"), "no size atoms"),
        )
        for arguments, reason in refused:
            with self.assertRaisesRegex(InputError, reason):
                onnx_deepmind.export("distogram_head", config, *arguments, None)


if __name__ == "__main__":
    unittest.main()
