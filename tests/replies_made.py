"""A home in which a letter is answered three times: in spring, on the letter's day, and after a correction."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from conftest import Made, run_refresh
from reentry.account import web_account
from reentry.contract import feeds
from reentry.demo import LETTER_DAY, make_feeds
from reentry.replies import pdf
from reentry.replies.pack import Pack, make_pack
from reentry.store import Home, attach, memory_connection, open_warehouse
from reentry.vault import Vault

LETTER = "2025-18070184"
CLERK = web_account("dafu")
SPRING = date(2025, 3, 31)
CORRECTION = "社会救助发放_20250618.csv"
RAISED = "posts.developed"  # the figure whose definition is raised at last


@dataclass(frozen=True)
class Answered:
    """The pulls, oldest first; ``corrected_by`` is what the correction adds to 临时救助, in yuan."""

    made: Made
    spring: Pack
    letter_day: Pack
    corrected: Pack
    corrected_by: int


def refreshed_beside(other: Made, folder: Path, *, persons: int, today: date) -> Made:
    """A home of feeds up to a day, built with the SQL that another one's version holds: no dbt, a third of the time."""
    make_feeds(folder / "inbox", persons=persons, seed=1, through=today)
    return run_refresh(folder / "home", folder / "inbox", today, compiled=other.home)


def answer_three_times(other: Made, folder: Path) -> Answered:
    """Refreshes and answers; in the end only the newest published version is left. PDFs are made the first time."""
    made = refreshed_beside(other, folder, persons=500, today=SPRING)
    spring = make_pack(made.home, made.vault, LETTER, account=CLERK, ends_on=SPRING)
    with without_office():
        letter_day, corrected, corrected_by = _later(made)
    return Answered(made, spring, letter_day, corrected, corrected_by)


def _later(made: Made) -> tuple[Pack, Pack, int]:
    home, inbox = made.home.path, made.inbox
    make_feeds(inbox, persons=500, seed=1, through=LETTER_DAY)
    run_refresh(home, inbox, LETTER_DAY)
    letter_day = make_pack(made.home, made.vault, LETTER, account=CLERK)
    corrected_by = _deliver_correction(made, inbox)
    run_refresh(home, inbox, LETTER_DAY)
    _raise_definition(made.home, made.vault)
    corrected = make_pack(made.home, made.vault, LETTER, account=CLERK)
    for version in made.home.published.iterdir():
        if version.is_dir() and not version.is_symlink() and version != made.home.current.resolve():
            shutil.rmtree(version)
            made.home.basis(version.name).unlink(missing_ok=True)
    return letter_day, corrected, corrected_by


@contextmanager
def without_office() -> Iterator[None]:
    """As on a machine without LibreOffice: its start takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "office", lambda: None)
        yield


def _deliver_correction(made: Made, inbox: Path) -> int:
    """Delivers one payment of 临时救助 that counts again, with 100 yuan more; gives how much more."""
    feed = next(f for f in feeds() if f.id == "civil_affairs.relief")
    with open_warehouse(made.home, made.vault, write=False) as con:
        attach(con, made.home.current.resolve() / "figures.duckdb", "marts", made.vault, write=False)
        row = con.execute(
            """
            select
                payment_no, grant_no, name, id_no, township, '临时救助' as kind, granted_on, paid_on,
                amount_yuan + 100 as amount_yuan, '已发放' as status
            from warehouse.checked.civil_affairs__relief as rows
            where
                not is_quarantined and relief_type = '8' and status = '1' and id_no is not null
                and paid_on between date '2025-01-01' and date '2025-06-01'
                and exists (
                    select 1 from marts.main.fct_relief_grants as grants
                    where grants.grant_no = rows.grant_no and grants.township_code is not null
                        and grants.agency = 'civil_affairs'
                )
                and (
                    select count(*) from warehouse.checked.civil_affairs__relief as versions
                    where versions.payment_no = rows.payment_no
                ) = 1
            order by payment_no limit 1
            """
        ).fetchone()
    assert row is not None
    with (inbox / "民政" / CORRECTION).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([column.headers[0] for column in feed.columns])
        writer.writerow(row)
    return 100


def _raise_definition(home: Home, vault: Vault) -> None:
    """What an engineer's change and the refresh after it leave: another SQL of a figure, under version 2."""
    for file in (home.current.resolve() / "figures.duckdb", home.basis(home.current.resolve().name)):
        _edit(home, file, vault, lambda sql: sql.replace("count(*)", "count(*) + 1"))


def _edit(home: Home, file: Path, vault: Vault, change: Callable[[str], str]) -> None:
    con = memory_connection(home)
    try:
        attach(con, file, "version", vault, write=True)
        rows = con.execute("select name, sql, figures::varchar from version.main.definitions where kind = 'figure'")
        name, sql, figures = next(r for r in rows.fetchall() if f'"{RAISED}"' in r[2])
        assert change(sql) != sql
        con.execute(
            "update version.main.definitions set sql = ?, figures = ?::json where name = ?",
            [change(sql), figures.replace('"version": "1"', '"version": "2"'), name],
        )
    finally:
        con.close()
