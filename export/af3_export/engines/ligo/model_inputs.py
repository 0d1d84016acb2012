"""Configs and inputs that the cases of ligo's trunk and of its full network share."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from af3_export.core import random_tensors
from af3_export.engines.ligo.features import Molecules, features

TRUNK_VALID = {"s_inputs": "token_mask", "s": "token_mask", "z": "outer(token_mask)"}


def model_config(c_token: int, c_pair: int, c_atom: int, c_atompair: int, cycles: int) -> dict[str, Any]:
    """A config of all parts from the widths that they share; every other width differs from its neighbours."""
    return {
        "globals": {"chunk_size": 4, "use_deepspeed_evo_attention": True, "samples_per_trunk": 48},
        "input_embedder": {
            "c_token": c_token,
            "c_atom": c_atom,
            "c_atompair": c_atompair,
            "c_trunk_pair": c_pair,
        },
        "msa_module": {
            "no_blocks": 1,
            "c_msa": 9,
            "c_token": c_token,
            "c_z": c_pair,
            "c_hidden": 3,
            "no_heads": 2,
            "c_hidden_tri_mul": 7,
            "c_hidden_pair_attn": 5,
            "no_heads_tri_attn": 2,
            "transition_n": 2,
        },
        "pairformer_stack": {
            "c_s": c_token,
            "c_z": c_pair,
            "no_blocks": 2,
            "c_hidden_mul": 11,
            "c_hidden_pair_attn": 4,
            "no_heads_tri_attn": 3,
            "no_heads_single_attn": 3,
            "transition_n": 2,
        },
        "diffusion_module": {
            "c_atom": c_atom,
            "c_atompair": c_atompair,
            "c_token": c_token,
            "c_tokenpair": c_pair,
            "atom_encoder_heads": 4,
            "atom_decoder_blocks": 1,
            "atom_decoder_heads": 2,
            "token_transformer_blocks": 2,
            "token_transformer_heads": 3,
        },
        "distogram_head": {"c_z": c_pair, "no_bins": 64},
        "num_cycles": cycles,
    }


def trunk_inputs(given: Molecules, rows: int, cycles: int) -> dict[str, NDArray]:
    """The features and, different in each cycle, an MSA in which padded tokens have no place."""
    seed, tokens = given.seed, given.tokens
    shape = (cycles, rows, tokens)
    found = dict(features(given))
    found["sym_id"] = np.array(given.asym_id, np.int32) % 3
    letters = random_tensors.words(seed, "aatype", np.arange(tokens, dtype=np.uint64)).astype(np.uint64)
    found["aatype"] = (letters * np.uint64(21) >> np.uint64(32)).astype(np.int32)
    found["msa_feat"] = random_tensors.normal(seed, "msa_feat", (*shape, 49))
    msa_mask = random_tensors.mask(seed, "msa_mask", shape)
    msa_mask[:, 0] = 1
    msa_mask[0, -1] = 0  # a padded row in the first cycle alone
    found["msa_mask"] = msa_mask * found["token_mask"]
    return found
