"""What a page can be asked to show: the filters of which one value is always chosen, read from the page's address.

``/superset/dashboard/risk/?period=2025年1季度&township=二坪镇``. What the address does not say is the first value: the
newest period, the whole district, for an account of one township its own. Superset's own filters get the values: they
are told to the browser in the form in which Superset reads them from an address (``server.frame``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from server.account_files import file_read
from server.allowed import bar_of
from server.reading import attached

PREFIX = "NATIVE_FILTER-"
TOWNSHIP = "township"
GROUP = "choice_group"  # the column of a filter's dataset under whose values its own are listed
ONLY_ONE = "只能看{own}，没有“{asked}”的数据；下面是{own}的。"
UNKNOWN = "没有“{asked}”这个{title}；下面是{shown}的。"
Options = tuple[tuple[str | None, tuple[str, ...]], ...]  # group, its values


@dataclass(frozen=True)
class Control:
    """One filter of a page: its values by groups, the one that is chosen, and what is to be said of the one asked."""

    parameter: str
    title: str
    column: str
    options: Options
    chosen: str
    notice: str | None

    @property
    def first(self) -> str:
        """The value that is chosen when nothing is."""
        return self.options[0][1][0]


def controls_of(page: Any, asked: Mapping[str, str]) -> list[Control]:
    """The filters of a page (Superset's) with what an address asks of them; those without a value are left out."""
    found = []
    for said in bar_of(page):
        if not said["id"].startswith(PREFIX) or not said.get("controlValues", {}).get("defaultToFirstItem"):
            continue
        (target,) = said["targets"]
        options = _options(target["datasetId"], target["column"]["name"], said.get("sortMetric"))
        if options:
            parameter = said["id"].removeprefix(PREFIX)
            found.append(_control(parameter, said["name"], target["column"]["name"], options, asked.get(parameter)))
    return found


def address_query(controls: list[Control], *, without: str | None = None) -> str:
    """The choice as the query of an address; nothing of what is the first value anyway."""
    chosen = {c.parameter: c.chosen for c in controls if c.parameter != without and c.chosen != c.first}
    return f"?{urlencode(chosen)}" if chosen else ""


def native_filters(controls: list[Control]) -> str:
    """The choice as Superset's ``native_filters``, in its notation (RISON)."""
    return f"({','.join(_native_filter(c) for c in controls)})"


def _native_filter(control: Control) -> str:
    key, value = f"{PREFIX}{control.parameter}", _quoted(control.chosen)
    return (
        f"{key}:(extraFormData:(filters:!((col:{control.column},op:IN,val:!({value})))),"
        f"filterState:(label:{value},value:!({value})),id:{key})"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("!", "!!").replace("'", "!'") + "'"


def _control(parameter: str, title: str, column: str, options: Options, asked: str | None) -> Control:
    values = [value for _, group in options for value in group]
    chosen = asked if asked in values else values[0]
    notice = None
    if asked and asked != chosen:
        only = parameter == TOWNSHIP and len(values) == 1
        notice = (ONLY_ONE if only else UNKNOWN).format(asked=asked, title=title, shown=chosen, own=chosen)
    return Control(parameter, title, column, options, chosen, notice)


def _options(dataset_id: int, column: str, metric: str | None) -> Options:
    from superset.connectors.sqla.models import SqlaTable
    from superset.extensions import db

    table = db.session.query(SqlaTable).filter_by(id=dataset_id).one()
    group = next((c.expression or c.column_name for c in table.columns if c.column_name == GROUP), "null")
    order = next((m.expression for m in table.metrics if m.metric_name == metric), f'min("{column}")')
    return _read(file_read(Path(table.database.url_object.database)), table.table_name, column, group, order)


@lru_cache(maxsize=200)
def _read(file: Path, table: str, column: str, group: str, order: str) -> Options:
    """The values of a filter; ``file`` lies in the folder of its version, so nothing has to be forgotten."""
    with attached(file, "asked") as con:
        rows = con.execute(
            f'select any_value({group}), "{column}" from asked.main.{table}'
            f' where "{column}" is not null group by "{column}" order by {order}'
        ).fetchall()
    return tuple((name, tuple(value for _, value in group)) for name, group in groupby(rows, key=lambda row: row[0]))
