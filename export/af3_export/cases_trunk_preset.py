"""Trunks at a preset with everything by seed: the very workloads of `af3-gpu bench` and of the browser demo.

Their features are those of src/engines/<engine>/features, which only TypeScript makes, so the built command line makes them here.
"""

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from af3_export.case_files import read_tensors
from af3_export.component_case import Arrays, ComponentCase
from af3_export.errors import UnavailableError
from af3_export.presets import REPOSITORY, preset

COMMAND_LINE = REPOSITORY / "dist" / "cli" / "main.js"


def synthetic_features(engine: str, seed: int, tokens: int, rows: int, options: Mapping[str, int]) -> Arrays:
    """What `af3-gpu features --synthetic` writes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "features.safetensors"
        sizes = {"seq-len": tokens, "msa": rows, "seed": seed, **options}
        flags = [text for name, value in sizes.items() for text in (f"--{name}", str(value))]
        command = ["node", COMMAND_LINE, "features", "--synthetic", "--engine", engine, *flags, "--out", file]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise UnavailableError("node was not found: it makes the features of these cases") from None
        if done.returncode != 0:
            raise UnavailableError(f"the features could not be made; run `npm run build` ({done.stderr.strip()[-300:]})")
        return read_tensors(file)


def _ligo(tokens: int, seed: int) -> Arrays:
    return synthetic_features("ligo", seed, tokens, preset("ligo", "tiny")["widths"]["rows"], {})


def _deepmind(tokens: int, seed: int) -> Arrays:
    rows = preset("deepmind", "tiny")["trunk"]["evoformer"]["num_msa"]
    found = synthetic_features("deepmind", seed, tokens, rows, {"num-msa": rows, "templates": 4})
    return {name: value for name, value in found.items() if not name.startswith("token_atoms_to_pseudo_beta")}


SHOWS = "the preset tiny with everything by seed: the workload of bench at this N, and what the browser demo runs"


def ligo_cases(valid: Mapping[str, str]) -> list[ComponentCase]:
    """ligo's trunk at the preset tiny."""
    config, rows = preset("ligo", "tiny")["trunk"], preset("ligo", "tiny")["widths"]["rows"]
    return [
        ComponentCase(
            f"tiny-{tokens}",
            "ligo",
            "trunk",
            SHOWS,
            config,
            0,
            lambda tokens=tokens: _ligo(tokens, 0),
            {"tokens": tokens, "rows": rows},
            valid,
        )
        for tokens in (32, 64)
    ]


def deepmind_cases() -> list[ComponentCase]:
    """deepmind's trunk at the preset tiny."""
    config = preset("deepmind", "tiny")["trunk"]
    return [
        ComponentCase(
            f"tiny-{tokens}",
            "deepmind",
            "trunk",
            SHOWS,
            config,
            0,
            lambda tokens=tokens: _deepmind(tokens, 0),
            {"tokens": tokens, "templates": 4},
        )
        for tokens in (32, 64)
    ]
