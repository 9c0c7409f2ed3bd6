"""What a file is, by content; what its name says; what becomes of the reading process."""

from __future__ import annotations

import io
import os
import sys
import zipfile
from datetime import date
from pathlib import Path

import duckdb
import pytest

from desk import VISIT, VISITS, Desk, csv_bytes, make_desk, xlsx_bytes
from reentry.check import check
from reentry.check.check import _check_feed
from reentry.fates import Fates, OneFailedError
from reentry.land import reader
from reentry.land.discover import discover, fit_of
from reentry.land.kinds import kind_of
from reentry.land.limits import Limits
from reentry.land.reader import Reader
from reentry.land.refusal import RefusedError, internal
from reentry.settings import Settings
from reentry.vault import open_vault

HTML = "<html><table><tr><td>走访编号</td></tr></table></html>"
XML_2003 = '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


def stream(name: str) -> bytes:
    return OLE + name.encode("utf-16-le")


def zipped(*names: str, mimetype: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        if mimetype:
            archive.writestr("mimetype", mimetype)
        for name in names:
            archive.writestr(name, b"x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "rule", "words"),
    [
        (b"", "B1", "文件是空的"),
        (b"%PDF-1.7", "B9", "PDF/图片"),
        (b"\x89PNG\r\n\x1a\n", "B9", "PDF/图片"),
        (b"\xff\xd8\xff\xe0", "B9", "PDF/图片"),
        (b"BM\x36\0\0\0\0\0\0\0", "B9", "PDF/图片"),
        (b"Rar!\x1a\x07\x01\0", "B9", "改用 ZIP"),
        (b"7z\xbc\xaf\x27\x1c", "B9", "改用 ZIP"),
        (rb"{\rtf1}", "B9", "Word"),
        (stream("WordDocument"), "B9", "Word"),
        (zipped("word/document.xml"), "B9", "Word"),
        (zipped("content.xml", mimetype="application/vnd.oasis.opendocument.text"), "B9", "Word"),
        (zipped("ppt/slides/slide1.xml"), "B9", "演示文稿"),
        (stream("Workbook"), "B1", "旧版 XLS"),
        (stream("Book"), "B1", "旧版 XLS"),
        (OLE, "B1", "旧版 XLS"),
        (b"\x09\x08\x10\0\0\x06", "B1", "旧版 XLS"),
        (stream("EncryptedPackage"), "B1", "已加密"),
        (zipped("xl/workbook.bin"), "B1", "XLSB"),
        (zipped("content.xml", mimetype="application/vnd.oasis.opendocument.spreadsheet"), "B1", "ODS"),
        (HTML.encode("gbk"), "B1", "HTML"),
        (b"\xef\xbb\xbf \r\n<!DOCTYPE html><html>", "B1", "HTML"),
        (HTML.encode("utf-16"), "B1", "HTML"),
        (b"<!-- x -->" * 300 + b"<p", None, ""),
        (XML_2003.encode(), "B1", "XML 表格 2003"),
        (zipped("a.csv"), "B1", "ZIP"),
        (zipped(), "B3", "没有数据行"),
        (b"PK\x03\x04" + bytes(30), "B1", "损坏"),
        (csv_bytes(VISITS), None, ""),
        (xlsx_bytes(VISITS), None, ""),
    ],
    ids=lambda value: "content" if isinstance(value, bytes) else None,  # archives hold the time of day
)
def test_kinds_by_content(content: bytes, rule: str | None, words: str) -> None:
    if rule is None:
        assert kind_of(io.BytesIO(content)) in ("text", "xlsx")
        return
    with pytest.raises(RefusedError) as refused:
        kind_of(io.BytesIO(content))
    assert refused.value.rule == rule
    assert words in refused.value.message


@pytest.mark.parametrize("ending", ["csv", "txt", "xlsx", "xls", "et", "XLSX"])
def test_a_table_lands_under_any_ending(desk: Desk, ending: str) -> None:
    desk.put(f"justice/visits_20250401.{ending}", csv_bytes(VISITS, VISIT))
    desk.put(f"justice/visits_20250402.{ending}", xlsx_bytes(VISITS, ["V2", *VISIT[1:]]))
    report = desk.land()
    assert (report.landed, report.refused) == (2, [])


@pytest.mark.parametrize(
    ("name", "day", "number", "is_copy"),
    [
        ("走访记录_20250401.csv", date(2025, 4, 1), 1, False),
        ("走访记录_2025-4-1.xlsx", date(2025, 4, 1), 1, False),
        ("走访记录_2025.4.1_3.xlsx", date(2025, 4, 1), 3, False),
        ("走访记录_2025年4月1日.txt", date(2025, 4, 1), 1, False),
        ("走访记录_20250401 (1).csv", date(2025, 4, 1), 1, True),
        ("走访记录_20250401（1）.csv", date(2025, 4, 1), 1, True),
        ("走访记录_20250401_2 - 副本.csv", date(2025, 4, 1), 2, True),
        ("走访记录_20250401-副本 (2).csv", date(2025, 4, 1), 1, True),
        ("走访记录_20250401_007.csv", date(2025, 4, 1), 7, False),
        ("走访记录_２０２５０４０１.csv", date(2025, 4, 1), 1, False),
        ("走访记录_202504.csv", None, 1, False),
        ("走访记录_2025年4月.csv", None, 1, False),
        ("走访记录_2025-04_2.csv", None, 2, False),
        ("走访记录_20250230.csv", None, 1, False),
    ],
)
def test_names(name: str, day: date | None, number: int, is_copy: bool) -> None:
    fit = fit_of(f"司法局/{name}")
    assert fit.feed is not None
    assert (fit.feed.id, fit.delivered_on, fit.delivery_no, bool(fit.copy)) == ("justice.visits", day, number, is_copy)


@pytest.mark.parametrize("name", ["走访记录.csv", "走访记录_20250401.bak", "走访记录20250401.csv", "走访记录_20250401"])
def test_names_of_no_feed(name: str) -> None:
    assert fit_of(f"司法局/{name}").feed is None


def test_b9_says_why(desk: Desk) -> None:
    desk.put("justice/visits_20250401_3000000000.csv", csv_bytes(VISITS, VISIT))
    desk.put("justice/visits_20250401.docx", zipped("word/document.xml"))
    desk.put("justice/visits_20990101.xlsx", b"%PDF-1.7")
    desk.put("justice/a\nb.csv", b"x")
    assert {(r.path, r.message) for r in desk.land().refused} == {
        ("justice/visits_20250401_3000000000.csv", "无法识别的文件：文件名不对应任何报表（报送序号过大）"),
        ("justice/visits_20250401.docx", "无法识别的文件：是 Word 文档，请把表格另存为 Excel 后再报"),
        ("justice/visits_20990101.xlsx", "无法识别的文件：是 PDF/图片，请报送原表"),
        ("justice/a\\x0ab.csv", "无法识别的文件：文件名不对应任何报表"),
    }
    again = desk.land()
    assert [r.is_new for r in again.refused] == [False] * 4


def test_a_copy_comes_after_the_plain_name(desk: Desk) -> None:
    desk.put("justice/visits_20250401 (1).csv", csv_bytes(VISITS, VISIT))
    desk.put("justice/visits_20250401.csv", csv_bytes(VISITS, ["V2", *VISIT[1:]]))
    desk.land()
    assert desk.ask("select path from warehouse.landing.batches order by batch_id") == [
        ("justice/visits_20250401.csv",),
        ("justice/visits_20250401 (1).csv",),
    ]


def test_names_in_bytes(desk: Desk) -> None:
    folder = os.fsencode(desk.inbox) + b"/" + "司法局".encode("gbk")
    os.makedirs(folder)  # noqa: PTH103 (a name that is no text)
    place = Path(os.fsdecode(folder + b"/" + "走访记录_20250401.csv".encode("gbk")))
    place.write_bytes(csv_bytes(VISITS, VISIT))
    desk.put("司法局/走访记录_20250401.csv", csv_bytes(VISITS, ["V2", *VISIT[1:]]))
    Path(os.fsdecode(os.fsencode(desk.inbox) + b"/\xff\xfe.csv")).write_bytes(b"x")
    report = desk.land()
    assert report.landed == 2
    assert [(r.path, r.message) for r in report.refused] == [("\\xff\\xfe.csv", "无法识别的文件：文件名不是有效文字")]
    assert desk.land().unchanged == 2


def test_links_to_themselves_and_closed_folders(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put("justice/visits_20250401.csv", csv_bytes(VISITS, VISIT))
    (desk.inbox / "justice" / "x.csv").symlink_to("x.csv")
    (desk.inbox / "公安").mkdir()
    scandir = os.scandir

    def closed(path: str) -> object:
        if str(path).endswith("公安"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)  # whoever tests as root may read every folder
    report = desk.land()
    assert report.landed == 1
    assert {(r.path, r.rule, r.message) for r in report.refused} == {
        ("justice/x.csv", "B1", "文件无法读取：链接指向自身，请放入文件本身"),
        ("公安", "B1", "文件无法读取：文件夹没有读取权限，请管理员检查权限后再报"),
    }
    monkeypatch.undo()
    assert [r.path for r in desk.land().refused] == ["justice/x.csv"]
    assert [d.name for d in discover(desk.inbox)] == ["justice/x.csv", "justice/visits_20250401.csv"]


def test_the_end_of_the_reading_process_refuses_one_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ends the process while it has a file, the next file gets a new one."""
    for n in (1, 2, 3):
        desk.put(f"justice/visits_2025040{n}.csv", csv_bytes(VISITS, [f"V{n}", *VISIT[1:]]))
    ask = Reader._ask
    asked = []

    def ended(self: Reader, document: dict[str, object], file: object) -> None:
        ask(self, document, file)  # type: ignore[arg-type]
        asked.append(self.process_id)
        if len(asked) == 2 and self._process is not None:
            self._process.send_signal(6)
            self._process.wait()

    monkeypatch.setattr(Reader, "_ask", ended)
    report = desk.land()
    assert report.landed + len(report.refused) == 3
    assert {(r.path, r.rule) for r in report.refused} <= {("justice/visits_20250402.csv", "B8")}
    assert asked[2] != asked[1]


def test_too_little_memory_is_b8(desk: Desk) -> None:
    long = "甲" * 16_000_000
    desk.put("justice/visits_20250401.csv", csv_bytes([*VISITS, "备考"], [*VISIT, long]))
    desk.put("justice/visits_20250402.csv", csv_bytes(VISITS, VISIT))
    report = desk.land(limits=Limits(memory_mb=330))
    assert (report.landed, report.postponed) == (1, []), report
    assert [(r.path, r.rule) for r in report.refused] == [("justice/visits_20250401.csv", "B8")]


def test_a_file_at_which_a_check_fails_is_refused_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in (1, 2, 3):
        desk.put(f"justice/visits_2025040{n}.csv", csv_bytes(VISITS, [f"V{n}", *VISIT[1:]]))
    desk.land()

    def fails_at_two(con: duckdb.DuckDBPyConnection, *rest: object) -> object:
        new = con.execute("select batch_id from memory.checking.files where is_new").fetchall()
        if (2,) in new:
            raise duckdb.ConversionException("a cell that nobody foresaw")
        return _check_feed(con, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(sys.modules["reentry.check.check"], "_check_feed", fails_at_two)
    report = check(desk.home, open_vault(desk.home.path), Settings(), lambda _: None)
    assert [(u.delivery.name, u.refused.message) for u in report.refused] == [
        ("justice/visits_20250402.csv", internal(RuntimeError()).message)
    ]
    assert report.rows_accepted == 2
    assert desk.ask("select path, rows_accepted from warehouse.landing.batches order by 1") == [
        ("justice/visits_20250401.csv", 1),
        ("justice/visits_20250403.csv", 1),
    ]
    assert [(r.path, r.is_new) for r in desk.land().refused] == [("justice/visits_20250402.csv", False)]


def test_one_that_fails_does_not_stop_the_others() -> None:
    fates, made = Fates("slip"), []
    for name in ("甲", "乙", "丙"):
        with fates.of(name):
            if name == "乙":
                raise ValueError("x")
            made.append(name)
    with pytest.raises(OneFailedError, match="slip 乙: internal error \\(ValueError\\)") as failed:
        fates.settle(made)
    assert failed.value.made == ["甲", "丙"]


def test_a_borrowed_reader_is_kept_warm(desk: Desk) -> None:
    desk.put("justice/visits_20250401.csv", csv_bytes(VISITS, VISIT))
    desk.land()
    first = reader.idle_process()
    desk.put("justice/visits_20250402.csv", csv_bytes(VISITS, ["V2", *VISIT[1:]]))
    desk.land()
    assert first is not None
    assert reader.idle_process() == first


def test_b1_names_the_byte_of_the_encoding_that_the_file_is_in(desk: Desk) -> None:
    sound = csv_bytes([*VISITS, "备考"], [*VISIT, "家中平安，一切都好"])
    at = len(sound) - 6
    desk.put("justice/visits_20250401.csv", sound[:at] + b"\xff" + sound[at:])
    in_gb = csv_bytes([*VISITS, "备考"], [*VISIT, "家中平安"], encoding="gb18030")
    desk.put("justice/visits_20250402.csv", in_gb + b"\xff\xff")
    ascii_only = b"a,b\n" * 10
    desk.put("justice/visits_20250403.csv", ascii_only + b"\xff\xff")
    assert [r.message.removeprefix("文件无法读取：") for r in desk.land().refused] == [
        f"UTF-8 文本在此处损坏（字节偏移 {at - 2}），请重新导出后再报",
        f"既非 UTF-8、UTF-16，也非 GB18030（字节偏移 {len(in_gb)}），请重新导出后再报",
        f"既非 UTF-8、UTF-16，也非 GB18030（字节偏移 {len(ascii_only)}），请重新导出后再报",
    ]
