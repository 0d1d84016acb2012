"""Finds the pinned source that third_party/fetch.mjs restored, and refuses anything else."""

import base64
import csv
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from af3_export.core.errors import InputError, UnavailableError
from af3_export.core.presets import REPOSITORY
from af3_export.core.registry import require_engine


@dataclass(frozen=True)
class Wheel:
    """A release on the package index with the commit's own bytes below `paths`; `record` is the digest of its RECORD."""

    package: str
    version: str
    record: str
    paths: tuple[str, ...]

    @property
    def record_file(self) -> str:
        """The table of its files' digests."""
        return f"{self.package}-{self.version}.dist-info/RECORD"


@dataclass(frozen=True)
class Pin:
    """A public repository at one commit."""

    repo: str
    commit: str
    wheel: Wheel | None = None

    def source(self) -> dict[str, str]:
        """The `source` entry of a case."""
        return {"repo": self.repo, "commit": self.commit}


def pin(engine: str) -> Pin:
    """The pinned repository of an engine, from third_party/pins.json."""
    pins = json.loads((REPOSITORY / "third_party" / "pins.json").read_text(encoding="utf-8"))
    entry = pins[require_engine(engine)]
    found = entry.get("wheel")
    wheel = found and Wheel(found["package"], found["version"], found["record"], tuple(entry["paths"]))
    return Pin(entry["repo"], entry["commit"], wheel)


def checkout_path(engine: str) -> Path:
    """Where third_party/fetch.mjs puts an engine's source (AF3_GPU_THIRD_PARTY moves it)."""
    root = os.environ.get("AF3_GPU_THIRD_PARTY") or REPOSITORY / "third_party" / "checkouts"
    return Path(root).resolve() / require_engine(engine)


def _git(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs git on exactly this checkout: left to itself it would find the repository around a missing one."""
    command = ["git", f"--git-dir={checkout / '.git'}", f"--work-tree={checkout}", *arguments]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    except FileNotFoundError:
        raise UnavailableError("git was not found: it is needed to verify the checkouts in third_party") from None


def _digest(file: Path) -> str:
    """What RECORD says of an unmodified file."""
    found = hashlib.sha256(file.read_bytes()).digest()
    return "sha256=" + base64.urlsafe_b64encode(found).decode().rstrip("=")


def _wheel_defect(folder: Path, wheel: Wheel) -> str | None:
    """Why an unpacked wheel is not the pinned one, or None; files beside those of the wheel do not count, as in git."""
    record = (folder / wheel.record_file).read_bytes()
    if hashlib.sha256(record).hexdigest() != wheel.record:
        return f"{wheel.record_file} is not that of {wheel.package} {wheel.version}"
    for name, digest, _ in csv.reader(record.decode("utf-8").splitlines()):
        file = folder / name
        if f"/{name}".startswith(wheel.paths) and (not file.is_file() or _digest(file) != digest):
            return f"{name} differs from the wheel {wheel.package} {wheel.version}"
    return None


def verified_checkout(engine: str) -> Path:
    """The folder of an engine's source, after checking that it is the pinned commit (or its wheel) and unmodified."""
    checkout, wanted = checkout_path(engine), pin(engine)
    fix = f"run `node third_party/fetch.mjs {engine}`"
    if not checkout.is_dir():
        raise InputError(f"{checkout}: the checkout of {wanted.repo} is missing; {fix}")
    if wanted.wheel and (checkout / wanted.wheel.record_file).is_file():
        defect = _wheel_defect(checkout, wanted.wheel)
        if defect is not None:
            raise InputError(f"{checkout}: {defect}; delete it and {fix}")
        return checkout
    head = _git(checkout, "rev-parse", "--verify", "--quiet", "HEAD")
    if head.returncode != 0:
        raise InputError(f"{checkout}: not a git checkout of {wanted.repo}; delete it and {fix}")
    if head.stdout.strip() != wanted.commit:
        raise InputError(f"{checkout}: at commit {head.stdout.strip()}, expected {wanted.commit}; {fix}")
    changed = _git(checkout, "status", "--porcelain", "--untracked-files=no")
    if changed.returncode != 0 or changed.stdout.strip():
        raise InputError(f"{checkout}: files differ from commit {wanted.commit}; delete it and {fix}")
    return checkout


def put_on_path(folder: Path) -> None:
    """Makes a checkout importable, before anything of the same name, without leaving bytecode in it."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(folder))
