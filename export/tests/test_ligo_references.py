"""ligo's references: the real network, called so that what a case records is what design and format say."""

import importlib.util
import unittest
from collections.abc import Mapping
from typing import Any

import numpy as np

from af3_export.core import random_tensors
from af3_export.core.checkouts import checkout_path
from af3_export.core.errors import InputError
from af3_export.engines.ligo.cases import full as full_cases
from af3_export.engines.ligo.cases import msa as msa_cases
from af3_export.engines.ligo.cases import trunk as trunk_cases

MISSING = [name for name in ("torch", "einops", "scipy") if importlib.util.find_spec(name) is None]
REASON = "needs the environment and the checkout of ligo: `npm run setup:python -- ligo`"


def noise_levels(steps: int) -> np.ndarray:
    """The sampler's schedule."""
    ends = 160 ** (1 / 7), 4e-4 ** (1 / 7)
    return 16 * np.linspace(*ends, steps) ** 7


def rotation(quaternion: np.ndarray) -> np.ndarray:
    """Matrices [S, 3, 3] of raw quaternions [S, 4], as the format of the cases says."""
    q = quaternion / np.sqrt(np.maximum((quaternion**2).sum(-1, keepdims=True), 1e-6))
    w, x, y, z = np.moveaxis(q.astype(np.float64), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), -1, 0)


def rollout(config: Mapping[str, Any], weights: Any, inputs: Any, trunk: Mapping[str, np.ndarray]) -> np.ndarray:
    """Positions by a second sampler, written from the format of the cases, around the real diffusion."""
    from af3_export.engines.ligo.references import diffusion

    sigma, mask = noise_levels(config["n_steps"]), inputs["atom_mask"].astype(np.float64)
    names = {"s_inputs": "s_inputs", "s": "s_trunk", "z": "z_trunk"}
    given = {name: value for name, value in inputs.items() if not name.startswith(("msa_", "step_", "init_"))}
    given |= {names[name]: value for name, value in trunk.items() if name in names}
    x = sigma[0] * inputs["init_noise"].astype(np.float64)
    for k in range(1, len(sigma)):
        x = x - x.sum(1, keepdims=True) / mask.sum()
        x = np.einsum("sij,saj->sai", rotation(inputs["step_rotation_quat"][k - 1]), x)
        x = (x + inputs["step_translation"][k - 1][:, None]) * mask[:, None]
        level = sigma[k - 1] * (1.8 if sigma[k] > 1 else 1.0)
        noisy = x + 1.003 * np.sqrt(level**2 - sigma[k - 1] ** 2) * inputs["step_noise"][k - 1]
        given["noisy_atoms"] = noisy.astype(np.float32)
        given["timesteps"] = np.full(len(x), level, np.float32)
        denoised = diffusion.run(config["diffusion_module"], weights, given)["denoised"]
        x = noisy + 1.5 * (sigma[k] - level) * (x - denoised) / level
    return x


@unittest.skipIf(MISSING or not checkout_path("ligo").is_dir(), REASON)
class LigoReferences(unittest.TestCase):
    """What the recording adds to the repository."""

    def test_sampler_on_recorded_noise(self) -> None:
        from af3_export.engines.ligo.references import full

        for case in full_cases.CASES:
            with self.subTest(case=case.name):
                inputs = case.inputs()
                weights = random_tensors.weights("ligo", case.seed, full.shapes(case.config, inputs))
                outputs = full.run(case.config, weights, inputs)
                want = rollout(case.config, weights, inputs, outputs)
                gap = np.abs(outputs["positions"] - want).max() / np.sqrt((want**2).mean())
                self.assertLess(gap, 1e-5)

    def test_trunk_is_the_functional_one(self) -> None:
        """forward() as it is called here equals its pieces called one by one without in-place operations."""
        import torch

        from af3_export.engines.ligo import model as ligo_model
        from af3_export.engines.ligo import network as ligo_network
        from af3_export.engines.ligo.references import trunk

        case = trunk_cases.CASES[0]
        inputs = case.inputs()
        weights = random_tensors.weights("ligo", case.seed, trunk.shapes(case.config, inputs))
        outputs = trunk.run(case.config, weights, inputs)
        model = ligo_model.build(case.config)
        ligo_network.set_weights(model, weights, "", trunk.UNUSED)
        batch = ligo_model.batch(inputs, case.config["num_cycles"])
        with ligo_network.inference():
            s_inputs, s_init, z_init = model.input_embedder({name: value[..., -1] for name, value in batch.items()})
            s, z = torch.zeros_like(s_init), torch.zeros_like(z_init)
            for cycle in range(case.config["num_cycles"]):
                features = {name: value[..., cycle] for name, value in batch.items()}
                s, z = model.run_trunk(features, s_inputs, s_init, z_init, s, z, inplace_safe=False)
        for name, value in {"s_inputs": s_inputs, "s": s, "z": z}.items():
            np.testing.assert_array_equal(outputs[name], value[0].numpy())

    def test_recorded_noise_is_used_up(self) -> None:
        import torch

        from af3_export.engines.ligo.model import recorded

        with recorded([torch.ones(2), torch.zeros(3)]):
            self.assertEqual(torch.randn((2,)).tolist(), [1, 1])
            self.assertEqual(torch.randn((3,), dtype=torch.float32).tolist(), [0, 0, 0])
        with self.assertRaises(InputError), recorded([torch.ones(2)]):
            torch.randn((3,))
        with self.assertRaises(InputError), recorded([torch.ones(2)]):
            pass

    def test_padded_inputs_reach_no_valid_entry(self) -> None:
        from af3_export.engines.ligo.references import msa

        case = msa_cases.CASES[1]
        inputs = dict(case.inputs())
        weights = random_tensors.weights("ligo", case.seed, msa.shapes(case.config, inputs))
        before = msa.run(case.config, weights, inputs)["z"]
        padded = inputs["pair_mask"].sum(0) == 0
        other = {name: np.array(value) for name, value in inputs.items()}
        other["z"][padded] += 3
        other["z"][:, padded] -= 2
        other["s_inputs"][padded] += 1
        other["msa_feat"][:, padded] += 1
        other["msa_feat"][-1] += 1
        after = msa.run(case.config, weights, other)["z"]
        valid = inputs["pair_mask"] == 1
        self.assertTrue(padded.any())
        np.testing.assert_array_equal(before[valid], after[valid])
        self.assertFalse((before == after).all())

    def test_fixed_widths(self) -> None:
        """What no config changes: the factor of the MSA's transition, the channels of its averaging, pde's bins."""
        from af3_export.engines.ligo.cases import confidence as confidence_cases
        from af3_export.engines.ligo.references import confidence, msa

        config = {**msa_cases.ODD, "transition_n": 3, "no_heads": 3, "c_msa": 12, "c_z": 14}
        shapes = msa.shapes(config, {})
        self.assertEqual(shapes["msa_module.blocks.0.msa_stack.transition.linear_1.weight"], (4 * 12, 12))
        self.assertEqual(shapes["msa_module.blocks.0.pair_stack.transition.linear_1.weight"], (3 * 14, 14))
        self.assertEqual(shapes["msa_module.blocks.0.msa_stack.msa_pair_avg.output_proj.weight"], (12, 3 * 8))
        shapes = confidence.shapes(confidence_cases.CONFIG, {})
        self.assertEqual(shapes["confidence_head.pde_head.linear.bias"], (64,))
