"""Runs the pinned public implementations and records what they answer: golden cases and ONNX graphs."""
