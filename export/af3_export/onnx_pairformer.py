"""Exports the ligo Pairformer to ONNX, patched from outside the repository where a runtime would fall off its GPU."""

import hashlib
import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxscript
import torch
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from af3_export import random_tensors, reference_ligo
from af3_export.checkouts import pin
from af3_export.compare import difference
from af3_export.errors import InputError
from af3_export.files import new_folder
from af3_export.make_cases import listed
from af3_export.presets import pairformer_widths, preset

FORMAT = "af3-gpu-onnx/1"
OPSET = 20
INPUTS = ("s", "z", "single_mask", "pair_mask")
OUTPUTS = ("s_out", "z_out")
EXPORT_TOKENS = 12
# An odd size that the export has not seen, against the unpatched network.
CHECK_TOKENS = 7
CHECK_BOUND = 1e-4
PATCHES = [
    "safe_softmax is a plain softmax: its nan_to_num falls back to the CPU under WebGPU; a finite mask makes no NaN",
    "dropout modules are the identity: in eval they would multiply by a tensor of ones",
]


class _Exported(torch.nn.Module):
    """The stack with positional inputs: s [1, N, c_s], z [1, N, N, c_z], single_mask [1, N], pair_mask [1, N, N]."""

    def __init__(self, stack: torch.nn.Module) -> None:
        super().__init__()
        self.stack = stack

    def forward(
        self, s: torch.Tensor, z: torch.Tensor, single_mask: torch.Tensor, pair_mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return self.stack(s, z, single_mask, pair_mask, use_deepspeed_evo_attention=False, inplace_safe=False)


def _remove_dropout(network: torch.nn.Module) -> None:
    """Replaces every dropout module by the identity."""
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if "Dropout" in type(child).__name__:
                setattr(module, name, torch.nn.Identity())


def _plain_softmax() -> None:
    """Replaces the repository's softmax, which ends with nan_to_num."""
    primitives = sys.modules["src.models.components.primitives"]
    primitives.safe_softmax = lambda x, axis=-1: torch.softmax(x, axis)  # type: ignore[attr-defined]


def _arguments(tokens: int, widths: tuple[int, int]) -> tuple[torch.Tensor, ...]:
    """Seeded inputs with the one batch axis of the graph."""
    inputs = random_tensors.pairformer_inputs("ligo", 0, tokens, *widths)
    return tuple(torch.from_numpy(inputs[name])[None] for name in INPUTS)


def _graph(network: torch.nn.Module, widths: tuple[int, int]) -> onnx.ModelProto:
    """The exported graph, any number of tokens, without this machine's paths."""
    tokens = torch.export.Dim("tokens", min=2, max=8192)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it warns that torchvision is absent
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            _Exported(network).eval(),
            _arguments(EXPORT_TOKENS, widths),
            dynamo=True,
            opset_version=OPSET,
            input_names=INPUTS,
            output_names=OUTPUTS,
            dynamic_shapes=({1: tokens}, {1: tokens, 2: tokens}, {1: tokens}, {1: tokens, 2: tokens}),
            verbose=False,
        )
    if program is None:
        raise InputError("torch.onnx.export returned no graph")
    model = program.model_proto
    # The exporter records stack traces and file names: they would make the digest depend on the machine.
    for item in (
        model,
        model.graph,
        *model.graph.node,
        *model.graph.input,
        *model.graph.output,
        *model.graph.value_info,
    ):
        item.doc_string = ""
        del item.metadata_props[:]
    onnx.checker.check_model(model, full_check=True)
    return model


def _graph_errors(
    model: onnx.ModelProto, want: dict[str, NDArray[np.float32]], widths: tuple[int, int]
) -> dict[str, float]:
    """Largest element error of the graph, run by ONNX's own evaluator, against the unpatched network's outputs."""
    arguments = [value.numpy() for value in _arguments(CHECK_TOKENS, widths)]
    got = ReferenceEvaluator(model).run(list(OUTPUTS), dict(zip(INPUTS, arguments, strict=True)))
    return {
        name: difference(value[0], expected).element
        for name, value, expected in zip(OUTPUTS, got, want.values(), strict=True)
    }


def export(preset_name: str, out: Path) -> str:
    """Writes model.onnx and manifest.json into a new folder `out` and returns a line about them."""
    config = preset("ligo", preset_name)["pairformer"]
    widths = pairformer_widths("ligo", preset_name)
    weights = random_tensors.weights("ligo", 0, reference_ligo.pairformer_shapes(config, *widths))
    inputs = random_tensors.pairformer_inputs("ligo", 0, CHECK_TOKENS, *widths)
    want = reference_ligo.run_pairformer(config, weights, inputs)
    network = reference_ligo.build_pairformer(config, *widths)
    reference_ligo.set_weights(network, weights)
    _remove_dropout(network)
    _plain_softmax()
    model = _graph(network, widths)
    errors = _graph_errors(model, want, widths)
    if max(errors.values()) > CHECK_BOUND:
        raise InputError(
            f"the exported graph differs from the network by {max(errors.values()):.1e}; nothing was written"
        )
    content = model.SerializeToString(deterministic=True)
    manifest = _manifest(preset_name, config, widths, content, errors, len(model.graph.node))
    with new_folder(out, ("model.onnx", "manifest.json")) as folder:
        (folder / "model.onnx").write_bytes(content)
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return f"{out}: model.onnx {len(content) / 2**20:.1f} MiB, {len(model.graph.node)} nodes, error {listed(errors)}"


def _manifest(
    preset_name: str,
    config: dict[str, Any],
    widths: tuple[int, int],
    content: bytes,
    errors: dict[str, float],
    nodes: int,
) -> dict[str, Any]:
    """What a reader must know to run the graph and to trust it."""
    c_s, c_z = widths
    shapes = {"s": [1, "tokens", c_s], "z": [1, "tokens", "tokens", c_z]}
    masks = {"single_mask": [1, "tokens"], "pair_mask": [1, "tokens", "tokens"]}
    versions = reference_ligo.versions() | {"onnx": onnx.__version__, "onnxscript": onnxscript.__version__}
    return {
        "format": FORMAT,
        "engine": "ligo",
        "component": "pairformer",
        "preset": preset_name,
        "config": config,
        "weights": {"random": random_tensors.SCHEME, "seed": 0},
        "opset": OPSET,
        "nodes": nodes,
        "inputs": {name: {"type": "float32", "shape": shape} for name, shape in (shapes | masks).items()},
        "outputs": {f"{name}_out": {"type": "float32", "shape": shape} for name, shape in shapes.items()},
        "files": {"model.onnx": {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}},
        "source": pin("ligo").source(),
        "patches": PATCHES,
        "versions": versions,
        "checked": {"against": "the unpatched network in float32", "tokens": CHECK_TOKENS, "error": errors},
    }
