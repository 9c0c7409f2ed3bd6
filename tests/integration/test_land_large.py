"""A large CSV lands whole, in bounded memory; landing that is killed leaves each file whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from desk import RELIEF, Desk, csv_bytes, make_desk

LAND = """
import resource, sys
from datetime import date
from pathlib import Path
from reentry.land import land
from reentry.store import Home
from reentry.vault import open_vault
home = Path(sys.argv[1])
report = land(Home(home), open_vault(home), Path(sys.argv[2]), date(2025, 6, 30), lambda said: None)
print(report.landed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


def block(count: int) -> bytes:
    """Rows of some 100 bytes in GB18030, the same keys again and again."""
    rows = [
        [f"P{n:08}", f"G{n // 3:07}", f"张{chr(0x4E00 + n % 5000)}", "临时救助", "2025-01-01", f"{n}.5", "已发放"]
        for n in range(count)
    ]
    return csv_bytes(*rows, encoding="gb18030")


def test_two_hundred_megabytes(desk: Desk) -> None:
    part = block(100_000)
    path = desk.inbox / "民政" / "社会救助发放_20250401.csv"
    path.parent.mkdir(parents=True)
    copies = 200_000_000 // len(part)
    with path.open("wb") as file:
        file.write(csv_bytes(RELIEF, encoding="gb18030"))
        for _ in range(copies):
            file.write(part)
    done = subprocess.run(
        [sys.executable, "-c", LAND, desk.home.path, desk.inbox], capture_output=True, text=True, check=True
    )
    landed, megabytes = map(int, done.stdout.split())
    assert landed == 1
    assert megabytes < 1500
    assert desk.ask("select count(*), max(row_no), count(distinct name) from warehouse.raw.civil_affairs__relief") == [
        (copies * 100_000, copies * 100_000 + 1, 5000)
    ]


def test_an_encoding_that_shows_late(desk: Desk) -> None:
    header = csv_bytes(RELIEF, encoding="gb18030")
    ascii_title = b"x" * 5_000_000 + b"\n"
    desk.put("民政/社会救助发放_20250401.csv", ascii_title + header + block(10))
    assert desk.land().landed == 1
    assert desk.ask("select encoding, rows_read from warehouse.landing.batches") == [("gb18030", 10)]


@pytest.mark.parametrize("after", [0.3, 0.8, 1.5])
def test_killed_while_landing(desk: Desk, after: float) -> None:
    for day in range(1, 9):
        desk.put(f"民政/社会救助发放_2025010{day}.csv", csv_bytes(RELIEF, encoding="gb18030") + block(20_000 + day))
    running = subprocess.Popen([sys.executable, "-c", LAND, desk.home.path, desk.inbox])
    time.sleep(after)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    whole = (
        "select bool_and(b.rows_read = r.rows and s.outcome = 'landed') from warehouse.landing.batches as b"
        " full join (select batch_id, count(*) as rows from warehouse.raw.civil_affairs__relief group by 1) as r"
        " using (batch_id) full join warehouse.landing.seen_files as s using (batch_id)"
    )
    assert desk.ask(whole) in ([(True,)], [(None,)])
    desk.land()
    assert desk.ask(whole) == [(True,)]
    assert desk.ask("select count(*), sum(rows_read) from warehouse.landing.batches") == [(8, 8 * 20_000 + 36)]
    assert not (desk.home.building / "landing").exists()
