"""Trunks at a preset with everything by seed: the very workloads of `af3-gpu bench` and of the browser demo.

Their features are those of `af3-gpu features --synthetic`, which only TypeScript makes, so the built command line makes them here.
"""

import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from af3_export.core.case_files import read_tensors
from af3_export.core.component_case import Arrays, ComponentCase
from af3_export.core.errors import UnavailableError
from af3_export.core.presets import REPOSITORY, preset

SEED = 0
SHOWS = "the preset tiny with everything by seed: the workload of bench at this N, and what the browser demo runs"
COMMAND_LINE = REPOSITORY / "dist" / "cli" / "main.js"


def synthetic_features(engine: str, tokens: int, rows: int, options: Mapping[str, int]) -> Arrays:
    """What `af3-gpu features --synthetic` writes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "features.safetensors"
        sizes = {"seq-len": tokens, "msa": rows, "seed": SEED, **options}
        flags = [text for name, value in sizes.items() for text in (f"--{name}", str(value))]
        command = ["node", COMMAND_LINE, "features", "--synthetic", "--engine", engine, *flags, "--out", file]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise UnavailableError("node was not found: it makes the features of these cases") from None
        if done.returncode != 0:
            raise UnavailableError(
                f"the features could not be made; run `npm run build` ({done.stderr.strip()[-300:]})"
            )
        return read_tensors(file)


def preset_trunks(
    engine: str, features: Callable[[int], Arrays], dims: Mapping[str, int], valid: Mapping[str, str]
) -> list[ComponentCase]:
    """Cases of an engine's trunk at the preset tiny; `features` makes a case's inputs for a number of tokens."""
    config = preset(engine, "tiny")["trunk"]
    return [
        ComponentCase(
            f"tiny-{tokens}",
            engine,
            "trunk",
            SHOWS,
            config,
            SEED,
            lambda tokens=tokens: features(tokens),
            {"tokens": tokens, **dims},
            valid,
        )
        for tokens in (32, 64)
    ]
