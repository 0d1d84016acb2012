"""Golden cases of protenix's MSA module, as data."""

from collections.abc import Sequence
from typing import Any

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays, ComponentCase
from af3_export.engines.protenix import complexes
from af3_export.engines.protenix.cases.recorded import recorded


def _config(blocks: int, c_m: int, c_z: int, c_s_inputs: int, scaled: bool = False) -> dict[str, Any]:
    return {"n_blocks": blocks, "c_m": c_m, "c_z": c_z, "c_s_inputs": c_s_inputs, "hidden_scale_up": scaled}


def _case(
    name: str, shows: str, config: dict[str, Any], seed: int, tokens: int, rows: int, order: Sequence[int]
) -> ComponentCase:
    def inputs() -> Arrays:
        return {
            **complexes.msa(seed, rows, tokens, [order]),
            "z": random_tensors.normal(seed, "z", (tokens, tokens, config["c_z"])),
            "s_inputs": random_tensors.normal(seed, "s_inputs", (tokens, config["c_s_inputs"])),
        }

    return ComponentCase(name, "protenix", "msa_module", shows, config, seed, inputs)


CASES = [
    recorded(
        "odd",
        "msa_module",
        "three blocks, rows drawn and shuffled by the module itself; the last block has no MSA stack",
        _config(3, 14, 10, 21),
        104,
    ),
    recorded(
        "one-block",
        "msa_module",
        "one block as in mini and tiny: outer product and pair stack only",
        _config(1, 14, 10, 21),
        105,
    ),
    _case("one-token", "one token, one of three rows", _config(2, 7, 9, 12), 131, 1, 3, [2]),
    _case(
        "scaled",
        "hidden widths that grow with c_z; all 37 rows in order, more than a subgroup and no multiple of four",
        _config(2, 22, 64, 19, True),
        132,
        5,
        37,
        range(37),
    ),
    _case(
        "published",
        "two blocks at the published widths, 13 of 17 rows backwards",
        _config(2, 64, 128, 449),
        133,
        9,
        17,
        range(15, 2, -1),
    ),
]
