"""The weights of an exported graph: named initialisers whose values lie in weights.bin, where the manifest says."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from af3_export.core.errors import InputError

WEIGHTS_FILE = "weights.bin"
# The start of each tensor in weights.bin: a cache line, so that a mapped file is read as it lies.
ALIGNMENT = 64


def externalise(model: onnx.ModelProto, weights: Mapping[str, str]) -> list[dict[str, Any]]:
    """Takes the values of weights out of the model, in place, and returns the manifest's `weights`: where they lie."""
    entries = []
    offset = 0
    for tensor in sorted(model.graph.initializer, key=lambda tensor: tensor.name):
        if tensor.name not in weights:
            continue
        shape = list(tensor.dims)
        if tensor.data_type != onnx.TensorProto.FLOAT:
            raise ValueError(f"weight {tensor.name} of the graph is not float32")
        size = 4 * math.prod(shape)
        place = {"location": WEIGHTS_FILE, "offset": offset, "length": size}
        kept = onnx.TensorProto(name=tensor.name, data_type=tensor.data_type, dims=shape)
        kept.data_location = onnx.TensorProto.EXTERNAL
        kept.external_data.extend(onnx.StringStringEntryProto(key=k, value=str(v)) for k, v in place.items())
        tensor.CopyFrom(kept)
        entries.append(
            {
                "initializer": tensor.name,
                "tensor": weights[tensor.name],
                "shape": shape,
                "offset": offset,
                "bytes": size,
            }
        )
        offset = -(-(offset + size) // ALIGNMENT) * ALIGNMENT
    missing = sorted(set(weights) - {entry["initializer"] for entry in entries})
    if missing:
        raise ValueError(f"the graph has no initializer {missing[0]}")
    return entries


def weights_bytes(entries: Sequence[Mapping[str, Any]]) -> int:
    """The size of weights.bin."""
    return max((entry["offset"] + entry["bytes"] for entry in entries), default=0)


def write_weights(path: Path, entries: Sequence[Mapping[str, Any]], weights: Mapping[str, NDArray]) -> None:
    """Writes weights.bin from named weights, as a manifest's `weights` say."""
    with path.open("wb") as file:
        file.truncate(weights_bytes(entries))
        for entry in entries:
            value = weights.get(entry["tensor"])
            if value is None or list(value.shape) != entry["shape"]:
                found = "no such tensor" if value is None else f"shape {list(value.shape)}"
                raise InputError(f"weight {entry['tensor']}: expected shape {entry['shape']}, found {found}")
            file.seek(entry["offset"])
            file.write(np.ascontiguousarray(value, "<f4").tobytes())
