"""deepmind's references: what the recording adds to the repository does not change its numbers."""

import importlib.util
import math
import unittest
from types import SimpleNamespace

import numpy as np

from af3_export.core import random_tensors
from af3_export.core.checkouts import checkout_path
from af3_export.engines.deepmind.cases import full as full_cases
from af3_export.engines.deepmind.cases import template

MISSING = [name for name in ("jax", "haiku", "tokamax") if importlib.util.find_spec(name) is None]
REASON = "needs the environment and the checkout of deepmind: `npm run setup:python -- deepmind`"


@unittest.skipIf(MISSING or not checkout_path("deepmind").is_dir(), REASON)
class DeepmindReferences(unittest.TestCase):
    """The real network, called in two ways."""

    def test_recorded_noise_gives_what_the_seeded_sampler_gives(self) -> None:
        """The draws of a real key, made by following its splits, are recorded and replayed in the real sampler."""
        import haiku as hk
        import jax
        import jax.numpy as jnp

        from af3_export.engines.deepmind import network
        from af3_export.engines.deepmind.randomness import recorded_noise

        head = network.module("model.network.diffusion_head")
        steps, samples, shape = 5, 3, (4, 24)
        config = head.SampleConfig(steps=steps, num_samples=samples)
        mask = jnp.asarray(random_tensors.mask(1, "mask", shape))
        batch = SimpleNamespace(predicted_structure_info=SimpleNamespace(atom_mask=mask))

        def rollout(key: jax.Array) -> jax.Array:
            return head.sample(lambda x, level: x * 0.3 + jnp.tanh(x / level), batch, key, config)["atom_positions"]

        key = jax.random.PRNGKey(7)
        want = hk.transform(rollout).apply({}, jax.random.PRNGKey(0), key)
        start, first = jax.random.split(key)
        noise = {"init_noise": jax.random.normal(first, (samples, *shape, 3))}
        kinds: dict[str, list[list[jax.Array]]] = {"step_rotation": [], "step_translation": [], "step_noise": []}
        keys = list(jax.random.split(start, samples))
        for _ in range(steps):
            drawn: dict[str, list[jax.Array]] = {kind: [] for kind in kinds}
            for sample in range(samples):
                keys[sample], for_noise, augmentation = jax.random.split(keys[sample], 3)
                rotation, translation = jax.random.split(augmentation)
                drawn["step_rotation"].append(head.random_rotation(rotation))
                drawn["step_translation"].append(jax.random.normal(translation, (3,)))
                drawn["step_noise"].append(jax.random.normal(for_noise, (*shape, 3)))
            for kind, values in drawn.items():
                kinds[kind].append(values)
        noise |= {kind: jnp.asarray(values) for kind, values in kinds.items()}
        with recorded_noise(noise):
            got = hk.transform(rollout).apply({}, jax.random.PRNGKey(0), key)
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-4)  # the coordinates begin at 2560

    def test_recorded_orders_give_what_the_models_own_shuffle_gives(self) -> None:
        """The trunk as its cases run it, against the whole unpatched model with the key that gave the row orders."""
        import haiku as hk
        import jax

        from af3_export.engines.deepmind import network
        from af3_export.engines.deepmind.batch import batch
        from af3_export.engines.deepmind.references import full, trunk

        case = full_cases.CASES[0]
        inputs = case.inputs()
        weights = random_tensors.weights("deepmind", case.seed, full.shapes(case.config, inputs))
        config = {"evoformer": case.config["evoformer"], "num_recycles": case.config["num_recycles"]}
        features = {name: value for name, value in inputs.items() if name not in full.NOISE}
        outputs = trunk.run(config, weights, features)
        del features["msa_order"]

        def embeddings(given: dict[str, jax.Array], key: jax.Array) -> tuple[jax.Array, jax.Array]:
            found = network.module("model.model").Model(full.settings_of(case.config), name="diffuser")(given, key=key)
            return found["single_embeddings"], found["pair_embeddings"]

        parameters = network.tree(weights, {name: value.shape for name, value in weights.items()})
        model = jax.jit(hk.transform(embeddings).apply)
        single, pair = model(parameters, jax.random.PRNGKey(0), batch(features), jax.random.PRNGKey(case.seed))
        np.testing.assert_allclose(outputs["single"], single, rtol=0, atol=1e-5)
        np.testing.assert_allclose(outputs["pair"], pair, rtol=0, atol=3e-5)

    def test_published_weights(self) -> None:
        """The default model has the published number of tensors and of parameters, each with a rule for its values."""
        from unittest import mock

        from af3_export.engines.deepmind.references import full

        inputs = full_cases.CASES[1].inputs()
        sampling = full_cases.CASES[1].config["heads"]["diffusion"]["eval"]
        config = {"heads": {"diffusion": {"eval": sampling}}, "evoformer": {"num_msa": 3}, "num_recycles": 0}
        shapes = full.shapes(config, inputs)
        self.assertEqual((len(shapes), sum(map(math.prod, shapes.values()))), (404, 368_384_538))

        def nothing(*_: object) -> np.ndarray:
            return np.zeros(0, np.float32)

        with (
            mock.patch.object(random_tensors, "normal", nothing),
            mock.patch.object(random_tensors, "one_plus", nothing),
        ):
            self.assertEqual(len(random_tensors.weights("deepmind", 0, shapes)), len(shapes))

    def test_templates_see_no_rounding_noise_on_the_diagonal(self) -> None:
        """T20: with fused multiply-add a token's vector to itself is noise that is blown up to a unit vector."""
        import jax
        import jax.numpy as jnp

        from af3_export.engines.deepmind import network

        geometry = network.module("jax.geometry")
        inputs = template.CASES[0].inputs()
        atoms = jnp.asarray(inputs["templates.atom_positions"][0][:, :3])

        def vectors(points: jax.Array) -> jax.Array:
            c, b, a = (geometry.Vec3Array.from_array(points[:, slot]) for slot in (2, 1, 0))
            rigid = geometry.Rigid3Array(geometry.Rot3Array.from_two_vectors(c - b, a - b), b)
            found = rigid[:, None].inverse().apply_to_point(rigid.translation).normalized()
            return jnp.stack([found.x, found.y, found.z], -1)

        found = np.asarray(jax.jit(vectors)(atoms))
        self.assertEqual(np.abs(found[np.arange(len(found)), np.arange(len(found))]).max(), 0)
        self.assertGreater(np.abs(found).max(), 0.9)
