"""What Superset imports, made from the files: databases, datasets, charts, and pages with their positions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from server.assets import ROOT, TIMES, Assets, Chart, Dataset, Page, filters, uuid_of
from server.layout import position
from server.queries import query_context


def bundle(assets: Assets, published: Path) -> dict[str, str]:
    """Superset's import bundle: path → YAML text. ``published`` is the folder with ``current``."""
    documents: dict[str, dict[str, Any]] = {
        "metadata.yaml": {"version": "1.0.0", "type": "assets", "timestamp": "2020-01-01T00:00:00+00:00"},
    }
    for name, raw in assets.databases.items():
        documents[f"databases/{name}.yaml"] = _database_document(name, raw, published)
    for name, dataset in assets.datasets.items():
        database = uuid_of("databases", assets.database_of(dataset))
        documents[f"datasets/{name}.yaml"] = _dataset_document(dataset, database)
    for name, chart in assets.charts.items():
        documents[f"charts/{name.replace('/', '__')}.yaml"] = _chart_document(chart, assets.datasets[chart.dataset])
    for name, page in assets.pages.items():
        documents[f"dashboards/{name}.yaml"] = _page_document(page, assets)
    return {path: yaml.safe_dump(d, allow_unicode=True, sort_keys=True) for path, d in documents.items()}


def _database_document(name: str, raw: dict[str, Any], published: Path) -> dict[str, Any]:
    config = {
        # no reading of other files, no writing, and no statement can take that back
        "enable_external_access": "false",
        "lock_configuration": "true",
        "memory_limit": raw["memory_limit"],
        "threads": str(raw["threads"]),
    }
    return {
        "version": "1.0.0",
        "uuid": uuid_of("databases", name),
        "database_name": raw["name"],
        "sqlalchemy_uri": f"duckdb:///{published / 'current' / raw['file']}",
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "is_managed_externally": True,
        "extra": {
            "engine_params": {"connect_args": {"read_only": True, "config": config}},
            "metadata_params": {},
            "disable_data_preview": False,
        },
    }


def _dataset_document(dataset: Dataset, database_uuid: str) -> dict[str, Any]:
    columns = [
        {
            "column_name": name,
            "verbose_name": column.get("title"),
            "description": column.get("description"),
            "type": column.get("type", "varchar").upper(),
            "expression": column.get("expression"),
            "is_dttm": column.get("type", "").lower().startswith(TIMES),
            "groupby": True,
            "filterable": True,
            "is_active": True,
        }
        for name, column in dataset.columns.items()
    ]
    metrics = [
        {
            "metric_name": name,
            "verbose_name": metric.get("title", name),
            "expression": metric["expression"],
            "d3format": metric.get("format"),
            "description": metric.get("description"),
        }
        for name, metric in dataset.metrics.items()
    ]
    return {
        "version": "1.0.0",
        "uuid": dataset.uuid,
        "database_uuid": database_uuid,
        "table_name": dataset.table,
        "schema": "main",
        "description": dataset.description,
        "main_dttm_col": dataset.time,
        "filter_select_enabled": True,
        "is_managed_externally": True,
        "columns": columns,
        "metrics": metrics,
    }


def _chart_document(chart: Chart, dataset: Dataset) -> dict[str, Any]:
    return {
        "version": "1.0.0",
        "uuid": chart.uuid,
        "dataset_uuid": dataset.uuid,
        "slice_name": chart.title,
        "description": chart.description,
        "viz_type": chart.kind,
        "params": chart.params,
        "query_context": json.dumps(query_context(chart.params), ensure_ascii=False),
        "is_managed_externally": True,
    }


def _page_document(page: Page, assets: Assets) -> dict[str, Any]:
    titles = {c: assets.charts[c].title for c in page.charts}
    uuids = {c: assets.charts[c].uuid for c in page.charts}
    colours = {series: colour for c in page.charts for series, colour in assets.charts[c].colours.items()}
    return {
        "version": "1.0.0",
        "uuid": page.uuid,
        "dashboard_title": page.title,
        "slug": page.slug,
        "css": (ROOT / "server" / "tiles.css").read_text(encoding="utf-8") + page.source.get("css", ""),
        "published": True,
        "external_url": f"dashboards/dashboards/{page.name}.yaml",  # also the order of the menu
        "is_managed_externally": True,
        "position": position(page.source, titles=titles, uuids=uuids),
        "metadata": {
            "color_scheme": "reentry",
            "label_colors": {**page.source.get("label_colors", {}), **colours},
            "shared_label_colors": [],
            "cross_filters_enabled": False,
            "refresh_frequency": 0,
            "expanded_slices": {},
            "filter_bar_orientation": "HORIZONTAL",
            "native_filter_configuration": [_native_filter(page, f, i, assets) for i, f in enumerate(page.filters)],
        },
    }


def _native_filter(page: Page, said: dict[str, Any], number: int, assets: Assets) -> dict[str, Any]:
    """One filter of the bar. ``excluded`` takes chart uuids here; the import turns them into ids."""
    common = {
        "id": f"NATIVE_FILTER-{said.get('parameter', f'{page.slug}-{number}')}",
        "name": said["title"],
        "description": said.get("description", ""),
        "type": "NATIVE_FILTER",
        "cascadeParentIds": [],
        "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
        "excluded_charts": [assets.charts[c if "/" in c else f"{page.name}/{c}"].uuid for c in said.get("exclude", [])],
    }
    if said.get("kind") == "time":
        return {**common, "filterType": "filter_time", "targets": [{}], "controlValues": {}, "defaultDataMask": {}}
    first = bool(said.get("first", False))
    return {
        **common,
        "filterType": "filter_select",
        "targets": [{"datasetUuid": assets.datasets[said["dataset"]].uuid, "column": {"name": said["column"]}}],
        "requiredFirst": first,  # its first value is set before any tile asks
        "controlValues": {
            "enableEmptyFilter": first,
            "defaultToFirstItem": first,
            "multiSelect": bool(said.get("multiple", False)),
            "searchAllOptions": False,
            "inverseSelection": False,
            "creatable": False,  # nothing to choose that is not there
            "sortAscending": bool(said.get("ascending", True)),
        },
        "sortMetric": said.get("sort"),
        "adhoc_filters": list(filters({"where": said.get("where", {})}, _without_time(assets, said["dataset"]))),
        "defaultDataMask": _default(said),
    }


def _default(said: dict[str, Any]) -> dict[str, Any]:
    if "default" not in said:
        return {"extraFormData": {}, "filterState": {}, "ownState": {}}
    values = said["default"] if isinstance(said["default"], list) else [said["default"]]
    return {
        "extraFormData": {"filters": [{"col": said["column"], "op": "IN", "val": values}]},
        "filterState": {"value": values, "label": ", ".join(map(str, values))},
        "ownState": {},
    }


def _without_time(assets: Assets, name: str) -> Dataset:
    dataset = assets.datasets[name]
    return Dataset(**{**dataset.__dict__, "time": None})
