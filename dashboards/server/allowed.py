"""What the queries of one imported chart, or of one filter of a page, may be made of.

All of it is read from what was imported: the chart's settings (columns, metrics, filters, conditions, time offsets,
annotations), its dataset (names of columns and metrics), the pages it is on (columns of their filters). A setting is
known by what it says, not by its name: a text that is a column of the dataset is a column that the chart uses. So a
chart of a kind that is new here needs no change.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Said = dict[str, Any]

ALL_TIME = "No filter"
TIME_RANGE = re.compile(
    r"(\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?)? : (\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?)?"
    r"|(Last|Next|Current) (\d{1,4} )?(day|week|month|quarter|year)s?"
    r"|previous calendar (week|month|quarter|year)"
)
NOTHING = "(1 = 0)"  # what a page asks while one of its filters has no value
RESULTS = (None, "full", "results", "post_processed")
CHOICES = ("IN", "==")
MOST_VALUES = 1_000
LONGEST_VALUE = 200
MOST_ROWS = 10_000
FILTERS = "adhoc_filters"
SECOND = "_b"  # of charts with two queries
STEPS = (  # what Superset does with rows once they are read; prophet and places on a map are not among them
    *("aggregate", "boxplot", "compare", "contribution", "cum", "diff", "flatten", "histogram", "pivot", "rank"),
    *("rename", "resample", "rolling", "select", "sort"),
)
# names of their options, and the values that these take
_STEP_WORDS = (
    "index columns column metrics metric groupby group_by aggregates operator options groups "
    "drop_missing_columns metric_fill_value column_fill_value combine_value_with_metric "
    "marginal_distributions marginal_distribution_name level inplace reset_index drop_levels orientation "
    "time_shifts rename_columns contribution_totals row contribution rolling_type window "
    "rolling_type_options center win_type min_periods periods axis rule method fill_value ffill bfill "
    "asfreq linear zerofill source_columns compare_columns compare_type drop_original_columns precision "
    "difference percentage ratio whisker_type percentiles tukey min/max bins cumulative normalize exclude "
    "rename is_sort_index by ascending average argmin argmax count count_distinct cumsum cumprod cummin "
    "cummax max mean median min nanmean percentile prod product std sum var __timestamp "
)
STEP_WORDS = frozenset(_STEP_WORDS.split())


class NotAllowedError(Exception):
    """A query is not made of what its chart is made of: the text names the part."""


@dataclass(frozen=True)
class Condition:
    """Filters and a condition that a query of the chart always has."""

    filters: Counter[str]
    where: str


@dataclass(frozen=True)
class Allowed:
    """What a chart's queries are made of. Adhoc columns, metrics and annotations are kept as canonical texts."""

    dataset: int
    form: Said
    columns: frozenset[str]
    metrics: frozenset[str]
    adhoc: frozenset[str]
    conditions: tuple[Condition, ...]
    time_columns: frozenset[str]
    page_columns: frozenset[str]
    has_time: bool
    words: frozenset[str]
    labels: frozenset[str]
    annotations: frozenset[str]

    @classmethod
    def of_chart(cls, key: int) -> Allowed:
        """Of an imported chart on a page that the account may see."""
        from superset.extensions import db
        from superset.models.slice import Slice

        chart = db.session.query(Slice).filter_by(id=key, is_managed_externally=True).one_or_none()
        own = {page.id for page in own_pages()}
        pages = [page for page in chart.dashboards if page.id in own] if chart else []
        if chart is None or not pages or chart.datasource_type != "table":
            raise NotAllowedError("没有这个图表")
        bar = [one for page in pages for one in bar_of(page) if key not in one["scope"]["excluded"]]
        params = {**json.loads(chart.params), "slice_id": key, "viz_type": chart.viz_type}
        return cls._of(
            params,
            chart.table,
            page_columns=(t["column"]["name"] for one in bar for t in one["targets"] if "column" in t),
            has_time=any(one["filterType"] == "filter_time" for one in bar),
        )

    @classmethod
    def of_filter(cls, form: Said) -> Allowed:
        """Of a filter in the bar of a page that the account may see: the values that it offers."""
        from superset.connectors.sqla.models import SqlaTable
        from superset.extensions import db

        page = next((page for page in own_pages() if page.id == form.get("dashboardId")), None)
        found = [one for one in bar_of(page) if one["id"] == form["native_filter_id"]] if page else []
        targets = [t for one in found for t in one["targets"] if "column" in t]
        if page is None or len(targets) != 1:
            raise NotAllowedError("没有这个筛选")
        table = db.session.query(SqlaTable).filter_by(id=targets[0]["datasetId"]).one()
        params = {
            "groupby": [targets[0]["column"]["name"]],
            "metrics": [found[0]["sortMetric"]] if found[0].get("sortMetric") else [],
            FILTERS: found[0].get(FILTERS) or [],
            "dashboardId": page.id,
            "native_filter_id": found[0]["id"],
            "type": "NATIVE_FILTER",
            "viz_type": found[0]["filterType"],
        }
        return cls._of(params, table, page_columns=(), has_time=False)

    @classmethod
    def _of(cls, params: Said, table: Any, *, page_columns: Iterable[str], has_time: bool) -> Allowed:
        keys = [FILTERS, *([FILTERS + SECOND] if FILTERS + SECOND in params else [])]
        said = list(_leaves({k: v for k, v in params.items() if k not in keys and k != "annotation_layers"}))
        words = frozenset(text for text in said if isinstance(text, str))
        filters = [one for key in keys for one in params.get(key) or []]
        return cls(
            dataset=table.id,
            form=params,
            columns=words & {c.column_name for c in table.columns},
            metrics=words & {m.metric_name for m in table.metrics},
            adhoc=frozenset(canonical(one) for one in said if isinstance(one, dict)),
            conditions=tuple(_condition(params.get(key) or []) for key in keys),
            time_columns=frozenset(f["subject"] for f in filters if f.get("operator") == "TEMPORAL_RANGE"),
            page_columns=frozenset(page_columns),
            has_time=has_time,
            words=words,
            labels=frozenset(str(one.get("label")) for one in said if isinstance(one, dict)),
            annotations=frozenset(_text(one) for one in params.get("annotation_layers") or []),
        )

    def query(self, query: Said) -> Said:
        """The query with the chart's own condition; NotAllowedError when a part of it is not the chart's."""
        for key, value in query.items():
            if not value or key in ("filters", "extras"):
                continue
            rule = RULES.get(key)
            if rule is None or not rule(self, value):
                raise NotAllowedError(PARTS.get(key, key))
        extras = query.get("extras") or {}
        if not self._are_extras(extras):
            raise NotAllowedError("附加条件")
        where = self._condition(query.get("filters") or [], " ".join(str(extras.get("where") or "").split()))
        return {**query, "extras": {**extras, "where": where}}

    def _condition(self, filters: list[Said], where: str) -> str:
        """The condition under which the query runs: that of the chart whose filters the query has."""
        is_empty = False
        while where.endswith(NOTHING):  # no value in a filter of the page: no rows
            where, is_empty = where.removesuffix(NOTHING).removesuffix(" AND "), True
        said = Counter(_filter(f.get("col"), f.get("op"), f.get("val")) for f in filters)
        whole = [c for c in self.conditions if not c.filters - said]
        if not whole:
            raise NotAllowedError("图表自己的筛选不全")
        for condition in whole:
            more = said - condition.filters
            if where in ("", condition.where) and all(
                self._is_of_page(f) for f in filters if _filter(f.get("col"), f.get("op"), f.get("val")) in more
            ):
                return " AND ".join(part for part in (condition.where, NOTHING if is_empty else "") if part)
        raise NotAllowedError("附加条件" if all(where not in ("", c.where) for c in whole) else "筛选")

    def _is_of_page(self, said: Said) -> bool:
        column, operator, value = said.get("col"), said.get("op"), said.get("val")
        if not isinstance(column, str) or said.get("grain"):
            return False
        if operator == "TEMPORAL_RANGE":
            return column in self.time_columns and self._is_time(value)
        values = value if isinstance(value, list) else [value]
        return (
            column in self.page_columns
            and operator in CHOICES
            and len(values) <= MOST_VALUES
            and all(isinstance(v, str | int | float | None) and len(str(v)) <= LONGEST_VALUE for v in values)
        )

    def _is_time(self, value: Any) -> bool:
        return value == ALL_TIME or (self.has_time and isinstance(value, str) and bool(TIME_RANGE.fullmatch(value)))

    def _are_extras(self, extras: Said) -> bool:
        grain, order = extras.get("time_grain_sqla"), extras.get("column_order") or []
        return (
            not {key for key, value in extras.items() if value} - {"where", "time_grain_sqla", "column_order"}
            and (not grain or grain in self.words)
            and all(one in self.columns | self.metrics for one in order)
        )

    def _is_column(self, said: Any) -> bool:
        if isinstance(said, str):
            return said in self.columns
        if not isinstance(said, dict):
            return False
        # the axis of a chart, as the browser writes it: the name of a column in the place of an expression
        name, grain = said.get("sqlExpression"), said.get("timeGrain")
        if said.get("columnType") == "BASE_AXIS" and isinstance(name, str) and name in self.columns:
            return said.get("label") == name and (not grain or grain in self.words)
        return canonical(said) in self.adhoc

    def _is_metric(self, said: Any) -> bool:
        if isinstance(said, str):
            return said in self.metrics
        return isinstance(said, dict) and canonical(said) in self.adhoc

    def _is_order(self, said: Any) -> bool:
        what, ascending = said
        return isinstance(ascending, bool) and (self._is_column(what) or self._is_metric(what))

    def _is_step(self, said: Any) -> bool:
        return (
            isinstance(said, dict)
            and said.get("operation") in STEPS
            and all(self._is_step_word(word) for word in _all_texts(said.get("options") or {}))
        )

    def _is_step_word(self, said: str) -> bool:
        """A word of the chart, or one that Superset puts together of such: ``%share``, ``value__1 year ago``."""
        known = self.words | self.labels | STEP_WORDS
        return said in known or all(part in known for part in said.removeprefix("%").split("__"))


def own_pages() -> list[Any]:
    """The imported pages that the roles of this account may see."""
    from superset import security_manager
    from superset.extensions import db
    from superset.models.dashboard import Dashboard, DashboardRoles

    held = [role.id for role in security_manager.get_user_roles()]
    shown = db.session.query(DashboardRoles.c.dashboard_id).filter(DashboardRoles.c.role_id.in_(held))
    asked = db.session.query(Dashboard).filter(Dashboard.is_managed_externally, Dashboard.published)
    return list(asked.filter(Dashboard.id.in_(shown)).order_by(Dashboard.external_url))


def bar_of(page: Any) -> list[Said]:
    """The filters in the bar of a page."""
    found: list[Said] = json.loads(page.json_metadata).get("native_filter_configuration", [])
    return found


def is_result(kind: Any) -> bool:
    """Whether rows are asked for as the chart shows them: no SQL text, no samples, no list of columns."""
    return getattr(kind, "value", kind) in RESULTS


def canonical(said: Said) -> str:
    """An adhoc column or metric by what of it reaches the database."""
    column = said.get("column")
    kept = {
        "kind": said.get("expressionType"),
        "sql": said.get("sqlExpression"),
        "column": column.get("column_name") if isinstance(column, dict) else column,
        "aggregate": said.get("aggregate"),
        "label": said.get("label"),
        "grain": said.get("timeGrain"),
    }
    return _text(kept)


def _condition(filters: list[Said]) -> Condition:
    simple = [f for f in filters if f["expressionType"] == "SIMPLE" and f["operator"] != "TEMPORAL_RANGE"]
    own = Counter(_filter(f["subject"], f["operator"], f.get("comparator")) for f in simple)
    sql = [f["sqlExpression"] for f in filters if f["expressionType"] == "SQL"]
    return Condition(own, " AND ".join(f"({' '.join(one.split())})" for one in sql))


def _filter(column: Any, operator: Any, value: Any) -> str:
    return _text([column, operator, value])


def _text(said: Any) -> str:
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _leaves(said: Any) -> Iterator[Any]:
    """All texts of a chart's settings, those inside texts of JSON too, and its adhoc columns and metrics as a whole."""
    if isinstance(said, str):
        yield said
        if said[:1] in ("[", "{"):
            try:
                yield from _leaves(json.loads(said))
            except ValueError:
                return
    elif isinstance(said, list):
        for one in said:
            yield from _leaves(one)
    elif isinstance(said, dict):
        if "expressionType" in said:
            yield said
            yield from _leaves(said.get("label"))
        else:
            yield from _leaves(list(said.values()))


def _all_texts(said: Any) -> Iterator[str]:
    """Texts of the options of a step, names of options too."""
    if isinstance(said, str):
        yield said
    elif isinstance(said, list):
        for one in said:
            yield from _all_texts(one)
    elif isinstance(said, dict):
        yield from (str(key) for key in said)
        yield from _all_texts(list(said.values()))


def _free(allowed: Allowed, value: Any) -> bool:
    """Nothing of it reaches the database."""
    del allowed
    return isinstance(value, dict | bool)


def _rows(allowed: Allowed, value: Any) -> bool:
    del allowed
    return isinstance(value, int) and 0 <= value <= MOST_ROWS


RULES: dict[str, Any] = {
    "columns": lambda a, said: all(a._is_column(one) for one in said),
    "groupby": lambda a, said: all(a._is_column(one) for one in said),
    "series_columns": lambda a, said: all(a._is_column(one) for one in said),
    "metrics": lambda a, said: all(a._is_metric(one) for one in said),
    "series_limit_metric": lambda a, said: a._is_metric(said),
    "timeseries_limit_metric": lambda a, said: a._is_metric(said),
    "orderby": lambda a, said: all(a._is_order(one) for one in said),
    "granularity": lambda a, said: said in a.time_columns | a.columns,
    "granularity_sqla": lambda a, said: said in a.time_columns | a.columns,
    "time_range": lambda a, said: a._is_time(said),
    "time_offsets": lambda a, said: all(one in a.words for one in said),
    "time_shift": lambda a, said: said in a.words,
    "annotation_layers": lambda a, said: all(_text(one) in a.annotations for one in said),
    "post_processing": lambda a, said: all(not one or a._is_step(one) for one in said),
    "result_type": lambda _, said: is_result(said),
    "datasource": lambda a, said: said.get("type") == "table" and str(said.get("id")) == str(a.dataset),
    "row_limit": _rows,
    "row_offset": _rows,
    "series_limit": _rows,
    "timeseries_limit": _rows,
    "order_desc": _free,
    "is_timeseries": _free,
    "is_rowcount": _free,
    "group_others_when_limit_reached": _free,
    "apply_fetch_values_predicate": _free,
    "applied_time_extras": _free,
    "url_params": _free,
}
PARTS = {
    "columns": "列",
    "groupby": "列",
    "series_columns": "列",
    "metrics": "指标",
    "series_limit_metric": "指标",
    "timeseries_limit_metric": "指标",
    "orderby": "排序",
    "time_range": "时间范围",
    "annotation_layers": "注释",
    "post_processing": "后续计算",
    "result_type": "结果类型",
    "datasource": "数据集",
    "where": "附加条件",
    "having": "附加条件",
}
