"""The names of exported graphs' folders: what JavaScript computes from the same config."""

import hashlib
import os
import unittest
from pathlib import Path
from unittest import mock

from af3_export.core.errors import InputError
from af3_export.core.onnx import key as onnx_key


class Keys(unittest.TestCase):
    """The name of a folder in the cache, which another language must find."""

    def test_canonical_json(self) -> None:
        value = {"b": [1, 2.0, 0.5, 1e-05, 1e-7, 1e21, 1.25e22, 123456.75, -0.0], "a": {"z": None, "é": "é", "y": True}}
        numbers = "1,2,0.5,0.00001,1e-7,1e+21,1.25e+22,123456.75,0"
        self.assertEqual(onnx_key.canonical(value), '{"a":{"y":true,"z":null,"é":"é"},"b":[' + numbers + "]}")

    def test_a_key_names_all_that_matters(self) -> None:
        digest = hashlib.sha256(b'{"config":{"a":1,"b":2},"sizes":{},"widths":{"c_s":8}}').hexdigest()[:12]
        key = onnx_key.key("ligo", "trunk", "mha", {"b": 2, "a": 1}, {"c_s": 8}, {})
        self.assertEqual(key, f"ligo-trunk-mha-{digest}")
        self.assertNotEqual(key, onnx_key.key("ligo", "trunk", "mha", {"b": 2, "a": 1}, {"c_s": 8}, {"tokens": 4}))

    def test_the_cache_is_where_the_backends_look(self) -> None:
        own = {"AF3_GPU_CACHE": "/own", "XDG_CACHE_HOME": "/shared"}
        with mock.patch.dict(os.environ, own):
            self.assertEqual(onnx_key.place("k"), Path("/own/onnx/k").resolve())
        with mock.patch.dict(os.environ, own | {"AF3_GPU_CACHE": ""}):
            self.assertEqual(onnx_key.place("k"), Path("/shared/af3-gpu/onnx/k").resolve())

    def test_numbers_that_json_cannot_say_are_refused(self) -> None:
        with self.assertRaises(InputError):
            onnx_key.canonical({"a": float("nan")})
