"""The committed golden cases of ligo's distogram head, as data."""

from af3_export.core.component_case import ComponentCase, seeded_inputs

CASES = [
    ComponentCase(
        "odd",
        "ligo",
        "distogram_head",
        "odd sizes; the logits are those of both directions added, so the bias counts twice",
        {"c_z": 13, "no_bins": 11},
        211,
        lambda: seeded_inputs(211, {"z": (9, 9, 13)}, {}),
    ),
    ComponentCase(
        "published",
        "ligo",
        "distogram_head",
        "the published widths",
        {"c_z": 128, "no_bins": 64},
        212,
        lambda: seeded_inputs(212, {"z": (33, 33, 128)}, {}),
        {"tokens": 33},
    ),
]
