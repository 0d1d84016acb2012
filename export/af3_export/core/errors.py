"""Failures that people caused or can fix: one sentence and an exit code, no stack trace."""


class InputError(Exception):
    """Bad usage or bad input."""

    exit_code = 2


class UnavailableError(Exception):
    """What was asked for cannot run here; the message says what would fix it."""

    exit_code = 3
