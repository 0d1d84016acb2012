"""The committed golden cases of deepmind's confidence head, as data."""

from typing import Any

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays, ComponentCase


def confidence_config(layers: int, pair: tuple[int, int], single: tuple[int, int], **bins: Any) -> dict[str, Any]:
    """A config from layers and (heads, transition factor) of both tracks; bins as published unless told."""
    return {
        "pairformer": {
            "num_layer": layers,
            "pair_attention": {"num_head": pair[0]},
            "pair_transition": {"num_intermediate_factor": pair[1]},
            "single_attention": {"num_head": single[0]},
            "single_transition": {"num_intermediate_factor": single[1]},
        },
        "max_error_bin": 31.0,
        "num_bins": 64,
        "num_plddt_bins": 50,
        "pae": {"max_error_bin": 31.0, "num_bins": 64},
        "dgram_features": {"min_bin": 3.25, "max_bin": 50.75, "num_bins": 39},
        **bins,
    }


def _inputs(seed: int, complex_name: str, tokens: int, widths: tuple[int, int, int], spread: float) -> Arrays:
    """Positions, embeddings of widths (c_s, c_z, target_feat), and what the head needs to know of a complex."""
    from af3_export.engines.deepmind import complexes
    from af3_export.engines.deepmind.batch import structure_features
    from af3_export.engines.deepmind.template_features import require_clear_of_edges

    structure = structure_features(getattr(complexes, complex_name), tokens)
    wanted = ("seq_mask", "asym_id", "token_atoms_to_pseudo_beta")
    centres = random_tensors.normal(seed, "centres", (tokens, 1, 3), spread)
    positions = centres + random_tensors.normal(seed, "atoms", (tokens, 24, 3), 1.5)
    where = structure["token_atoms_to_pseudo_beta:gather_idxs"]
    require_clear_of_edges(positions.reshape(-1, 3)[where], f"confidence head of seed {seed}")
    c_s, c_z, c_t = widths
    return {
        "dense_atom_positions": positions,
        "single": random_tensors.normal(seed, "single", (tokens, c_s)),
        "pair": random_tensors.normal(seed, "pair", (tokens, tokens, c_z)),
        "target_feat": random_tensors.normal(seed, "target_feat", (tokens, c_t)),
        **{name: value for name, value in structure.items() if name.startswith(wanted)},
    }


CASES = [
    ComponentCase(
        "odd",
        "deepmind",
        "confidence_head",
        "three chains, padding, fewer tokens than the smallest normaliser of the TM terms",
        confidence_config(2, (2, 2), (3, 2)),
        151,
        lambda: _inputs(151, "SMALL", 11, (18, 14, 17), 10.0),
    ),
    ComponentCase(
        "chains",
        "deepmind",
        "confidence_head",
        "chains of 24, 5 and 3 tokens, so that every pair of chains has another normaliser of the TM terms; padding",
        confidence_config(1, (3, 1), (2, 3)),
        152,
        lambda: _inputs(152, "CHAINS", 34, (10, 12, 9), 14.0),
    ),
    ComponentCase(
        "other-bins",
        "deepmind",
        "confidence_head",
        "numbers and ranges of bins that all differ: distance error, aligned error, pLDDT",
        confidence_config(
            1,
            (2, 2),
            (2, 2),
            max_error_bin=20.0,
            num_bins=21,
            num_plddt_bins=10,
            pae={"max_error_bin": 12.0, "num_bins": 13},
        ),
        153,
        lambda: _inputs(153, "SMALL", 9, (12, 10, 8), 12.0),
    ),
]
