"""Only the pinned, unmodified source is accepted."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from af3_export.core import checkouts
from af3_export.core.errors import InputError


def git(folder: Path, *arguments: str) -> str:
    """Runs git in a folder with a made-up identity."""
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class Checkouts(unittest.TestCase):
    """verified_checkout."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name).resolve()
        patch = mock.patch.dict(os.environ, {"AF3_GPU_THIRD_PARTY": str(self.root)})
        patch.start()
        self.addCleanup(patch.stop)

    def repository(self) -> tuple[Path, str]:
        """A repository of one commit where the ligo checkout should be."""
        folder = self.root / "ligo"
        folder.mkdir()
        git(folder, "init", "--quiet")
        (folder / "a.py").write_text("x = 1\n")
        git(folder, "add", "a.py")
        git(folder, "commit", "--quiet", "-m", "first")
        return folder, git(folder, "rev-parse", "HEAD")

    def test_missing(self) -> None:
        with self.assertRaisesRegex(InputError, "missing; run `node third_party/fetch.mjs ligo`"):
            checkouts.verified_checkout("ligo")

    def test_another_commit(self) -> None:
        self.repository()
        with self.assertRaisesRegex(InputError, "expected 621531e4"):
            checkouts.verified_checkout("ligo")

    def test_folder_inside_another_repository(self) -> None:
        git(self.root, "init", "--quiet")
        (self.root / "ligo").mkdir()
        with self.assertRaisesRegex(InputError, "not a git checkout"):
            checkouts.verified_checkout("ligo")

    def test_right_then_modified(self) -> None:
        folder, commit = self.repository()
        with mock.patch.object(checkouts, "pin", return_value=checkouts.Pin("a/b", commit)):
            self.assertEqual(checkouts.verified_checkout("ligo"), folder)
            (folder / "a.py").write_text("x = 2\n")
            with self.assertRaisesRegex(InputError, "files differ"):
                checkouts.verified_checkout("ligo")

    def test_unknown_engine(self) -> None:
        with self.assertRaisesRegex(InputError, "unknown engine"):
            checkouts.verified_checkout("boltz")
