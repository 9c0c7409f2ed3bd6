"""As a leader: one click chooses; the choice stays on all pages, in the address, in the history; numbers lead on."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit

from playwright.sync_api import Page

from reentry.dashboards.browser import browsing, open_page, wait_for_tiles
from served import Served

TILES = ".dashboard-component-chart-holder"
NOTHING_TO_PRESS = ("清除", "应用")
LATIN = re.compile(r"[A-Za-z]{2,}")


def chosen_in(address: str) -> dict[str, str]:
    """What an address says was chosen."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def shown_in(page: Page) -> tuple[str, str]:
    """Period and township that the head of a page shows."""
    period, township = (page.locator(f"select[name={name}]").input_value() for name in ("period", "township"))
    return period, township


def choose(page: Page, name: str, value: str) -> None:
    """Chooses by one click and waits for the tiles."""
    with page.expect_navigation():
        page.locator(f"select[name={name}]").select_option(value)
    wait_for_tiles(page)


def follow(page: Page, link: str) -> None:
    """Follows a link and waits for the tiles."""
    with page.expect_navigation():
        page.locator(link).first.click()
    wait_for_tiles(page)


def quarter_and_township(served: Served) -> tuple[str, str]:
    """The label of a whole quarter, and the last township."""
    ((quarter,),) = served.published("select period_label from period_choices where period_id = '2025-Q1'")
    ((place,),) = served.published("select max_by(township_name, township_code) from dim_township")
    return quarter, place


def test_a_choice_acts_at_once_and_stays(served: Served) -> None:
    """Period and township: in the address, on the next page, after Back; nothing on the page can take the page away."""
    quarter, place = quarter_and_township(served)
    session = served.session("区领导")
    with browsing(session) as context:
        page = open_page(context, session, "overview")
        newest = shown_in(page)
        assert newest[1] == "全区" and chosen_in(page.url) == {}
        choose(page, "period", quarter)
        assert chosen_in(page.url) == {"period": quarter}
        choose(page, "township", place)
        both = {"period": quarter, "township": place}
        assert chosen_in(page.url) == both
        follow(page, "#page-head nav a:has-text('风险管控')")
        assert page.locator("#page-head nav a[aria-current]").all_inner_texts() == ["风险管控"]
        assert (urlsplit(page.url).path, chosen_in(page.url)) == ("/superset/dashboard/risk/", both)
        assert shown_in(page) == (quarter, place)
        assert "2025-01-01 至 2025-03-31" in page.locator(TILES).first.inner_text()
        follow(page, "#page-head form a:has-text('回到全区')")
        assert shown_in(page) == (quarter, "全区")
        follow(page, f"{TILES} a:text-is('{place}')")
        assert shown_in(page) == (quarter, place)
        for expected in ((quarter, "全区"), (quarter, place), (quarter, place), (quarter, "全区"), newest):
            page.go_back()
            wait_for_tiles(page)
            assert shown_in(page) == expected
            assert page.locator(TILES).count() > 1
        assert [word for word in NOTHING_TO_PRESS if page.get_by_role("button", name=word).count()] == []
        assert "区领导" in page.inner_text("#page-head .menu")


def test_an_address_that_the_account_may_not_see_says_so(served: Served) -> None:
    """Another township's, another period's: one sentence, and one's own figures below."""
    session = served.session("司法所")
    code, (_, other) = served.township_of("司法所"), quarter_and_township(served)
    ((own,),) = served.published("select township_name from dim_township where township_code = ?", [code])
    assert own != other
    with browsing(session) as context:
        page = open_page(context, session, "handover", township=other, period="1999年")
        said = page.locator("#page-head [role=alert]").all_inner_texts()
        assert len(said) == 2 and f"只能看{own}" in said[1] and "1999年" in said[0]
        assert page.locator(".card").first.inner_text() != ""
        assert page.locator(f"{TILES} .ant-empty").count() == 0
        assert other not in page.locator(".dashboard").inner_text()


def test_every_number_of_the_first_page_leads_to_the_page_behind_it(served: Served) -> None:
    """Cards, decisions, fields: each links to a tile of another page of the account, for what it shows itself."""
    session = served.session("区领导")
    quarter, _ = quarter_and_township(served)
    pages = {slug for slug, _ in session.pages()}
    with browsing(session) as context:
        page = open_page(context, session, "overview", period=quarter)
        for numbers in ("总体情况", "四色管控", "今天要决定的"):
            tile = page.locator(TILES, has=page.locator(".header-title", has_text=numbers))
            rows = tile.locator(".card, tbody tr")
            assert rows.count() > 0
            assert rows.locator("a").count() >= rows.count(), numbers
        cards = page.locator(".card a").evaluate_all("links => links.map(link => link.href)")
        assert {chosen_in(address)["period"] for address in cards} == {quarter}
        addresses = {str(a.get_attribute("href")) for a in page.locator(f"{TILES} a").all()}
        leads = {urlsplit(a).path.strip("/").split("/")[-1]: a for a in sorted(addresses) if urlsplit(a).fragment}
        assert set(leads) == pages - {"overview"}
        for slug, address in leads.items():
            page.goto(served.address + address)
            wait_for_tiles(page)
            assert page.locator(f"#{unquote(urlsplit(address).fragment)}").count() == 1, address
            assert shown_in(page)[0] == chosen_in(address)["period"], slug


def test_tooltips_add_nothing_up_and_are_chinese(served: Served) -> None:
    """Over lines of different things there is no total."""
    session = served.session("区领导")
    with browsing(session) as context:
        page = open_page(context, session, "handover", whole=True)
        canvas = page.locator("canvas")
        assert canvas.count() > 0
        for one in canvas.all():
            box = one.bounding_box()
            assert box
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            tooltip = page.locator("div[class*=tooltip]:visible, div:has(> table):visible", has_text="应列未列").last
            tooltip.wait_for()
            said = tooltip.inner_text()
            assert "合计" not in said and LATIN.search(said) is None, said
