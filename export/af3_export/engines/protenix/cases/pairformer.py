"""Golden cases of protenix's Pairformer, as data."""

from dataclasses import replace
from typing import Any

from af3_export.core.component_case import ComponentCase
from af3_export.core.pairformer_case import preset_cases, seeded_case
from af3_export.engines.protenix.cases.recorded import recorded

ENGINE = "protenix"


def _config(blocks: int, heads: int, c_z: int, c_s: int, scaled: bool = False) -> dict[str, Any]:
    return {"n_blocks": blocks, "n_heads": heads, "c_z": c_z, "c_s": c_s, "hidden_scale_up": scaled}


def _seeded(name: str, shows: str, tokens: int, config: dict[str, Any], seed: int) -> ComponentCase:
    return seeded_case(name, ENGINE, shows, tokens, config["c_s"], config["c_z"], config, seed)


CASES = [
    recorded("odd", "pairformer", "two blocks at small widths, no mask, as the model runs it", _config(2, 3, 20, 12), 101),
    recorded(
        "scaled",
        "pairformer",
        "hidden widths that grow with c_z, as in v2: c_z / 32 triangle heads, c_z hidden channels",
        _config(1, 4, 64, 20, True),
        102,
    ),
    # The seed of its inputs is not that of its weights.
    replace(
        _seeded("block", "one block at the published widths of base, mini and tiny", 24, _config(1, 16, 128, 384), 103),
        inputs_seed=203,
        inputs=_seeded("block", "", 24, _config(1, 16, 128, 384), 203).inputs,
    ),
    _seeded(
        "one-token",
        "a single token: every softmax has one key and every triangle one corner",
        1,
        _config(2, 5, 12, 20),
        121,
    ),
    _seeded(
        "scaled-thin",
        "two blocks with hidden widths that grow, a single triangle head, more channels of the single track than of the pair",
        11,
        _config(2, 7, 32, 56, True),
        122,
    ),
    _seeded(
        "v2-block",
        "one block at the published widths of v2: 256 pair channels, eight triangle heads",
        19,
        _config(1, 16, 256, 384, True),
        123,
    ),
    *preset_cases(ENGINE, (("tiny", 64), ("block", 40))),
]
