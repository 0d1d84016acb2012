"""ligo: Ligo-Biosciences/AlphaFold3 in PyTorch."""

from af3_export.core.engine import Engine, PairformerInputs
from af3_export.engines.ligo.random_weights import weight
from af3_export.engines.ligo.witness import pairformer

# Entries outside the masks are rounding noise at 1e8.
VALID = {"z": "pair_mask", "s": "single_mask"}

ENGINE = Engine(
    name="ligo",
    components={
        "pairformer": "pairformer",
        "msa_module": "msa",
        "diffusion_module": "diffusion",
        "distogram_head": "distogram",
        "template_embedder": "template",
        "confidence_head": "confidence",
        "trunk": "trunk",
        "full": "full",
    },
    weight=weight,
    pairformer=PairformerInputs("s", "z", "single_mask", config_has_widths=True, valid=VALID),
    witnesses={"pairformer": pairformer},
)
