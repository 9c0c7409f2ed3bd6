"""One name for each figure: seeds/labels.csv gives it, and no page, letter or handbook has a second one."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from reentry.labels import FILE, labels
from reentry.project import DASHBOARDS, MODELS, ROOT
from reentry.replies.letter import REPLIES

# names that pages had beside the one of the seed
SECOND_NAMES = (
    *(
        "走访到位率",
        "走访按期数",
        "按期走访",
        "红色无预案",
        "红色有方案",
        "红色没有方案",
        "没有“一人一策”",
        "超期未撤管",
    ),
    *("九十日内", "90日内到期", "帮教期满", "及时衔接", "新增公益性岗位", "在岗公益性岗位", "公益岗在岗", "救助金额"),
    *("本期开发岗位", "全市通报重新犯罪率", "本年度经费", "风险库内", "本期入库", "本期出库", "件/件", "镇街月"),
)
WHERE = ("charts", "datasets", "dashboards", "tables", "server")


def figure_ids() -> list[str]:
    """The figures there are, by their models' files."""
    found = []
    for path in sorted(MODELS.glob("marts/*/fig_*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            found += [figure["id"] for figure in model["config"]["meta"]["figures"]]
    return found


def test_each_figure_has_one_line_and_each_line_a_figure() -> None:
    with FILE.open(encoding="utf-8", newline="") as file:
        lines = [row["figure_id"] for row in csv.DictReader(file)]
    assert sorted(lines) == sorted(figure_ids())
    assert lines == sorted(lines)


def test_no_two_figures_share_a_name() -> None:
    """Neither long nor short names, nor what is lacking of a figure."""
    names = Counter(
        name
        for words in labels().values()
        for name in {words["name_zh"], words.get("short_zh", ""), words.get("gap_zh", "")} - {""}
    )
    assert [name for name, times in names.items() if times > 1] == []
    assert all(words["definition_zh"].endswith("。") for words in labels().values())


def files_read() -> list[Path]:
    """What users read of figures: the files of the pages, the letters, the handbook."""
    pages = [
        path for folder in WHERE for path in (DASHBOARDS / folder).rglob("*") if path.suffix in (".yaml", ".sql", ".py")
    ]
    return [*pages, *REPLIES.glob("*.yml"), ROOT / "docs" / "规则手册.md"]


@pytest.mark.parametrize("name", SECOND_NAMES)
def test_no_second_name(name: str) -> None:
    """A letter's own prose is its author's: of letters the names of figures are looked at, not the sentences."""
    found = [path.name for path in files_read() if path.suffix != ".yml" and name in path.read_text(encoding="utf-8")]
    assert found == []


def told(node: Any) -> list[dict[str, Any]]:
    """Every mapping of a file that names a figure as a card, a list's column or a dataset's column does."""
    if isinstance(node, dict):
        own = [node] if isinstance(node.get("figure"), str) else []
        return own + [one for value in node.values() for one in told(value)]
    return [one for value in node for one in told(value)] if isinstance(node, list) else []


def test_tiles_take_their_names_from_the_seed() -> None:
    """A card, a column of a list or of a dataset that shows a figure says which, and gives it no title of its own."""
    shown = [
        (path.stem, said)
        for folder in ("charts", "datasets")
        for path in sorted((DASHBOARDS / folder).rglob("*.yaml"))
        for said in told(yaml.safe_load(path.read_text(encoding="utf-8")))
    ]
    assert len(shown) > 60
    assert [(stem, said) for stem, said in shown if "title" in said and "member" not in said] == []
    names = {
        name
        for words in labels().values()
        for name in (words["name_zh"], words.get("short_zh", ""), words.get("gap_zh", ""))
    }
    bare = [
        (path.name, column.get("column"))
        for path in sorted((DASHBOARDS / "charts").rglob("*.yaml"))
        for column in yaml.safe_load(path.read_text(encoding="utf-8")).get("list", [])
        if column.get("title", "") in names - {""}
    ]
    assert bare == []
