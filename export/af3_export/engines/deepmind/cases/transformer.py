"""The committed golden cases of deepmind's token transformer, as data."""

from typing import Any

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays, ComponentCase, seeded_inputs


def _config(blocks: int, super_block: int, factor: int, **attention: int | None) -> dict[str, Any]:
    """A config from blocks, blocks per super block, the transition factor and the attention's entries."""
    return {
        "num_blocks": blocks,
        "super_block_size": super_block,
        "num_intermediate_factor": factor,
        "attention": attention,
    }


def _inputs(seed: int, tokens: int, c: int, c_s: int, c_p: int) -> Arrays:
    """Seeded inputs as docs/random-tensors.md has them."""
    representations = {"act": (tokens, c), "single_cond": (tokens, c_s), "pair_cond": (tokens, tokens, c_p)}
    return seeded_inputs(seed, representations, {"mask": (tokens,)})


def _padded(seed: int, tokens: int, c: int, c_s: int, c_p: int) -> Arrays:
    """Seeded inputs with about half of the tokens masked, the last two among them."""
    made = dict(_inputs(seed, tokens, c, c_s, c_p))
    mask = made["mask"]
    for draw in range(4):
        mask *= random_tensors.mask(seed, f"mask/{draw}", mask.shape)
    mask[0], mask[2], mask[-2:] = 1, 0, 0
    return made


CASES = [
    ComponentCase(
        "odd",
        "deepmind",
        "diffusion_transformer",
        "two super blocks of two blocks, all widths different",
        _config(4, 2, 3, num_head=5, key_dim=None),
        111,
        lambda: _inputs(111, 9, 30, 18, 14),
    ),
    ComponentCase(
        "padded",
        "deepmind",
        "diffusion_transformer",
        "padding, one super block of three blocks, keys and values of other widths than the activations",
        _config(3, 3, 2, num_head=2, key_dim=14, value_dim=10),
        112,
        lambda: _padded(112, 13, 22, 10, 9),
    ),
    ComponentCase(
        "published",
        "deepmind",
        "diffusion_transformer",
        "one block at the published widths",
        _config(1, 1, 2, num_head=16),
        113,
        lambda: _inputs(113, 40, 768, 384, 128),
        {"tokens": 40, "c": 768, "c_s": 384, "c_p": 128},
    ),
]
