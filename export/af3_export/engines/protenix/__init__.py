"""protenix: bytedance/Protenix in PyTorch."""

from af3_export.core.engine import Engine, PairformerInputs
from af3_export.engines.protenix.random_weights import weight
from af3_export.engines.protenix.witness import pairformer

ENGINE = Engine(
    name="protenix",
    components={
        "pairformer": "pairformer",
        "msa_module": "msa",
        "template_embedder": "template",
        "input_embedder": "input_embedder",
        "diffusion_module": "diffusion",
        "confidence_head": "confidence",
        "distogram_head": "distogram",
        "trunk": "trunk",
        "full": "full",
    },
    weight=weight,
    # No token is ever masked: the network runs at exact sizes.
    pairformer=PairformerInputs("s", "z", None, config_has_widths=True),
    witnesses={"pairformer": pairformer},
)
