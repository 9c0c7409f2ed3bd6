"""Rules across feeds, W20 to W51, as known at a day."""

from __future__ import annotations

from dataclasses import dataclass

from .facts import Facts


@dataclass(frozen=True)
class Cross:
    """A finding of a rule across feeds."""

    rule: str
    feed: str
    key: str  # what it is about, for reading only


def cross_findings(facts: Facts) -> list[Cross]:  # noqa: ARG001 (to come)
    """All findings across feeds."""
    return []
