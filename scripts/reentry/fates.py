"""Several things to make, of which one may fail without the others: slips, pages, letters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from reentry.debug import show_trace
from reentry.errors import ReentryError


class OneFailedError(ReentryError):
    """One or more could not be made; ``made`` are the others. The status is that of the worst failure."""

    def __init__(self, text: str, made: list[Any], exit_status: int) -> None:
        """``text`` names each that failed."""
        super().__init__(text)
        self.made, self.exit_status = made, exit_status


class Fates:
    """What has become of each."""

    def __init__(self, what: str) -> None:
        """``what`` they are, in one English word."""
        self._what = what
        self._failed: list[tuple[str, BaseException]] = []

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """One of them: an error inside is kept for the end."""
        try:
            yield
        except Exception as error:
            show_trace(error)
            self._failed.append((name, error))

    def settle(self, made: list[Any]) -> None:
        """Raises what was kept; a single expected failure as it is."""
        if not self._failed:
            return
        errors = [error for _, error in self._failed]
        if not made and len(errors) == 1 and isinstance(errors[0], ReentryError):
            raise errors[0]
        told = "; ".join(f"{self._what} {name}: {_told(error)}" for name, error in self._failed)
        expected = all(isinstance(error, ReentryError) for error in errors)
        status = max((e.exit_status for e in errors if isinstance(e, ReentryError)), default=1) if expected else 1
        raise OneFailedError(told, made, status)


def _told(error: BaseException) -> str:
    if isinstance(error, ReentryError):
        return str(error)
    return f"internal error ({type(error).__name__}), run again with --debug and report what it prints"
