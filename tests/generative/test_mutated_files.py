"""Mutated files through landing and checks: none ends the run, none is lost, each refusal says what to do."""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from pathlib import Path

import duckdb

from desk import TODAY, Desk, make_desk
from long import sample
from mutations import Mutated, mutated
from reentry.check import check_on
from reentry.land import LandReport, land_on, reader
from reentry.land.limits import Limits
from reentry.land.refusal import internal
from reentry.store import open_warehouse
from reentry.vault import open_vault

FILES = sample(500, 20_000)
AT_ONCE = 250
MEMORY_MB = 600
LIMITS = Limits(unpacked_bytes=8 << 20, rows=60, memory_mb=600)
RULES = {f"B{n}" for n in range(1, 10)}


def memory_mb(pid: int | str, which: str) -> float:
    """Memory of a process: VmRSS now, VmHWM at its most."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(rf"{which}:\s+([0-9]+) kB", status)
    assert found
    return int(found[1]) / 1024


def put(desk: Desk, files: list[Mutated]) -> None:
    for file in files:
        path = desk.inbox / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        os.utime(path, (1_700_000_000, 1_700_000_000))


def land_and_check(desk: Desk, con: duckdb.DuckDBPyConnection) -> LandReport:
    report = land_on(con, desk.home, desk.inbox, TODAY, progress=lambda _: None, limits=LIMITS)
    checked = check_on(con, lambda _: None)
    report.landed -= len(checked.refused)
    report.refused += [unchecked.report for unchecked in checked.refused]
    return report


def test_no_mutated_file_ends_a_run(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    rules: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    with open_warehouse(desk.home, open_vault(desk.home.path), write=True) as con:
        land_and_check(desk, con)  # loads the libraries: what they take is no file's doing
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the most from here on
        at_first = memory_mb("self", "VmRSS")
        for first in range(0, FILES, AT_ONCE):
            files = [mutated(random.Random(n), n) for n in range(first, min(first + AT_ONCE, FILES))]
            put(desk, files)
            report = land_and_check(desk, con)
            new = [refused for refused in report.refused if refused.is_new]
            assert report.postponed == []
            assert report.landed + report.repeated + len(new) == len(files)
            names = {file.name for file in files}
            for refused in new:
                assert refused.path in names
                assert re.search(r"[\u4e00-\u9fff]", refused.message), refused
                assert "\n" not in refused.message, refused
                assert refused.message != internal(RuntimeError()).message, refused
            rules.update(refused.rule for refused in new)
            seen.update(landed=report.landed, inside=sum(file.is_inside for file in files), all=len(files))
            for file in files:
                (desk.inbox / file.name).unlink()
        rows = con.execute(
            "select count(*) filter (rows_read != rows_accepted + rows_quarantined + rows_skipped),"
            " count(*) filter (rows_accepted is null) from warehouse.landing.batches"
        ).fetchone()
    assert rows == (0, 0)
    assert set(rules) == RULES
    assert seen["landed"] >= 0.3 * seen["all"]
    assert seen["inside"] >= 0.5 * seen["all"]
    child = reader.idle_process()
    assert child is not None
    assert memory_mb("self", "VmHWM") - at_first + memory_mb(child, "VmHWM") <= MEMORY_MB
