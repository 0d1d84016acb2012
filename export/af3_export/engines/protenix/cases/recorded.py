"""Cases that came before this package could make them: features of real jobs out of the network's own featuriser.

Their inputs are kept, not made again, so they are read from the committed folder; weights follow from their seed.
"""

from collections.abc import Mapping
from typing import Any

from af3_export.core.case_files import read_tensors
from af3_export.core.component_case import ComponentCase
from af3_export.core.presets import REPOSITORY


def recorded(
    name: str,
    component: str,
    shows: str,
    config: Mapping[str, Any],
    seed: int,
    *,
    stored_weights: bool = True,
    flags: tuple[str, ...] = (),
) -> ComponentCase:
    """A case whose inputs lie in its folder."""
    file = REPOSITORY / "cases" / f"protenix-{component}-{name}" / "inputs.safetensors"
    return ComponentCase(
        name,
        "protenix",
        component,
        shows,
        config,
        seed,
        lambda: read_tensors(file),
        stored_weights=stored_weights,
        whole_outputs=True,
        flags=flags,
    )
