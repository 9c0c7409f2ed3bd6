"""Printed numbers: rounded half away from zero in decimal arithmetic (METRICS 1)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def rounded(value: Decimal | float | int | str, places: int) -> Decimal:
    """``value`` with that many decimals, half away from zero."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def percent(value: float | None, *, signed: bool = False) -> str:
    """A share as percent with one decimal, such as ``−12.5%``; a dash for none."""
    if value is None:
        return "—"
    share = rounded(Decimal(str(value)) * 100, 1)
    sign = "−" if share < 0 else "+" if signed and share > 0 else ""
    return f"{sign}{abs(share)}%"


def money(value: Decimal | float | int | str) -> str:
    """An amount with two decimals."""
    return f"{rounded(value, 2):.2f}"
