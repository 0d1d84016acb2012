"""deepmind: google-deepmind/alphafold3 in JAX."""

from af3_export.core.engine import Engine, PairformerInputs
from af3_export.engines.deepmind.random_weights import weight
from af3_export.engines.deepmind.witness import pairformer

ENGINE = Engine(
    name="deepmind",
    components={
        "pairformer": "pairformer",
        "msa_stack": "msa",
        "diffusion_transformer": "transformer",
        "distogram_head": "distogram",
        "template_embedding": "template",
        "diffusion_head": "diffusion",
        "confidence_head": "confidence",
        "trunk": "trunk",
        "full": "full",
    },
    weight=weight,
    # Padded entries count (trap T18).
    pairformer=PairformerInputs("single", "pair", "seq_mask", config_has_widths=False),
    witnesses={"pairformer": pairformer},
)
