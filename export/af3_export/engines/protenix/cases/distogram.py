"""Golden cases of protenix's distogram head, as data."""

from af3_export.core.component_case import ComponentCase, seeded_inputs
from af3_export.engines.protenix.cases.recorded import recorded


def _seeded(name: str, shows: str, tokens: int, c_z: int, seed: int) -> ComponentCase:
    return ComponentCase(
        name,
        "protenix",
        "distogram_head",
        shows,
        {"c_z": c_z, "no_bins": 64},
        seed,
        lambda: seeded_inputs(seed, {"z": (tokens, tokens, c_z)}, {}),
        {"tokens": tokens},
    )


CASES = [
    recorded(
        "odd", "distogram_head", "distogram logits and contact probabilities", {"c_z": 17, "no_bins": 64}, 107
    ),
    _seeded("one-token", "one token, whose bias counts twice as everywhere", 1, 6, 181),
    _seeded("published", "the published widths", 33, 128, 182),
]
