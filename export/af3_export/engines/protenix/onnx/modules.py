"""The parts of the trunk that draw rows or run over templates, as a graph has them."""

from collections.abc import Mapping

import torch

from af3_export.core.torch.component import Tensors
from af3_export.engines.protenix import network
from af3_export.engines.protenix.onnx.inputs import CLASSES
from af3_export.engines.protenix.onnx.patches import one_hot, outer_product

ROWS = ("msa", "has_deletion", "deletion_value")


def msa_module(module: torch.nn.Module, given: Tensors, z: torch.Tensor, s_inputs: torch.Tensor) -> torch.Tensor:
    """MSAModule.forward of the rows that msa_order names [M]; a row of -1 is zero in every outer product."""
    order = given["msa_order"]
    chosen = (order >= 0).to(torch.float32)
    rows = torch.clamp(order, min=0)
    msa, has_deletion, deletion = (torch.index_select(given[name], 0, rows) for name in ROWS)
    m = torch.cat([one_hot(msa, CLASSES), has_deletion[..., None], deletion[..., None]], -1)
    m = module.linear_no_bias_m(m) + module.linear_no_bias_s(s_inputs)
    for block in module.blocks:
        z = z + outer_product(block.outer_product_mean_msa, m, chosen)
        if not block.is_last_block:
            m = block.msa_stack(m, z)
        _, z = block.pair_stack(None, z, None, **network.KERNELS)
    return z


def template_embedder(embedder: torch.nn.Module, given: Mapping[str, torch.Tensor], z: torch.Tensor) -> torch.Tensor:
    """TemplateEmbedder.forward with the templates as an axis."""
    same = (given["asym_id"][:, None] == given["asym_id"][None, :]).to(torch.float32)
    classes = one_hot(given["template_aatype"], CLASSES)
    templates, tokens = given["template_aatype"].shape
    parts = [
        given["template_distogram"] * same[..., None],
        (given["template_pseudo_beta_mask"] * same)[..., None],
        classes[:, None].expand(templates, tokens, tokens, CLASSES),
        classes[:, :, None].expand(templates, tokens, tokens, CLASSES),
        given["template_unit_vector"] * same[..., None],
        (given["template_backbone_frame_mask"] * same)[..., None],
    ]
    v = embedder.linear_no_bias_z(embedder.layernorm_z(z)) + embedder.linear_no_bias_a(torch.cat(parts, -1))
    _, v = embedder.pairformer_stack(None, v, None, **network.KERNELS)
    u = embedder.layernorm_v(v).sum(0) / (1e-7 + templates)
    return embedder.linear_no_bias_u(embedder.relu(u))
