"""The pinned deepmind trunk: target features, then every pass of the evoformer with recorded orders of MSA rows."""

import dataclasses
from collections.abc import Mapping
from typing import Any
from unittest import mock

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from af3_export.engines.deepmind import network
from af3_export.engines.deepmind.batch import as_batch, batch


def _transformed(config: Mapping[str, Any]) -> hk.Transformed:
    """A function of the featurised dictionary and the row orders [num_recycles + 1, num_msa]."""
    evoformer = network.module("model.network.evoformer").Evoformer
    model = network.module("model.model")
    settings, numerics = network.configured(evoformer.Config, config["evoformer"]), network.numerics()

    def trunk(features: Any, orders: jax.Array) -> Any:
        given = as_batch(features)
        module = evoformer(settings, numerics)
        target = model.create_target_feat_embedding(given, settings, numerics)
        tokens = given.num_res

        def one_pass(index: Any, previous: dict[str, jax.Array]) -> dict[str, jax.Array]:
            rows = dataclasses.replace(given, msa=given.msa.index_msa_rows(orders[index]))
            found = module(batch=rows, prev=previous, target_feat=target, key=jax.random.PRNGKey(0))
            return {name: found[name] for name in previous}

        start = {
            "pair": jnp.zeros((tokens, tokens, settings.pair_channel)),
            "single": jnp.zeros((tokens, settings.seq_channel)),
        }
        with mock.patch.object(model.featurization, "shuffle_msa", lambda key, msa: (msa, key)):
            if hk.running_init():
                found = one_pass(0, start)
            else:
                found = hk.fori_loop(0, config["num_recycles"] + 1, one_pass, start)
        return {"target_feat": target, **found}

    return hk.transform(network.scoped(("diffuser",), trunk))


def _arguments(inputs: Mapping[str, NDArray]) -> list[Any]:
    """The inputs in order."""
    features = batch({name: value for name, value in inputs.items() if name != "msa_order"})
    return [features, np.asarray(inputs["msa_order"], np.int32)]


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    return network.shapes(_transformed(config), "", _arguments(inputs))


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """Gives target_feat [N, c], and single [N, c_s] and pair [N, N, c_z] after the last pass."""
    return network.run(_transformed(config), "", weights, _arguments(inputs))
