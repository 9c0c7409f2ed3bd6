"""`dashboards check`: every dataset's columns, and every chart's query through Superset's own chart data code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from server.assets import Assets, Dataset
from server.importing import machine_user
from server.reading import open_published

WRONG_LENGTH = 300


def check(assets: Assets, home: Path) -> dict[str, Any]:
    """Asks all there is, inside an application context; ``failures`` say which file and what is wrong."""
    from superset.extensions import db
    from superset.models.slice import Slice
    from superset.utils.core import override_user

    failures = []
    for name, said in assets.databases.items():
        with open_published(home / "published" / "current" / said["file"]) as con:
            for dataset in assets.datasets.values():
                if assets.database_of(dataset) == name:
                    failures += _missing_columns(con, dataset)
    imported = {str(chart.uuid): chart for chart in db.session.query(Slice)}
    with override_user(machine_user()):
        for name, chart in assets.charts.items():
            if chart.uuid not in imported:
                failures.append(_failure(f"charts/{name}", "it is not imported: run `reentry dashboards import` first"))
            elif wrong := _wrong(imported[chart.uuid]):
                failures.append(_failure(f"charts/{name}", wrong))
    return {"charts": len(assets.charts), "datasets": len(assets.datasets), "failures": failures}


def _failure(file: str, wrong: str) -> dict[str, str]:
    return {"file": f"dashboards/{file}.yaml", "wrong": " ".join(wrong.split())[:WRONG_LENGTH]}


def _missing_columns(con: duckdb.DuckDBPyConnection, dataset: Dataset) -> list[dict[str, str]]:
    known = {
        name
        for (name,) in con.execute(
            "select column_name from duckdb_columns() where table_name = ?", [dataset.table]
        ).fetchall()
    }
    if not known:
        return [_failure(f"datasets/{dataset.name}", f"the published version has no table {dataset.table}")]
    physical = {name for name, column in dataset.columns.items() if "expression" not in column}
    return [
        _failure(f"datasets/{dataset.name}", f"the published table {dataset.table} has no column {name}")
        for name in sorted(physical - known)
    ]


def _wrong(chart: Any) -> str | None:
    """What Superset says against the chart's query; None when it answers."""
    from superset.charts.schemas import ChartDataQueryContextSchema
    from superset.commands.chart.data.get_data_command import ChartDataCommand

    try:
        asked = json.loads(chart.query_context)
        asked["datasource"] = {"id": chart.datasource_id, "type": "table"}
        command = ChartDataCommand(ChartDataQueryContextSchema().load(asked))
        command.validate()
        answers = command.run()["queries"]
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return next((str(answer["error"]) for answer in answers if answer.get("error")), None)
