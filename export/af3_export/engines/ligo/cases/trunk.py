"""The committed golden cases of ligo's trunk, as data."""

from af3_export.core.component_case import Arrays, ComponentCase
from af3_export.core.preset_trunks import preset_trunks, synthetic_features
from af3_export.core.presets import preset
from af3_export.engines.ligo.features import Molecules
from af3_export.engines.ligo.model_inputs import TRUNK_VALID, model_config, trunk_inputs

ODD = model_config(15, 10, 12, 6, 2)

# 13 tokens, 52 atoms, three chains. The padded tokens own atoms here, masked and not.
MOLECULES = Molecules(
    seed=231,
    asym_id=(0,) * 6 + (1,) * 4 + (4,) * 3,
    entity_id=(0,) * 6 + (3,) * 4 + (0,) * 3,
    residue_index=(2, 3, 4, 45, 45, 46, 2, 3, 3, 38, 9, 9, 9),
    ref_space_uid=(0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 8, 8),
    atoms=(4, 7, 0, 5, 1, 9, 3, 2, 6, 4, 8, 1, 2),
    padded_tokens=(5, 12),
    masked_atoms=(3, 17, *range(19, 24), 50, 51),
    strays=(8,),
    token_jumps=(8, 11),
    filler_token=0,
)
TINY_ROWS: int = preset("ligo", "tiny")["widths"]["rows"]


def _tiny(tokens: int) -> Arrays:
    return synthetic_features("ligo", tokens, TINY_ROWS, {})


CASES = [
    ComponentCase(
        "odd",
        "ligo",
        "trunk",
        "two cycles with different MSAs, padded tokens that own atoms, a padded row, several chains; the weights of"
        " the diffusion module and the distogram are not there; globals are ignored",
        ODD,
        231,
        lambda: trunk_inputs(MOLECULES, 6, 2),
        valid=TRUNK_VALID,
    ),
    *preset_trunks("ligo", _tiny, {"rows": TINY_ROWS}, TRUNK_VALID),
]
