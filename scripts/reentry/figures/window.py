"""Windows: from, to, as-of, known-at, and the same a year earlier (METRICS 1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from reentry.errors import UsageError

QUARTER = "quarter"  # what a figure's file says that it says beside its value


def year_before(day: date) -> date:
    """The same day one year earlier; 29 February becomes 28 February."""
    if (day.month, day.day) == (2, 29):
        return date(day.year - 1, 2, 28)
    return day.replace(year=day.year - 1)


def last_quarter(starts_on: date, closes_on: date) -> str | None:
    """The last quarter wholly inside a window, such as ``2024Q4``; None when there is none."""
    after = closes_on + timedelta(days=1)
    quarters = after.year * 4 + (after.month - 1) // 3 - 1  # since year 0; the last that is over
    begins = date(quarters // 4, quarters % 4 * 3 + 1, 1)
    return f"{begins.year}Q{quarters % 4 + 1}" if starts_on <= begins else None


@dataclass(frozen=True)
class Window:
    """What a pull asks for; both ends included.

    Events count up to ``closes_on``; a state stands at ``as_of``, by what is known at ``known_at``, even when that is
    earlier. The year before moves all three days but ``known_at``: a running year asked for whole is compared with the
    whole year before, one asked for up to a day with the same days.
    """

    starts_on: date
    ends_on: date
    as_of: date
    known_at: date

    @classmethod
    def of(cls, starts_on: date, ends_on: date, as_of: date | None, known_at: date) -> Window:
        """Makes a window; UsageError when it is reversed."""
        if ends_on < starts_on:
            raise UsageError(f"The window ends on {ends_on}, before it starts on {starts_on}: swap --from and --to.")
        return cls(starts_on, ends_on, as_of or ends_on, known_at)

    @property
    def closes_on(self) -> date:
        """The last day that counts: min(to, as-of, known-at)."""
        return min(self.ends_on, self.as_of, self.known_at)

    def previous(self) -> Window:
        """The same window one year earlier, with the knowledge of this one."""
        return Window(year_before(self.starts_on), year_before(self.ends_on), year_before(self.as_of), self.known_at)
