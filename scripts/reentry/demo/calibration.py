"""What the public letter says, as numbers: the only place in the generator that knows them.

Source: letter-2025-18070184.txt (铜司函〔2025〕9号). The demo world is planned so that its figures come out like
this; everything else in it is invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from reentry.demo.days import day

END = date(2025, 6, 19)


@dataclass(frozen=True)
class Plan:
    """The figures of the letter for a district of ``persons``; counts grow with it, at least one each.

    Days are counts since 1970-01-01, money is in cents (分).
    """

    persons: int

    end: int = day(END)
    year_start: int = day(date(2025, 1, 1))
    quarter: tuple[int, int] = (day(date(2025, 1, 1)), day(date(2025, 3, 31)))
    quarter_before: tuple[int, int] = (day(date(2024, 1, 1)), day(date(2024, 3, 31)))
    rate_ratio: float = 1 - 0.553

    @property
    def scale(self) -> float:
        """1 at the size of the letter's district."""
        return self.persons / 2500

    def _scaled(self, count: int) -> int:
        return max(1, round(count * self.scale))

    @property
    def on_register(self) -> int:
        """The 2000余人 of the letter: 2050 at full size."""
        return max(1, round(0.82 * self.persons))

    @property
    def reoffenders(self) -> int:
        """Persons reoffending in the quarter; the letter gives only the change, so a small number is chosen."""
        return max(2, round(4 * self.scale))

    @property
    def grants(self) -> dict[int, int]:
        """Grants of the year so far by relief type: 低保 7, 住房 1, 临时 37."""
        return {1: self._scaled(7), 6: self._scaled(1), 8: self._scaled(37)}

    @property
    def emergency_cents(self) -> int:
        """3.28万元 of 临时救助."""
        return self._scaled(37) * 32_800_00 // 37

    @property
    def dual_listed(self) -> int:
        """Persons under dual management."""
        return self._scaled(36)

    @property
    def posts(self) -> int:
        """Public posts developed in the year so far."""
        return self._scaled(44)

    city_rank: int = 3
