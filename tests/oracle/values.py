"""Typed reading of one cell of an oracle row, and the calendar that the definitions use."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from .shapes import Row

ONE_DAY = timedelta(days=1)


def text(row: Row, column: str) -> str | None:
    """The text of a cell; None when it is null or the feed has no such column."""
    value = row.values.get(column)
    if value is None or isinstance(value, str):
        return value
    raise TypeError(f"{row.feed}.{column} [{value!r}] is no text")


def day(row: Row, column: str) -> date | None:
    """The date of a cell; None when it is null or the feed has no such column."""
    value = row.values.get(column)
    if value is None or isinstance(value, date):
        return value
    raise TypeError(f"{row.feed}.{column} [{value!r}] is no date")


def number(row: Row, column: str) -> int | None:
    """The integer of a cell; None when it is null."""
    value = row.values.get(column)
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise TypeError(f"{row.feed}.{column} [{value!r}] is no integer")


def money(row: Row, column: str) -> Decimal | None:
    """The yuan of a cell; None when it is null."""
    value = row.values.get(column)
    if value is None or isinstance(value, Decimal):
        return value
    raise TypeError(f"{row.feed}.{column} [{value!r}] is no money")


def flag(row: Row, column: str) -> bool:
    """True only when the cell says yes: null and no are alike to every definition."""
    return row.values.get(column) is True


def need_text(row: Row, column: str) -> str:
    """The text of a required cell."""
    value = text(row, column)
    if value is None:
        raise ValueError(f"{row.feed} row {row.row_no}: required {column} is null")
    return value


def need_day(row: Row, column: str) -> date:
    """The date of a required cell."""
    value = day(row, column)
    if value is None:
        raise ValueError(f"{row.feed} row {row.row_no}: required {column} is null")
    return value


def years_on(start: date, years: int) -> date:
    """The same day of another year; 29 February becomes 28 where the year has none."""
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return start.replace(year=start.year + years, day=28)


def month_end(first: date) -> date:
    """The last day of the month that begins on ``first``."""
    after = date(first.year + 1, 1, 1) if first.month == 12 else date(first.year, first.month + 1, 1)
    return after - ONE_DAY


def quarter_start(some: date) -> date:
    """The first day of the quarter of a day."""
    return date(some.year, 3 * ((some.month - 1) // 3) + 1, 1)


def quarter_end(first: date) -> date:
    """The last day of the quarter that begins on ``first``."""
    return month_end(date(first.year, first.month + 2, 1))


def quarter_name(first: date) -> str:
    """A quarter as the cohort table names it: ``2023Q1``."""
    return f"{first.year}Q{(first.month - 1) // 3 + 1}"


def months_inside(start: date, end: date) -> list[date]:
    """First days of the months that lie wholly inside [start, end]."""
    found = []
    first = date(start.year, start.month, 1)
    while first <= end:
        if first >= start and month_end(first) <= end:
            found.append(first)
        first = month_end(first) + ONE_DAY
    return found


def quarters_inside(start: date, end: date) -> list[date]:
    """First days of the quarters that lie wholly inside [start, end]."""
    found = []
    first = quarter_start(start)
    while first <= end:
        if first >= start and quarter_end(first) <= end:
            found.append(first)
        first = quarter_end(first) + ONE_DAY
    return found
