"""As a person: each role logs in with a browser, opens each of its pages, and finds every tile filled."""

from __future__ import annotations

from datetime import date
from http.cookiejar import CookieJar

import pytest
from playwright.sync_api import BrowserContext, Page

from reentry.dashboards.browser import Session, browsing, log_in, open_page
from reentry.dashboards.printing import first_accounts
from reentry.errors import UsageError
from reentry.figures.document import figures_document
from reentry.figures.published import open_version
from reentry.figures.window import Window
from served import Served, get, roles_file

ROLES = sorted(roles_file()["roles"])
PAGES = [(role, slug) for role, said in roles_file()["roles"].items() for slug in said.get("pages", [])]
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
    """Every tile filled, none with an error, no error in the console, no request to anywhere else."""
    session = served.session(role)
    slugs = [slug for slug, _ in session.pages()]
    said = roles_file()["roles"][role]
    if "superset_role" not in said:
        assert sorted(slugs) == sorted(said["pages"])
    with browsing(session) as context:
        watched = Watched(context, served.address)
        for slug in slugs:
            page = open_page(context, session, slug, whole=True)
            _every_tile_is_filled(page, slug)
            page.close()
            assert watched.complaints == [], slug
    for slug in {page for _, page in PAGES} - set(slugs):
        assert get(session, f"/api/v1/dashboard/{slug}").status in (403, 404), f"{role} opens {slug}"


def _every_tile_is_filled(page: Page, slug: str) -> None:
    tabs = page.locator(".dashboard [role=tab]").count()
    for number in range(max(tabs, 1)):
        if tabs:
            page.locator(".dashboard [role=tab]").nth(number).click()
            page.wait_for_load_state("networkidle")
        assert page.locator(".dashboard-chart:visible").count() > 0, slug
        wrong = page.locator(ERRORS)
        assert wrong.count() == 0, f"{slug}: {wrong.first.inner_text()}"


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


def test_headline_is_the_figure(served: Served) -> None:
    """The first page's headline numbers are those of `reentry figures`, to the last digit."""
    with open_version(served.home, served.vault) as version:
        window = Window.of(date(version.known_at.year, 1, 1), version.known_at, None, version.known_at)
        figures = figures_document(version, window, ids=["register.on_register", "handover.rate"])["figures"]
    values = {f["id"]: f for f in figures if f["by"] == {}}
    session = served.session("区领导")
    with browsing(session) as context:
        shown = open_page(context, session, "overview", whole=True).inner_text("body")
    assert f"{values['register.on_register']['value']:,}" in shown


def test_wrong_account_is_one_sentence(served: Served) -> None:
    """The program says in one sentence that a log-in failed."""
    with pytest.raises(UsageError, match="nobody could not log in"):
        log_in(served.address, "nobody", "nothing")
