"""The words for each figure, from ``seeds/labels.csv``: names on tiles, heads of lists, titles of columns."""

from __future__ import annotations

import csv
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[2] / "seeds" / "labels.csv"


class LabelError(ValueError):
    """A file names a figure without words, or gives one a name of its own."""


@cache
def labels() -> dict[str, dict[str, str]]:
    """Figure → its words."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return {row["figure_id"]: row for row in csv.DictReader(file)}


def title_of(said: dict[str, Any]) -> str:
    """What a card, a list's column or a dataset's column is called.

    ``figure``: its short name, or with ``gap`` the name of what is lacking of it; ``measure``: a unit behind the name;
    ``member``: of a card, then ``title``, or the member itself. Without a figure: ``title``. LabelError where a figure
    is given another name.
    """
    if "figure" not in said:
        return str(said.get("title", ""))
    if "member" in said:
        return str(said.get("title", said["member"]))
    if "title" in said:
        raise LabelError(f"{said['figure']} has its name in seeds/labels.csv: take out the title {said['title']}.")
    words = labels().get(said["figure"])
    if words is None:
        raise LabelError(f"{said['figure']} has no line in seeds/labels.csv: add it.")
    name = words["gap_zh"] if said.get("gap") else words["short_zh"] or words["name_zh"]
    if not name:
        raise LabelError(f"{said['figure']} has no gap_zh in seeds/labels.csv: add it.")
    return f"{name}（{said['measure']}）" if "measure" in said else name


def titled(said: dict[str, Any], *more: str) -> str:
    """The title as HTML; of a figure it opens by touch or key, or says to a pointer, what the figure means.

    ``more``: further lines, as HTML.
    """
    title = escape(title_of(said))
    words = labels().get(said.get("figure", ""))
    if words is None:
        return title
    lines = [f"{words['name_zh']}：{words['definition_zh']}", words["limits_zh"]]
    said_lines = [escape(line) for line in lines if line]
    told = "".join(f"<i>{line}</i>" for line in [*said_lines, *more])
    hint = "\n".join(said_lines)
    return f'<details class="about"><summary title="{hint}">{title}</summary><div>{told}</div></details>'
