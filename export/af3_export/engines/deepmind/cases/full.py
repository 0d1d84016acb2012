"""The committed golden cases of the whole deepmind model, as data."""

from typing import Any

from af3_export.core.component_case import Arrays, ComponentCase
from af3_export.engines.deepmind.cases.confidence import confidence_config
from af3_export.engines.deepmind.cases.diffusion import atom_transformer, diffusion_config, token_transformer
from af3_export.engines.deepmind.cases.trunk import evoformer_config, trunk_inputs

PUBLISHED = {"gamma_0": 0.8, "gamma_min": 1.0, "noise_scale": 1.003, "step_scale": 1.5}
# Full steps: after a few of them distances already lie within the confidence head's bins.
EAGER = {"gamma_0": 0.6, "gamma_min": 3.0, "noise_scale": 0.9, "step_scale": 1.0}


def _config(recycles: int, num_msa: int, steps: int, samples: int, sampler: dict[str, float]) -> dict[str, Any]:
    """A tiny model."""
    return {
        "evoformer": evoformer_config(18, 14, 10, num_msa, (16, 12, 6)),
        "heads": {
            "diffusion": diffusion_config(
                20,
                12,
                6,
                15,
                10,
                atom_transformer=atom_transformer(1, 2, 2, 8, 8),
                transformer=token_transformer(2, 2, 2, 2),
                eval={"steps": steps, "num_samples": samples, **sampler},
            ),
            "confidence": confidence_config(1, (2, 2), (3, 2)),
            "distogram": {"first_break": 2.3125, "last_break": 21.6875, "num_bins": 64},
        },
        "num_recycles": recycles,
        "global_config": {"bfloat16": "none"},
    }


def _inputs(seed: int, complex_name: str, tokens: int, rows: int, config: dict[str, Any], templates: int) -> Arrays:
    """Batch features and recorded noise."""
    from af3_export.engines.deepmind.randomness import seeded_noise

    sampling = config["heads"]["diffusion"]["eval"]
    passes, num_msa = config["num_recycles"] + 1, config["evoformer"]["num_msa"]
    features = trunk_inputs(seed, complex_name, tokens, rows, templates, (0,), passes, num_msa)
    return features | seeded_noise(seed, sampling["num_samples"], sampling["steps"], tokens)


TINY, FEW = _config(1, 4, 4, 2, EAGER), _config(0, 3, 7, 3, PUBLISHED)

CASES = [
    ComponentCase(
        "tiny",
        "deepmind",
        "full",
        "one recycle, two samples of four steps with constants of its own (two steps add noise, two do not), more than "
        "128 atoms, padding, templates with an empty slot",
        TINY,
        171,
        lambda: _inputs(171, "LARGE", 13, 6, TINY, 2),
    ),
    ComponentCase(
        "few-atoms",
        "deepmind",
        "full",
        "one pass, three samples of seven steps with the published constants, fewer than 128 atoms and fewer MSA rows "
        "than wanted",
        FEW,
        182,
        lambda: _inputs(182, "SMALL", 10, 2, FEW, 1),
    ),
]
