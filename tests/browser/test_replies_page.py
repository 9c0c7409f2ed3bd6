"""答复工作台, as persons: a draft, handed in, released by another; the preparer is refused, other roles get 403."""

from __future__ import annotations

import shutil
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page
from test_pages import Watched

from conftest import MakeHome
from reentry.account import web_account
from reentry.audit import entries
from reentry.audit_verify import verify
from reentry.dashboards.browser import Session, browsing
from reentry.replies import pack as packs
from reentry.replies.pack import make_pack, read_pack
from reentry.replies.states import anchors, state_of, submit
from served import Answer, Served, get, send, token_of

LETTER = "2025-18070184"
CLERK, RELEASER = "答复经办", "答复审签"
WAIT = 180_000  # a pull with its PDFs, on a busy machine
FORBIDDEN = 403
# texts of less than 13 pixels
SMALL = """() => [...document.querySelectorAll('body *')].filter((e) => e.offsetParent && e.childElementCount === 0
    && e.textContent.trim() && parseFloat(getComputedStyle(e).fontSize) < 13).map((e) => e.textContent.trim())"""


@pytest.fixture(scope="module")
def desk(served: Served, made_home: MakeHome) -> Served:
    """The served home with what pulls and traces need: the warehouse and the version's basis."""
    made = made_home(1)
    shutil.copy(made.home.warehouse, served.home.warehouse)
    shutil.copytree(made.home.path / "basis", served.home.path / "basis")
    return served


@contextmanager
def at_work(desk: Served, role: str, address: str = "/replies/") -> Iterator[Page]:
    """A page of the work table as a role sees it, at the size of its screen; no complaints in the console."""
    with browsing(desk.session(role)) as context:
        watched = Watched(context, desk.address)
        page = context.new_page()
        page.set_viewport_size({"width": 1366, "height": 768})
        page.set_default_timeout(WAIT)
        page.goto(desk.address + address)
        yield page
        assert watched.complaints == []


def posted(desk: Served, role: str, address: str, **fields: str) -> Answer:
    """A form sent as a role."""
    session = desk.session(role)
    body = urllib.parse.urlencode({"csrf_token": token_of(session), **fields}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Referer": desk.address + "/"}
    return send(session, address, body, headers)


def test_draft_submitted_and_released_by_another(desk: Served) -> None:
    """From the letter to the signed answer without a command line."""
    with at_work(desk, CLERK) as clerk:
        clerk.click("#pull")
        clerk.wait_for_selector("#state")
        address = clerk.url.removeprefix(desk.address)
        pull = address.rstrip("/").rpartition("/")[2]
        assert clerk.inner_text("#state") == "草稿"
        _shows(clerk, read_pack(desk.home, LETTER, pull).document)
        with clerk.expect_download() as download:
            clerk.click("text=指标表")
        assert download.value.path().read_bytes() == (desk.home.replies / LETTER / pull / "figures.xlsx").read_bytes()
        _traces(clerk, read_pack(desk.home, LETTER, pull).document, "emergency")
        clerk.goto(f"{desk.address}/letter-figures/?letter={LETTER}")
        figures = read_pack(desk.home, LETTER, pull).document["figures"]
        rows = [row.locator("td").all_inner_texts() for row in clerk.locator("#figures tbody tr").all()]
        assert [(row[2].split(" ")[0], row[3], row[4], row[5]) for row in rows] == [
            (figure["printed"], figure["printed"], pull, "没有变化") for figure in figures
        ]
        clerk.goto(desk.address + address)
        clerk.click("#ask-submit")
        clerk.click("#submit")
        clerk.wait_for_selector("#state.submitted")
        assert clerk.locator("#release, #return").count() == 0
        clerk.click("#ask-recall")
        clerk.click("#recall")
        clerk.wait_for_selector("#state.draft")
        assert "撤回" in clerk.inner_text(".steps")
        clerk.click("#ask-submit")
        clerk.click("#submit")
        clerk.wait_for_selector("#state.submitted")
    assert posted(desk, CLERK, f"{address}release").status == FORBIDDEN
    with at_work(desk, RELEASER) as releaser:
        assert releaser.locator("#pull").count() == 0
        assert releaser.inner_text("tr.waits .state") == "待我审签"
        releaser.goto(desk.address + address)
        assert releaser.locator("#recall").count() == 0
        assert not releaser.is_visible("#release")
        releaser.click("#ask-release")
        releaser.click("#release")
        releaser.wait_for_selector("#state.released")
        assert releaser.locator("#submit, #recall, #release, #return").count() == 0
    steps = state_of(desk.home, desk.vault, LETTER, pull).steps
    assert [(s["step"], s["who"]) for s in steps] == [
        *(("pull", "dafu"), ("submit", "dafu"), ("recall", "dafu"), ("submit", "dafu")),
        ("release", "shenqian"),
    ]
    done = {(e["who"], e["action"]) for e in entries(desk.home) if e["about"].get("pull") == pull}
    assert {("dafu", "pull"), ("dafu", "view"), ("dafu", "export"), ("shenqian", "release")} <= done
    assert ("dafu", "trace") in {(e["who"], e["action"]) for e in entries(desk.home)}
    assert verify(desk.home, desk.vault, anchors(desk.home, desk.vault)) == []


def _shows(page: Page, document: dict[str, Any]) -> None:
    """Every figure as printed, with what the public version says and why; both texts, one at a time."""
    for figure in document["figures"]:
        row = page.inner_text(f"#figure-{figure['name']}")
        assert figure["printed"] in row and figure["name_zh"] in row
        assert figure.get("hidden_because", "") in row
    assert document["title"] in page.inner_text(".paper.reply")
    page.click("label[for=see-public]")
    assert page.is_visible(".paper.public") and not page.is_visible(".paper.reply")


def _traces(page: Page, document: dict[str, Any], name: str) -> None:
    """The rows on the page add up to the figure."""
    value = next(f for f in document["figures"] if f["name"] == name)["value"]
    page.click(f"#figure-{name} >> text=逐行追溯")
    page.wait_for_selector("#rows")
    counted = page.locator("#rows tbody tr td:nth-child(2)").all_inner_texts()
    while page.locator("a.next").count():
        page.locator("a.next").first.click()
        page.wait_for_load_state()
        counted += page.locator("#rows tbody tr td:nth-child(2)").all_inner_texts()
    assert (int(page.inner_text("#total")), sum(int(n) for n in counted if n)) == (value, value)
    with page.expect_download() as download:
        page.click("#download")
    book = load_workbook(BytesIO(download.value.path().read_bytes()))
    rows = [row for sheet in book.worksheets[1:] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert (len(rows), sum(int(str(row[1] or 0)) for row in rows)) == (len(counted), value)


def test_who_prepared_is_refused(desk: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The releasing officer who had a hand in a pull is told so; both decisions are refused, it can be taken back."""
    monkeypatch.setattr(packs, "to_pdf", lambda *_, **__: {})
    releaser_too = web_account("shenqian")
    pull = make_pack(desk.home, desk.vault, LETTER, account=releaser_too).pull
    submit(desk.home, desk.vault, LETTER, pull, account=releaser_too)
    for step, said in (("release", "不能由同一账号审签"), ("return", "不能由同一账号退回")):
        answer = posted(desk, RELEASER, f"/replies/{LETTER}/{pull}/{step}", note="金额请再核对")
        assert said in answer.body.decode()
    answer = posted(desk, CLERK, f"/replies/{LETTER}/{pull}/recall")
    assert "不能撤回" in answer.body.decode()
    assert state_of(desk.home, desk.vault, LETTER, pull).state == "submitted"
    with at_work(desk, RELEASER, f"/replies/{LETTER}/{pull}/") as releaser:
        assert "另一账号" in releaser.inner_text("#refused")
        assert releaser.locator("#release, #return").count() == 0
        releaser.click("#ask-recall")
        releaser.click("#recall")
        releaser.wait_for_selector("#state.draft")
        assert "撤回" in releaser.inner_text(".steps")


def test_the_letter_that_is_shown_is_pulled(desk: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another letter brings its own days; a refusal keeps letter and days and speaks of the page's fields.

    The draft is deleted by its maker and gone from the list; on a phone nothing stands beside the screen.
    """
    monkeypatch.setattr(packs, "to_pdf", lambda *_, **__: {})
    other = "2025-zx-0126"
    with at_work(desk, CLERK) as clerk:
        clerk.select_option("#letter", other)
        for day, said in (
            ("2025-02-30", "止日“2025-02-30”不是日期"),
            ("2024-12-31", "早于起日"),
            ("2031-01-01", "截至日"),
        ):
            clerk.fill("#to", day)
            clerk.fill("#as_of", "2031-01-01" if day > "2030" else "2025-06-19")
            clerk.click("#pull")
            clerk.wait_for_selector(".error")
            assert said in clerk.inner_text(".error") and "--" not in clerk.inner_text(".error")
            assert (clerk.input_value("#letter"), clerk.input_value("#to")) == (other, day)
        clerk.fill("#to", "2025-03-31")
        clerk.fill("#as_of", "2025-03-31")
        clerk.click("#pull")
        clerk.wait_for_selector("#state")
        letter, pull = clerk.url.rstrip("/").split("/")[-2:]
        document = read_pack(desk.home, letter, pull).document
        assert (letter, document["windows"]["year"]["to"]) == (other, "2025-03-31")
        clerk.set_viewport_size({"width": 390, "height": 844})
        for address in (clerk.url, f"{desk.address}/replies/"):
            clerk.goto(address)
            assert clerk.evaluate("document.documentElement.scrollWidth") <= 390
            assert clerk.evaluate(SMALL) == []
        clerk.goto(f"{desk.address}/replies/{letter}/{pull}/")
        clerk.click("#ask-delete")
        clerk.click("#delete")
        clerk.wait_for_selector(".good")
        assert clerk.locator(f"#pulls a[href*='{letter}/{pull}']").count() == 0
    assert not (desk.home.replies / letter / pull).exists()
    assert ("dafu", "delete") in {(e["who"], e["action"]) for e in entries(desk.home)}


def test_empty_days_are_refused(desk: Served) -> None:
    """By the server too, whatever the browser lets through."""
    answer = posted(desk, CLERK, "/replies/pull", letter=LETTER, **{"from": "2025-01-01", "to": "", "as_of": ""})
    assert "止日没有填写" in answer.body.decode()


@pytest.mark.parametrize("role", ["区领导", "数据质量", "司法所"])
def test_other_roles_are_refused(desk: Served, role: str) -> None:
    """403, for the page and for every form on it; the page is not in their menu."""
    for address in (
        "/letter-figures/",
        "/replies/",
        f"/replies/{LETTER}/2025-06-19-1/",
        f"/replies/{LETTER}/2025-06-19-1/file/reply.docx",
    ):
        assert get(desk.session(role), address).status == FORBIDDEN
    for address in ("/replies/pull", f"/replies/{LETTER}/2025-06-19-1/submit"):
        assert posted(desk, role, address, letter=LETTER).status == FORBIDDEN
    assert "/replies/" not in get(desk.session(role), "/reentry/pages").body.decode()


def test_nobody_is_sent_to_the_log_in(desk: Served) -> None:
    """Without a log-in there is nothing to see."""
    answer = get(Session(desk.address, CookieJar()), "/replies/")
    assert "答复工作台" not in answer.body.decode()


def test_an_address_is_no_option(desk: Served) -> None:
    """What is no name of a letter or pull never reaches the program."""
    for address in (
        "/replies/--help/x/",
        f"/replies/{LETTER}/..%2F..%2Fsecret.key/",
        f"/replies/{LETTER}/x/file/--out",
    ):
        assert get(desk.session(CLERK), address).status in (404, 308)
