"""Checking before sending: what is foretold of a file is what landing it then does, and nothing is kept of it."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from desk import REGISTER, RELEASES, RELIEF, SWEEPS, TODAY, VISIT, VISITS, Desk, csv_bytes, make_desk, xlsx_bytes
from reentry import cli
from reentry.check import check
from reentry.errors import UsageError
from reentry.land import LandReport
from reentry.land.limits import Limits
from reentry.precheck import Found, Prechecked, precheck
from reentry.received import received
from reentry.rules import rule_texts
from reentry.settings import Settings
from reentry.slips.of_file import slip_of_file
from reentry.store import Home, memory_connection
from reentry.vault import open_vault

SPILLED_ROWS, NOTE = 60_000, "上门走访，情况稳定，家庭关系正常。" * 6
MANY_ROWS, LONG_TEXT = 30, 30_000  # too many and too long for the limits of the test
LIMITS = Limits(unpacked_bytes=2 * LONG_TEXT, rows=MANY_ROWS - 1)  # two million rows would take minutes
SEALED_WORD = "赵钱孙李"
RELIEF_ROW = ["F1", "S1", "张三", "低保", "2025-03-01", "800", "1"]


def register(*numbers: int, **changes: str) -> bytes:
    """A register of these dossiers; ``changes`` by number of the dossier, the day of registration."""
    rows = [[f"D{n}", "张三", "安居", changes.get(f"d{n}", "2025-01-01")] for n in numbers]
    return csv_bytes(REGISTER, *rows)


def hidden(book: openpyxl.Workbook) -> None:
    """A sheet that is not to be seen."""
    book.create_sheet("旧数据").sheet_state = "hidden"


# by rounds in which they come to the inbox: what a file becomes depends on those of the rounds before
ROUNDS: list[dict[str, tuple[bytes, str]]] = [
    {
        "justice/visits.csv": (csv_bytes(VISITS, VISIT), "B9"),
        "justice/visits_20250701.csv": (csv_bytes(VISITS, VISIT), "B5"),
        "justice/visits_20250401.csv": (b"\xff\xff\xff\x80", "B1"),
        "justice/visits_20250402.xlsx": (xlsx_bytes(VISITS, VISIT)[:-200], "B1"),
        "justice/visits_20250403.csv": (csv_bytes(VISITS[1:], VISIT[1:]), "B2"),
        "justice/visits_20250404.csv": (csv_bytes(VISITS), "B3"),
        "民政/社会救助发放_20250401.csv": (csv_bytes(RELIEF, RELIEF_ROW, ["合计", "", "", "", "", "900", ""]), "B4"),
        "corrections/releases_20250401.csv": (
            csv_bytes([*RELEASES, "封存"], ["SF1", SEALED_WORD, "2025-01-01", "1", "是"]),
            "B7",
        ),
        "justice/visits_20250406.xlsx": (xlsx_bytes(VISITS, *[VISIT] * MANY_ROWS), "B8"),
        "justice/visits_20250407.xlsx": (xlsx_bytes(VISITS, [*VISIT[:3], "长" * LONG_TEXT]), "B8"),
        "司法局/安置帮教台账_20250401.csv": (register(*range(20), d3="2025-04-02", d4="someday"), "accepted"),
    },
    {
        "司法局/安置帮教台账_20250402.csv": (register(*range(20), d3="2025-04-02", d4="someday"), "repeated"),
        "司法局/安置帮教台账_20250403.csv": (register(1, 2, 3), "B6"),
        # fewer rows, of which one twice and one gone; a dossier that was never in force is not missed
        "司法局/安置帮教台账_20250501.csv": (register(*range(5, 17), 16), "accepted"),
        "justice/visits_20250405.xlsx": (xlsx_bytes([*VISITS, "心情"], [*VISIT, "好"], make=hidden), "accepted"),
        "justice/sweeps_20250405.csv": (csv_bytes(SWEEPS, ["安居", "2025-03", "-3", "0", "2025-04-01"]), "accepted"),
    },
    # delivered late: compared with the one before it, not with the newest
    {"司法局/安置帮教台账_20250415.csv": (register(*range(1, 20)), "accepted")},
]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path / "bureau")


def foretold(desk: Desk, path: Path, **more: Any) -> Prechecked:
    """The precheck of a file of the desk."""
    named = more.get("named")
    return precheck(desk.home, Settings(), path, named=named, today=TODAY, progress=desk.said.append, limits=LIMITS)


def landed(desk: Desk, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Lands and checks what is new in the inbox, and says of each file what a precheck says."""
    report = desk.land(limits=LIMITS)
    check(desk.home, open_vault(desk.home.path), Settings(), desk.said.append)
    return {name: landed_file(desk, name, report) for name in names}


def landed_file(desk: Desk, name: str, report: LandReport) -> dict[str, Any]:
    """What has become of one file."""
    batch = desk.ask(
        "select batch_id, rows_read, rows_accepted, rows_quarantined, rows_skipped from warehouse.landing.batches"
        f" where path = '{name}'"
    )
    refused = [r for r in report.refused if r.path == name]
    repeated = desk.ask(f"from warehouse.landing.repeats where path = '{name}'")
    assert len(batch) + len(refused) + len(repeated) == 1
    of_file = f"file_name in ('{name}', '{Path(name).name}') and batch_id is null"
    findings = desk.ask(
        "select rule, severity, row_no, key, column_name, message, action from warehouse.landing.findings where "
        + (f"batch_id = {batch[0][0]}" if batch else of_file)
    )
    return {
        "outcome": "accepted" if batch else "repeated" if repeated else refused[0].rule,
        "rows": batch[0][1:] if batch else (0, 0, 0, 0),
        "refused_rows": refused[0].rows if refused else (),
        "findings": sorted(findings, key=str),
    }


def as_landed(found: Prechecked) -> dict[str, Any]:
    """A precheck in the words of ``landed``."""
    listed = [(f.rule, f.severity, f.row, f.key, f.column, f.message, f.action) for f in found.findings]
    return {
        "outcome": found.refusal.rule if found.refusal else found.outcome,
        "rows": tuple(vars(found.rows).values()),
        "refused_rows": found.refused_rows,
        "findings": sorted(listed, key=str),
    }


def test_what_is_foretold_is_what_happens(desk: Desk) -> None:
    """Round by round: the precheck of each file, and then what landing them does; every block rule is among them."""
    rules = set()
    for files in ROUNDS:
        paths = {name: desk.put(name, content) for name, (content, _) in files.items()}
        found = {name: foretold(desk, path) for name, path in paths.items()}
        said = {name: as_landed(f) for name, f in found.items()}
        assert said == landed(desk, files)
        assert {name: f["outcome"] for name, f in said.items()} == {name: f[1] for name, f in files.items()}
        rules |= {finding.rule for f in found.values() for finding in f.findings}
    assert {rule for rule, text in rule_texts().items() if text.severity == "block"} <= rules
    assert rules == {*(f"B{n}" for n in range(1, 10)), "D1", "Q1", "Q3", "Q5", "W02", "W11", "W12", "W13", "W14"}
    again = foretold(desk, desk.inbox / "justice/sweeps_20250405.csv")
    assert again.outcome == "unchanged"


def test_nothing_is_kept(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A precheck writes nothing in the home, and leaves nothing in the place for temporary files, B7 or not."""
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    desk.land()

    def state() -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in desk.home.path.rglob("*") if p.is_file()}

    before = state()
    sealed = ROUNDS[0]["corrections/releases_20250401.csv"][0]
    path = tmp_path / "监狱" / "releases_20250401.csv"
    path.parent.mkdir()
    path.write_bytes(sealed)
    found = foretold(desk, path)
    assert (found.refusal and found.refusal.rule, found.refused_rows) == ("B7", (2,))
    assert SEALED_WORD not in json.dumps(found.document(), ensure_ascii=False, default=str)
    assert state() == before
    assert list(scratch.iterdir()) == []


def test_what_does_not_fit_is_spilled(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With little memory the result is the same; what was spilled lay in the home, encrypted, and is gone."""
    many = [[f"V{n}", f"D{n}", "2025-03-01", "1"] for n in range(SPILLED_ROWS)]
    file = tmp_path / "visits_20250601.csv"
    file.write_bytes(csv_bytes([*VISITS, "走访记录"], *([*row, NOTE] for row in many)))
    spilled: dict[str, bytes] = {}

    def little(home: Home) -> duckdb.DuckDBPyConnection:
        con = memory_connection(home)
        con.execute("set memory_limit = '70MB'; set threads = 1")
        return con

    def look(_: str) -> None:
        for path in (desk.home.path / "spill").rglob("*.tmp"):
            spilled[path.relative_to(desk.home.path).as_posix()] = path.read_bytes()

    monkeypatch.setattr("reentry.precheck.memory_connection", little)
    found = precheck(desk.home, Settings(), file, named="justice/visits_20250601.csv", today=TODAY, progress=look)
    assert (found.outcome, found.rows.read) == ("accepted", SPILLED_ROWS)
    assert spilled
    assert not any(NOTE[:20].encode() in content for content in spilled.values())
    assert not list((desk.home.path / "spill").rglob("*.tmp"))


def test_where_a_file_belongs(desk: Desk, tmp_path: Path) -> None:
    """By its folder, by a name that one agency has, or by --as; never by a guess."""
    content = csv_bytes(VISITS, VISIT)
    lone = tmp_path / "走访记录_20250401.csv"
    lone.write_bytes(content)
    assert foretold(desk, lone).path == "司法局/走访记录_20250401.csv"
    other = tmp_path / "导出.csv"
    other.write_bytes(content)
    assert foretold(desk, other).refusal is not None
    assert foretold(desk, other, named="司法局/走访记录_20250401_2").path == "司法局/走访记录_20250401_2.csv"
    shared = tmp_path / "社会救助发放_20250401.csv"
    shared.write_bytes(content)
    with pytest.raises(UsageError, match="民政、住建"):
        foretold(desk, shared)
    with pytest.raises(UsageError, match="no place"):
        foretold(desk, other, named="../走访记录_20250401")
    with pytest.raises(UsageError, match="no file"):
        foretold(desk, tmp_path / "missing.csv")


def test_command_and_slip(desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 3 for a refusal; without a warehouse an empty one is assumed; the slip says what is to be done."""
    path = desk.put("司法局/安置帮教台账_20250401.csv", register(1, 2, d2="2025-04-02"))
    options = ["--home", str(tmp_path / "nowhere"), "--today", f"{TODAY}", "--slip", str(tmp_path / "slip.xlsx")]
    assert cli.app(["precheck", str(path), "--json", *options], standalone_mode=False) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["rows"] == {"read": 2, "accepted": 1, "quarantined": 1, "skipped": 0}
    assert document["by_rule"] == {"Q3": 1, "W02": 1}
    assert not (tmp_path / "nowhere").exists()
    book = openpyxl.load_workbook(tmp_path / "slip.xlsx")
    assert book.sheetnames == ["结论", "问题清单", "按规则汇总"]
    lines = [[cell.value for cell in row] for row in book["问题清单"]]
    assert lines[1:3] == [
        ["行号", "编号", "栏目", "填写内容", "问题", "怎么办", "处理", "规则"],
        [2, "D1", "证件号码", "（空）", "缺证件号", "请补填证件号", "提示", "W02"],
    ]
    assert book["问题清单"].freeze_panes == "A3"
    assert book["问题清单"].auto_filter.ref == "A2:H4"
    refused = desk.put("司法局/安置帮教台账_20250402.csv", b"")
    assert cli.app(["precheck", str(refused), *options], standalone_mode=False) == 3
    assert "会被整份退回" in capsys.readouterr().out


def test_what_is_wrong_is_shown_and_nobody_is(desk: Desk) -> None:
    """The cell of each finding, masked where it must be, which of two conditions holds, both of two dates."""
    head = ["释放证明书编号", "姓名", "身份证号", "收监日期", "释放日期", "释放类型", "罪名", "前科次数"]
    path = desk.put(
        "监狱/刑满释放人员信息_20250401.csv",
        csv_bytes(
            head,
            ["S1", "赵钱孙李", "50022419800101002", "2020-01-01", "", "刑满", "盗窃", "三"],
            ["S2", "周吴郑王", "", "2024-01-01", "2023-12-31", "1", "盗窃", "1"],
            ["5.00151E+17", "冯陈褚卫", "500224198001010046", "2020-01-01", "2024-01-01", "1", "盗窃", "1", "赵钱孙李"],
        ),
    )
    found = foretold(desk, path)
    shown = {(f.rule, f.row, f.header): (f.cells, f.said) for f in found.findings if f.rule != "W14"}
    assert found.outcome_zh == "可以报送，3 行会被隔离"
    assert shown == {
        ("Q1", 2, "释放日期"): ("（空）", "必填项为空：释放日期"),
        ("Q1", 2, "释放类型"): ("刑满", "必填项无法解析：释放类型"),
        ("Q2", 3, None): ("收监日期 2024-01-01，释放日期 2023-12-31", "日期先后颠倒"),
        ("Q6", 4, None): (None, "行结构错误"),
        ("Q7", 4, "释放证明书编号"): ("5.00151E+17", "编号疑被 Excel 截断"),
    }
    text = json.dumps(found.document(), ensure_ascii=False, default=str)
    assert [word for word in ("赵钱孙李", "周吴郑王", "冯陈褚卫", "50022419800101") if word in text] == []


def test_a_file_in_order_says_no_more(desk: Desk) -> None:
    """Nothing is set aside; masked are names and ids that are shown."""
    head = ["释放证明书编号", "姓名", "身份证号", "释放日期", "释放类型", "前科次数"]
    row = ["S1", "赵□孙李", "500224198001010023", "2024-01-01", "1", "三"]
    found = foretold(desk, desk.put("监狱/刑满释放人员信息_20250401.csv", csv_bytes(head, row)))
    assert found.outcome_zh == "可以报送"
    assert {(f.rule, f.cells) for f in found.findings} == {
        ("W01", "三"),
        ("W05", "500***********0023"),
        ("W16", "赵***"),
    }


def test_a_refusal_says_what_to_do_once(desk: Desk) -> None:
    """What its message says is not said again, in other words that do not fit."""
    docx = io.BytesIO()
    with zipfile.ZipFile(docx, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    for content, said in ((docx.getvalue(), "是 Word 文档，请把表格另存为"), (b"", "文件是空的，请重新导出")):
        found = foretold(desk, desk.put("justice/visits_20250601.csv", content)).document()["refused"]
        assert (said in found["message"], found["mend_zh"]) == (True, "")


def test_same_bytes_for_the_same_result() -> None:
    """A slip has no clock but the day of the check."""
    refusal = Found("B3", "block", None, None, None, None, "没有数据行", "R1")
    found = Prechecked("justice/visits_20250404.csv", None, TODAY, "refused", findings=[refusal])
    first = slip_of_file(found, day=TODAY)
    assert first == slip_of_file(found, day=TODAY)
    assert openpyxl.load_workbook(io.BytesIO(first)).properties.modified.date() == TODAY


def test_what_has_come_in_and_what_became_of_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Newest first: waiting, landed with its rows, the same again, refused with the reason; a changed file waits."""
    monkeypatch.setenv("REENTRY_INBOX", str(desk.inbox))
    vault = open_vault(desk.home.path)
    assert received(desk.home, vault) == []
    desk.put("司法局/走访记录_20250601.csv", csv_bytes(VISITS, VISIT, ["V2", "D1", "2099-01-01", "1"]))
    desk.put("司法局/走访记录_20250602.csv", csv_bytes(VISITS, VISIT, ["V2", "D1", "2099-01-01", "1"]))
    desk.put("司法局/走访记录_20250603.csv", csv_bytes(VISITS))
    changed = desk.put("司法局/走访记录_20250604.csv", csv_bytes(VISITS, VISIT))
    landed(desk, [])
    desk.put("司法局/走访记录_20250605.csv", csv_bytes(VISITS, VISIT))
    changed.write_bytes(csv_bytes(VISITS, VISIT, VISIT))
    states = {one["file_name"][-7:-4]: (one["state"], one["state_zh"]) for one in received(desk.home, vault)}
    assert states == {
        "601": ("landed", f"入库于 {TODAY}：接收 1 行，隔离 1 行"),
        "602": ("repeated", "与上一次报送完全相同，没有重复入库"),
        "603": ("refused", "被退回：没有数据行（B3）"),
        "604": ("waiting", "已收到，下一次刷新时入库"),
        "605": ("waiting", "已收到，下一次刷新时入库"),
    }
