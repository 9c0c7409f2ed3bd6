"""What is taken away as a file: named after its chart, without columns that only colour and place what a page shows,
and entered on the log by whatever way it went out: account, page, tile, period, rows. What cannot be entered is not
given.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, g, jsonify, request

from server.answers import TILES
from server.file_values import csv_text, workbook
from server.labels import labels
from server.service import ServiceError, ask
from server.tiles import PERIOD

FIGURE, FIGURE_ZH = "figure_id", "指标"
RANK = "rank"  # what Superset adds for the shades of a heat map
FILE_NAME = re.compile(r"filename=(\S+)")
NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\s]+')
OURS = "server."  # files of pages of ours are entered by the service that gives them
OK, UNAVAILABLE = 200, 503
NOT_ENTERED = "导出没有登记，因此没有给出：{why}"
LONGEST = 200
# pictures and PDF are made in the browser, which says so afterwards
EVENTS = "Superset.log"
PICTURES = {
    "chart_download_as_image": "图片",
    "dashboard_download_as_image": "图片",
    "dashboard_download_as_pdf": "PDF",
}


def name_and_trim(app: Flask) -> None:
    """Exports carry the chart's title in their name; a column that its dataset gives no title is not in them."""
    _leave_out_looks()
    _leave_workbooks_whole()

    @app.after_request
    def entered(answer: Response) -> Response:
        if request.endpoint == EVENTS:
            _enter_pictures()
        if not _is_export(app, answer):
            return answer
        try:
            ask("record_export", about=_about(answer))
        except ServiceError as error:
            refusal = jsonify(message=NOT_ENTERED.format(why=error))
            refusal.status_code = UNAVAILABLE
            return refusal
        return answer

    @app.after_request
    def named(answer: Response) -> Response:
        disposition = answer.headers.get("Content-Disposition", "")
        found = FILE_NAME.search(disposition)
        chart = _chart() if request.path == TILES and found else None
        if found and chart:
            name = f"{NOT_IN_NAMES.sub('_', chart.slice_name)}_{found[1]}"
            answer.headers["Content-Disposition"] = f"attachment; filename={found[1]}; filename*=UTF-8''{quote(name)}"
        return answer


def _is_export(app: Flask, answer: Response) -> bool:
    if answer.status_code != OK or "attachment" not in answer.headers.get("Content-Disposition", ""):
        return False
    view = app.view_functions[request.endpoint]
    owner = getattr(view, "__self__", None)
    return not (type(owner) if owner else view).__module__.startswith(OURS)


def _about(answer: Response) -> dict[str, Any]:
    """What goes on the log: names and numbers, nothing of the rows."""
    chart, asked = _chart(), _asked()
    form = asked.get("form_data") or {}
    filters = [f for query in asked.get("queries") or [] for f in query.get("filters") or []]
    said = {str(f.get("col")): _told(f.get("val")) for f in filters if f.get("op") in ("IN", "==")}
    return {
        "address": request.path[:LONGEST],
        "page": _page(form.get("dashboardId"), chart),
        "tile": chart.slice_name if chart else "",
        "period": said.get(PERIOD, ""),
        "filters": "；".join(f"{column}={value}" for column, value in sorted(said.items()))[:LONGEST],
        "rows": _rows(answer),
        "format": (answer.mimetype or "")[:LONGEST],
    }


def _told(value: Any) -> str:
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def _rows(answer: Response) -> int | None:
    """How many rows went out; None where a file is not of rows, or is sent on as it is read."""
    if "rows_taken" in g:
        return int(sum(g.rows_taken))
    if answer.mimetype == "text/csv" and not answer.is_streamed:
        return max(sum(1 for _ in csv.reader(io.StringIO(answer.get_data(as_text=True)))) - 1, 0)
    return None


def _enter_pictures() -> None:
    """Of what a browser reports: pictures and PDF of pages and tiles."""
    with suppress(ServiceError, ValueError):  # they are in the reader's hands already
        for event in _events():
            tile = _chart_of(event.get("slice_id") or event.get("chart_id"))
            page = event.get("source_id") if event.get("source") == "dashboard" else None
            about = {"page": _page(page, tile), "tile": tile.slice_name if tile else "", "rows": None}
            ask("record_export", about={**about, "format": PICTURES[event["event_name"]], "told_by": "browser"})


def _events() -> Iterator[dict[str, Any]]:
    events: Any = json.loads(request.form.get("events") or "[]")
    for event in events if isinstance(events, list) else []:
        if isinstance(event, dict) and event.get("event_name") in PICTURES:
            yield event


def _asked() -> dict[str, Any]:
    """The body of the request: JSON, or a form's field with JSON."""
    body: Any = request.get_json(silent=True)
    if body is None:
        with suppress(ValueError):
            body = json.loads(request.form.get("form_data", "{}"))
    return body if isinstance(body, dict) else {}


def _chart() -> Any:
    """The chart that the request is about, if it is about one."""
    named = (request.view_args or {}).get("pk") if request.endpoint == "ChartDataRestApi.get_data" else None
    return _chart_of(named or (_asked().get("form_data") or {}).get("slice_id"))


def _chart_of(key: Any) -> Any:
    from superset.extensions import db
    from superset.models.slice import Slice

    return db.session.get(Slice, int(key)) if str(key).isdecimal() else None


def _page(key: Any, chart: Any) -> str:
    """The title of the page that was looked at; else of those that the chart is on."""
    from superset.extensions import db
    from superset.models.dashboard import Dashboard

    page = db.session.get(Dashboard, int(key)) if str(key).isdecimal() else None
    pages = [page] if page else list(chart.dashboards) if chart else []
    return "、".join(one.dashboard_title for one in pages)


def _leave_out_looks() -> None:
    from superset.common.chart_data import ChartDataResultFormat
    from superset.common.query_context_processor import QueryContextProcessor

    whole = QueryContextProcessor.get_data

    def get_data(self: Any, df: Any, coltypes: list[Any]) -> Any:
        if self._query_context.result_format not in ChartDataResultFormat.table_like():
            return whole(self, df, coltypes)
        g.setdefault("rows_taken", []).append(len(df))
        looks = {column.column_name for column in self._qc_datasource.columns if not column.verbose_name} | {RANK}
        kept = [n for n, name in enumerate(df.columns) if name not in looks]
        told = df.iloc[:, kept].astype(object)
        titles = [self._qc_datasource.verbose_map.get(name, name) for name in told.columns]
        # no two columns of one title: those say their names too
        unique = [t if titles.count(t) == 1 else f"{t}（{name}）" for name, t in zip(told.columns, titles, strict=True)]
        figures = labels() if FIGURE in told.columns else {}
        if figures:
            at = list(told.columns).index(FIGURE)
            unique[at] = FIGURE_ZH
            told.iloc[:, at] = [figures.get(one, {}).get("name_zh", one) for one in told.iloc[:, at]]
        rows = told.values.tolist()
        if self._query_context.result_format == ChartDataResultFormat.CSV:
            return csv_text(unique, rows)
        defined = [figures[one] for one in dict.fromkeys(df[FIGURE]) if one in figures] if figures else []
        said = [*_said(self._qc_datasource), *((f["name_zh"], f["definition_zh"]) for f in defined)]
        return workbook(unique, rows, said)

    QueryContextProcessor.get_data = get_data


def _said(dataset: Any) -> list[tuple[str, str]]:
    """What a workbook says of its rows: page, tile, period, place, and how they are counted."""
    chart, asked = _chart(), _asked()
    form = asked.get("form_data") or {}
    filters = [f for query in asked.get("queries") or [] for f in query.get("filters") or []]
    titles = {"page": _page(form.get("dashboardId"), chart), "tile": chart.slice_name if chart else ""}
    chosen = [(f.get("col"), _told(f.get("val"))) for f in filters if f.get("op") in ("IN", "==")]
    return [
        ("页面", titles["page"]),
        ("图表", titles["tile"]),
        *((dataset.verbose_map.get(column, str(column)), value) for column, value in chosen),
        ("数据", str((chart.description if chart else "") or dataset.description or "")),
    ]


def _leave_workbooks_whole() -> None:
    """Superset reads a file's rows again to reshape them, which undoes their types: they stay as they are."""
    from superset.charts.data import api

    reshape = api.apply_client_processing

    def reshape_shown(result: Any, *said: Any) -> Any:
        return result if result["query_context"].result_format in ("xlsx", "csv") else reshape(result, *said)

    api.apply_client_processing = reshape_shown
