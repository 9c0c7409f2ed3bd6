"""Gate G5: what would publish a name or an id number is set aside (Q8) in the same refresh, and the rest published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from conftest import MakeHome, quiet, run_refresh
from desk import csv_bytes, xlsx_bytes
from oracle.people import with_check_character
from reentry.check import quarantined
from reentry.errors import UsageError
from reentry.figures.document import figures_document
from reentry.figures.published import open_version
from reentry.figures.window import Window
from reentry.refresh import Refreshed, land_and_check, refresh
from reentry.settings import Settings
from reentry.store import Home, open_warehouse
from reentry.vault import Vault

BEFORE, TODAY, LATER = date(2025, 6, 1), date(2025, 6, 30), date(2025, 7, 10)
REGISTER = ["档案编号", "姓名", "证件号码", "司法所", "列管日期", "双列管方向", "对方区县", "对方司法所"]
RELIEF = ["发放编号", "审批编号", "姓名", "证件号码", "镇街", "救助类别", "批准日期", "发放日期", "金额", "发放状态"]
RELEASES = ["释放证明书编号", "姓名", "释放日期", "释放类型"]
OFFENCES = ["记录编号", "案件编号", "姓名", "发案日期", "案件性质", "案件阶段"]
WORD = "城关工作站"  # stands in four dossiers: a word, whoever is called so
CHANCE = with_check_character("50022419800101046")  # a business number that is a valid id number
ID = with_check_character("50022419800101062")  # of somebody in the feeds
HARMLESS = CHANCE[:-1] + ("1" if CHANCE[-1] != "1" else "2")


def person(n: int) -> list[str]:
    """Name and valid id number of a made-up person."""
    return [f"赵{'甲乙丙丁戊己庚辛壬癸'[n]}", with_check_character(f"5002241980010{n:04}")]


def dossier(n: int, district: str = "", office: str = "") -> list[str]:
    """A dossier under dual management."""
    return [f"D{n}", *person(n), "安居镇", "2025-01-01", "流出", district, office]


def payment(number: str, name: list[str], township: str = "安居镇", *, grant: str = "") -> list[str]:
    """A payment of relief."""
    return [number, grant or f"S{number}", *name, township, "临时救助", "2025-05-01", "2025-05-02", "500", "1"]


@dataclass
class Bureau:
    """A home and its inbox, and what was set aside in the refreshes of two days."""

    home: Home
    vault: Vault
    inbox: Path
    first: dict[str, Any]
    refreshed: Refreshed

    def ask(self, sql: str, known_at: date | None = None) -> list[tuple[Any, ...]]:
        """A query on what is published."""
        with open_version(self.home, self.vault, known_at) as version:
            return version.con.execute(sql).fetchall()

    def figures(self, known_at: date) -> dict[str, Any]:
        """All figures of the half-year, as known at a day; without the version that computed them."""
        with open_version(self.home, self.vault, known_at) as version:
            window = Window.of(date(2025, 1, 1), TODAY, None, known_at)
            document = figures_document(version, window, by_township=True, ids=[])
        return {key: value for key, value in document.items() if key != "build"}


def _hide_a_sheet(book: openpyxl.Workbook) -> None:
    book.create_sheet(person(9)[0]).sheet_state = "hidden"


def _write(inbox: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture(scope="module")
def bureau(made_home: MakeHome, tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    """Two refreshes: on the first day rows are at fault; on the second a new person's name makes one more so."""
    folder = tmp_path_factory.mktemp("personal")
    inbox = folder / "inbox"
    good = [dossier(n) for n in range(5, 10)]
    _write(
        inbox,
        {
            "corrections/releases_20250601.csv": csv_bytes(RELEASES, ["F1", "赵甲", "2025-05-01", "刑满释放"]),
            "police/reoffences_20250601.csv": csv_bytes(OFFENCES, ["J1", "A1", "赵甲", "2025-05-20", "刑事", "立案"]),
            "justice/register_20250601.csv": csv_bytes(
                REGISTER, dossier(0, "大足区", "兴隆司法所"), dossier(1, "大足区", "龙水司法所"), dossier(2), *good
            ),
            "justice/register_20250630.csv": csv_bytes(
                REGISTER,
                dossier(0, "大足区", "兴隆司法所"),
                dossier(1, "大足区", person(2)[0]),  # somebody else's name: the version before stays
                dossier(2, "", "王家坝"),
                dossier(3, "", "王家坝"),
                *[dossier(n, "", WORD) for n in range(5, 9)],
                dossier(9),
            ),
            "civil_affairs/relief_20250615.csv": csv_bytes(
                RELIEF,
                payment("F1", ["大足区", person(3)[1]]),
                payment("F2", ["兴隆司法所", person(4)[1]]),
                payment("F3", [WORD, person(5)[1]]),
                payment("F4", ["安居镇", person(6)[1]], person(6)[0]),
                payment(CHANCE, person(7), grant="S5"),
                payment(HARMLESS, person(8)),
                payment("F7", person(9), grant="S7"),
                payment(ID, ["赵子", ID], grant="S9"),
            ),
            "civil_affairs/relief_20250618.xlsx": xlsx_bytes(RELIEF, payment("F8", person(9)), make=_hide_a_sheet),
            # a correction that holds an id number, and its correction, which holds it too
            "civil_affairs/relief_20250616.csv": csv_bytes(RELIEF, payment("F7", person(9), grant=f"见{CHANCE}")),
            "civil_affairs/relief_20250617.csv": csv_bytes(RELIEF, payment("F7", person(9), grant=f"{CHANCE}号")),
        },
    )
    home = run_refresh(folder / "home", inbox, TODAY, compiled=made_home(1).home)
    bureau = Bureau(home.home, home.vault, inbox, {}, Refreshed(landed=None, build_id=None))  # type: ignore[arg-type]
    bureau.first = bureau.figures(TODAY)
    _write(inbox, {"civil_affairs/relief_20250710.csv": csv_bytes(RELIEF, payment("F9", ["王家坝", person(1)[1]]))})
    bureau.refreshed = refresh(home.home, home.vault, Settings(), inbox, LATER, quiet)
    return bureau


def test_the_rows_behind_are_set_aside(bureau: Bureau) -> None:
    """Each with one finding that names the column; what holds a word stays, the row that is named so goes."""
    found = bureau.ask(
        "select feed, file_name, row_no, column_name, severity from marts.main.fct_findings where rule = 'Q8'"
        " order by all"
    )
    assert found == [
        ("civil_affairs.relief", "relief_20250615.csv", 2, "name", "quarantine"),
        ("civil_affairs.relief", "relief_20250615.csv", 3, "name", "quarantine"),
        ("civil_affairs.relief", "relief_20250615.csv", 4, "name", "quarantine"),
        ("civil_affairs.relief", "relief_20250615.csv", 5, "name", "quarantine"),
        ("civil_affairs.relief", "relief_20250615.csv", 9, "payment_no", "quarantine"),
        ("civil_affairs.relief", "relief_20250616.csv", 2, "grant_no", "quarantine"),
        ("civil_affairs.relief", "relief_20250617.csv", 2, "grant_no", "quarantine"),
        ("justice.register", "register_20250630.csv", 3, "counterpart_office", "quarantine"),
        ("justice.register", "register_20250630.csv", 4, "counterpart_office", "quarantine"),
        ("justice.register", "register_20250630.csv", 5, "counterpart_office", "quarantine"),
    ]


def test_what_holds_a_word_stays(bureau: Bureau) -> None:
    """No dossier is lost to somebody who is called like a district, an office or a common word."""
    offices = bureau.ask("select counterpart_office, count(*) from work.main.stg_justice__register group by all", TODAY)
    assert dict(offices)[WORD] == 4
    assert dict(offices)["兴隆司法所"] == 1


def test_a_business_number_is_no_id(bureau: Bureau) -> None:
    """One of eighteen digits is published as it is, when its check character happens to be right too; an id is not."""
    numbers = bureau.ask("select payment_no from marts.main.fct_relief_payments order by 1")
    assert numbers == [(number,) for number in sorted([HARMLESS, CHANCE, "F7", "F8", "F9"])]


def test_the_version_before_stays_in_force(bureau: Bureau) -> None:
    """Of a snapshot and of an incremental feed, through two corrections that were both at fault."""
    assert bureau.ask("select counterpart_office from marts.main.fct_register_spells where register_no = 'D1'") == [
        ("龙水司法所",)
    ]
    assert bureau.ask("select grant_no from marts.main.fct_relief_payments where payment_no = 'F7'") == [("S7",)]


def test_it_counts_from_the_day_it_was_found(bureau: Bureau) -> None:
    """The later refresh set two dossiers aside that were accepted before; a pull as known before is the same."""
    assert [(p.file_name, p.row_no, p.header) for p in bureau.refreshed.set_aside] == [
        ("register_20250630.csv", 4, "对方司法所"),
        ("register_20250630.csv", 5, "对方司法所"),
    ]
    assert bureau.figures(TODAY) == bureau.first
    counts = "select rows_accepted, rows_quarantined from marts.main.fct_deliveries"
    counts += " where file_name = 'register_20250630.csv'"
    assert bureau.ask(counts, TODAY) == [(8, 1)]
    assert bureau.ask(counts) == [(6, 3)]
    found = "select count(*) from marts.main.fct_findings where rule = 'Q8' and feed = 'justice.register'"
    assert [bureau.ask(found, TODAY), bureau.ask(found)] == [[(1,)], [(3,)]]


def test_it_is_done_once(bureau: Bureau) -> None:
    """The next refresh finds nothing new, and every file's rows add up."""
    again = refresh(bureau.home, bureau.vault, Settings(), bureau.inbox, LATER, quiet)
    assert (again.build_id, again.set_aside) == (None, [])
    with open_warehouse(bureau.home, bureau.vault, write=False) as con:
        uneven = "rows_read != rows_accepted + rows_quarantined + rows_skipped"
        assert con.execute(f"select file_name from warehouse.landing.batches where {uneven}").fetchall() == []


def test_nobody_is_shown(bureau: Bureau) -> None:
    """Neither in the list of rows set aside, where cells stand under wrong headers, nor in a finding."""
    rows = [row for row in quarantined(bureau.home, bureau.vault) if row.reasons[0][0] == "Q8"]
    assert len(rows) == 10
    shown = f"{rows} {bureau.ask('from marts.main.fct_findings')} {bureau.ask('from marts.main.fct_finding_life')}"
    assert [name for name, id_no in map(person, range(10)) if name in shown or id_no in shown] == []
    assert CHANCE not in shown


def test_a_sheet_called_like_somebody(bureau: Bureau) -> None:
    """Nobody's row is at fault: the finding that names the sheet masks it."""
    found = bureau.ask("select rule, column_name, message from marts.main.fct_findings where file_name like '%.xlsx'")
    assert [(rule, column) for rule, column, _ in found if rule == "W14"] == [("W14", "赵*")]
    assert not any(person(9)[0] in message for *_, message in found)


@pytest.mark.parametrize(("key", "is_known"), [("F3", True), ("F1", True), ("F33", False)])
def test_a_decision_on_a_row_that_no_delivery_has(bureau: Bureau, key: str, is_known: bool) -> None:
    """Rows set aside have a key as well; another key stops the refresh and what is published stays."""
    links = bureau.inbox / "links.csv"
    head = "agency,feed,key,id_no,decided_on,decided_by"
    links.write_text(f"{head}\n民政,relief,{key},,2025/7/1,王\n", encoding="utf-8")
    before = bureau.home.current.resolve()
    try:
        if is_known:
            land_and_check(bureau.home, bureau.vault, Settings(), bureau.inbox, LATER, quiet)
        else:
            with pytest.raises(UsageError, match=r"links.csv: line 2: no delivery of 民政 社会救助发放"):
                refresh(bureau.home, bureau.vault, Settings(), bureau.inbox, LATER, quiet)
    finally:
        links.unlink()
    assert bureau.home.current.resolve() == before
