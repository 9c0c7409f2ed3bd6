"""Tables on a terminal."""

from __future__ import annotations

import pytest

from reentry.figures import show


def test_every_column_has_its_heading(capsys: pytest.CaptureFixture[str]) -> None:
    """A row may lack what others have; then its cell is empty, and no other moves into its place."""
    rows = [{"feed": "a", "rows_read": 3}, {"feed": "b", "unlinked": 7, "rows_read": 5}]
    show.table("各来源", rows)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["来源", "读取", "未关联"] in lines
    assert ["a", "3"] in lines
    assert ["b", "5", "7"] in lines


def test_shares_of_cohorts_are_in_percent(capsys: pytest.CaptureFixture[str]) -> None:
    show.cohorts([{"cohort": "2023Q1", "n": 9, "km_incidence": 0.12345, "km_lo": None, "complete": True}])
    assert ["2023Q1", "9", "12.3%", "是"] in [line.split() for line in capsys.readouterr().out.splitlines()]
