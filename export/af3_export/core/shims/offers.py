"""What a shim offers, and how it refuses the rest."""

from collections.abc import Collection, Sequence

from af3_export.core.checkouts import verified_checkout
from af3_export.core.errors import InputError
from af3_export.core.shims.protocol import Answer, Load, ShimError


def pinned(engine: str) -> None:
    """Refuses a checkout that is missing or is not the pinned commit, unmodified."""
    try:
        verified_checkout(engine)
    except InputError as error:
        raise ShimError("unavailable", str(error), f"run `npm run setup:native -- {engine}`") from None


def device(name: str, description: str, variants: Sequence[str]) -> Answer:
    """A device with the variants that it can run: TF32 is a mode of NVIDIA GPUs."""
    usable = [variant for variant in variants if variant != "tf32" or name == "cuda"]
    return {"name": name, "description": description, "variants": usable}


def require_offered(request: Load, components: Collection[str], devices: Sequence[Answer]) -> None:
    """Refuses what the shim does not have."""
    if request.component not in components:
        raise InputError(f"there is no component {request.component}: expected one of {', '.join(components)}")
    by_name = {found["name"]: found["variants"] for found in devices}
    if request.device not in by_name:
        raise ShimError("unavailable", f"there is no device {request.device} here", f"use {', '.join(by_name)}")
    usable = by_name[request.device]
    if request.variant not in usable:
        what = f"there is no variant {request.variant} on {request.device}"
        raise ShimError("unavailable", what, f"use {', '.join(usable)}")
