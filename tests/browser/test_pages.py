"""As a person: each role logs in with a browser, opens each of its pages, and finds every tile filled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from http.cookiejar import CookieJar

import pytest
from playwright.sync_api import BrowserContext, Page

from long import sample
from reentry.dashboards.browser import Session, browsing, log_in, open_page, show_whole, wait_for_tiles
from reentry.dashboards.printing import first_accounts
from reentry.errors import UsageError
from reentry.figures.window import Window
from served import Served, get, roles_file
from shown import cards_shown, cells_shown, pulled, wrong, year_to_date

ROLES = sorted(roles_file()["roles"])
PAGES = [(role, slug) for role, said in roles_file()["roles"].items() for slug in said.get("pages", [])]
TILES = ".dashboard-component-chart-holder"
MANY_CARDS = 8
OLD = re.compile(r"数据截至 2025-06-19，距今 \d+ 天，数据已经陈旧")  # to the day on which the test runs
PERIODS = ("2024", "2025-Q2", "2023-03")
WITH_FIGURES = ("overview", "recidivism", "handover", "risk", "support")
# tiles with data that do not say as of when, neither below nor beside their title
UNDATED = """() => [...document.querySelectorAll('.dashboard-component-chart-holder')].filter((tile) => {
    const title = tile.querySelector('.header-title'), said = tile.querySelector('.window');
    if (!title || tile.querySelector('.ant-empty')) return false;
    return !(said ? said.innerText : getComputedStyle(title, '::after').content).includes('截至');
}).map((tile) => tile.innerText.slice(0, 30))"""
ENGLISH = re.compile(r"(?!CSV|PDF|Excel)\b[A-Za-z]{2,}")
ERRORS = ".ant-alert-error, [data-test='chart-error'], .error-boundary"


class Watched:
    """What a page says and asks while it is open."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        """Listens to every page of a context; ``address`` is the server's own."""
        self.address = address
        self.complaints: list[str] = []
        context.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        context.on("weberror", lambda e: self.complaints.append(str(e.error)))
        context.on("request", self._asked)

    def _asked(self, request: object) -> None:
        url = str(getattr(request, "url", ""))
        if not url.startswith((self.address + "/", "data:", "blob:")):
            self.complaints.append(f"asked elsewhere: {url}")


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_the_role(served: Served, role: str) -> None:
    """Every tile filled, none with an error; cards to the last digit what `reentry figures` says; nothing from outside.

    No error in the console. Pages of others are refused.
    """
    session = served.session(role)
    slugs = [slug for slug, _ in session.pages()]
    said = roles_file()["roles"][role]
    if "superset_role" not in said:
        assert sorted(slugs) == sorted(said["pages"])
    else:  # an administrator opens all, and reads no rows of persons: their pages are not in the menu
        assert {"roster", "quality"}.isdisjoint(slugs) and "overview" in slugs
    place = names_of(served).get(str(served.township_of(role)))
    figures = pulled(served, year_to_date(served))
    with browsing(session) as context:
        watched = Watched(context, served.address)
        for slug in slugs:
            page = open_page(context, session, slug, whole=True)
            for _ in tabs_of(page):
                assert page.locator(TILES).count() > 0, slug
                failed = page.locator(ERRORS)
                assert failed.count() == 0, f"{slug}: {failed.first.inner_text()}"
                assert page.evaluate(UNDATED) == [], slug
                assert OLD.match(page.inner_text("#page-head .age.old")), slug
                shown = [*cards_shown(page, slug, place), *cells_shown(page, slug, place)]
                assert wrong(shown, figures) == [], role
            page.close()
            assert watched.complaints == [], slug
        closed = {page for _, page in PAGES} - set(slugs) if "superset_role" not in said else set()
        for slug in sorted(closed)[:1]:
            page = context.new_page()
            page.goto(f"{served.address}/superset/dashboard/{slug}/")
            page.wait_for_load_state("networkidle")
            assert page.locator(TILES).count() == 0, f"{role} opens {slug}"
    for slug in closed:
        assert get(session, f"/api/v1/dashboard/{slug}").status in (403, 404), f"{role} opens {slug}"


def test_a_page_follows_both_filters(served: Served) -> None:
    """A quarter is chosen by hand, then a township in the grid: the cards are those of that window and place."""
    place = names_of(served)[max(names_of(served))]
    quarter = Window.of(date(2025, 1, 1), date(2025, 3, 31), None, date(2025, 6, 19))
    ((label,),) = served.published("select period_label from period_choices where period_id = '2025-Q1'")
    session = served.session("区领导")
    with browsing(session) as context:
        page = open_page(context, session, "overview", whole=True)
        watched = Watched(context, served.address)
        page.locator("select[name=period]").select_option(label)
        page.wait_for_url("**period=**")
        wait_for_tiles(page)
        page.locator(".field a", has_text=place).click()
        page.wait_for_url("**township=**")
        wait_for_tiles(page)
        figures = pulled(served, quarter)
        shown = [*cards_shown(page, "overview", place), *cells_shown(page, "overview", place)]
        assert "2025-01-01 至 2025-03-31，截至 2025-03-31" in page.inner_text("body")
        assert watched.complaints == []
    assert len(shown) > MANY_CARDS
    assert wrong(shown, figures) == []


@pytest.mark.parametrize("role", ROLES[: sample(0, len(ROLES))] or ["区领导"])
def test_every_number_is_that_of_the_figures(served: Served, role: str) -> None:
    """Cards and lists of every page, for periods and townships: what `reentry figures` says, to the last digit."""
    names = names_of(served)
    own = served.township_of(role)
    codes = [own] if own else [max(names), min(names)][: sample(1, 2)]
    session = served.session(role)
    slugs = [slug for slug, _ in session.pages() if slug in WITH_FIGURES]
    with browsing(session) as context:
        for period in PERIODS[: sample(1, 3)]:
            ((label, starts_on, ends_on, as_of),) = served.published(
                "select period_label, starts_on, ends_on, as_of from period_choices where period_id = ?", [period]
            )
            window = Window.of(starts_on, ends_on, as_of, year_to_date(served).known_at)
            figures = pulled(served, window)
            for place, slug in ((names[code], slug) for code in codes for slug in slugs):
                page = open_page(context, session, slug, whole=True, period=label, township=place)
                shown = [*cards_shown(page, slug, place), *cells_shown(page, slug, place)]
                assert shown, slug
                assert wrong(shown, figures) == [], f"{role}, {label}, {place}"
                page.close()


def test_menus_speak_chinese_and_files_have_names(served: Served) -> None:
    """Of a tile: no English; a file has the chart's name and only titled columns."""
    session = served.session("答复经办")
    with browsing(session) as context:
        page = open_page(context, session, "overview")
        said = opened(page, f"{TILES}:has-text('今天要决定的') button[id$=-controls]")
        assert [text for text in said if ENGLISH.search(text)] == []
        with page.expect_download() as download:
            page.get_by_role("menuitem", name="导出 CSV").click()
        assert re.fullmatch(r"今天要决定的_\d{8}_\d{6}\.csv", download.value.suggested_filename)
        header = download.value.path().read_text(encoding="utf-8-sig").splitlines()[0]
        opened(page, f"{TILES}:has-text('今天要决定的') button[id$=-controls]")
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=re.compile("Excel$")).first.click()
        assert re.fullmatch(r"今天要决定的_\d{8}_\d{6}\.xlsx", download.value.suggested_filename)
    assert header == "事项,数量,单位,较多的镇街,需要决定,统计期,镇街,统计窗口"


def opened(page: Page, button: str) -> list[str]:
    """What a menu offers, that under 下载 too."""
    page.locator(button).click()
    page.wait_for_timeout(500)  # menus grow into place
    page.locator("[role=menuitem]:visible", has_text="下载").last.hover()
    page.locator("[role=menuitem]:visible", has_text="下载图片").wait_for()
    return page.locator("[role=menuitem]:visible").all_inner_texts()


def tabs_of(page: Page) -> Iterator[None]:
    """Opens each tab of a page, or its one grid."""
    tabs = page.locator(".dashboard [role=tab]").count()
    for number in range(max(tabs, 1)):
        if tabs:
            page.locator(".dashboard [role=tab]").nth(number).click()
            show_whole(page)
        yield


def names_of(served: Served) -> dict[str, str]:
    """Code → name of the townships."""
    return dict(served.published("select township_code, township_name from dim_township"))


def test_first_page_log_in_by_hand_and_out(served: Served) -> None:
    """The log-in page is Chinese, a wrong password is said to be wrong, the right one leads to the first page."""
    name, _, _, password = next(a for a in first_accounts(served.home) if a[1] == "答复经办")
    nobody = Session(served.address, CookieJar())
    with browsing(nobody) as context:
        page = context.new_page()
        page.goto(served.address + "/")
        page.get_by_role("button", name="登 录").wait_for()
        for word in ("Sign in", "Username", "Password"):
            assert word not in page.inner_text("body")
        _log_in_by_hand(page, name, "not it")
        page.get_by_text("账号或密码不正确").wait_for()
        _log_in_by_hand(page, name, password)
        page.wait_for_url("**/superset/dashboard/overview/**")


def _log_in_by_hand(page: Page, name: str, password: str) -> None:
    page.locator("[data-test='username-input']").fill(name)
    page.locator("[data-test='password-input']").fill(password)
    page.get_by_role("button", name="登 录").click()


def test_wrong_account_is_one_sentence(served: Served) -> None:
    """The program says in one sentence that a log-in failed."""
    with pytest.raises(UsageError, match="nobody could not log in"):
        log_in(served.address, "nobody", "nothing")
