"""Batch features of made-up complexes for deepmind's cases: ids, maps and masks by the engine's own featuriser."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from af3_export.core import random_tensors
from af3_export.engines.deepmind import network

SLOTS = 24
QUERIES, KEYS = 32, 128
ELEMENTS = {"C": 6, "N": 7, "O": 8, "P": 15, "S": 16, "B": 35}
KINDS = {
    "protein": "polypeptide(L)",
    "rna": "polyribonucleotide",
    "dna": "polydeoxyribonucleotide",
    "ligand": "non-polymer",
}
REPRESENTATIVE = {"protein": "CA", "rna": "C1'", "dna": "C1'"}
Features = dict[str, NDArray]


@dataclass(frozen=True)
class Chain:
    """A chain of residues, numbered from 1 unless told; a ligand has one residue whose atoms are tokens."""

    kind: str
    residues: tuple[str, ...]
    numbers: tuple[int, ...] = ()
    # Names of a ligand's atoms, and atoms (of residues with these numbers) that no layout has.
    atoms: tuple[str, ...] = ()
    missing: Mapping[int, tuple[str, ...]] | None = None


def _names(chain: Chain, number: int, residue: str) -> list[str]:
    """The dense atom names of a residue; missing atoms leave their slot empty."""
    dense = network.module("constants.atom_types").DENSE_ATOM[residue]
    missing = (chain.missing or {}).get(number, ())
    # Within a chain a nucleotide lacks the terminal oxygen of the first slot.
    return ["" if name in missing or name == "OP3" else name for name in dense]


def _tokens(chains: tuple[Chain, ...]) -> list[tuple[str, str, int, str, str, list[str]]]:
    """(chain, kind, residue number, residue, representative atom, names of the dense slots) of every token."""
    found = []
    for index, chain in enumerate(chains):
        label = chr(ord("A") + index)
        numbers = chain.numbers or tuple(range(1, len(chain.residues) + 1))
        for number, residue in zip(numbers, chain.residues, strict=True):
            if chain.kind == "ligand":
                found += [(label, chain.kind, number, residue, atom, [atom]) for atom in chain.atoms]
            else:
                names = _names(chain, number, residue)
                found.append((label, chain.kind, number, residue, REPRESENTATIVE[chain.kind], names))
    return found


def _layouts(chains: tuple[Chain, ...]) -> tuple[Any, Any]:
    """The featuriser's layouts of representative atoms [n] and of all dense atoms [n, 24]."""
    layout = network.module("model.atom_layout.atom_layout").AtomLayout
    tokens = _tokens(chains)

    def arrays(names: list[list[str]]) -> Any:
        shape = (len(tokens), len(names[0]))

        def spread(values: list[Any], kind: Any) -> NDArray:
            return np.broadcast_to(np.array(values, kind)[:, None], shape).copy()

        return layout(
            atom_name=np.array(names, object),
            res_id=spread([token[2] for token in tokens], int),
            chain_id=spread([token[0] for token in tokens], object),
            atom_element=np.array([[name[:1] for name in row] for row in names], object),
            res_name=spread([token[3] for token in tokens], object),
            chain_type=spread([KINDS[token[1]] for token in tokens], object),
        )

    dense = arrays([[*token[5], *[""] * (SLOTS - len(token[5]))] for token in tokens])
    return arrays([[token[4]] for token in tokens])[:, 0], dense


class _NoComponents:
    """Stands in for the chemical component dictionary: it knows no modified residue."""

    def get(self, name: str) -> None:
        """Nothing."""


def structure_features(chains: tuple[Chain, ...], tokens: int) -> Features:
    """*tokens*, aatype, pred_dense_atom_mask and all maps of the engine's featuriser, padded to `tokens`."""
    features = network.module("model.features")
    flat, dense = _layouts(chains)
    atoms = -(-tokens * SLOTS // QUERIES) * QUERIES
    padding = features.PaddingShapes(num_tokens=tokens, msa_size=1, num_chains=1, num_templates=1, num_atoms=atoms)
    found = {
        **features.TokenFeatures.compute_features(flat, padding).as_data_dict(),
        "pred_dense_atom_mask": features.PredictedStructureInfo.compute_features(flat, dense, padding).atom_mask,
        **features.AtomCrossAtt.compute_features(dense, QUERIES, KEYS, padding).as_data_dict(),
        **features.PseudoBetaInfo.compute_features(dense, _NoComponents(), padding, "case").as_data_dict(),
    }
    wanted = {name: value for name, value in found.items() if not name.startswith("is_") and name != "seq_length"}
    return {name: np.asarray(value).astype(np.int32) for name, value in wanted.items()}


def reference_features(chains: tuple[Chain, ...], tokens: int, seed: int, noisy_padding: bool) -> Features:
    """Made-up reference structures; with `noisy_padding` empty slots hold values too, which shows what maps gather."""
    _, dense = _layouts(chains)
    shape, rows = (tokens, SLOTS), dense.shape[0]
    exists = np.zeros(shape, bool)
    exists[:rows] = dense.atom_name.astype(bool)
    uid, element = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    characters = np.zeros((*shape, 4), np.int32)
    spaces: dict[tuple[str, int], int] = {}
    for token, slot in np.argwhere(exists):
        space = (dense.chain_id[token, slot], dense.res_id[token, slot])
        uid[token, slot] = spaces.setdefault(space, len(spaces))
        element[token, slot] = ELEMENTS[dense.atom_name[token, slot][0]]
        characters[token, slot] = [ord(letter) - 32 for letter in dense.atom_name[token, slot].ljust(4)]
    mask = exists * random_tensors.mask(seed, "ref_mask", shape)
    made = {
        "ref_pos": random_tensors.normal(seed, "ref_pos", (*shape, 3), 2.0),
        "ref_charge": np.round(random_tensors.normal(seed, "ref_charge", shape)),
    }
    if noisy_padding:
        draws = random_tensors.words(seed, "padding", np.arange(2 * tokens * SLOTS, dtype=np.uint64)).reshape(2, *shape)
        # Few different spaces, so that the ids of queries and of wrongly gathered keys (trap T9) are often equal.
        uid = (draws[0] % 3).astype(np.int32)
        element = np.where(exists, element, draws[1] % 100).astype(np.int32)
    else:
        made["ref_pos"] *= exists[..., None]
        made["ref_charge"] *= exists
    return {
        **made,
        "ref_mask": mask.astype(np.int32),
        "ref_element": element,
        "ref_atom_name_chars": characters,
        "ref_space_uid": uid,
    }


BOOLEANS = ("seq_mask", "pred_dense_atom_mask", "ref_mask", "msa_mask", "template_atom_mask")
BYTES = ("msa", "deletion_matrix")
FLAGS = ("protein", "rna", "dna", "ligand", "nonstandard_polymer_chain", "water")


def batch(given: Mapping[str, NDArray]) -> Features:
    """The featurised dictionary: the featuriser's types, and what the network demands and never reads."""
    tokens = given["seq_mask"].shape[0]
    nothing = {f"is_{flag}": np.zeros(tokens, bool) for flag in FLAGS}
    for name in ("seq_length", "num_alignments", "residue_center_index", "frames_mask"):
        nothing[name] = np.zeros(tokens, np.int32)
    for name in ("aatype", "msa", "msa_mask", "deletion_matrix", "profile", "deletion_mean"):
        nothing[name] = np.zeros(tokens, np.int32)
    for name in ("template_aatype", "template_atom_positions", "template_atom_mask"):
        nothing[name] = np.zeros(0, np.int32)
    bonds = ("tokens_to_polymer_ligand_bonds", "token_atoms_to_polymer_ligand_bonds", "tokens_to_ligand_ligand_bonds")
    for name in (*bonds, "token_atoms_to_pseudo_beta"):
        for part in ("gather_idxs", "gather_mask", "input_shape"):
            nothing[f"{name}:{part}"] = np.zeros(1, np.int32)
    found = nothing | dict(given)
    for name in found:
        if name in BOOLEANS or name.endswith(":gather_mask"):
            found[name] = found[name].astype(bool)
        elif name in BYTES:
            found[name] = found[name].astype(np.int8)
    return found


def as_batch(found: Mapping[str, Any]) -> Any:
    """The network's own batch object of a featurised dictionary."""
    return network.module("model.feat_batch").Batch.from_data_dict(found)
