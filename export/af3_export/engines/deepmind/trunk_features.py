"""Made-up batch features that only the trunk reads: MSA, bonds, and the row orders of the engine's own shuffle."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from af3_export.core import random_tensors
from af3_export.engines.deepmind import network
from af3_export.engines.deepmind.batch import as_batch, batch

CLASSES = 31
Features = dict[str, NDArray]


def _integers(seed: int, name: str, shape: tuple[int, ...], bound: int) -> NDArray[np.int32]:
    """Seeded integers below a bound."""
    size = int(np.prod(shape))
    draws = random_tensors.words(seed, name, np.arange(size, dtype=np.uint64))
    return (draws % np.uint32(bound)).astype(np.int32).reshape(shape)


def msa_features(seed: int, rows: int, aatype: NDArray, seq_mask: NDArray) -> Features:
    """An MSA whose first row is the sequence, with a mask, deletions, and an empty row where there are four."""
    tokens = len(aatype)
    msa = _integers(seed, "msa", (rows, tokens), CLASSES)
    msa[0] = aatype
    mask = random_tensors.mask(seed, "msa_mask", (rows, tokens)) * seq_mask
    mask[0] = seq_mask
    if rows > 3:
        mask[3] = 0
    deletions = np.maximum(_integers(seed, "deletion_matrix", (rows, tokens), 12) - 6, 0)
    return {
        "msa": msa * seq_mask,
        "msa_mask": mask.astype(np.int32),
        "deletion_matrix": (deletions * mask).astype(np.int32),
        "profile": (_integers(seed, "profile", (tokens, CLASSES), 5) * seq_mask[:, None] / 32).astype(np.float32),
        "deletion_mean": (_integers(seed, "deletion_mean", (tokens,), 20) * seq_mask / 8).astype(np.float32),
    }


def bond_features(tokens: int, polymer: list[tuple[int, int]], ligand: list[tuple[int, int]]) -> Features:
    """Bond maps: the given pairs, a half-masked pair that the network takes for (0, 0), and padding."""
    found: Features = {}
    for name, pairs in (("polymer", polymer), ("ligand", ligand)):
        size = len(pairs) + 3
        where, mask = np.zeros((size, 2), np.int32), np.zeros((size, 2), np.int32)
        where[: len(pairs)], mask[: len(pairs)] = np.array(pairs).reshape(-1, 2), 1
        where[len(pairs)], mask[len(pairs)] = (2, 1), (1, 0)
        prefix = f"tokens_to_{name}_ligand_bonds"
        found |= {f"{prefix}:gather_idxs": where, f"{prefix}:gather_mask": mask}
        found[f"{prefix}:input_shape"] = np.array([tokens], np.int32)
    return found


def msa_order(given: Features, passes: int, num_msa: int, seed: int) -> NDArray[np.int32]:
    """The rows [passes, num_msa] that the engine's own shuffle takes when the model's key is PRNGKey(seed)."""
    shuffle = network.module("model.network.featurization").shuffle_msa
    batch_module = as_batch(batch(given))
    rows = given["msa"].shape[0]
    key, found = jax.random.PRNGKey(seed), []
    numbered = jnp.broadcast_to(jnp.arange(rows)[:, None], given["msa"].shape)
    msa = type(batch_module.msa)(
        rows=numbered,
        mask=jnp.asarray(batch_module.msa.mask),
        deletion_matrix=numbered,
        profile=batch_module.msa.profile,
        deletion_mean=batch_module.msa.deletion_mean,
        num_alignments=batch_module.msa.num_alignments,
    )
    for _ in range(passes):
        key, inner = jax.random.split(key)
        inner, _ = jax.random.split(inner)  # the evoformer gives a key to its templates first
        with warnings.catch_warnings(action="ignore"):  # the engine asks for int64 and takes int32
            shuffled, _ = shuffle(inner, msa)
        order = np.asarray(shuffled.rows[:, 0])
        # An index behind the last row clamps to it (trap T19).
        found.append(order[np.minimum(np.arange(num_msa), rows - 1)])
    return np.stack(found).astype(np.int32)
