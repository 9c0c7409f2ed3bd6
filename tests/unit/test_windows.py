"""Windows and the year before them."""

from __future__ import annotations

from datetime import date

import pytest

from reentry.errors import UsageError
from reentry.figures.window import Window, last_quarter, year_before

KNOWN = date(2025, 6, 19)


def test_leap_day_goes_to_the_28th() -> None:
    """29 February has no day of its own a year earlier; 28 February keeps its own."""
    assert year_before(date(2024, 2, 29)) == date(2023, 2, 28)
    assert year_before(date(2025, 2, 28)) == date(2024, 2, 28)


@pytest.mark.parametrize(
    ("as_of", "known_at", "closes_on"),
    [
        (None, KNOWN, date(2025, 3, 31)),
        (date(2025, 2, 15), KNOWN, date(2025, 2, 15)),
        (date(2025, 6, 1), KNOWN, date(2025, 3, 31)),
        (None, date(2025, 3, 10), date(2025, 3, 10)),
    ],
)
def test_a_window_closes_at_the_first_of_its_ends(as_of: date | None, known_at: date, closes_on: date) -> None:
    """Everything in a window ends at min(to, as-of, known-at)."""
    window = Window.of(date(2025, 1, 1), date(2025, 3, 31), as_of, known_at)
    assert window.closes_on == closes_on


def test_as_of_is_the_end_of_the_window_unless_given() -> None:
    """Also when that day is not known yet."""
    assert Window.of(date(2025, 1, 1), date(2025, 12, 31), None, KNOWN).as_of == date(2025, 12, 31)


@pytest.mark.parametrize(("as_of", "closes_on"), [(None, date(2024, 12, 31)), (KNOWN, date(2024, 6, 19))])
def test_the_year_before_moves_the_days_asked_for(as_of: date | None, closes_on: date) -> None:
    """A year asked for whole is compared with the whole year before; up to 19 June, with the same days."""
    before = Window.of(date(2025, 1, 1), date(2025, 12, 31), as_of, KNOWN).previous()
    assert (before.starts_on, before.closes_on, before.known_at) == (date(2024, 1, 1), closes_on, KNOWN)


def test_a_reversed_window_is_refused() -> None:
    """One sentence that says what to do."""
    with pytest.raises(UsageError, match="swap --from and --to"):
        Window.of(date(2025, 2, 1), date(2025, 1, 1), None, KNOWN)


@pytest.mark.parametrize(
    ("starts_on", "closes_on", "quarter"),
    [
        (date(2024, 1, 1), date(2024, 12, 31), "2024Q4"),
        (date(2024, 1, 1), date(2024, 12, 30), "2024Q3"),
        (date(2025, 1, 1), KNOWN, "2025Q1"),
        (date(2025, 1, 2), KNOWN, None),
        (date(2024, 10, 1), date(2025, 1, 15), "2024Q4"),
        (date(2025, 4, 1), KNOWN, None),
    ],
)
def test_the_last_quarter_lies_wholly_inside(starts_on: date, closes_on: date, quarter: str | None) -> None:
    assert last_quarter(starts_on, closes_on) == quarter
