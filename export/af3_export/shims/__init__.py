"""Native shims: the pinned repositories themselves, run and timed for the backend `native` (docs/native.md)."""
