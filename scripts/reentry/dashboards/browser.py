"""A browser that looks at the dashboards as one account does: logs in over HTTP, opens a page, waits for its tiles."""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import re
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reentry.errors import UsageError

if TYPE_CHECKING:
    from playwright._impl._api_structures import SetCookieParam
    from playwright.sync_api import BrowserContext, ViewportSize
    from playwright.sync_api import Page as BrowserPage

LAPTOP: ViewportSize = {"width": 1366, "height": 768}
SECONDS = 1000
DASHBOARD = "/superset/dashboard/"
# every tile in view is drawn, or says that it has no data or an error, and nothing turns any more
TILES_READY = """() => {
    const busy = document.querySelectorAll('.loading, [data-test="loading-indicator"], .ant-spin-spinning');
    const tiles = [...document.querySelectorAll('.dashboard-component-chart-holder')];
    const inView = tiles.filter((tile) => tile.getBoundingClientRect().top < window.innerHeight);
    const drawn = (tile) => tile.querySelector('.slice_container, .ant-empty, [role="alert"]')
        || tile.closest('.dashboard-markdown');
    return busy.length === 0 && tiles.length > 0 && inView.every(drawn);
}"""
# where the last tile ends
PAGE_HEIGHT = """() => {
    const grid = document.querySelector('.grid-container').getBoundingClientRect();
    return Math.ceil(grid.bottom + window.scrollY + 16);
}"""


@dataclass
class Session:
    """A log-in over HTTP: the cookies and what can be asked with them."""

    address: str
    jar: http.cookiejar.CookieJar

    def get(self, path: str) -> Any:
        """One answer of the API as JSON; urllib's HTTPError otherwise."""
        return json.loads(self.read(path))

    def read(
        self,
        path: str,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
        method: str | None = None,
    ) -> bytes:
        """One answer as bytes."""
        request = urllib.request.Request(  # noqa: S310 (our own server's address)
            self.address + path, data=data, headers=headers or {}, method=method
        )
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        with opener.open(request, timeout=60) as answer:
            return bytes(answer.read())

    def pages(self) -> list[tuple[str, str]]:
        """Slug and title of each page this account may see, in the order of the menu."""
        found = self.get("/reentry/pages")
        return [(page["slug"], page["title"]) for page in found if page["address"].startswith(DASHBOARD)]

    def cookies(self) -> list[SetCookieParam]:
        """Cookies in the form that Playwright takes."""
        return [{"name": c.name, "value": c.value or "", "url": self.address} for c in self.jar]


def log_in(address: str, name: str, password: str) -> Session:
    """Logs in; UsageError when the account or its password is wrong, or held off."""
    session = Session(address, http.cookiejar.CookieJar())
    page = session.read("/login/").decode()
    token = re.search(r'id="csrf_token"[^>]*value="([^"]+)"', page)
    form = {"username": name, "password": password, "csrf_token": token.group(1) if token else ""}
    try:
        session.read("/login/", urllib.parse.urlencode(form).encode(), {"Referer": address + "/login/"})
        session.get("/api/v1/me/")
    except urllib.error.HTTPError as error:
        raise UsageError(
            f"{name} could not log in at {address} ({error.code}): check the name and the password."
        ) from error
    return session


@contextlib.contextmanager
def browsing(session: Session) -> Iterator[BrowserContext]:
    """The system's Chromium with the session's cookies; UsageError when there is none."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        raise UsageError("There is no Chromium on this machine: install Debian's package chromium.")
    with sync_playwright() as playwright:
        # root has no sandbox in a container; the pages are our own
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(
            viewport=LAPTOP, locale="zh-CN", timezone_id="Asia/Shanghai", device_scale_factor=1
        )
        context.add_cookies(session.cookies())
        try:
            yield context
        finally:
            browser.close()


def open_page(
    context: BrowserContext, session: Session, slug: str, *, whole: bool = False, **choice: str
) -> BrowserPage:
    """Opens a page and waits for its tiles. ``whole``: without menu, and as high as its content.

    ``choice``: what the address asks for, such as ``period`` and ``township``.
    """
    page = context.new_page()
    asked = urllib.parse.urlencode({**choice, **({"standalone": "1"} if whole else {})})
    page.goto(f"{session.address}{DASHBOARD}{slug}/?{asked}")
    wait_for_tiles(page)
    if whole:
        show_whole(page)
    return page


def show_whole(page: BrowserPage) -> None:
    """Makes the window as high as the page (or its tab), and waits for what has come into view."""
    page.set_viewport_size({"width": LAPTOP["width"], "height": int(page.evaluate(PAGE_HEIGHT))})
    wait_for_tiles(page)


def wait_for_tiles(page: BrowserPage) -> None:
    """Until every tile in view has its content, or an error."""
    page.wait_for_selector(".dashboard", timeout=60 * SECONDS)
    page.wait_for_load_state("networkidle", timeout=60 * SECONDS)
    page.wait_for_function(TILES_READY, timeout=60 * SECONDS)
    page.wait_for_timeout(500)  # charts grow into place


def print_page(page: BrowserPage, path: Path) -> None:
    """Writes the PDF that the browser's own print makes of a page: A4, by the page's style sheet for paper."""
    page.set_viewport_size({"width": LAPTOP["width"], "height": LAPTOP["height"]})
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.pdf(path=path, prefer_css_page_size=True, print_background=True)
