"""Errors that end a command with one clear sentence and an exit status (INTERFACES: 2 usage, 4 gate)."""


class ReentryError(Exception):
    """An expected failure: its text says what is wrong, where, and what to do."""

    exit_status = 1


class UsageError(ReentryError):
    """Wrong usage or configuration."""

    exit_status = 2


class GateError(ReentryError):
    """A gate failed: nothing new was published."""

    exit_status = 4


class DamagedError(UsageError):
    """A database is not as it was written: it has to be put back, or made anew."""


class BusyError(UsageError):
    """Another process holds what is asked for: it will be free."""
