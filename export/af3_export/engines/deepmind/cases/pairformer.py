"""Golden cases of deepmind's Pairformer, as data."""

from typing import Any

import numpy as np

from af3_export.core.component_case import ComponentCase
from af3_export.core.pairformer_case import preset_cases, seeded_case, stored_case

ENGINE = "deepmind"


def _config(layers: int, pair_heads: int, pair_factor: int, single_factor: int, **single: Any) -> dict[str, Any]:
    """A deepmind config from layers, pair heads, the two transition factors and the single attention's entries."""
    return {
        "num_layer": layers,
        "pair_attention": {"num_head": pair_heads},
        "pair_transition": {"num_intermediate_factor": pair_factor},
        "single_attention": single,
        "single_transition": {"num_intermediate_factor": single_factor},
    }


def _stored(name: str, shows: str, **rest: Any) -> ComponentCase:
    return stored_case(name, ENGINE, shows, **rest)


def _seeded(name: str, shows: str, **rest: Any) -> ComponentCase:
    return seeded_case(name, ENGINE, shows, **rest)


CASES = [
    _stored(
        "odd",
        "two layers at an odd size, one padded token in the middle and one at the end, asymmetric masks; all counts",
        tokens=7,
        c_s=24,
        c_z=32,
        config=_config(2, 2, 2, 3, num_head=3, key_dim=None),
        seed=21,
        padded=(2, 6),
    ),
    _stored(
        "awkward",
        "widths that are no multiple of four, pair heads at the floor of 16 channels, five single heads, int32 masks",
        tokens=9,
        c_s=30,
        c_z=22,
        config=_config(2, 2, 3, 2, num_head=5),
        seed=22,
        padded=(8,),
        mask_type=np.int32,
    ),
    _stored(
        "key-value-dims",
        "a single attention whose keys, values and input have three widths; three pair heads of 17 channels",
        tokens=6,
        c_s=14,
        c_z=51,
        config=_config(1, 3, 1, 2, num_head=2, key_dim=10, value_dim=18),
        seed=23,
        padded=(5,),
    ),
    _stored(
        "masked-rows",
        "rows whose keys are all masked average every key: empty columns, empty rows and padding in the pair mask",
        tokens=8,
        c_s=12,
        c_z=16,
        config=_config(2, 4, 2, 2, num_head=4),
        seed=24,
        padded=(7,),
        empty_rows=(1,),
        empty_columns=(4, 5),
    ),
    _stored(
        "one-token",
        "one token",
        tokens=1,
        c_s=12,
        c_z=10,
        config=_config(2, 2, 2, 2, num_head=3),
        seed=25,
    ),
    _stored(
        "mean-8",
        "pair channels of mean 8 and deviation 1; more would record the noise of the reference's E[x^2] - E[x]^2",
        tokens=6,
        c_s=16,
        c_z=24,
        config=_config(1, 2, 2, 2, num_head=2),
        seed=26,
        pair_mean=8.0,
    ),
    _stored(
        "defaults",
        "a config that names only the number of layers: the rest is the engine's default",
        tokens=5,
        c_s=32,
        c_z=20,
        config={"num_layer": 1, "single_transition": None},
        seed=27,
        padded=(3,),
    ),
    _stored(
        "unknown-keys",
        "config keys and tensors that a reader must ignore",
        tokens=5,
        c_s=8,
        c_z=12,
        config=_config(1, 2, 2, 2, num_head=2),
        seed=28,
        padded=(4,),
        extra_config={
            "shard_transition_blocks": True,
            "triangle_multiplication_incoming": {"equation": "kjc,kic->ijc", "use_glu_kernel": True},
            "triangle_multiplication_outgoing": {"equation": "ikc,jkc->ijc", "use_glu_kernel": True},
            "pair_attention": {"chunk_size": 128},
            "pair_transition": {"use_glu_kernel": True, "remark": "nobody reads this"},
            "global_config": {"bfloat16": "none", "final_init": "zeros"},
            "remark": {"by": "somebody", "layers": [1, 2]},
        },
        extra_weights={
            "diffuser/distogram_head/half_logits:weights": (12, 64),
            "diffuser/evoformer/__layer_stack_no_per_layer_1/trunk_pairformer/pair_attention3/act_norm:scale": (1, 12),
        },
        extra_inputs={"aatype": (5,), "token_index": (5,)},
    ),
    _seeded(
        "tokens-133",
        "more than 128 tokens, so a whole chunk of rows and a remainder, at small widths",
        tokens=133,
        c_s=20,
        c_z=18,
        config=_config(2, 2, 2, 2, num_head=4),
        seed=29,
    ),
    *preset_cases(ENGINE),
]
