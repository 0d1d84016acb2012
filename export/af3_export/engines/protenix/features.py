"""What the network makes of a case's inputs before it runs: one-hots, windows of atoms, relative positions, templates' geometry."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import one_hot

from af3_export.engines.protenix import network

ELEMENTS, CHARACTERS = 128, 64
RAW_TEMPLATES = ("template_aatype", "template_atom_positions", "template_atom_mask")


def atoms(given: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The features with elements and names as the one-hots that the network takes, and the pairs of its windows."""
    found = dict(given)
    found["ref_element"] = one_hot(found["ref_element"], ELEMENTS)
    found["ref_atom_name_chars"] = one_hot(found["ref_atom_name_chars"], CHARACTERS)
    made = network.module("model.protenix").update_input_feature_dict(found)
    # Beside the mask it holds numbers that nobody reads.
    return {**made, "pad_info": {"mask_trunked": made["pad_info"]["mask_trunked"]}}


def relative_positions(given: Mapping[str, torch.Tensor], r_max: int = 32, s_max: int = 2) -> dict[str, torch.Tensor]:
    """The features with `relp` [N, N, 139], from the five ids."""
    embedders = network.module("model.modules.embedders")
    with network.unset_values():
        encoding = embedders.RelativePositionEncoding(r_max=r_max, s_max=s_max, c_z=1)
    return encoding.generate_relp(dict(given))


def template_geometry(inputs: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """The four derived features of templates, by the featuriser's own functions, as it calls them."""
    made = network.module("data.template.template_utils")
    bins = made.DistogramFeaturesConfig(min_bin=3.25, max_bin=50.75, num_bins=39)
    found: dict[str, list[NDArray]] = {}
    for aatype, positions, mask in zip(*(inputs[name] for name in RAW_TEMPLATES), strict=True):
        placed = positions * mask[..., None]
        beta, beta_mask = made.TemplateFeatures.pseudo_beta_fn(aatype, placed, mask)
        pairs = beta_mask[:, None] * beta_mask[None, :]
        vector, frames = made.TemplateFeatures.compute_template_unit_vector(aatype, placed, mask)
        rows = {
            "template_pseudo_beta_mask": pairs,
            "template_distogram": made.TemplateFeatures.dgram_from_positions(beta, bins) * pairs[..., None],
            "template_unit_vector": vector * frames[..., None],
            "template_backbone_frame_mask": frames,
        }
        for name, value in rows.items():
            found.setdefault(name, []).append(np.asarray(value, np.float32))
    return {name: np.stack(values) for name, values in found.items()}


def empty_templates(tokens: int) -> dict[str, NDArray]:
    """What the featuriser gives where there is no template: four slots, a fully masked template of gaps padded with zeros."""
    empty = network.module("data.template.template_utils").TemplateFeatures.empty_template_features(tokens)
    return {name: np.concatenate([empty[name], *[np.zeros_like(empty[name])] * 3]) for name in RAW_TEMPLATES}


def whole(inputs: Mapping[str, NDArray]) -> dict[str, torch.Tensor]:
    """All features of a whole network, without recorded randomness."""
    made = dict(inputs)
    if "template_aatype" in inputs and "template_distogram" not in inputs:
        made |= template_geometry(inputs)
    return atoms(network.tensors(made))
