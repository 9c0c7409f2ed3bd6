"""报送预检, as a person: what the page says of a file is what landing it does; what is handed in is in the inbox."""

from __future__ import annotations

import http.client
import io
import json
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import BrowserContext, Page
from test_pages import Watched

from desk import RELEASES, VISITS, Desk, csv_bytes, make_desk, xlsx_bytes
from reentry.audit import entries as read_entries
from reentry.check import check
from reentry.dashboards.browser import Session, browsing
from reentry.land import land
from reentry.settings import Settings
from reentry.vault import open_vault
from served import OK, Answer, Served, get, send, token_of

ROLE = "数据质量"
GOOD = "走访记录_20250601.csv"
MANY = 60_000
SECONDS = 1000


@pytest.fixture(scope="module")
def context(served: Served) -> Iterator[BrowserContext]:
    """The browser of a data-quality officer; nothing in its console, nothing asked elsewhere."""
    with browsing(served.session(ROLE)) as context:
        watched = Watched(context, served.address)
        yield context
        assert watched.complaints == []


@pytest.fixture
def page(context: BrowserContext, served: Served) -> Iterator[Page]:
    """The page, empty."""
    page = context.new_page()
    page.goto(f"{served.address}/precheck/")
    yield page
    page.close()


@pytest.fixture
def inbox(served: Served) -> Path:
    """Where what is handed in lies: beside the home."""
    return served.home.path.with_name(f"{served.home.path.name}-inbox")


def asked(page: Page, path: Path, button: str = "button[value=check]") -> str:
    """Chooses a file and presses a button; gives the outcome."""
    page.set_input_files("#file", path)
    page.click(button)
    return outcome(page)


def outcome(page: Page) -> str:
    """What the result is, once it is there."""
    page.wait_for_selector("#result [data-outcome]", timeout=120 * SECONDS)
    return page.get_attribute("#result [data-outcome]", "data-outcome") or ""


def counts(page: Page) -> dict[str, int]:
    """The numbers on the page."""
    names = ("read", "accepted", "quarantined", "skipped")
    found = {name: int(page.inner_text(f"#rows-{name}")) for name in names}
    return {**found, "findings": int(page.inner_text("#findings"))}


def landed(desk: Desk, inbox: Path) -> dict[str, int]:
    """What landing and checking an inbox with one file does, in the words of the page."""
    vault = open_vault(desk.home.path)
    land(desk.home, vault, inbox, datetime.now(UTC).date(), desk.said.append)
    check(desk.home, vault, Settings(), desk.said.append)
    (rows,) = desk.ask(
        "select rows_read, rows_accepted, rows_quarantined, rows_skipped,"
        " (select count(*) from warehouse.landing.findings) from warehouse.landing.batches"
    )
    names = ("read", "accepted", "quarantined", "skipped", "findings")
    return {name: int(str(value)) for name, value in zip(names, rows, strict=True)}


def send_file(session: Session, name: str, content: bytes, **fields: str) -> Answer:
    """Posts the form without the page."""
    mark = "xxxxxxxxxxxxxxxx"
    parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = "".join([*parts, head]).encode() + content + f"\r\n--{mark}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={mark}", "Referer": session.address + "/"}
    return send(session, "/precheck/file", body, headers)


def test_good_file_is_checked_and_handed_in(page: Page, inbox: Path, tmp_path: Path) -> None:
    """Recognised by its name; counts and slip; handed in under its right name; what landing does is what was said."""
    rows = [["Z1", "D1", "2025-05-01", "1"], ["Z2", "D1", "2025-06-02", "1"], ["Z3", "D1", "2025-05-01", "九"]]
    file = tmp_path / "visits_20250601.csv"
    file.write_bytes(csv_bytes(VISITS, *rows, ["合计", "", "", ""]))
    assert asked(page, file) == "accepted"
    assert page.input_value("#feed") == "justice.visits"
    assert page.input_value("#delivered_on") == "2025-06-01"
    assert "可以报送，1 行会被隔离" in page.inner_text("#result h2")
    shown = [row.inner_text().split("\t") for row in page.locator("#result tbody tr").all()]
    assert [(row[3], row[4], row[-1]) for row in shown] == [
        ("2025-06-02", "日期晚于报送日：走访日期", "Q3"),
        ("九", "无法解析：走访方式", "W01"),
    ]
    assert page.get_attribute("#result tbody a.rule >> nth=0", "href") == "/handbook/#Q3"
    said = counts(page)
    assert said == {"read": 4, "accepted": 2, "quarantined": 1, "skipped": 1, "findings": 2}
    with page.expect_download() as download:
        page.click("#slip")
    assert download.value.suggested_filename == "预检结果_走访记录_20250601.xlsx"
    lines = list(openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))["问题清单"].values)
    assert [(line[0], line[3], line[7]) for line in lines[2:]] == [(3, "2025-06-02", "Q3"), (4, "九", "W01")]
    assert not inbox.exists()
    page.click("#hand-in")
    page.wait_for_selector("#handed-in", timeout=120 * SECONDS)
    assert "司法局/走访记录_20250601.csv" in page.inner_text("#handed-in")
    assert counts(page) == said
    waiting = page.locator("#received tr[data-state=waiting]")
    waiting.first.wait_for()
    assert "走访记录_20250601.csv" in waiting.first.inner_text()
    assert "已收到，下一次刷新时入库" in waiting.first.inner_text()
    assert landed(make_desk(tmp_path / "bureau"), inbox) == said
    assert asked(page, file, "button[value=check]") == "accepted"
    page.click("#hand-in")
    page.wait_for_selector("#handed-in", timeout=120 * SECONDS)
    assert "已有这份文件" in page.inner_text("#handed-in")
    file.write_bytes(csv_bytes(VISITS, *rows[:1]))
    assert asked(page, file) == "accepted"
    page.click("#hand-in")
    page.wait_for_selector("#handed-in", timeout=120 * SECONDS)
    names = sorted(p.relative_to(inbox).as_posix() for p in inbox.rglob("*") if p.is_file())
    assert names == ["司法局/走访记录_20250601.csv", "司法局/走访记录_20250601_2.csv"]


def test_damaged_and_sealed_files_are_refused(page: Page, served: Served, inbox: Path, tmp_path: Path) -> None:
    """Refused with the reason and no way to hand in; nothing of a sealed file is left in the home or the inbox."""
    before = set(inbox.rglob("*"))
    damaged = tmp_path / "走访记录_20250602.xlsx"
    damaged.write_bytes(xlsx_bytes(VISITS, ["Z1", "D1", "2025-05-01", "1"])[:-300])
    assert asked(page, damaged) == "refused"
    assert "文件无法读取" in page.inner_text("#result")
    sealed = csv_bytes([*RELEASES, "封存"], ["SF1", "赵钱孙李", "2025-01-01", "1", "是"])
    file = tmp_path / "导出.csv"
    file.write_bytes(sealed)
    page.set_input_files("#file", file)
    assert "认不出" in page.inner_text("#said")
    page.select_option("#feed", "corrections.releases")
    page.fill("#delivered_on", "2025-06-02")
    page.click("button[value=check]")
    assert outcome(page) == "refused"
    assert "封存记录不得入库" in page.inner_text("#result")
    assert "所在行：2" in page.inner_text("#result")
    assert page.locator("#hand-in").count() == 0
    session = served.session(ROLE)
    fields = {"csrf_token": token_of(session), "do": "hand_in"}
    answer = send_file(session, "刑满释放人员信息_20250602.csv", sealed, **fields)
    assert "封存记录不得入库" in answer.body.decode()
    assert set(inbox.rglob("*")) == before
    kept = [p for p in served.home.path.rglob("*") if p.is_file() and "赵钱孙李".encode() in p.read_bytes()]
    assert kept == []


def test_large_files(page: Page, served: Served, tmp_path: Path) -> None:
    """Many rows are counted as landing counts them; what is over the limit is not even sent, nor taken if it is."""
    file = tmp_path / "走访记录_20250603.csv"
    file.write_bytes(csv_bytes(VISITS, *([f"Z{n}", "D1", "2025-05-01", "1"] for n in range(MANY))))
    assert asked(page, file) == "accepted"
    assert counts(page)["accepted"] == MANY
    larger = tmp_path / "走访记录_20250604.csv"
    with larger.open("wb") as sparse:
        sparse.truncate((200 << 20) + 1)
    page.set_input_files("#file", larger)
    assert "超过 200 MB" in page.inner_text("#said")
    page.click("button[value=check]")
    assert page.locator("#result [data-outcome]").count() == 0
    host = urllib.parse.urlsplit(served.address).netloc
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("POST", "/precheck/file", headers={"Content-Length": str(300 << 20)})
    answer = connection.getresponse()
    assert (answer.status, "超过 200 MB" in answer.read().decode()) == (413, True)


def test_a_report_of_two_agencies_is_asked_about(served: Served) -> None:
    """By whom a file is, its name alone does not say; a Word document is called one, whatever its name."""
    session = served.session(ROLE)
    fields = {"csrf_token": token_of(session), "do": "check"}
    answer = send_file(session, "社会救助发放_20250601.csv", b"x", **fields).body.decode()
    assert "民政、住建都报送“社会救助发放”" in answer
    word = send_file(session, "走访记录_20250601.docx", b"{\\rtf1}", **fields).body.decode()
    assert "是 Word 文档，请把表格另存为 Excel 后再报" in word
    assert "怎么办" not in word


def test_slips_rows_and_rules_are_pages(served: Served, page: Page) -> None:
    """For a data-quality officer, with downloads on the log; the handbook for everyone; nobody else sees persons."""
    session = served.session(ROLE)
    assert 'href="/handbook/#W37"' in get(session, "/slips/?agency=justice&rule=W37").body.decode()
    assert "没有符合条件的问题" in get(session, "/slips/?agency=justice&rule=W37&kind=data").body.decode()
    before = len(read_entries(served.home))
    assert get(session, "/slips/file?agency=justice&since=2025-05-31").body.startswith(b"PK")
    assert get(session, "/quarantined/file?feed=justice.none").status != OK
    new = read_entries(served.home)[before:]
    assert [(e["who"], e["action"], e["about"]["slips"]) for e in new] == [("zhiliang", "export", ["司法局"])]
    assert get(session, "/slips/?agency=../x").status == 404
    assert "没有隔离的行" in get(session, "/quarantined/").body.decode()  # nothing has landed in this home
    for role in served.sessions():
        own = served.session(role)
        assert 'id="W12"' in get(own, "/handbook/").body.decode(), role
        for path in ("/slips/", "/slips/file?agency=justice", "/quarantined/", "/quarantined/file?feed=hr.training"):
            assert (get(own, path).status == 403) == (role != ROLE), (role, path)
    page.goto(f"{served.address}/handbook/#W12")
    page.fill("#find", "校验码")
    codes = [row.inner_text().split("\t")[0] for row in page.locator("tr.found:visible").all()]
    assert "W05" in codes
    assert "W12" not in codes
    page.fill("#find", "没有这样的规则")
    assert page.inner_text("#none") == "没有找到。"


def test_only_who_may(served: Served) -> None:
    """Other roles are shown their first page instead; a form without its token is refused."""
    content = csv_bytes(VISITS, ["Z1", "D1", "2025-05-01", "1"])
    for role in ("区领导", "答复经办", "司法所"):
        session = served.session(role)
        assert b'id="precheck"' not in get(session, "/precheck/").body
        answer = send_file(session, GOOD, content, do="check", csrf_token=token_of(session))
        assert b"data-outcome" not in answer.body
    session = served.session(ROLE)
    assert b"data-outcome" not in send_file(session, GOOD, content, do="check").body
    assert b"data-outcome" in send_file(session, GOOD, content, do="check", csrf_token=token_of(session)).body


def test_data_docs_are_served_to_who_may(served: Served) -> None:
    """The report of the checks lies in the home; only a data-quality officer and the administrator read it."""
    assert "还没有检查过" in get(served.session(ROLE), "/checks/").body.decode()
    served.home.checks.mkdir()
    rule = {"rule": "W05", "message": "逐条规则", "meaning": "", "severity": "warn", "severity_zh": "提示"}
    report = {"feed": "hr.training", "title": "人社 · 职业技能培训", "files": ["a.csv"], "rows": 9}
    report["rules"] = [{**rule, "failed": 2, "places": ["a.csv：3、4"]}, {**rule, "rule": "W06", "failed": 0}]
    (served.home.checks / "index.json").write_text(json.dumps([report]), encoding="utf-8")
    (served.home.path / "elsewhere.txt").write_text("逐条规则", encoding="utf-8")
    for role in served.sessions():
        seen = "逐条规则" in get(served.session(role), "/checks/?feed=hr.training").body.decode()
        assert seen == (role in (ROLE, "管理员")), role
    assert get(served.session(ROLE), "/checks/../elsewhere.txt").status == 404
    assert get(served.session(ROLE), "/checks/%2e%2e/elsewhere.txt").status == 404
