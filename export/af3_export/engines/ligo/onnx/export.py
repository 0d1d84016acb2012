"""Exports components of ligo to ONNX."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from af3_export.core.torch import export as torch_export
from af3_export.core.torch.component import Component
from af3_export.engines.ligo.features import WINDOW
from af3_export.engines.ligo.onnx.atoms import DIFFUSION_MODULE, TRUNK
from af3_export.engines.ligo.onnx.parts import (
    CONFIDENCE_HEAD,
    DISTOGRAM_HEAD,
    MSA_MODULE,
    PAIRFORMER,
    TEMPLATE_EMBEDDER,
)
from af3_export.engines.ligo.onnx.patches import MHA_PATCH, PATCHES, patched, remove_dropout, use_multi_head_attention

_COMPONENTS: Mapping[str, Component] = {
    "pairformer": PAIRFORMER,
    "msa_module": MSA_MODULE,
    "diffusion_module": DIFFUSION_MODULE,
    "distogram_head": DISTOGRAM_HEAD,
    "template_embedder": TEMPLATE_EMBEDDER,
    "confidence_head": CONFIDENCE_HEAD,
    "trunk": TRUNK,
}
COMPONENTS = tuple(_COMPONENTS)


def _prepare(network: torch.nn.Module, variant: str) -> None:
    remove_dropout(network)
    if variant == "mha":
        use_multi_head_attention(network)


_EXPORTER = torch_export.Exporter(
    engine="ligo",
    components=_COMPONENTS,
    traced={"tokens": 12, "rows": 5, "atoms": 96, "samples": 3, "templates": 2},
    dims={"tokens": (1, 8192), "rows": (1, 65536), "atoms": (32, 262144), "samples": (1, 1024), "templates": (1, 64)},
    patched=patched,
    prepare=_prepare,
    patches=PATCHES,
    mha_patch=MHA_PATCH,
    widths=("c_s", "c_z"),
    # The network cuts atoms into windows.
    multiples={"atoms": WINDOW},
    trips=("num_cycles",),
)


def export(
    component: str,
    config: dict[str, Any],
    widths: dict[str, int],
    sizes: dict[str, int],
    variant: str,
    out: Path | None,
) -> str:
    """Exports, checks and writes one component; see core/onnx/files.py."""
    return torch_export.export(_EXPORTER, component, config, widths, sizes, variant, out)
