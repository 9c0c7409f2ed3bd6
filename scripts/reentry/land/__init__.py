"""Landing: from files in the inbox to batches and raw rows."""

from reentry.land.land import LandReport, Refused, land, land_on

__all__ = ["LandReport", "Refused", "land", "land_on"]
