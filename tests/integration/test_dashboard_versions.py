"""A new version is published while viewers load tiles: no error, and nobody who asks afterwards sees the old one."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import dataclass

import duckdb

from reentry.publish import _switch
from served import Served, charts_of, own_request, post, roles_file, rows_of

VIEWERS = 8
BEFORE_SECONDS, AFTER_SECONDS = 2.0, 3.0
READER, PAGE, CHART, TABLE = "区领导", "support", "专项经费（全区，万元）", "budget_rows"


@dataclass(frozen=True)
class Seen:
    """One answer: when it was asked for, and how many rows it counted."""

    asked_at: float
    rows: int


def test_switching_versions_under_load(served: Served) -> None:
    """Eight viewers; the new version of a table has one row more."""
    assert READER in roles_file()["roles"]
    old = served.home.current.resolve()
    session = served.session(READER)
    request = own_request(charts_of(session, PAGE)[CHART])

    def shown() -> int:
        return len(rows_of(post(session, "/api/v1/chart/data", request)))

    rows = shown()
    assert rows == served.published(f"select count(*) from {TABLE}")[0][0]

    draft = served.home.published / ".switched"
    shutil.copytree(old, draft)
    with duckdb.connect(str(draft / "dashboards.duckdb")) as con:
        con.execute(f"insert into {TABLE} from {TABLE} limit 1")

    seen: list[Seen] = []
    errors: list[BaseException] = []
    stop = threading.Event()

    def view() -> None:
        while not stop.is_set():
            asked_at = time.monotonic()
            try:
                seen.append(Seen(asked_at, shown()))
            except BaseException as error:
                errors.append(error)
                return

    viewers = [threading.Thread(target=view) for _ in range(VIEWERS)]
    for viewer in viewers:
        viewer.start()
    time.sleep(BEFORE_SECONDS)
    _switch(served.home, draft, "20990101T000000Z-test")
    switched_at = time.monotonic()
    time.sleep(AFTER_SECONDS)
    stop.set()
    for viewer in viewers:
        viewer.join()
    link = served.home.published / ".back"
    link.symlink_to(old.name)
    link.replace(served.home.current)

    assert errors == []
    before, after = [s for s in seen if s.asked_at < switched_at], [s for s in seen if s.asked_at >= switched_at]
    assert len(before) > VIEWERS and len(after) > VIEWERS
    assert {s.rows for s in before} <= {rows, rows + 1} and before[0].rows == rows
    assert {s.rows for s in after} == {rows + 1}
