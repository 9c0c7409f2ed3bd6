"""No Latin letter but a few names: on pages, in menus, tooltips and dialogs, in refusals and about the account."""

from __future__ import annotations

from http.cookiejar import CookieJar

import pytest
from playwright.sync_api import Page
from test_pages import ERRORS, TILES, Watched

from latin import latin_on
from reentry.dashboards.browser import Session, browsing, open_page, wait_for_tiles
from served import Served, roles_file

ROLES = sorted(role for role, said in roles_file()["roles"].items() if "superset_role" not in said)
CLOSED = ("/sqllab/", "/explore/", "/chart/list/", "/dashboard/list/", "/users/list/", "/nowhere/")
OWN = {"PrecheckView": "/precheck/", "ChecksView": "/checks/", "RepliesView": "/replies/"}
FORBIDDEN, NOT_FOUND = 403, 404


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_may_not_see_is_a_page_of_ours(served: Served, role: str) -> None:
    """Chinese, with the account's menu and the way back; our own pages, Superset's, and those that are not there."""
    session = served.session(role)
    own = {entry["address"]: entry["title"] for entry in session.get("/reentry/pages")}
    with browsing(session) as context:
        page = context.new_page()
        for address in (*CLOSED, *sorted(set(OWN.values()) - own.keys())):
            answer = page.goto(served.address + address)
            assert answer is not None and answer.status in (FORBIDDEN, NOT_FOUND), address
            assert latin_on(page) == [], address
            assert page.locator("#page-head nav a").all_inner_texts() == list(own.values()), address
            assert page.locator("[role=alert]").is_visible()
        page.get_by_role("link", name="回到首页").click()
        page.wait_for_url("**" + next(iter(own)) + "**")


def test_log_in_and_account(served: Served) -> None:
    """Superset's page about the account is ours; so is what is said after a wrong password."""
    with browsing(Session(served.address, CookieJar())) as context:
        page = context.new_page()
        page.goto(served.address + "/login/")
        page.get_by_role("button", name="登 录").wait_for()
        assert latin_on(page) == []
    with browsing(served.session("区领导")) as context:
        page = context.new_page()
        page.goto(served.address + "/user_info/")
        assert page.url == served.address + "/account/"
        assert latin_on(page) == []
        page.fill("#old_password", "not the old one")
        page.fill("#password", "a new one of many")
        page.fill("#again", "a new one of many")
        page.get_by_role("button", name="更改密码").click()
        assert "原密码" in page.inner_text("[role=alert]")
        assert latin_on(page) == []


@pytest.mark.parametrize(("role", "slug"), [("答复经办", "recidivism"), ("数据质量", "quality")])
def test_menus_tooltips_and_dialogs(served: Served, role: str, slug: str) -> None:
    """Of each tile, of a chart under the pointer and under the right button."""
    session = served.session(role)
    with browsing(session) as context:
        watched = Watched(context, served.address)
        page = open_page(context, session, slug)
        page.set_default_timeout(20_000)
        found = {}
        for number in range(page.locator(CONTROLS).count()):
            found[f"tile {number}"] = _menu(page, f"{CONTROLS} >> nth={number}")
        found |= _charts(page)
        assert page.locator(ERRORS).count() == 0
        assert watched.complaints == []
    assert {place: texts for place, texts in found.items() if texts} == {}


CONTROLS = f"{TILES} button[id$=-controls]"


def _menu(page: Page, button: str) -> list[str]:
    """Of a menu and what unfolds in it."""
    page.locator(button).scroll_into_view_if_needed()
    wait_for_tiles(page)
    page.locator(button).click()
    menu = page.locator(".ant-dropdown:visible")
    menu.first.wait_for()
    for more in menu.locator(".ant-dropdown-menu-submenu-title:visible").all():
        more.hover()
        page.locator(".ant-dropdown-menu-submenu-popup:visible").last.wait_for()
    found = latin_on(page)
    page.locator(button).click()
    menu.first.wait_for(state="hidden")
    return found


def _charts(page: Page) -> dict[str, list[str]]:
    found = {}
    for number, canvas in enumerate(page.locator("canvas").all()):
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box
        for part in (0.35, 0.5, 0.65):
            page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] * 0.5)
            page.wait_for_timeout(150)  # tooltips follow the pointer
            found[f"tooltip of chart {number} at {part}"] = latin_on(page)
        page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5, button="right")
        page.wait_for_timeout(150)
        assert page.locator(".ant-dropdown:visible [role=menuitem]:visible").count() == 0
        page.keyboard.press("Escape")
    return found
