"""The committed golden cases of the Pairformer of both engines, as data."""

from typing import Any

import numpy as np

from af3_export.pairformer_case import PairformerCase
from af3_export.presets import pairformer_widths, preset, require_engine


def _ligo(c_s: int, c_z: int, blocks: int, mul: int, pair: int, heads: int, single: int, n: int) -> dict[str, Any]:
    """A ligo config from widths, blocks, triangle channels, channels per pair head, heads and transition factor."""
    return {
        "c_s": c_s,
        "c_z": c_z,
        "no_blocks": blocks,
        "c_hidden_mul": mul,
        "c_hidden_pair_attn": pair,
        "no_heads_tri_attn": heads,
        "no_heads_single_attn": single,
        "transition_n": n,
    }


def _deepmind(layers: int, pair_heads: int, pair_factor: int, single_factor: int, **single: Any) -> dict[str, Any]:
    """A deepmind config from layers, pair heads, the two transition factors and the single attention's entries."""
    return {
        "num_layer": layers,
        "pair_attention": {"num_head": pair_heads},
        "pair_transition": {"num_intermediate_factor": pair_factor},
        "single_attention": single,
        "single_transition": {"num_intermediate_factor": single_factor},
    }


LIGO = [
    PairformerCase(
        "odd",
        "ligo",
        "two blocks at an odd size, one padded token in the middle and one at the end, asymmetric masks",
        tokens=7,
        c_s=24,
        c_z=16,
        config=_ligo(24, 16, 2, 12, 4, 4, 3, 2),
        seed=11,
        padded=(2, 6),
    ),
    PairformerCase(
        "awkward",
        "ligo",
        "widths that are no multiple of four, three and five heads, int32 masks",
        tokens=9,
        c_s=30,
        c_z=18,
        config=_ligo(30, 18, 2, 10, 6, 3, 5, 3),
        seed=12,
        padded=(8,),
        mask_type=np.int32,
    ),
    PairformerCase(
        "fused",
        "ligo",
        "the fused projections of the triangle multiplications (linear_ab_p, linear_ab_g)",
        tokens=6,
        c_s=20,
        c_z=14,
        config={**_ligo(20, 14, 2, 9, 5, 2, 4, 2), "fuse_projection_weights": True},
        seed=13,
        padded=(0,),
    ),
    PairformerCase(
        "one-token",
        "ligo",
        "one token",
        tokens=1,
        c_s=12,
        c_z=10,
        config=_ligo(12, 10, 2, 8, 5, 2, 3, 2),
        seed=14,
    ),
    PairformerCase(
        "mean-100",
        "ligo",
        "pair channels of mean 100 and deviation 1, where a layer norm by E[x^2] - E[x]^2 loses its digits",
        tokens=6,
        c_s=16,
        c_z=24,
        config=_ligo(16, 24, 1, 16, 6, 4, 2, 2),
        seed=15,
        pair_mean=100.0,
    ),
    PairformerCase(
        "defaults",
        "ligo",
        "a config that names only the number of blocks: widths come from the inputs, the rest is the engine's default",
        tokens=5,
        c_s=16,
        c_z=8,
        config={"no_blocks": 1, "c_hidden_mul": None},
        seed=16,
        padded=(3,),
    ),
    PairformerCase(
        "unknown-keys",
        "ligo",
        "config keys and tensors that a reader must ignore",
        tokens=5,
        c_s=8,
        c_z=12,
        config=_ligo(8, 12, 1, 8, 4, 3, 2, 2),
        seed=17,
        padded=(4,),
        extra_config={
            "pair_dropout": 0.25,
            "blocks_per_ckpt": 1,
            "inf": 1e8,
            "remark": {"by": "somebody", "layers": [1, 2]},
        },
        extra_weights={"distogram_head.linear.weight": (64, 12), "pairformer.remark.weight": (3, 5)},
        extra_inputs={"aatype": (5,), "token_mask": (5,)},
    ),
    PairformerCase(
        "tokens-133",
        "ligo",
        "more than 128 tokens at small widths",
        tokens=133,
        c_s=20,
        c_z=12,
        config=_ligo(20, 12, 2, 12, 5, 2, 4, 2),
        seed=18,
        stored=False,
    ),
]

DEEPMIND = [
    PairformerCase(
        "odd",
        "deepmind",
        "two layers at an odd size, one padded token in the middle and one at the end, asymmetric masks; all counts",
        tokens=7,
        c_s=24,
        c_z=32,
        config=_deepmind(2, 2, 2, 3, num_head=3, key_dim=None),
        seed=21,
        padded=(2, 6),
    ),
    PairformerCase(
        "awkward",
        "deepmind",
        "widths that are no multiple of four, pair heads at the floor of 16 channels, five single heads, int32 masks",
        tokens=9,
        c_s=30,
        c_z=22,
        config=_deepmind(2, 2, 3, 2, num_head=5),
        seed=22,
        padded=(8,),
        mask_type=np.int32,
    ),
    PairformerCase(
        "key-value-dims",
        "deepmind",
        "a single attention whose keys, values and input have three widths; three pair heads of 17 channels",
        tokens=6,
        c_s=14,
        c_z=51,
        config=_deepmind(1, 3, 1, 2, num_head=2, key_dim=10, value_dim=18),
        seed=23,
        padded=(5,),
    ),
    PairformerCase(
        "masked-rows",
        "deepmind",
        "rows whose keys are all masked average every key: empty columns, empty rows and padding in the pair mask",
        tokens=8,
        c_s=12,
        c_z=16,
        config=_deepmind(2, 4, 2, 2, num_head=4),
        seed=24,
        padded=(7,),
        empty_rows=(1,),
        empty_columns=(4, 5),
    ),
    PairformerCase(
        "one-token",
        "deepmind",
        "one token",
        tokens=1,
        c_s=12,
        c_z=10,
        config=_deepmind(2, 2, 2, 2, num_head=3),
        seed=25,
    ),
    PairformerCase(
        "mean-8",
        "deepmind",
        "pair channels of mean 8 and deviation 1; more would record the noise of the reference's E[x^2] - E[x]^2",
        tokens=6,
        c_s=16,
        c_z=24,
        config=_deepmind(1, 2, 2, 2, num_head=2),
        seed=26,
        pair_mean=8.0,
    ),
    PairformerCase(
        "defaults",
        "deepmind",
        "a config that names only the number of layers: the rest is the engine's default",
        tokens=5,
        c_s=32,
        c_z=20,
        config={"num_layer": 1, "single_transition": None},
        seed=27,
        padded=(3,),
    ),
    PairformerCase(
        "unknown-keys",
        "deepmind",
        "config keys and tensors that a reader must ignore",
        tokens=5,
        c_s=8,
        c_z=12,
        config=_deepmind(1, 2, 2, 2, num_head=2),
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
    PairformerCase(
        "tokens-133",
        "deepmind",
        "more than 128 tokens, so a whole chunk of rows and a remainder, at small widths",
        tokens=133,
        c_s=20,
        c_z=18,
        config=_deepmind(2, 2, 2, 2, num_head=4),
        seed=29,
        stored=False,
    ),
]


def _preset_case(engine: str, name: str, tokens: int) -> PairformerCase:
    """Exactly the workload of `bench --component pairformer --preset NAME --seq-len TOKENS`."""
    shows = f"the workload of bench at preset {name} and {tokens} tokens"
    widths = pairformer_widths(engine, name)
    config = preset(engine, name)["pairformer"]
    return PairformerCase(f"{name}-{tokens}", engine, shows, tokens, *widths, config, stored=False)


def declared(engine: str) -> list[PairformerCase]:
    """All cases of an engine."""
    small = LIGO if require_engine(engine) == "ligo" else DEEPMIND
    presets = [("tiny", 64), ("block", 40), ("block", 64), ("block", 128), ("block", 256)]
    return [*small, *(_preset_case(engine, name, tokens) for name, tokens in presets)]
