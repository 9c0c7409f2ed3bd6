"""The account that asks: what a request of the service brings along, else what the command line says."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

ACCOUNT = "REENTRY_ACCOUNT"  # on the command line only; a request never travels through the environment
_ASKS: ContextVar[str | None] = ContextVar("account that asks", default=None)


def who() -> str:
    """The account of the request that is being answered, else that of the command line, else the system's user."""
    return _ASKS.get() or os.environ.get(ACCOUNT) or getpass.getuser()


@contextmanager
def asked_by(account: str) -> Iterator[None]:
    """Within the block it is this account that asks."""
    before = _ASKS.set(account)
    try:
        yield
    finally:
        _ASKS.reset(before)
