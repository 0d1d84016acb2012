"""The committed golden cases of deepmind's trunk, as data, and what its inputs share with those of the full model."""

from typing import Any

from af3_export.core.component_case import Arrays, ComponentCase
from af3_export.core.preset_trunks import preset_trunks, synthetic_features
from af3_export.core.presets import preset
from af3_export.engines.deepmind.cases.diffusion import atom_transformer


def evoformer_config(c_s: int, c_z: int, c_m: int, num_msa: int, atoms: tuple[int, int, int]) -> dict[str, Any]:
    """A config of two layers or fewer everywhere; `atoms` are channels per token, atom and atom pair of the encoder."""
    pair = {"pair_attention": {"num_head": 2}, "pair_transition": {"num_intermediate_factor": 2}}
    return {
        "seq_channel": c_s,
        "pair_channel": c_z,
        "msa_channel": c_m,
        "num_msa": num_msa,
        "max_relative_idx": 32,
        "max_relative_chain": 2,
        "pairformer": {
            "num_layer": 2,
            **pair,
            "single_attention": {"num_head": 3},
            "single_transition": {"num_intermediate_factor": 2},
        },
        "msa_stack": {
            "num_layer": 2,
            "msa_attention": {"num_head": 2},
            "outer_product_mean": {"num_outer_channel": 3},
            "msa_transition": {"num_intermediate_factor": 2},
            **pair,
        },
        "template": {
            "num_channels": 8,
            "template_stack": {"num_layer": 1, **pair},
            "dgram_features": {"min_bin": 3.25, "max_bin": 50.75, "num_bins": 39},
        },
        "per_atom_conditioning": {
            "per_token_channels": atoms[0],
            "per_atom_channels": atoms[1],
            "per_atom_pair_channels": atoms[2],
            "atom_transformer": atom_transformer(1, 2, 2, 8, 8),
        },
    }


def trunk_inputs(
    seed: int,
    complex_name: str,
    tokens: int,
    rows: int,
    templates: int,
    empty: tuple[int, ...],
    passes: int,
    num_msa: int,
) -> dict[str, Any]:
    """All batch features of the trunk and the pseudo-beta map, which only the full model reads."""
    from af3_export.engines.deepmind import complexes
    from af3_export.engines.deepmind.batch import reference_features, structure_features
    from af3_export.engines.deepmind.template_features import template_features
    from af3_export.engines.deepmind.trunk_features import bond_features, msa_features, msa_order

    chains = getattr(complexes, complex_name)
    structure = structure_features(chains, tokens)
    padded = int((structure["seq_mask"] == 0).sum())
    slots = template_features(seed, templates, tokens, empty, padded)
    found = {
        **structure,
        **reference_features(chains, tokens, seed, noisy_padding=False),
        **msa_features(seed, rows, structure["aatype"], structure["seq_mask"]),
        **{f"template_{name}": value for name, value in slots.items()},
        **bond_features(tokens, [(1, 4)], [(3, 4), (5, 4), (4, 3)]),
    }
    return found | {"msa_order": msa_order(found, passes, num_msa, seed)}


def _inputs(*arguments: Any) -> Arrays:
    """Inputs of the trunk alone."""
    found = trunk_inputs(*arguments)
    return {name: value for name, value in found.items() if not name.startswith("token_atoms_to_pseudo_beta")}


TINY_TEMPLATES = 4


def _tiny(tokens: int) -> Arrays:
    rows = preset("deepmind", "tiny")["trunk"]["evoformer"]["num_msa"]
    options = {"num-msa": rows, "templates": TINY_TEMPLATES}
    found = synthetic_features("deepmind", tokens, rows, options)
    return {name: value for name, value in found.items() if not name.startswith("token_atoms_to_pseudo_beta")}


CASES = [
    ComponentCase(
        "many-rows",
        "deepmind",
        "trunk",
        "two recycles, each with another choice of fewer MSA rows than there are, one row empty; two template slots of "
        "which one is empty, bonds, padding, two chains of one entity",
        {"evoformer": evoformer_config(18, 14, 10, 5, (16, 12, 6)), "num_recycles": 2},
        161,
        lambda: _inputs(161, "SMALL", 11, 9, 2, (1,), 3, 5),
    ),
    ComponentCase(
        "few-rows",
        "deepmind",
        "trunk",
        "more rows wanted than there are, so the last one repeats (T19); no template slot at all, more than 128 atoms",
        {"evoformer": evoformer_config(12, 10, 8, 7, (14, 10, 4)), "num_recycles": 1},
        162,
        lambda: _inputs(162, "LARGE", 13, 4, 0, (), 2, 7),
    ),
    ComponentCase(
        "no-recycle",
        "deepmind",
        "trunk",
        "one pass, whose previous embeddings are zero but not their layer norms; one template slot, which is empty",
        {"evoformer": evoformer_config(15, 12, 6, 3, (10, 8, 5)), "num_recycles": 0},
        163,
        lambda: _inputs(163, "SMALL", 10, 3, 1, (0,), 1, 3),
    ),
    *preset_trunks("deepmind", _tiny, {"templates": TINY_TEMPLATES}, {}),
]
