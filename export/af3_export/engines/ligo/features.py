"""Made-up molecules for ligo's cases: the 13 features of the network, with everything uneven that may be uneven."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from af3_export.core import random_tensors

WINDOW = 32  # the atom encoder needs a multiple of it


@dataclass(frozen=True)
class Molecules:
    """What the features say. Per token: chain, entity, residue, reference conformer and number of atoms."""

    seed: int
    asym_id: tuple[int, ...]
    entity_id: tuple[int, ...]
    residue_index: tuple[int, ...]
    # Of tokens with the same one, atoms see each other's reference positions; the first atom of `strays` is alone.
    ref_space_uid: tuple[int, ...]
    atoms: tuple[int, ...]
    padded_tokens: tuple[int, ...] = ()
    masked_atoms: tuple[int, ...] = ()
    strays: tuple[int, ...] = ()
    # Token indices are counted, with a jump of 40 before each of these: only tokens of one residue see it.
    token_jumps: tuple[int, ...] = ()
    # Atoms behind the last one, masked, belong to this token as a collator's zeros do.
    filler_token: int = 0

    @property
    def tokens(self) -> int:
        """Number of tokens."""
        return len(self.atoms)

    @property
    def all_atoms(self) -> int:
        """Number of atoms with the masked ones behind, a multiple of 32."""
        return -(-sum(self.atoms) // WINDOW) * WINDOW


def _one_hot(seed: int, name: str, atoms: int) -> NDArray[np.float32]:
    """[A, 4] with a single one per row."""
    draws = random_tensors.words(seed, name, np.arange(atoms, dtype=np.uint64)) >> np.uint32(30)
    return np.eye(4, dtype=np.float32)[draws.astype(np.int64)]


def _atom_to_token(given: Molecules) -> NDArray[np.int32]:
    """Each atom's token."""
    found = np.full(given.all_atoms, given.filler_token, np.int32)
    found[: sum(given.atoms)] = np.repeat(np.arange(given.tokens), given.atoms)
    return found


def token_features(given: Molecules) -> dict[str, NDArray]:
    """residue_index, token_index, asym_id, entity_id and token_mask, [N] each."""
    token_index = np.arange(given.tokens, dtype=np.int32)
    for token in given.token_jumps:
        token_index[token:] += 40
    token_mask = np.ones(given.tokens, np.float32)
    token_mask[list(given.padded_tokens)] = 0
    return {
        "residue_index": np.array(given.residue_index, np.int32),
        "token_index": token_index,
        "asym_id": np.array(given.asym_id, np.int32),
        "entity_id": np.array(given.entity_id, np.int32),
        "token_mask": token_mask,
    }


def atom_features(given: Molecules) -> dict[str, NDArray]:
    """The other eight features, [A], [A, 3] or [A, 4]."""
    seed, atoms = given.seed, given.all_atoms
    to_token = _atom_to_token(given)
    atom_mask = np.ones(atoms, np.float32)
    atom_mask[sum(given.atoms) :] = 0
    atom_mask[list(given.masked_atoms)] = 0
    uid = np.array(given.ref_space_uid, np.int32)[to_token]
    uid[sum(given.atoms) :] = 0
    for token in given.strays:
        uid[np.flatnonzero(to_token == token)[0]] = 90 + token
    return {
        "atom_mask": atom_mask,
        "ref_pos": random_tensors.normal(seed, "ref_pos", (atoms, 3), 2.0),
        "ref_charge": np.rint(random_tensors.normal(seed, "ref_charge", (atoms,), 0.7)).astype(np.float32),
        "ref_mask": random_tensors.mask(seed, "ref_mask", (atoms,)),
        "ref_element": _one_hot(seed, "ref_element", atoms),
        "ref_atom_name_chars": _one_hot(seed, "ref_atom_name_chars", atoms),
        "ref_space_uid": uid,
        "atom_to_token": to_token,
    }


def features(given: Molecules) -> Mapping[str, NDArray]:
    """All 13 features."""
    return {**token_features(given), **atom_features(given)}
