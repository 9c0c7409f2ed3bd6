"""Nothing is lost: every row read is accepted, quarantined or skipped, and every quarantined one can be looked at."""

from __future__ import annotations

from collections import Counter

from conftest import MakeHome
from reentry.check import quarantined
from reentry.store import open_warehouse


def test_every_quarantined_row_is_listed_with_its_reasons_and_cells(made_home: MakeHome) -> None:
    """By file as many as the batch counts, none without a reason, none without a cell."""
    made = made_home(1)
    with open_warehouse(made.home, made.vault, write=False) as con:
        batches = con.execute(
            "select agency || '.' || feed, file_name, rows_read, rows_accepted, rows_quarantined, rows_skipped"
            " from warehouse.landing.batches"
        ).fetchall()
    assert [b for b in batches if b[2] != sum(b[3:])] == []
    rows = quarantined(made.home, made.vault)
    assert Counter((row.feed, row.file_name) for row in rows) == {(b[0], b[1]): b[4] for b in batches if b[4]}
    assert [row for row in rows if not row.reasons or not row.cells] == []
    rules = {rule for row in rows for rule, _ in row.reasons}
    assert rules == {f"Q{n}" for n in range(1, 8)}
