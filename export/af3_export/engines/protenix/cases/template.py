"""Golden cases of protenix's template embedder, as data."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays, ComponentCase
from af3_export.engines.protenix import complexes
from af3_export.engines.protenix.cases.recorded import recorded


def _config(blocks: int, c: int, c_z: int, scaled: bool = False) -> dict[str, Any]:
    return {"n_blocks": blocks, "c": c, "c_z": c_z, "hidden_scale_up": scaled}


def _case(
    name: str, shows: str, config: dict[str, Any], seed: int, asym_id: Sequence[int], present: Sequence[bool]
) -> ComponentCase:
    def inputs() -> Arrays:
        from af3_export.engines.protenix.features import template_geometry

        raw = complexes.templates(seed, len(asym_id), present)
        return {
            **raw,
            **template_geometry(raw),
            "asym_id": np.array(asym_id, np.int32),
            "z": random_tensors.normal(seed, "z", (len(asym_id), len(asym_id), config["c_z"])),
        }

    return ComponentCase(name, "protenix", "template_embedder", shows, config, seed, inputs)


CASES = [
    recorded(
        "odd",
        "template_embedder",
        "two chains, three slots, the last empty; raw and derived features",
        _config(2, 12, 10),
        106,
    ),
    _case(
        "two-present",
        "three chains that alternate, two templates behind an empty one and before another, residues of all kinds with"
        " atoms missing; hidden widths that grow with c, which here makes a single head",
        _config(2, 32, 14, True),
        141,
        (0, 0, 2, 1, 0, 2, 2),
        (False, True, True, False),
    ),
    _case("one-token", "one token, one slot", _config(1, 9, 7), 142, (4,), (True,)),
    _case(
        "none",
        "four slots without a template, which still run: the first has the gap's class, the others the class 0",
        _config(1, 20, 11),
        143,
        (0, 0, 1, 1, 1),
        (False,) * 4,
    ),
]
