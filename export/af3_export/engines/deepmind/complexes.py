"""The made-up complexes that several of deepmind's cases share."""

from af3_export.engines.deepmind.batch import Chain

# Three residues of protein, twice (one entity), and a ligand: 9 tokens, 60 atoms.
SMALL = (
    Chain("protein", ("GLY", "TRP", "ARG"), (4, 5, 46), missing={5: ("CZ2",)}),
    Chain("ligand", ("LIG",), atoms=("C1", "N2", "O3")),
    Chain("protein", ("GLY", "TRP", "ARG"), (4, 5, 46)),
)
# Large residues of protein (twice), RNA and DNA, and a ligand: 12 tokens, 141 atoms.
LARGE = (
    Chain("protein", ("TRP", "ARG", "GLY"), (7, 8, 61), missing={8: ("NH2", "CZ")}),
    Chain("rna", ("A", "G"), (3, 4)),
    Chain("dna", ("DT", "DC"), (1, 2), missing={2: ("C2",)}),
    Chain("protein", ("TRP", "ARG", "GLY"), (7, 8, 61)),
    Chain("ligand", ("LIG",), atoms=("C1", "BR")),
)
# Chains of 24, 5 and 3 tokens.
CHAINS = (
    Chain("protein", ("GLY", "ALA", "CYS", "LEU") * 6),
    Chain("rna", ("A", "C", "G", "U", "A")),
    Chain("ligand", ("LIG",), atoms=("C1", "N2", "O3")),
)
