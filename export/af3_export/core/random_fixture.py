"""Digests of seeded tensors, test/fixtures/random-tensors.json: Python and TypeScript are checked against them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from af3_export.core import random_tensors
from af3_export.core.files import write_atomically

TRUNK = "diffuser/evoformer/__layer_stack_no_per_layer_1/trunk_pairformer"
EVOFORMER = "diffuser/evoformer"
MSA = f"{EVOFORMER}/__layer_stack_no_per_layer/msa_stack"
TEMPLATE = f"{EVOFORMER}/template_embedding/single_template_embedding"
DIFFUSION = "diffuser/~/diffusion_head"
ATOMS = f"{DIFFUSION}/diffusion_atom_transformer_decoder"
TOKENS = f"{DIFFUSION}/transformer/__layer_stack_with_per_layer"
LAST_SEED = 2**32 - 1

# (kind, seed, name, shape, sigma)
STREAMS: list[tuple[str, int, str, tuple[int, ...], float | None]] = [
    ("normal", 0, "s", (7, 5), 1.0),
    ("normal", 1, "s", (7, 5), 1.0),
    ("normal", LAST_SEED, "s", (7, 5), 1.0),
    ("normal", 0, "", (1,), 1.0),
    ("normal", 0, "z", (3, 5, 7), 0.1),
    ("normal", 3, "Größe/β-Faltblatt/蛋白质/🧬", (11, 13), 0.25),
    ("normal", 17, "scalar", (), 2.0),
    ("normal", 0, "pair", (101, 103, 29), 1.0),
    ("one_plus", 0, "layer_norm.weight", (33,), 0.1),
    ("one_plus", LAST_SEED, "layer_norm.weight", (1025,), 0.5),
    ("mask", 0, "pair_mask", (9, 9), None),
    ("mask", 1, "single_mask", (257,), None),
    ("mask", LAST_SEED, "seq_mask", (1,), None),
]

# (engine, seed, name, shape)
WEIGHTS: list[tuple[str, int, str, tuple[int, ...]]] = [
    ("ligo", 0, "pairformer.blocks.0.pair_stack.tri_mul_out.linear_a_p.weight", (10, 18)),
    ("ligo", 0, "pairformer.blocks.0.pair_stack.tri_mul_out.linear_a_p.bias", (10,)),
    ("ligo", 5, "pairformer.blocks.1.attention.proj_pair_bias.0.weight", (18,)),
    ("ligo", 5, "pairformer.blocks.1.attention.proj_pair_bias.0.bias", (18,)),
    ("ligo", LAST_SEED, "pairformer.blocks.47.transition.output_linear.weight", (30, 90)),
    ("ligo", 6, "diffusion_module.diffusion_conditioning.fourier_embedding.weight", (1, 256)),
    ("ligo", 6, "diffusion_module.diffusion_conditioning.fourier_embedding.bias", (1, 256)),
    ("ligo", 6, "diffusion_module.atom_attention_encoder.linear_mask.weight", (6, 1)),
    ("ligo", 6, "diffusion_module.diffusion_transformer.blocks.0.attention_block.output_proj_linear.bias", (21,)),
    ("ligo", 6, "msa_module.blocks.1.outer_product_mean.linear_out.bias", (14,)),
    ("ligo", 6, "recycling_s_proj.0.weight", (15,)),
    ("deepmind", 0, f"{TRUNK}/triangle_multiplication_outgoing/left_norm_input:scale", (2, 22)),
    ("deepmind", 0, f"{TRUNK}/triangle_multiplication_outgoing/left_norm_input:offset", (2, 22)),
    ("deepmind", 0, f"{TRUNK}/triangle_multiplication_outgoing/projection:weights", (2, 22, 44)),
    ("deepmind", 1, f"{TRUNK}/pair_attention1/q_projection:weights", (2, 2, 16, 22)),
    ("deepmind", 1, f"{TRUNK}/pair_attention2/k_projection:weights", (1, 3, 17, 51)),
    ("deepmind", 1, f"{TRUNK}/pair_attention1/v_projection:weights", (2, 22, 2, 16)),
    ("deepmind", 1, f"{TRUNK}/pair_attention2/gating_query:weights", (2, 32, 22)),
    ("deepmind", LAST_SEED, f"{TRUNK}/single_attention_q_projection:bias", (2, 5, 6)),
    ("deepmind", LAST_SEED, f"{TRUNK}/single_attention_q_projection:weights", (2, 30, 5, 6)),
    ("deepmind", LAST_SEED, f"{TRUNK}/single_attention_gating_query:weights", (2, 20, 30)),
    ("deepmind", 2, f"{MSA}/outer_product_mean:output_w", (2, 5, 7, 11)),
    ("deepmind", 2, f"{MSA}/outer_product_mean:output_b", (2, 11)),
    ("deepmind", 2, f"{MSA}/msa_attention1/v_projection:weights", (2, 18, 3, 6)),
    ("deepmind", 2, f"{MSA}/pair_attention1/gating_query:weights", (1, 48, 22)),
    ("deepmind", 2, f"{TEMPLATE}/template_pair_embedding_1:weights", (14,)),
    ("deepmind", 2, f"{TEMPLATE}/template_pair_embedding_2:weights", (31, 14)),
    (
        "deepmind",
        2,
        f"{TEMPLATE}/__layer_stack_no_per_layer/template_embedding_iteration/pair_attention2/q_projection:weights",
        (2, 2, 16, 14),
    ),
    ("deepmind", 2, f"{EVOFORMER}/prev_embedding_layer_norm:scale", (14,)),
    ("deepmind", 2, "diffuser/evoformer_conditioning_embed_ref_charge:weights", (1, 12)),
    ("deepmind", 2, "diffuser/confidence_head/plddt_logits:weights", (18, 24, 50)),
    ("deepmind", 2, f"{ATOMS}/pair_logits_projection:weights", (6, 3, 2)),
    (
        "deepmind",
        2,
        f"{ATOMS}/__layer_stack_with_per_layer/diffusion_atom_transformer_decoderq_projection:weights",
        (3, 12, 2, 8),
    ),
    ("deepmind", 2, f"{TOKENS}/pair_logits_projection:weights", (2, 14, 2, 3)),
    ("deepmind", 2, f"{TOKENS}/__layer_stack_with_per_layer/transformerq_projection:bias", (2, 2, 4, 5)),
    ("deepmind", 2, f"{TOKENS}/__layer_stack_with_per_layer/transformerffw_transition1:weights", (2, 2, 20, 80)),
]


def _described(kind: str, seed: int, name: str, values: np.ndarray, **facts: Any) -> dict[str, Any]:
    """One entry: what to generate, the digest of its little-endian float32 bytes and its first eight values."""
    little = np.ascontiguousarray(values, "<f4")
    return {
        "kind": kind,
        **facts,
        "seed": seed,
        "name": name,
        "shape": list(values.shape),
        "sha256": hashlib.sha256(little.tobytes()).hexdigest(),
        "first": [float(value) for value in little.reshape(-1)[:8]],
    }


def entries() -> list[dict[str, Any]]:
    """Every entry of the fixture, computed now."""
    found = []
    for kind, seed, name, shape, sigma in STREAMS:
        make = getattr(random_tensors, kind)
        values = make(seed, name, shape) if sigma is None else make(seed, name, shape, sigma)
        found.append(_described(kind, seed, name, values, **({} if sigma is None else {"sigma": sigma})))
    for engine, seed, name, shape in WEIGHTS:
        values = random_tensors.weight(engine, seed, name, shape)
        found.append(_described("weight", seed, name, values, engine=engine))
    return found


def write(path: Path) -> None:
    """Writes the fixture, one entry a line."""
    lines = ",\n".join("  " + json.dumps(entry, ensure_ascii=False) for entry in entries())
    write_atomically(path, f"[\n{lines}\n]\n".encode())
