"""The short layout form → Superset's position: a tree of nodes, each with its parents, widths in twelfths."""

from __future__ import annotations

from typing import Any

COLUMNS = 12
TEXT_HEIGHT = 6
Node = dict[str, Any]


def position(source: dict[str, Any], *, titles: dict[str, str], uuids: dict[str, str]) -> dict[str, Any]:
    """The position of a page: ``rows``, or ``tabs`` of rows. Heights are units of 8 px.

    ``titles`` and ``uuids`` are those of the page's charts, by name.
    """
    return _Tree(titles, uuids).made(source)


class _Tree:
    def __init__(self, titles: dict[str, str], uuids: dict[str, str]) -> None:
        self.titles, self.uuids = titles, uuids
        self.nodes: dict[str, Any] = {"DASHBOARD_VERSION_KEY": "v2"}
        self.charts = 0

    def made(self, source: dict[str, Any]) -> dict[str, Any]:
        root = self._add("ROOT_ID", "ROOT", None, {})
        self._add("HEADER_ID", "HEADER", None, {"text": source["title"]})
        grid = self._add("GRID_ID", "GRID", root, {})
        if "tabs" in source:
            # tabs lie right under the root; Superset still wants the grid to be there
            root["children"] = []
            tabs = self._add("TABS-0", "TABS", root, {})
            for number, tab in enumerate(source["tabs"]):
                node = self._add(
                    f"TAB-{number}", "TAB", tabs, {"text": tab["title"], "defaultText": "", "placeholder": ""}
                )
                self._rows(tab["rows"], node)
        else:
            self._rows(source["rows"], grid)
        return self.nodes

    def _rows(self, rows: list[Any], parent: Node) -> None:
        for number, row in enumerate(rows):
            if isinstance(row, dict):  # a header stands alone
                self._cell(row, parent, f"{parent['id']}-{number}")
                continue
            meta = {"background": "BACKGROUND_TRANSPARENT"}
            node = self._add(f"ROW-{parent['id']}-{number}", "ROW", parent, meta)
            for place, cell in enumerate(row):
                self._cell(cell, node, f"{node['id']}-{place}")

    def _cell(self, cell: Node, parent: Node, key: str) -> None:
        if "chart" in cell:
            self.charts += 1
            name = cell["chart"]
            meta = {
                "chartId": self.charts,
                "uuid": self.uuids[name],
                "sliceName": self.titles[name],
                "width": cell.get("width", COLUMNS),
                "height": cell["height"],
            }
            # its place in the browser's document, for links: CHART-townships
            short = f"CHART-{name.rpartition('/')[2]}"
            self._add(f"CHART-{key}" if short in self.nodes else short, "CHART", parent, meta)
        elif "text" in cell:
            size = {"width": cell.get("width", COLUMNS), "height": cell.get("height", TEXT_HEIGHT)}
            self._add(f"MARKDOWN-{key}", "MARKDOWN", parent, {"code": cell["text"], **size})
        elif "header" in cell:
            meta = {"text": cell["header"], "headerSize": "MEDIUM_HEADER", "background": "BACKGROUND_TRANSPARENT"}
            self._add(f"HEADER-{key}", "HEADER", parent, meta)
        else:
            meta = {"width": cell["width"], "background": "BACKGROUND_TRANSPARENT"}
            column = self._add(f"COLUMN-{key}", "COLUMN", parent, meta)
            for place, inner in enumerate(cell["column"]):
                self._cell({**inner, "width": cell["width"]}, column, f"{column['id']}-{place}")

    def _add(self, key: str, kind: str, parent: Node | None, meta: dict[str, Any]) -> Node:
        parents = [*parent["parents"], parent["id"]] if parent else []
        node: Node = {"id": key, "type": kind, "children": [], "parents": parents, "meta": meta}
        self.nodes[key] = node
        if parent:
            parent["children"].append(key)
        return node
