"""What is taken away as a file: named after its chart, without columns that only colour and place what a page shows."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, request

from server.answers import TILES

RANK = "rank"  # what Superset adds for the shades of a heat map
FILE_NAME = re.compile(r"filename=(\S+)")
NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\s]+')


def name_and_trim(app: Flask) -> None:
    """Exports carry the chart's title in their name; a column that its dataset gives no title is not in them."""
    _leave_out_looks()

    @app.after_request
    def named(answer: Response) -> Response:
        disposition = answer.headers.get("Content-Disposition", "")
        found = FILE_NAME.search(disposition)
        title = _title() if request.path == TILES and found else None
        if found and title:
            name = f"{NOT_IN_NAMES.sub('_', title)}_{found[1]}"
            answer.headers["Content-Disposition"] = f"attachment; filename={found[1]}; filename*=UTF-8''{quote(name)}"
        return answer


def _title() -> str | None:
    """Of the chart that the request is about."""
    from superset.extensions import db
    from superset.models.slice import Slice

    body: Any = request.get_json(silent=True) or json.loads(request.form.get("form_data", "{}"))
    chart = (body.get("form_data") or {}).get("slice_id")
    return db.session.query(Slice.slice_name).filter_by(id=chart).scalar() if chart else None


def _leave_out_looks() -> None:
    from superset.common.chart_data import ChartDataResultFormat
    from superset.common.query_context_processor import QueryContextProcessor

    whole = QueryContextProcessor.get_data

    def get_data(self: Any, df: Any, coltypes: list[Any]) -> Any:
        if self._query_context.result_format not in ChartDataResultFormat.table_like():
            return whole(self, df, coltypes)
        looks = {column.column_name for column in self._qc_datasource.columns if not column.verbose_name} | {RANK}
        kept = [n for n, name in enumerate(df.columns) if name not in looks]
        return whole(self, df.iloc[:, kept], [coltypes[n] for n in kept])

    QueryContextProcessor.get_data = get_data
