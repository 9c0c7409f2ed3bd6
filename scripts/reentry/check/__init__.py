"""Check: from cells as delivered to typed rows, accepted or quarantined, and to findings."""

from reentry.check.check import CheckReport, check, check_on
from reentry.check.quarantined import quarantined

__all__ = ["CheckReport", "check", "check_on", "quarantined"]
