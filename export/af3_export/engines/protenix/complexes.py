"""Made-up complexes for protenix's cases: what its featuriser would give of chains, residues and atoms, everything uneven that may be."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays

CLASSES, GAP, SLOTS = 32, 31, 24
# Atomic numbers less one: C, N, O, P, S, and magnesium of ions.
ELEMENTS = (5, 6, 7, 14, 15, 11)


@dataclass(frozen=True)
class Chain:
    """One chain. A polymer's residue is a token of so many atoms; a ligand's residues are tokens of one atom each."""

    entity: int
    sym: int
    atoms: tuple[int, ...]
    ligand: bool = False
    first_residue: int = 1
    # Residues behind which the numbering jumps by 40.
    jumps: tuple[int, ...] = ()


@dataclass(frozen=True)
class Complex:
    """Chains, and what its features hold beside them."""

    seed: int
    chains: tuple[Chain, ...]
    # Atoms without a reference position.
    masked: tuple[int, ...] = ()
    # Bonds between tokens beside those within ligands.
    bonds: tuple[tuple[int, int], ...] = ()
    # Tokens that all say the first one's reference conformer: windows far apart see each other's.
    shared_uid: tuple[int, ...] = ()
    charges: dict[int, int] = field(default_factory=dict)

    def token_atoms(self) -> list[int]:
        """Number of atoms of each token."""
        return [
            count for chain in self.chains for atoms in chain.atoms for count in ([1] * atoms if chain.ligand else [atoms])
        ]

    @property
    def tokens(self) -> int:
        """Number of tokens."""
        return len(self.token_atoms())

    @property
    def atoms(self) -> int:
        """Number of atoms."""
        return sum(self.token_atoms())


def _integers(seed: int, name: str, shape: Sequence[int], count: int) -> NDArray[np.int32]:
    """Integers below `count`."""
    size = int(np.prod(shape))
    draws = random_tensors.words(seed, name, np.arange(size, dtype=np.uint64)).astype(np.uint64)
    return (draws * np.uint64(count) >> np.uint64(32)).astype(np.int32).reshape(shape)


def ids(given: Complex) -> dict[str, NDArray]:
    """The five ids, [N] each."""
    rows = []
    for asym, chain in enumerate(given.chains):
        residue = chain.first_residue
        for place, atoms in enumerate(chain.atoms):
            rows += [(asym, chain.entity, chain.sym, residue)] * (atoms if chain.ligand else 1)
            residue += 41 if place in chain.jumps else 1
    names = ("asym_id", "entity_id", "sym_id", "residue_index")
    found = {name: np.array(column, np.int32) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    return {**found, "token_index": np.arange(given.tokens, dtype=np.int32)}


def _uids(given: Complex) -> NDArray[np.int32]:
    """Each token's reference conformer: one for each residue."""
    found: list[int] = []
    for chain in given.chains:
        for atoms in chain.atoms:
            uid = found[-1] + 1 if found else 0
            found += [uid] * (atoms if chain.ligand else 1)
    uids = np.array(found, np.int32)
    if given.shared_uid:
        uids[list(given.shared_uid)] = uids[given.shared_uid[0]]
    return uids


def atoms(given: Complex) -> dict[str, NDArray]:
    """What the atom encoders read."""
    seed, count = given.seed, given.atoms
    owner = np.repeat(np.arange(given.tokens, dtype=np.int32), given.token_atoms())
    charge = np.rint(random_tensors.normal(seed, "ref_charge", (count,), 0.6)).astype(np.int32)
    for atom, value in given.charges.items():
        charge[atom] = value
    mask = np.ones(count, np.int32)
    mask[list(given.masked)] = 0
    return {
        "atom_to_token_idx": owner,
        "ref_pos": random_tensors.normal(seed, "ref_pos", (count, 3), 1.7),
        "ref_charge": charge,
        "ref_mask": mask,
        "ref_element": np.array(ELEMENTS, np.int32)[_integers(seed, "ref_element", (count,), len(ELEMENTS))],
        "ref_atom_name_chars": _integers(seed, "ref_atom_name_chars", (count, 4), 64),
        "ref_space_uid": _uids(given)[owner],
    }


def residues(given: Complex) -> dict[str, NDArray]:
    """Classes, profiles and deletions of the tokens."""
    seed, tokens = given.seed, given.tokens
    classes = _integers(seed, "restype", (tokens,), GAP)
    weights = np.abs(random_tensors.normal(seed, "profile", (tokens, CLASSES)))
    deletions = np.maximum(random_tensors.normal(seed, "deletion_mean", (tokens,)), 0)
    return {
        "restype": np.eye(CLASSES, dtype=np.float32)[classes],
        "profile": (weights / weights.sum(-1, keepdims=True)).astype(np.float32),
        "deletion_mean": deletions.astype(np.float32),
    }


def msa(seed: int, rows: int, tokens: int, orders: Sequence[Sequence[int]]) -> dict[str, NDArray]:
    """Rows of an MSA, and which of them each pass takes."""
    deletions = np.maximum(_integers(seed, "deletions", (rows, tokens), 9) - 5, 0)
    order = np.full((len(orders), rows), -1, np.int32)
    for place, chosen in enumerate(orders):
        order[place, : len(chosen)] = chosen
    return {
        "msa": _integers(seed, "msa", (rows, tokens), CLASSES),
        "has_deletion": np.minimum(deletions, 1).astype(np.float32),
        "deletion_value": (2 / np.pi * np.arctan(deletions / 3)).astype(np.float32),
        "msa_order": order,
    }


def bonds(given: Complex) -> dict[str, NDArray]:
    """Symmetric bonds: each ligand's tokens in a row, and those that are named."""
    found = np.zeros((given.tokens, given.tokens), np.float32)
    owner, start = ids(given)["asym_id"], 0
    for asym, chain in enumerate(given.chains):
        stop = start + int((owner == asym).sum())
        if chain.ligand:
            for token in range(start, stop - 1):
                found[token, token + 1] = found[token + 1, token] = 1
        start = stop
    for one, other in given.bonds:
        found[one, other] = found[other, one] = 1
    return {"token_bonds": found}


def templates(seed: int, tokens: int, present: Sequence[bool]) -> dict[str, NDArray]:
    """Raw templates; an absent one is a slot of zeros, the first of them of gaps, as the featuriser pads them."""
    slots = len(present)
    classes = _integers(seed, "template_aatype", (slots, tokens), GAP)
    positions = random_tensors.normal(seed, "template_atom_positions", (slots, tokens, SLOTS, 3), 9.0)
    mask = random_tensors.mask(seed, "template_atom_mask", (slots, tokens, SLOTS)).astype(np.int32)
    for slot in np.flatnonzero(~np.array(present)):
        classes[slot] = GAP if slot == 0 else 0
        positions[slot] = mask[slot] = 0
    return {
        "template_aatype": classes,
        "template_atom_positions": positions * mask[..., None].astype(np.float32),
        "template_atom_mask": mask,
    }


def heads(given: Complex) -> dict[str, NDArray]:
    """What the confidence head and the scores read of atoms and tokens."""
    counts = given.token_atoms()
    place = np.concatenate([np.arange(count) for count in counts]).astype(np.int32)
    standing = np.zeros(given.atoms, np.int32)
    starts = np.cumsum([0, *counts[:-1]])
    # The second atom stands for a token that has three, as a Cα would, else the first.
    standing[[start + (1 if count > 2 else 0) for start, count in zip(starts, counts, strict=True)]] = 1
    owner = np.repeat(ids(given)["asym_id"], counts)
    ligand = np.array([chain.ligand for chain in given.chains])
    return {
        "atom_to_tokatom_idx": place,
        "distogram_rep_atom_mask": standing,
        "has_frame": np.array([count > 2 for count in counts], np.int32),
        "is_ligand": ligand[owner].astype(np.int32),
    }


def noise(seed: int, steps: int, samples: int, count: int) -> dict[str, NDArray]:
    """The sampler's randomness: unit normals, and rotations that are made orthonormal from them."""
    made = {
        "init_noise": random_tensors.normal(seed, "init_noise", (samples, count, 3)),
        "step_translation": random_tensors.normal(seed, "step_translation", (steps, samples, 3)),
        "step_noise": random_tensors.normal(seed, "step_noise", (steps, samples, count, 3)),
    }
    matrix = random_tensors.normal(seed, "step_rotation", (steps, samples, 3, 3)).astype(np.float64)
    turned, _ = np.linalg.qr(matrix)
    turned[..., 0] *= np.sign(np.linalg.det(turned))[..., None]
    return {**made, "step_rotation": turned.astype(np.float32)}


def trunk(given: Complex, rows: int, orders: Sequence[Sequence[int]], present: Sequence[bool] = ()) -> Arrays:
    """All features of a trunk."""
    found = {**ids(given), **atoms(given), **residues(given), **bonds(given), **msa(given.seed, rows, given.tokens, orders)}
    return found | (templates(given.seed, given.tokens, present) if present else {})
