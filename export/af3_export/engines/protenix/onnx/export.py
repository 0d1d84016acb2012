"""Exports components of protenix to ONNX."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from af3_export.core.torch import export as torch_export
from af3_export.core.torch.component import Component
from af3_export.engines.protenix.onnx.atoms import DIFFUSION_MODULE, INPUT_EMBEDDER, TRUNK
from af3_export.engines.protenix.onnx.parts import (
    CONFIDENCE_HEAD,
    DISTOGRAM_HEAD,
    MSA_MODULE,
    PAIRFORMER,
    TEMPLATE_EMBEDDER,
)
from af3_export.engines.protenix.onnx.patches import MHA_PATCH, PATCHES, patched, prepare

_COMPONENTS: Mapping[str, Component] = {
    "pairformer": PAIRFORMER,
    "msa_module": MSA_MODULE,
    "template_embedder": TEMPLATE_EMBEDDER,
    "input_embedder": INPUT_EMBEDDER,
    "diffusion_module": DIFFUSION_MODULE,
    "confidence_head": CONFIDENCE_HEAD,
    "distogram_head": DISTOGRAM_HEAD,
    "trunk": TRUNK,
}
COMPONENTS = tuple(_COMPONENTS)
_EXPORTER = torch_export.Exporter(
    engine="protenix",
    components=_COMPONENTS,
    traced={"tokens": 12, "rows": 5, "chosen": 4, "atoms": 75, "samples": 3, "templates": 2},
    dims={
        "tokens": (1, 8192),
        "rows": (1, 65536),
        "chosen": (1, 65536),
        "atoms": (1, 262144),
        "samples": (1, 1024),
        "templates": (1, 64),
    },
    patched=patched,
    prepare=prepare,
    patches=PATCHES,
    mha_patch=MHA_PATCH,
    trips=("N_cycle",),
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
