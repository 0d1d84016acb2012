"""The committed golden cases of deepmind's template embedding, as data."""

from typing import Any

import numpy as np

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays, ComponentCase


def _config(channels: int, layers: int, heads: int, factor: int) -> dict[str, Any]:
    """A config from channels, layers, pair heads and the transition factor; distance bins as published."""
    return {
        "num_channels": channels,
        "template_stack": {
            "num_layer": layers,
            "pair_attention": {"num_head": heads},
            "pair_transition": {"num_intermediate_factor": factor},
        },
        "dgram_features": {"min_bin": 3.25, "max_bin": 50.75, "num_bins": 39},
    }


def _inputs(seed: int, slots: int, chains: tuple[int, ...], c_z: int, padded: int, empty: tuple[int, ...]) -> Arrays:
    """Templates for chains of these lengths, the last `padded` tokens of the last chain being padding."""
    from af3_export.engines.deepmind.template_features import chains_mask, template_features

    tokens = sum(chains)
    padding = random_tensors.mask(seed, "padding_mask_2d", (tokens, tokens))
    np.fill_diagonal(padding, 1)
    padding[tokens - padded :] = padding[:, tokens - padded :] = 0
    templates = template_features(seed, slots, tokens, empty, padded)
    return {
        "query_embedding": random_tensors.normal(seed, "query_embedding", (tokens, tokens, c_z)),
        **{f"templates.{name}": value for name, value in templates.items()},
        "padding_mask_2d": padding,
        "multichain_mask_2d": chains_mask(chains),
    }


CASES = [
    ComponentCase(
        "odd",
        "deepmind",
        "template_embedding",
        "two templates over three chains: nucleotides, ligands, glycine, gaps, missing atoms and residues",
        _config(14, 2, 2, 2),
        131,
        lambda: _inputs(131, 2, (5, 4, 2), 18, 0, ()),
    ),
    ComponentCase(
        "empty-slot",
        "deepmind",
        "template_embedding",
        "three slots of which one is empty and still counts in the average, padding, an asymmetric padding mask",
        _config(10, 1, 1, 3),
        132,
        lambda: _inputs(132, 3, (6, 3), 11, 2, (1,)),
    ),
    ComponentCase(
        "all-empty",
        "deepmind",
        "template_embedding",
        "one empty slot: what the network adds without any template",
        _config(12, 2, 3, 1),
        133,
        lambda: _inputs(133, 1, (7,), 9, 1, (0,)),
    ),
]
