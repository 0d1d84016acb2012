"""Golden cases of protenix's trunk, as data."""

from af3_export.core.component_case import ComponentCase
from af3_export.engines.protenix import complexes
from af3_export.engines.protenix.cases.models import trunk_config
from af3_export.engines.protenix.cases.recorded import recorded
from af3_export.engines.protenix.complexes import Chain, Complex

ION = Complex(seed=191, chains=(Chain(0, 0, (1,), ligand=True),), charges={0: 2})
# Two copies of a chain, a third that is other, a ligand bonded to it: 67 atoms, three windows.
MIXED = Complex(
    seed=192,
    chains=(
        Chain(0, 0, (8, 11, 5), jumps=(0,)),
        Chain(0, 1, (8, 11, 5)),
        Chain(1, 0, (4,), ligand=True),
        Chain(2, 0, (14, 1)),
    ),
    masked=(2, 64),
    bonds=((7, 10),),
)
ONE = trunk_config(7, 1, templates=0, msa_blocks=1, blocks=1)
SCALED = trunk_config(32, 2, templates=2, msa_blocks=2, blocks=1, scaled=True, template_width=32)

CASES = [
    recorded(
        "odd",
        "trunk",
        "three cycles, each drawing its own rows of the MSA; three template slots; two chains and a ligand bonded to a"
        " lysine",
        trunk_config(12, 3, templates=1, msa_blocks=2, blocks=2),
        501,
        stored_weights=False,
    ),
    recorded(
        "tiny",
        "trunk",
        "the shape of tiny and mini: one MSA block (no MSA attention), no templates, four cycles",
        trunk_config(10, 4, templates=0, msa_blocks=1, blocks=2),
        502,
    ),
    ComponentCase(
        "one-atom",
        "protenix",
        "trunk",
        "a lone ion: one token, one atom, one row, one cycle, in which the zeros of the first pass meet LN's offset",
        ONE,
        ION.seed,
        lambda: complexes.trunk(ION, 1, [[0]]),
    ),
    ComponentCase(
        "scaled",
        "protenix",
        "trunk",
        "hidden widths that grow everywhere, as in v2; two templates among four slots; four chains; a cycle with all rows"
        " shuffled behind one with two",
        SCALED,
        MIXED.seed,
        lambda: complexes.trunk(MIXED, 7, [[5, 1], [3, 0, 6, 2, 1, 5, 4]], (True, False, True, False)),
    ),
]
