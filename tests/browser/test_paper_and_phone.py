"""Pages on paper and on a phone: all numbers, nothing cut, nothing too small, one tile beside no other."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from long import sample
from reentry.dashboards.browser import browsing, open_page, print_page, wait_for_tiles
from reentry.dashboards.printing import print_pages
from served import Served

PAGES = [("区领导", "overview"), ("区领导", "support"), ("区领导", "risk"), ("数据质量", "quality")]
SPACE = re.compile(r"\s+")
RADICALS = str.maketrans("⻚⻛⻓⻋⻔⻢⻥⻰⻅⻉⻜", "页风长车门马鱼龙见贝飞")
A4_ACROSS = (842, 595)  # points
# what a page says in numbers: its cards and its lists
NUMBERS = """() => [...document.querySelectorAll('.card strong, .list td')].map((e) => e.innerText)
    .filter((text) => /[0-9]/.test(text))"""
SMALL = """() => [...document.querySelectorAll('body *')].filter((e) => e.childElementCount === 0
    && e.textContent.trim() && e.getClientRects().length
    && parseFloat(getComputedStyle(e).fontSize) < 13 && !e.closest('svg, script, style'))
    .map((e) => e.className + ': ' + e.textContent.trim())"""
TILES = """() => [...document.querySelectorAll('.dashboard-component-chart-holder')]
    .map((e) => e.getBoundingClientRect()).map((r) => [r.left, r.top, r.right, r.bottom])"""


def words_of(path: Path) -> list[str]:
    """What each page of a PDF says."""
    return [plain(page.extract_text()) for page in PdfReader(path).pages]


def plain(text: str) -> str:
    """Without white space, and without the radicals that a PDF names in place of characters of the same shape."""
    return SPACE.sub("", unicodedata.normalize("NFKC", text)).translate(RADICALS)


@pytest.mark.parametrize(("role", "slug"), PAGES[: sample(1, len(PAGES))])
def test_a_printed_page_says_what_is_shown(served: Served, tmp_path: Path, role: str, slug: str) -> None:
    """A4 across with title, period, place and page numbers; every number of the page; no menu."""
    session = served.session(role)
    with browsing(session) as context:
        page = open_page(context, session, slug)
        print_page(page, tmp_path / "page.pdf")
        numbers, title = page.evaluate(NUMBERS), page.inner_text("#page-head h1")
        chosen = page.locator("#choice select").evaluate_all("all => all.map((one) => one.value)")
    pages = words_of(tmp_path / "page.pdf")
    said = "".join(pages)
    assert numbers
    assert [n for n in numbers if plain(n) not in said] == []
    for word in (title, *chosen):
        assert plain(word) in pages[0]
    for number, text in enumerate(pages, 1):
        assert f"第{number}页,共{len(pages)}页" in text
    assert "退出" not in said and "打印或存为" not in said
    for sheet in PdfReader(tmp_path / "page.pdf").pages:
        assert (float(sheet.mediabox.width), float(sheet.mediabox.height)) == pytest.approx(A4_ACROSS, abs=1)


def test_the_command_prints_the_same(served: Served, tmp_path: Path) -> None:
    """`reentry dashboards print` makes the A4 that the page's own button makes."""
    print_pages(
        served.home,
        served.vault,
        tmp_path,
        account=None,
        address=served.address,
        only=["support"],
        progress=lambda _: None,
    )
    session = served.session("区领导")
    with browsing(session) as context:
        print_page(open_page(context, session, "support"), tmp_path / "own.pdf")
    assert words_of(tmp_path / "support.pdf") == words_of(tmp_path / "own.pdf")


@pytest.mark.parametrize(("role", "slug"), PAGES[: sample(1, 3)])
def test_one_column_on_a_phone(served: Served, role: str, slug: str) -> None:
    """390 px: no tile beside or over another or beyond the edge, no text under 13 px."""
    session = served.session(role)
    with browsing(session) as context:
        page = context.new_page()
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(f"{served.address}/superset/dashboard/{slug}/")
        wait_for_tiles(page)
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate(SMALL) == []
        boxes = sorted(page.evaluate(TILES), key=lambda box: box[1])
        assert len(boxes) > 3
        for box in boxes:
            assert box[0] >= 0 and box[2] <= 390
        for upper, lower in pairwise(boxes):
            assert upper[3] <= lower[1]
        assert page.evaluate("document.documentElement.lang") == "zh-CN"


def settle(page: Page) -> None:
    """Waits until no tile moves any more."""
    before = None
    while (now := page.evaluate(TILES)) != before:
        before = now
        page.wait_for_timeout(400)
