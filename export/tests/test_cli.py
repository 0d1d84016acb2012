"""Bad usage is one sentence on stderr and exit code 2, and changes nothing."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

from af3_export.cli import main


class Refusals(unittest.TestCase):
    """main() with arguments that cannot work."""

    def test_one_sentence(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "file").write_text("x")
            out = str(folder / "file" / "below")
            own = ["case", "--out", out, "--engine", "ligo"]
            graph = ["onnx", "--engine", "ligo", "--out", str(folder / "graph")]
            for arguments in (
                [],
                ["nothing"],
                ["cases", "--engine", "boltz", "--out", out],
                ["cases", "--engine", "ligo", "--out", out, "nothing"],
                ["cases", "--engine", "ligo", "--out", out, "odd"],
                ["cases", "--engine", "ligo"],
                ["digests", "--out", out],
                ["rounding-depth", "--engine", "boltz", "--out", str(folder / "depth.json")],
                ["rounding-depth", "--engine", "ligo", "--out", str(folder / "depth.json"), "--depths", "1,2.5"],
                ["rounding-depth", "--engine", "ligo", "--out", str(folder / "depth.json"), "--scales", "0"],
                ["rounding-depth", "--engine", "ligo", "--out", str(folder / "depth.json"), "--tokens", "0"],
                ["rounding-depth", "--engine", "ligo", "--out", str(folder / "file")],
                ["onnx", "--engine", "ligo", "--component", "pairformer", "--out", out],
                [*graph, "--component", "pairformer", "--preset", "nothing"],
                [*graph, "--component", "widths", "--preset", "tiny"],
                [*graph, "--component", "pairformer", "--preset", "tiny", "--variant", "fused"],
                [*graph, "--component", "pairformer", "--preset", "tiny", "--tokens", "0"],
                [*graph, "--component", "pairformer", "--preset", "tiny", "--width", "c_s=8"],
                [*graph, "--component", "pairformer", "--config", "absent.json"],
                [*own, "--config", "absent.json", "--weights", "seed:0", "--inputs", "seed:0"],
                [*own, "--config", "preset:nothing", "--weights", "seed:0", "--inputs", "seed:0"],
                [*own, "--config", "preset:tiny", "--weights", "seed:x", "--inputs", "seed:0"],
                [*own, "--config", "preset:tiny", "--weights", "seed:0", "--inputs", "seed:0"],
                [*own, "--config", "preset:tiny", "--weights", "seed:0", "--inputs", "seed:0", "--tokens", "0"],
                [*own, "--config", "preset:tiny", "--weights", "absent", "--inputs", "seed:0", "--tokens", "3"],
            ):
                with self.subTest(arguments=arguments), contextlib.redirect_stderr(io.StringIO()) as errors:
                    self.assertEqual(main(arguments), 2)
                    self.assertEqual(errors.getvalue().count("\n"), 1)
            self.assertEqual([path.name for path in folder.iterdir()], ["file"])
