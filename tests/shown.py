"""The numbers that a page shows, read from the page itself, beside what `reentry figures` says of the same window."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import yaml
from playwright.sync_api import Locator, Page

from reentry.figures.document import figures_document
from reentry.figures.published import open_version
from reentry.figures.window import Window
from reentry.project import DASHBOARDS, SEEDS
from served import Served

TILES = ".dashboard-component-chart-holder"
NOT_A_RATIO = {"ratio": "", "rate": "件/百人年", "日期": ""}
MIDDLE = "全区中位数"  # a row of the ranking that is no township's
Figures = dict[tuple[str, str | None, str | None], dict[str, Any]]


@dataclass(frozen=True)
class Shown:
    """One number on a page: where, which figure, township and member it is of, as what, and its text."""

    where: str
    figure: str
    place: str | None
    member: str | None
    said: dict[str, Any]
    text: str


def pulled(served: Served, window: Window) -> Figures:
    """`reentry figures` of a window, by id, township and member of another breakdown."""
    with open_version(served.home, served.vault) as version:
        document = figures_document(version, window, by_township=True)
    found: Figures = {}
    on_pages = served.published(
        "select figure_id, township_name, member, value, unit, numerator, denominator from figures"
        " where township_code is not null and feed is null and starts_on = ? and ends_on = ? and as_of = ?",
        [window.starts_on, window.ends_on, window.as_of],
    )
    for figure_id, place, member, value, unit, top, bottom in on_pages:  # pages have cuts that no pull lists
        said = {"value": _counted(unit, value), "unit": unit}
        found[(figure_id, place, member)] = (
            said if bottom is None else {**said, "numerator": top, "denominator": bottom}
        )
    for figure in document["figures"]:
        by = dict(figure["by"])
        place = by.pop("township", None)
        if "feed" not in by and len(by) <= 1:
            found[(figure["id"], place, next(iter(by.values()), None))] = figure
    return found


def year_to_date(served: Served) -> Window:
    """What a page shows first."""
    ((known_at,),) = served.published("select known_at from build_info")
    return Window.of(date(known_at.year, 1, 1), known_at, None, known_at)


def cards_shown(page: Page, slug: str, place: str | None) -> Iterator[Shown]:
    """Every number of the tiles of kind ``cards`` in view; ``place``: the township that is chosen."""
    for chart, said in _tiles(slug, "cards"):
        tile = _tile(page, said["title"])
        if tile.count() == 0:  # on another tab
            continue
        found = tile.locator(".card").all()
        assert len(found) == len(said["cards"]), chart
        for card, element in zip(said["cards"], found, strict=True):
            number = element.locator("strong")
            text = number.inner_text().replace("\n", "") if number.count() else ""
            yield Shown(chart, card["figure"], place, card.get("member"), card, text)


def cells_shown(page: Page, slug: str, place: str | None) -> Iterator[Shown]:
    """Every number of a figure in the lists of a page: by township, by kind of relief."""
    for chart, said in _tiles(slug, "list"):
        columns = said["list"]
        names = [column.get("column") for column in columns]
        keys = [key for key in ("township", "relief_type") if key in names]
        if not keys or not any("figure" in column for column in columns):
            continue
        tile = _tile(page, said["title"])
        for row in tile.locator("table.list tbody tr").all():
            cells = ["".join(text.split()) for text in row.locator("td").all_inner_texts()]
            assert len(cells) == len(columns), chart
            key = cells[names.index(keys[0])]
            if key == MIDDLE:
                continue
            where = (key, None) if keys[0] == "township" else (place, None if key == "合计" else key)
            for column, text in zip(columns, cells, strict=True):
                if "figure" in column:
                    yield Shown(f"{chart}, {key}", column["figure"], *where, column, text)


def wrong(shown: list[Shown], figures: Figures) -> list[str]:
    """Every number that is not what the figures say, in words."""
    return [
        f"{one.where}: {one.figure} {one.member or ''} shows {one.text!r}, not {' or '.join(_wanted(one, figures))}"
        for one in shown
        if not _is_right(one.text, _wanted(one, figures), has_parts="parts" in one.said)
    ]


def _is_right(text: str, wanted: list[str], *, has_parts: bool) -> bool:
    """Whether a text is one of those wanted; of a cell that has its parts behind a share, the parts are looked at."""
    return any(text.endswith(one) for one in wanted) if has_parts else text in wanted


def _wanted(shown: Shown, figures: Figures) -> list[str]:
    """A card has the value with its unit; a cell the value, or the parts, or what is lacking."""
    figure = figures.get((shown.figure, shown.place, shown.member))
    is_cell = "column" in shown.said
    if figure is None:
        return ["—"] if is_cell else [""]
    unit, value = figure["unit"], figure["value"]
    if shown.said.get("gap"):
        return [f"{_gap(shown, figures):,}"]
    in_wan = shown.said.get("wan") or shown.said.get("measure") == "万元"
    if value is None:
        return ["—"] if is_cell else ["—" + ("万元" if in_wan else "")]
    if in_wan:
        return [f"{_half_up(Decimal(value) / 10000, '0.01'):,}" + ("" if is_cell else "万元")]
    said = printed(unit, value)
    if not is_cell:
        return [said + NOT_A_RATIO.get(unit, UNITS.get(shown.figure) or unit)]
    parts = [f"{figure['numerator']:.0f}/{figure['denominator']:.0f}"] if figure.get("denominator") else []
    if shown.figure == "handover.on_time":  # in a ranking: of those due
        due = figures[("handover.due", shown.place, None)]["value"]
        parts = [f"{value}/{due}"] if due else []
    if "parts" in shown.said:
        return parts or ["—"]
    return [said, *parts]


def _gap(shown: Shown, figures: Figures) -> int:
    if shown.figure == "handover.on_time":
        done = figures[("handover.done", shown.place, None)]["value"]
        return int(done) - int(figures[("handover.on_time", shown.place, None)]["value"])
    figure = figures[(shown.figure, shown.place, shown.member)]
    return int(figure["denominator"] or 0) - int(figure["numerator"] or 0)


def printed(unit: str, value: Any) -> str:
    """A value as METRICS wants it printed; of a ratio as many digits as tell it from nothing and from all."""
    if unit == "ratio":
        share = Decimal(repr(value)) * 100
        places = next(
            n
            for n in (1, 2, 3, 4)
            if n == 4 or _half_up(share, str(Decimal(1).scaleb(-n))) not in (0, 100) or share in (0, 100)
        )
        return f"{_half_up(share, str(Decimal(1).scaleb(-places)))}%"
    if unit in ("元", "rate", "人年"):
        return f"{_half_up(Decimal(str(value)), '0.01'):,}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _units() -> dict[str, str]:
    with (SEEDS / "labels.csv").open(encoding="utf-8", newline="") as file:
        return {row["figure_id"]: row["unit_zh"] for row in csv.DictReader(file)}


UNITS = _units()


def _tiles(slug: str, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and file of the tiles of one kind on a page."""
    for path in (DASHBOARDS / "dashboards").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        if yaml.safe_load(text)["slug"] != slug:
            continue
        for chart in sorted((DASHBOARDS / "charts" / path.stem).glob("*.yaml")):
            said = yaml.safe_load(chart.read_text(encoding="utf-8"))
            if said["kind"] == kind:
                yield f"{path.stem}/{chart.stem}", said


def _tile(page: Page, title: str) -> Locator:
    return page.locator(TILES).filter(has=page.locator(".header-title", has_text=re.compile(f"^{re.escape(title)}$")))


def _counted(unit: str, value: float | None) -> Any:
    """A published number in the form in which a pull has it."""
    if value is None or unit in ("ratio", "rate", "人年"):
        return value
    return f"{value:.2f}" if unit == "元" else int(value)


def _half_up(value: Decimal, step: str) -> Decimal:
    return value.quantize(Decimal(step), rounding=ROUND_HALF_UP)
