"""protenix as its authors wrote it, behind the lines of the protocol."""

from typing import Any

from af3_export.core.shims.protocol import Load
from af3_export.core.torch.shim import Offer, TorchShim
from af3_export.engines.protenix import network
from af3_export.engines.protenix.shim_components import COMPONENTS


def _completed(request: Load) -> dict[str, Any]:
    """The config with the widths and counts that it lacks: those of the inputs."""
    given = {key: value for key, value in request.config.items() if value is not None}
    if request.component not in ("trunk", "full"):
        return {**request.sizes, **given}
    return {"N_cycle": request.sizes.get("cycles", 1), **given}


_OFFER = Offer(
    engine="protenix",
    components=COMPONENTS,
    imports=lambda: network.module("model.protenix"),
    unset_values=network.unset_values,
    completed=_completed,
    settings={
        "attention": "PyTorch's scaled_dot_product_attention; of triangles the repository's matmul and softmax",
        "path": "functional (in-place operations, caches and chunks off), mc_dropout off",
    },
)


class Shim(TorchShim):
    """The engine's side of the protocol."""

    def __init__(self) -> None:
        super().__init__(_OFFER)
