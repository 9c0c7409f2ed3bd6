"""A chart's settings → the query it stands for: columns, metrics, filters; used to check every chart.

The browser's own query of a chart kind may be post-processed differently; it reads the same columns and metrics.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

COLUMN_KEYS = (
    "x_axis",
    "groupby",
    "groupbyRows",
    "groupbyColumns",
    "all_columns",
    "columns",
    "source",
    "target",
    "entity",
    "series",
    "line_column",
    "granularity_sqla",
)
METRIC_KEYS = (
    "metric",
    "metrics",
    "percent_metrics",
    "secondary_metric",
    "size",
    "timeseries_limit_metric",
    "sort_by_metric_of",
)
ROW_LIMIT = 1000
NO_METRICS = ("raw",)


def columns_used(params: dict[str, Any]) -> set[str]:
    """Columns of the dataset that a chart names."""
    found = {c for c in _listed(params, COLUMN_KEYS) if isinstance(c, str)}
    found |= {c["subject"] for c in params.get("adhoc_filters", []) if c.get("expressionType") == "SIMPLE"}
    found |= {m["column"]["column_name"] for m in _listed(params, METRIC_KEYS) if _is_simple(m)}
    return found


def metrics_used(params: dict[str, Any]) -> set[str]:
    """Saved metrics of the dataset that a chart names."""
    return {m for m in _listed(params, METRIC_KEYS) if isinstance(m, str)}


def query_context(params: dict[str, Any]) -> dict[str, Any]:
    """Superset's query context of a chart; the datasource is filled in where its id is known."""
    raw = params.get("query_mode") in NO_METRICS
    metrics = [] if raw else _unique(_listed(params, METRIC_KEYS))
    query: dict[str, Any] = {
        "columns": _unique(c for c in _listed(params, COLUMN_KEYS) if c is not None),
        "metrics": metrics,
        "filters": [
            {"col": f["subject"], "op": f["operator"], "val": f.get("comparator")}
            for f in params.get("adhoc_filters", [])
            if f["expressionType"] == "SIMPLE" and f["operator"] != "TEMPORAL_RANGE"
        ],
        "extras": {
            "where": " AND ".join(
                f"({f['sqlExpression']})" for f in params.get("adhoc_filters", []) if f["expressionType"] == "SQL"
            )
        },
        "orderby": [[m, False] for m in metrics[:1]],
        "row_limit": int(params.get("row_limit") or ROW_LIMIT),
        "is_timeseries": False,
    }
    return {
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": [query],
        "form_data": params,
        "result_format": "json",
        "result_type": "full",
    }


def _listed(params: dict[str, Any], keys: tuple[str, ...]) -> Iterator[Any]:
    for key in keys:
        said = params.get(key)
        if said is None or said == "":
            continue
        yield from said if isinstance(said, list) else [said]


def _is_simple(metric: Any) -> bool:
    return isinstance(metric, dict) and metric.get("expressionType") == "SIMPLE"


def _unique(values: Iterator[Any]) -> list[Any]:
    kept: list[Any] = []
    for value in values:
        if value not in kept:
            kept.append(value)
    return kept
