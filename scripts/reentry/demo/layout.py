"""How an agency lays a file out on a given day: kind of file, encoding, headers, titles, forms of cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from reentry.contract import Column, Feed
from reentry.demo.forms import FANCY_ROWS, STYLES

_NOTE = "（演示数据，均为虚构）"
HIDDEN_SHEET = "旧表"
_UNKNOWN = ("序号", "备注", "录入人", "数据来源")
_UNITS = {"money": ("（元）", "(元)"), "duration": ("（月）",), "date": ("（年月日）", ""), "integer": ("（人）",)}
_HUGE = 5_000_000
_COMPACT = {"date": "compact", "township": "code", "district": "code", "code": "bare", "flag": "10"}
_XLSX_LIKES = {"justice": 0.55, "corrections": 0.5, "civil_affairs": 0.5, "housing": 0.6, "city": 0.6, "finance": 0.6}


@dataclass
class Layout:
    """The looks of one file; ``order`` the columns from left to right, "?…" the unknown ones."""

    suffix: str = "csv"
    encoding: str = "utf-8"
    separator: str = ","
    newline: str = "\r\n"
    titles: list[str] = field(default_factory=list)
    blank_titles: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    styles: dict[str, str] = field(default_factory=dict)
    number_cells: bool = False
    chinese: bool = False
    hidden_sheet: bool = False
    empty_sheet: bool = False
    total: bool = False
    footers: list[str] = field(default_factory=list)
    trailing: int = 0  # blank rows after everything

    @property
    def is_workbook(self) -> bool:
        """Whether the file is an XLSX."""
        return self.suffix.lower() == "xlsx"

    def add_withdrawn(self) -> None:
        """Gives the file the column 作废."""
        if "!withdrawn" not in self.order:
            self.order.append("!withdrawn")
            self.headers["!withdrawn"] = "作废"


def plain_layout(feed: Feed) -> Layout:
    """Clean UTF-8 with the official headers."""
    order = list(feed.column_names)
    headers = {c.name: c.headers[0] for c in feed.columns}
    return Layout(headers=headers, order=order, styles={c.name: STYLES.get(c.type, ("",))[0] for c in feed.columns})


def _header(rng: np.random.Generator, column: Column, tidy: float) -> str:
    name = str(rng.choice(list(column.headers)))
    if rng.random() < tidy:
        return name
    choice = rng.random()
    if choice < 0.35:
        return name + str(rng.choice(list(_UNITS.get(column.type, ("（必填）" if column.required else "（选填）",)))))
    if choice < 0.55 and len(name) > 2:
        return name[:2] + " " + name[2:]
    return f" {name}　" if choice < 0.7 else name


def _style(rng: np.random.Generator, column: Column, *, workbook: bool) -> str:
    if column.type == "township" and column.drop_suffix:
        return str(rng.choice(["office", "office", "name", "code", "short"]))
    known = STYLES.get(column.type, ("",))
    if workbook and column.type in ("date", "month") and rng.random() < 0.5:
        # Day numbers below 20,000 (before 1954) are no dates: birth dates come as cells only.
        return "cell" if rng.random() < 0.85 or column.name == "birth_date" else "serial"
    if column.type == "flag" and column.name == "sealed":
        known = ("是否", "10", "YN")
    return str(known[0]) if rng.random() < 0.3 else str(rng.choice(list(known)))


def make_layout(rng: np.random.Generator, feed: Feed, rows: int, delivered: date) -> Layout:
    """A layout as the agency might use that day; plain CSV when there are very many rows."""
    large = rows > FANCY_ROWS
    made = Layout(suffix="xlsx" if not large and rng.random() < _XLSX_LIKES.get(feed.agency, 0.35) else "csv")
    if made.is_workbook:
        made.number_cells, made.hidden_sheet = rng.random() < 0.6, rng.random() < 0.06
        made.empty_sheet = rng.random() < 0.05
    else:
        made.encoding = str(rng.choice(["gb18030", "utf-8", "utf-8-sig", "utf-16"], p=[0.55, 0.15, 0.2, 0.1]))
        made.separator = str(rng.choice([",", "\t", ";"], p=[0.72, 0.16, 0.12]))
        made.newline = "\r\n" if rng.random() < 0.8 else "\n"
    if rng.random() < 0.03:
        made.suffix = made.suffix.upper()
    made.chinese = rng.random() < 0.3
    made.order = list(feed.column_names)
    if rows > _HUGE:  # a whole list must stay below 2 GiB
        made.encoding, made.headers = "gb18030", {c.name: c.headers[0] for c in feed.columns}
        made.styles = {c.name: _COMPACT.get(c.type, STYLES.get(c.type, ("",))[0]) for c in feed.columns}
        return made
    if rng.random() < 0.35:
        made.order = [str(c) for c in rng.permutation(made.order)]
    optional = [c.name for c in feed.columns if not c.required]
    if feed.id == "corrections.releases" and delivered.year < 2024 and rng.random() < 0.5:
        made.order.remove("sealed")
    elif feed.id == "hr.training" and "certificate_no" in optional and delivered.year < 2023:
        made.order.remove("subsidy_paid_on")
    made.styles = {c.name: _style(rng, c, workbook=made.is_workbook) for c in feed.columns}
    made.headers = {c.name: _header(rng, c, 0.8) for c in feed.columns}
    if not large:
        _money(rng, feed, made)
        _around(rng, feed, made, delivered)
    if rng.random() < 0.2:
        extra = [str(c) for c in rng.permutation(list(_UNKNOWN))[: int(rng.integers(1, 3))]]
        for name in extra:
            made.order.insert(0 if name == "序号" else int(rng.integers(0, len(made.order) + 1)), "?" + name)
            made.headers["?" + name] = name
    if not large and rng.random() < 0.06:
        again = str(rng.choice([name for name in made.order if not name.startswith("?")]))
        made.order.append("=" + again)  # a header twice: the leftmost counts
        made.headers["=" + again] = made.headers[again]
    made.trailing = int(rng.integers(1, 5)) if not large and rng.random() < 0.15 else 0
    if feed.semantics == "incremental" and not large and rng.random() < 0.35:
        made.add_withdrawn()
    return made


def _money(rng: np.random.Generator, feed: Feed, made: Layout) -> None:
    """Some files count in 万元, said by the header or by a title row."""
    money = [c for c in feed.columns if c.type == "money"]
    if not money or rng.random() >= 0.3:
        return
    if rng.random() < 0.5:
        column = money[int(rng.integers(0, len(money)))]
        made.headers[column.name] = column.headers[0] + str(rng.choice(["(万元)", "（万元）", "（单位：万元）"]))
        made.styles[column.name] = "wan"
        return
    made.titles.append(str(rng.choice(["单位：万元", "（单位：万元）", "　　　　单位：万元"])))
    for column in money:
        named = rng.random() < 0.3  # a unit in the header beats the title
        made.headers[column.name] = column.headers[0] + ("（元）" if named else "")
        made.styles[column.name] = made.styles[column.name] if named else "wan"


def _around(rng: np.random.Generator, feed: Feed, made: Layout, delivered: date) -> None:
    """Titles above, totals and signatures below."""
    if rng.random() < (0.75 if made.is_workbook else 0.25):
        note = _NOTE if rng.random() < 0.5 else ""
        made.titles.insert(0, f"{feed.agency_zh}{feed.name_zh}{note}")
        if rng.random() < 0.3:
            made.titles.append(f"报送日期：{delivered.year}年{delivered.month}月{delivered.day}日")
        made.blank_titles = rng.random() < 0.3
    made.total = any(c.totalled for c in feed.columns) and rng.random() < 0.5
    if rng.random() < 0.45:
        signature = [
            "填报人：演示甲　审核人：演示乙",
            "填表人：演示丙",
            "审核人：演示丁",
            "制表：演示科",
            "联系电话：000-00000000",
        ]
        signature += ["备注：本表为演示数据，均为虚构", "注：数据截至报送日"]
        made.footers = [str(t) for t in rng.permutation(signature)[: int(rng.integers(1, 4))]]
