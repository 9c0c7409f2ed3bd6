"""An inbox of every kind of bad file, with good files among and after them: the figures are those of the good alone."""

from __future__ import annotations

import io
import os
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import msoffcrypto.format.ooxml
import pytest

from conftest import Made, MakeHome, run_refresh
from desk import REGISTER, RELEASES, RELIEF, VISITS, csv_bytes, xlsx_bytes
from reentry import cli
from reentry.figures.document import figures_document
from reentry.figures.published import open_version
from reentry.figures.window import Window
from reentry.store import open_warehouse

TODAY = date(2025, 6, 30)
ID_NO, MASKED = "11010519491231002X", "110***********002X"
OFFENCES = ["记录编号", "案件编号", "姓名", "证件号码", "发案日期", "案件性质", "案件阶段"]


def good_files() -> dict[str, bytes]:
    """A few persons from release to relief: CSV and workbooks, of three months."""
    persons = [(f"甲{n}", f"{n:03}") for n in range(1, 13)]
    releases = [[f"SF{n}", name, "2025-01-10", "刑满释放"] for name, n in persons]
    register = [[f"D{n}", name, "安居司法所", "2025-01-12", f"SF{n}"] for name, n in persons]
    return {
        "监狱/刑满释放人员信息_20250201.csv": csv_bytes(RELEASES, *releases, encoding="gb18030"),
        "司法局/安置帮教台账_20250301.xlsx": xlsx_bytes([*REGISTER, "释放证明书编号"], *register),
        "司法局/走访记录_20250401.csv": csv_bytes(VISITS, *[[f"Z{n}", f"D{n}", "2025-03-05", "1"] for _, n in persons]),
        "民政/社会救助发放_20250415.xlsx": xlsx_bytes(
            RELIEF, *[[f"F{n}", f"S{n}", name, "8", "2025-03-01", "600", "1"] for name, n in persons[:7]]
        ),
        "公安/重新犯罪信息_20250501.csv": csv_bytes(
            OFFENCES, ["J1", "A1", "甲1", "", "2025-04-01", "刑事", "立案"]
        ),
        "司法局/走访记录_20250620.xlsx": xlsx_bytes(VISITS, ["Z900", "D001", "2025-06-05", "1"]),
    }  # fmt: skip


def with_cell(value: str) -> bytes:
    """A workbook of one payment whose amount is this number cell."""
    content = xlsx_bytes(RELIEF, ["F700", "S700", "甲1", "8", "2025-03-01", 424242, "1"])
    return with_sheet(content, b"<v>424242</v>", f"<v>{value}</v>".encode())


def with_sheet(content: bytes, old: bytes, new: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data.replace(old, new) if name == "xl/worksheets/sheet1.xml" else data)
    return out.getvalue()


def encrypted(content: bytes) -> bytes:
    out = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(content)).encrypt("secret", out)
    return out.getvalue()


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


VISIT_BOOK = xlsx_bytes(VISITS, ["Z800", "D001", "2025-03-05", "1"])
TABLE = "<html><body><table><tr><td>走访编号</td></tr></table></body></html>"

SEALED = csv_bytes([*RELEASES, "未成年封存"], ["S9", "甲", "2025-01-01", "1", "是"])
PAYMENT = ["F9", "S9", "甲", "8", "2025-01-01", "5", "1"]
WRONG_TOTAL = csv_bytes(RELIEF, PAYMENT, ["合计", *[""] * 4, "7"])
NO_XML = with_sheet(with_cell("1"), b"<v>1</v></c>", b"<v>1</v></c></row>")

CUT = "走访编号,档案编号,走访日期,走访情况\nZ1,D1,2025-03-05,走访时本人不在家".encode()[:-1]

# name, content, what becomes of it: the rule that refuses it, or None where its rows are set aside
BAD: list[tuple[str, bytes, str | None]] = [
    ("司法局/走访记录_20250210.csv", CUT, "B1"),
    ("司法局/走访记录_20250211.csv", b"", "B1"),
    ("司法局/走访记录_20250212.xlsx", b"", "B1"),
    ("司法局/走访记录_20250213.xls", TABLE.encode("gbk"), "B1"),
    ("司法局/走访记录_20250214.xlsx", TABLE.encode(), "B1"),
    ("司法局/走访记录_20250215.et", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "B1"),
    ("司法局/走访记录_20250216.docx", zipped(word__document_xml=b"<w/>"), "B9"),
    ("司法局/走访记录_20250217.xlsx", b"%PDF-1.7\n", "B9"),
    ("司法局/走访记录_20250218.xlsx", b"Rar!\x1a\x07\0", "B9"),
    ("司法局/走访记录_20250219.xlsx", encrypted(VISIT_BOOK), "B1"),
    ("司法局/走访记录_20250220.xlsx", VISIT_BOOK[: len(VISIT_BOOK) // 2], "B1"),
    ("司法局/走访记录_20250221.xlsx", zipped(xl__workbook_xml=b"<workbook/>"), "B1"),
    ("司法局/走访记录_20250222.txt", b"x", "B2"),
    ("司法局/走访记录_20250223 (1).csv", csv_bytes(VISITS), "B3"),
    ("司法局/走访记录_2025年2月.xlsx", VISIT_BOOK, "B5"),
    ("司法局/走访记录_20250230.csv", csv_bytes(VISITS), "B5"),
    ("司法局/走访记录_20250224_3000000000.csv", csv_bytes(VISITS), "B9"),
    ("别的/表_20250224.csv", csv_bytes(VISITS), "B9"),
    (f"司法局/{ID_NO}_{ID_NO}5 {ID_NO}.csv", csv_bytes(VISITS), "B9"),
    ("监狱/刑满释放人员信息_20250225.csv", SEALED, "B7"),
    ("民政/社会救助发放_20250226.csv", WRONG_TOTAL, "B4"),
    ("司法局/安置帮教台账_20250310.csv", csv_bytes(REGISTER, ["D001", "甲1", "安居司法所", "2025-01-12"]), "B6"),
    ("民政/社会救助发放_20250301.xlsx", NO_XML, "B1"),
    ("民政/社会救助发放_20250302.csv", csv_bytes(RELIEF, ["", "S9", "甲1", "8", "2025-01-01", "5", "1"]), None),
    ("司法局/走访记录_20250303.xlsx", xlsx_bytes(VISITS, ["Z801", "D001", "某日\r", "1"]), None),
    ("司法局/走访记录_20250304.csv", csv_bytes(VISITS, ["Z802", "D001", "2025\x0b-03", "1"]), None),
]  # fmt: skip


def put(inbox: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (1_700_000_000, 1_700_000_000))


def figures_of(made: Made) -> list[dict[str, Any]]:
    """Every figure of two windows but those that count deliveries and findings."""
    with open_version(made.home, made.vault) as version:
        windows = [Window.of(first, TODAY, None, version.known_at) for first in (date(2025, 1, 1), date(2025, 4, 1))]
        found = [f for w in windows for f in figures_document(version, w, by_township=True)["figures"]]
    return [figure for figure in found if not figure["id"].startswith("data.")]


@pytest.fixture(scope="module")
def both(made_home: MakeHome, tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, Made]:
    """The good files alone, and with the bad ones."""
    compiled = made_home(1).home
    folder = tmp_path_factory.mktemp("bad")
    put(folder / "good", good_files())
    put(folder / "all", good_files() | {name: content for name, content, _ in BAD})
    (folder / "all" / "公安" / "y.csv").symlink_to("y.csv")
    in_bytes = os.fsencode(folder / "all") + "/司法局".encode("gbk")
    os.mkdir(in_bytes)  # noqa: PTH102 (a name that is no text)
    Path(os.fsdecode(in_bytes), "走访记录_20250401_2.csv").write_bytes(
        csv_bytes(VISITS, ["Z001", "D001", "2025-03-05", "1"])
    )
    return (
        run_refresh(folder / "alone", folder / "good", TODAY, compiled=compiled),
        run_refresh(folder / "mixed", folder / "all", TODAY, compiled=compiled),
    )


def test_figures_are_those_of_the_good_files(both: tuple[Made, Made]) -> None:
    alone, mixed = map(figures_of, both)
    assert any(figure["value"] for figure in alone)
    assert mixed == alone


def test_each_bad_file_is_refused_by_name_and_all_else_lands(both: tuple[Made, Made]) -> None:
    _, mixed = both
    with open_warehouse(mixed.home, mixed.vault, write=False) as con:
        refused = dict(con.execute("select path, rule from warehouse.landing.refusals").fetchall())
        landed = {path for (path,) in con.execute("select path from warehouse.landing.batches").fetchall()}
        accepted = con.execute("select path, rows_accepted from warehouse.landing.batches").fetchall()
    assert refused == {name: rule for name, _, rule in BAD if rule} | {"公安/y.csv": "B1"}
    assert landed == {*good_files(), "司法局/走访记录_20250401_2.csv", *(name for name, _, rule in BAD if not rule)}
    assert all(rows == 0 for path, rows in accepted if path in {name for name, _, rule in BAD if not rule})


def test_the_next_refresh_says_so_again(both: tuple[Made, Made], capsys: pytest.CaptureFixture[str]) -> None:
    _, mixed = both
    arguments = ["refresh", str(mixed.inbox), "--home", str(mixed.home.path), "--today", str(TODAY)]
    assert cli.app(arguments, standalone_mode=False) == 3
    said = capsys.readouterr()
    assert "没有新内容" in said.out
    assert len(said.err.strip().splitlines()) == sum(rule is not None for *_, rule in BAD) + 1
    assert (ID_NO in said.err, said.err.count(MASKED)) == (False, 3)


def test_an_id_number_in_the_name_of_a_file_is_masked(both: tuple[Made, Made]) -> None:
    """It keeps nothing from being published; neither findings nor the notes of refusals show it."""
    _, mixed = both
    with open_version(mixed.home, mixed.vault) as version:
        for table in ("fct_findings", "open_findings"):
            names = version.con.execute(f"select file_name from marts.main.{table} where rule = 'B9'").fetchall()
            assert any(name.endswith(f"{MASKED}_{MASKED}5 {MASKED}.csv") for (name,) in names), table
    notes = "".join(path.read_text(encoding="utf-8") for path in mixed.home.refused.iterdir())
    assert (ID_NO in notes, MASKED in notes) == (False, True)
