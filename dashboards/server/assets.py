"""The files of ``dashboards/``: datasets, charts and pages, read and checked against each other.

Nothing here needs Superset. Formats: docs/dashboards.md. Every uuid is a uuid5 of the file's place, so an import
always meets what an earlier one made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid5

import yaml

from server.labels import LabelError, title_of
from server.queries import columns_used, metrics_used
from server.tiles import expanded

ROOT = Path(__file__).resolve().parents[1]
NAMESPACE = UUID("5f1a7c52-6d0e-5b53-9a55-c9d3a7e0b9a1")
T = TypeVar("T")
TIMES = ("date", "timestamp")
FIRST_PAGE = "01_zonglan"  # each of its cards leads to the page that says more of the figure
OVER_TIME = "echarts_timeseries"
LISTS = ("quarters", "townships")  # the tile of a page that a card leads to; the later wins
WORDS = {
    "database": {"name", "file", "person_level", "memory_limit", "threads"},
    "dataset": {"table", "title", "description", "time", "person_level", "open", "columns", "metrics"},
    "chart": {
        "title",
        "kind",
        "dataset",
        "description",
        "where",
        "where_sql",
        "params",
        "cards",
        "list",
        "mosaic",
        "note",
        "tells",
        "colours",
        "even",
        "whole",
    },
    "page": {"title", "slug", "filters", "rows", "tabs", "label_colors", "css"},
}


class AssetError(Exception):
    """A file of ``dashboards/`` says something that cannot be: the text names the file and what to correct."""


@dataclass(frozen=True)
class Dataset:
    """One table of the published file, with the words users read."""

    name: str
    table: str
    title: str
    columns: dict[str, dict[str, Any]]
    metrics: dict[str, dict[str, Any]]
    time: str | None
    person_level: bool
    is_open: bool
    description: str

    @property
    def uuid(self) -> str:
        """Its uuid in Superset."""
        return uuid_of("datasets", self.name)


@dataclass(frozen=True)
class Chart:
    """One tile: ``<page>/<name>``."""

    name: str
    title: str
    kind: str
    dataset: str
    params: dict[str, Any]
    description: str
    colours: dict[str, str] = field(default_factory=dict)  # of its series, by name

    @property
    def uuid(self) -> str:
        """Its uuid in Superset."""
        return uuid_of("charts", self.name)


@dataclass(frozen=True)
class Page:
    """One dashboard; ``name`` is its file's stem, such as ``01_overview``."""

    name: str
    title: str
    slug: str
    source: dict[str, Any]
    charts: tuple[str, ...]
    filters: list[dict[str, Any]] = field(default_factory=list)

    @property
    def uuid(self) -> str:
        """Its uuid in Superset."""
        return uuid_of("dashboards", self.name)

    @property
    def filter_datasets(self) -> set[str]:
        """Datasets that its filters read."""
        return {f["dataset"] for f in self.filters if "dataset" in f}


@dataclass(frozen=True)
class Assets:
    """All files, checked against each other."""

    databases: dict[str, dict[str, Any]]
    datasets: dict[str, Dataset]
    charts: dict[str, Chart]
    pages: dict[str, Page]

    def datasets_of(self, page: Page) -> set[str]:
        """Datasets that a page's tiles and filters read."""
        return {self.charts[c].dataset for c in page.charts} | page.filter_datasets

    def database_of(self, dataset: Dataset) -> str:
        """The database that a dataset is in: rows of persons lie in one of their own."""
        return next(n for n, said in self.databases.items() if bool(said.get("person_level")) == dataset.person_level)


def uuid_of(kind: str, name: str) -> str:
    """The uuid of a file, from its folder and its name."""
    return str(uuid5(NAMESPACE, f"{kind}/{name}"))


def load_assets(root: Path = ROOT, models: Path | None = None) -> Assets:
    """Reads and checks all files; AssetError names the file and what is wrong."""
    databases = {p.stem: _read(p, "database") for p in (root / "databases").glob("*.yaml")}
    if sorted(bool(said.get("person_level")) for said in databases.values()) != [False, True]:
        raise AssetError("dashboards/databases holds two files: one for all to read, one with `person_level: true`.")
    types, figures = _models(models or root.parent / "models")
    datasets = {p.stem: _dataset(p, types) for p in sorted((root / "datasets").glob("*.yaml"))}
    files = sorted((root / "charts").rglob("*.yaml"))
    leads = _leads(root, files)
    charts = {
        c.name: c
        for c in (
            _chart(p, root / "charts", datasets, figures=figures, leads=leads if p.parent.name == FIRST_PAGE else {})
            for p in files
        )
    }
    pages = {p.stem: _page(p, charts, datasets) for p in sorted((root / "dashboards").glob("*.yaml"))}
    placed = {c for page in pages.values() for c in page.charts}
    if lost := sorted(set(charts) - placed):
        raise AssetError(f"dashboards/charts/{lost[0]}.yaml is on no page: place it in a layout or delete the file.")
    return Assets(databases, datasets, charts, pages)


def _read(path: Path, kind: str) -> dict[str, Any]:
    where = "/".join(path.parts[path.parts.index("dashboards") :]) if "dashboards" in path.parts else path.name
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise AssetError(f"{where} is no YAML ({' '.join(str(error).split())}): correct it.") from error
    if not isinstance(document, dict):
        raise AssetError(f"{where} is empty or no mapping: write it as docs/dashboards.md shows.")
    if unknown := sorted(set(document) - WORDS[kind]):
        raise AssetError(f"{where}: unknown key {unknown[0]}; known are {', '.join(sorted(WORDS[kind]))}.")
    return document


def _models(models: Path) -> tuple[dict[str, dict[str, str]], dict[str, bool]]:
    """Types of the published models' columns, as their contracts state them; and figure → whether townships have it."""
    types: dict[str, dict[str, str]] = {}
    figures: dict[str, bool] = {}
    for path in models.rglob("*.yml"):
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", []):
            config = model.get("config") or {}
            if "dashboard" in config.get("tags", []):
                types[model["name"]] = {c["name"]: c.get("data_type", "varchar") for c in model.get("columns", [])}
            for figure in config.get("meta", {}).get("figures", []):
                cuts = [*figure["breakdowns"], *figure.get("breakdowns_on_pages", [])]
                figures[figure["id"]] = any("township" in cut for cut in cuts)
    return types, figures


def _dataset(path: Path, types: dict[str, dict[str, str]]) -> Dataset:
    raw = _read(path, "dataset")
    table = raw.get("table", path.stem)
    known = types.get(table, {})
    columns: dict[str, dict[str, Any]] = {}
    for name, said in raw["columns"].items():
        column = dict(said) if isinstance(said, dict) else {"title": said}
        if "figure" in column:
            column["title"] = _worded(f"dashboards/datasets/{path.name}", partial(title_of, column))
        if "type" not in column and "expression" not in column:
            if name not in known:
                raise AssetError(
                    f"dashboards/datasets/{path.name}: the published model {table} has no column {name}: "
                    "correct the name, or give its type."
                )
            column["type"] = known[name]
        columns[name] = column
    time = raw.get("time")
    if time is not None and time not in columns:
        raise AssetError(f"dashboards/datasets/{path.name}: time names {time}, which is none of its columns.")
    metrics = {n: m if isinstance(m, dict) else {"expression": m} for n, m in raw.get("metrics", {}).items()}
    return Dataset(
        name=path.stem,
        table=table,
        title=raw["title"],
        columns=columns,
        metrics=metrics,
        time=time,
        person_level=bool(raw.get("person_level", False)),
        is_open=bool(raw.get("open", False)),
        description=raw.get("description", ""),
    )


def _leads(root: Path, files: list[Path]) -> dict[str, str]:
    """Figure → the first page but the overview that has a card of it, and the list of places or times there."""
    slugs = {p.stem: _read(p, "page").get("slug", p.stem) for p in (root / "dashboards").glob("*.yaml")}
    behind = {p.parent.name: p.stem for tile in LISTS for p in files if p.stem == tile}
    found: dict[str, str] = {}
    for path in files:
        page = path.parent.name
        for card in _read(path, "chart").get("cards", []) if page != FIRST_PAGE else []:
            found.setdefault(card["figure"], f"{slugs.get(page, page)}#{behind.get(page, path.stem)}")
    return found


def _worded(where: str, words: Callable[[], T]) -> T:
    try:
        return words()
    except LabelError as error:
        raise AssetError(f"{where}: {error}") from error


def _chart(
    path: Path, folder: Path, datasets: dict[str, Dataset], *, figures: dict[str, bool], leads: dict[str, str]
) -> Chart:
    name = path.relative_to(folder).with_suffix("").as_posix()
    where = f"dashboards/charts/{name}.yaml"
    raw = _read(path, "chart")
    if unknown := [card["figure"] for card in raw.get("cards", []) if card["figure"] not in figures]:
        raise AssetError(f"{where}: there is no figure {unknown[0]}: correct the card.")
    raw = _worded(where, partial(expanded, raw, figures, leads))
    if raw.get("dataset") not in datasets:
        raise AssetError(f"{where}: there is no dataset {raw.get('dataset')}: name a file of dashboards/datasets.")
    dataset = datasets[raw["dataset"]]
    params = {**raw.get("params", {}), "viz_type": raw["kind"]}
    if "sqlExpression" in yaml.safe_dump({k: v for k, v in params.items() if not k.startswith("adhoc_filters")}):
        raise AssetError(f"{where}: SQL in params: write it as a metric or a column of the dataset {dataset.name}.")
    if raw["kind"].startswith(OVER_TIME):  # lines and bars are rarely of one kind, and shares have no sum
        params.setdefault("showTooltipTotal", False)
    params["adhoc_filters"] = [*filters(raw, dataset), *params.get("adhoc_filters", [])]
    if unknown := sorted(columns_used(params) - set(dataset.columns)):
        raise AssetError(f"{where}: the dataset {dataset.name} has no column {unknown[0]}: correct the chart.")
    if unknown := sorted(metrics_used(params) - set(dataset.metrics)):
        raise AssetError(f"{where}: the dataset {dataset.name} has no metric {unknown[0]}: correct the chart.")
    described, colours = raw.get("description", ""), raw.get("colours", {})
    return Chart(name, raw["title"], raw["kind"], dataset.name, params, described, colours)


def filters(raw: dict[str, Any], dataset: Dataset) -> Iterator[dict[str, Any]]:
    """The short form ``where`` as Superset's filters; a time column gets the one that a time filter acts on."""
    for column, wanted in raw.get("where", {}).items():
        simple = {"expressionType": "SIMPLE", "clause": "WHERE", "subject": column}
        if wanted is None:
            yield {**simple, "operator": "IS NULL", "operatorId": "IS_NULL"}
        elif isinstance(wanted, list):
            yield {**simple, "operator": "IN", "operatorId": "IN", "comparator": wanted}
        elif isinstance(wanted, dict):
            ((operator, value),) = wanted.items()
            yield {**simple, "operator": operator, "comparator": value}
        else:
            yield {**simple, "operator": "==", "operatorId": "EQUALS", "comparator": wanted}
    if "where_sql" in raw:
        yield {"expressionType": "SQL", "clause": "WHERE", "sqlExpression": raw["where_sql"]}
    if dataset.time is not None:
        yield {
            "expressionType": "SIMPLE",
            "clause": "WHERE",
            "subject": dataset.time,
            "operator": "TEMPORAL_RANGE",
            "comparator": "No filter",
        }


def _page(path: Path, charts: dict[str, Chart], datasets: dict[str, Dataset]) -> Page:
    raw = _read(path, "page")
    where = f"dashboards/dashboards/{path.name}"
    names: list[str] = []
    for cell in _cells(raw):
        if "chart" not in cell:
            continue
        name = cell["chart"] if "/" in cell["chart"] else f"{path.stem}/{cell['chart']}"
        if name not in charts:
            raise AssetError(f"{where}: there is no chart {name}: correct the name or write its file.")
        cell["chart"] = name
        names.append(name)
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise AssetError(f"{where}: the chart {twice[0]} is on the page twice.")
    filters = raw.get("filters", [])
    for one in filters:
        dataset = one.get("dataset")
        if dataset is not None and (dataset not in datasets or one["column"] not in datasets[dataset].columns):
            raise AssetError(f"{where}: the filter {one.get('title')} names no column of a dataset.")
    return Page(path.stem, raw["title"], raw["slug"], raw, tuple(names), filters)


def _cells(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for tab in node.get("tabs", []):
        yield from _cells(tab)
    for row in node.get("rows", []):
        for cell in row if isinstance(row, list) else [row]:
            yield cell
            yield from cell.get("column", [])
