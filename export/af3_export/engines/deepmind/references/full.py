"""The whole pinned deepmind model with recorded random values."""

from collections.abc import Mapping
from typing import Any

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from af3_export.engines.deepmind import network
from af3_export.engines.deepmind.batch import batch
from af3_export.engines.deepmind.randomness import NOISE, recorded_noise, recorded_orders
from af3_export.engines.deepmind.template_features import require_clear_of_edges

CONFIDENCES = (
    "predicted_lddt",
    "predicted_experimentally_resolved",
    "full_pde",
    "average_pde",
    "full_pae",
    "tmscore_adjusted_pae_global",
    "tmscore_adjusted_pae_interface",
)
# Positions of another implementation differ by more than those of an input do.
POSITION_MARGIN = 1e-4


def outputs_of(found: Mapping[str, Any]) -> dict[str, Any]:
    """The model's result under the names of cases."""
    return {
        "single": found["single_embeddings"],
        "pair": found["pair_embeddings"],
        "positions": found["diffusion_samples"]["atom_positions"],
        "distogram_logits": found["distogram"]["distogram"],
        "contact_probs": found["distogram"]["contact_probs"],
        **{name: found[name] for name in CONFIDENCES},
    }


def settings_of(config: Mapping[str, Any]) -> Any:
    """The engine's config object, with the outputs that cases record."""
    model = network.module("model.model").Model
    recording = {"global_config": network.numerics(), "return_embeddings": True, "return_distogram": True}
    return network.configured(model.Config, {**config, **recording})


def _transformed(config: Mapping[str, Any]) -> hk.Transformed:
    """A function of the featurised dictionary, the row orders and the noise."""
    model, settings = network.module("model.model").Model, settings_of(config)

    def full(features: Any, orders: jax.Array, noise: Mapping[str, jax.Array]) -> Any:
        with recorded_orders(orders), recorded_noise(noise):
            return outputs_of(model(settings, name="diffuser")(features, key=jnp.zeros((), jnp.int32)))

    return hk.transform(full)


def _arguments(inputs: Mapping[str, NDArray]) -> list[Any]:
    """The inputs in order."""
    features = batch({name: value for name, value in inputs.items() if name not in (*NOISE, "msa_order")})
    return [features, np.asarray(inputs["msa_order"], np.int32), {name: inputs[name] for name in NOISE}]


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    return network.shapes(_transformed(config), "", _arguments(inputs))


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """Gives the embeddings, positions [S, N, 24, 3], the distogram, and the confidence outputs with a leading S."""
    outputs = network.run(_transformed(config), "", weights, _arguments(inputs))
    where = inputs["token_atoms_to_pseudo_beta:gather_idxs"]
    for sample in outputs["positions"]:
        require_clear_of_edges(sample.reshape(-1, 3)[where], "the positions of this case", POSITION_MARGIN)
    return outputs
