"""Made-up templates for deepmind's cases, kept away from the edges of the distance bins."""

import numpy as np
from numpy.typing import NDArray

from af3_export.core import random_tensors
from af3_export.core.errors import InputError
from af3_export.engines.deepmind import network

SLOTS = 24
# Glycine, every nucleotide, unknown (ligands), gap and N among amino acids: each has its own pseudo-beta and frame.
CLASSES = np.array((7, 22, 0, 20, 28, 21, 14, 25, 30, 12, 26, 3, 19, 23, 17, 29, 24, 27, 5), np.int32)
EDGES = np.linspace(3.25, 50.75, 39)
# Binning is a step: a distance this close to an edge (relative) could fall on either side.
EDGE_MARGIN = 2e-5


def require_clear_of_edges(points: NDArray, place: str, margin: float = EDGE_MARGIN) -> None:
    """Refuses points [n, 3] of which two lie at the distance of a bin's edge."""
    wide = points.astype(np.float64)
    distances = np.sqrt(((wide[:, None] - wide[None]) ** 2).sum(-1))
    if (np.abs(distances[..., None] - EDGES) < margin * EDGES).any():
        raise InputError(f"{place}: a distance lies on a bin's edge; choose another seed")


def _require_clear_templates(aatype: NDArray, positions: NDArray, place: str) -> None:
    """Refuses templates with pseudo-beta atoms at the distance of a bin's edge."""
    slot = network.module("model.protein_data_processing").RESTYPE_PSEUDOBETA_INDEX[aatype].astype(int)
    for template, index in zip(positions, slot, strict=True):
        require_clear_of_edges(np.take_along_axis(template, index[:, None, None], 1)[:, 0], place)


def template_features(
    seed: int, slots: int, tokens: int, empty: tuple[int, ...] = (), padded: int = 0
) -> dict[str, NDArray]:
    """aatype [T, N], atom positions [T, N, 24, 3] and mask [T, N, 24]; `empty` slots and `padded` last tokens are 0."""
    shape = (slots, tokens)
    aatype = CLASSES[(np.arange(tokens) + 5 * np.arange(slots)[:, None]) % len(CLASSES)]
    centres = random_tensors.normal(seed, "template_centres", (*shape, 1, 3), 9.0)
    positions = centres + random_tensors.normal(seed, "template_atoms", (*shape, SLOTS, 3), 1.5)
    mask = random_tensors.mask(seed, "template_atom_mask", (*shape, SLOTS))
    # Whole residues without coordinates, as gaps of an alignment have them.
    mask *= random_tensors.mask(seed, "template_residue_mask", shape)[..., None]
    for value in (aatype, positions, mask):
        value[list(empty)] = 0
        value[:, tokens - padded :] = 0
    _require_clear_templates(aatype, positions * mask[..., None], f"templates of seed {seed}")
    return {"aatype": aatype, "atom_positions": positions, "atom_mask": mask.astype(np.int32)}


def chains_mask(lengths: tuple[int, ...]) -> NDArray[np.float32]:
    """The multichain mask [N, N] of chains of these lengths."""
    chain = np.repeat(np.arange(len(lengths)), lengths)
    return (chain[:, None] == chain[None, :]).astype(np.float32)
