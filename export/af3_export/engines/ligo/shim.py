"""ligo as its authors wrote it, behind the lines of the protocol."""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

from af3_export.core.shims.protocol import Load
from af3_export.core.torch.shim import Offer, TorchShim
from af3_export.engines.ligo import network
from af3_export.engines.ligo.shim_components import COMPONENTS


@contextlib.contextmanager
def _unset_values() -> Iterator[None]:
    """Leaves out the initial values of linear layers, which scipy draws for minutes: all weights are set behind it."""
    primitives = network.module("models.components.primitives")
    names = [name for name in vars(primitives) if name.endswith("_init_") and callable(getattr(primitives, name))]
    with contextlib.ExitStack() as stack:
        for name in names:
            stack.enter_context(mock.patch.object(primitives, name, lambda *_, **__: None))
        yield


def _completed(request: Load) -> dict[str, Any]:
    """The config with the widths and counts that it lacks: those of the inputs, else the defaults of the format."""
    sizes, given = request.sizes, {key: value for key, value in request.config.items() if value is not None}
    if request.component not in ("trunk", "full"):
        return {**sizes, **given}
    counts = {
        "num_cycles": sizes.get("cycles", 1),
        "n_steps": sizes.get("draws", 199) + 1,
        "samples_per_trunk": sizes.get("samples", 1),
    }
    return {**counts, **given}


_OFFER = Offer(
    engine="ligo",
    components=COMPONENTS,
    imports=lambda: network.module("models.model"),
    unset_values=_unset_values,
    completed=_completed,
    settings={
        "attention": "the repository's matmul and softmax",
        "path": "functional (in-place operations off)",
    },
    output=lambda value: value[0],  # without the batch axis
)


class Shim(TorchShim):
    """The engine's side of the protocol."""

    def __init__(self) -> None:
        super().__init__(_OFFER)
