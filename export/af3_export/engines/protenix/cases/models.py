"""Configs of whole networks for protenix's cases."""

from collections.abc import Mapping
from typing import Any


def trunk_config(
    c_z: int,
    cycles: int,
    *,
    templates: int,
    msa_blocks: int,
    blocks: int,
    scaled: bool = False,
    template_width: int = 8,
) -> dict[str, Any]:
    """A trunk of small widths, each other than its neighbours."""
    return {
        "c_s": 16,
        "c_z": c_z,
        "c_s_inputs": 75,
        "N_cycle": cycles,
        "input_embedder": {"c_atom": 16, "c_atompair": 6, "c_token": 10},
        "relative_position_encoding": {"r_max": 32, "s_max": 2, "c_z": c_z},
        "template_embedder": {"n_blocks": templates, "c": template_width, "c_z": c_z, "hidden_scale_up": scaled},
        "msa_module": {"n_blocks": msa_blocks, "c_m": 9, "c_z": c_z, "c_s_inputs": 75, "hidden_scale_up": scaled},
        "pairformer": {"n_blocks": blocks, "n_heads": 4, "c_z": c_z, "c_s": 16, "hidden_scale_up": scaled},
    }


def full_config(trunk: Mapping[str, Any], sampler: Mapping[str, Any], sigma_data: float = 16.0) -> dict[str, Any]:
    """A whole network around a trunk."""
    c_z, scaled = trunk["c_z"], trunk["pairformer"]["hidden_scale_up"]
    return {
        **trunk,
        "diffusion_module": {
            "sigma_data": sigma_data,
            "c_token": 24,
            "c_atom": 16,
            "c_atompair": 6,
            "c_z": c_z,
            "c_s": 16,
            "c_s_inputs": 75,
            "atom_encoder": {"n_blocks": 1, "n_heads": 4},
            "transformer": {"n_blocks": 2, "n_heads": 3},
            "atom_decoder": {"n_blocks": 1, "n_heads": 4},
        },
        "confidence_head": {
            "n_blocks": 1,
            "c_z": c_z,
            "c_s": 16,
            "c_s_inputs": 75,
            "max_atoms_per_token": 24,
            "distance_bin_start": 3.25,
            "distance_bin_end": 52.0,
            "distance_bin_step": 1.25,
            "hidden_scale_up": scaled,
        },
        "distogram_head": {"c_z": c_z, "no_bins": 64},
        "sample_diffusion": {
            "gamma0": 0.8,
            "gamma_min": 1.0,
            "noise_scale_lambda": 1.003,
            "step_scale_eta": 1.5,
            **sampler,
        },
        "inference_noise_scheduler": {"rho": 7, "s_max": 160.0, "s_min": 0.0004, "sigma_data": sigma_data},
    }
