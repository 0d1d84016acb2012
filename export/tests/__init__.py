"""Tests of af3_export: `python -m unittest` in this folder's parent, in either engine's environment."""
