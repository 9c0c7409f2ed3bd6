"""What can be wrong in what a figure's yml says of it, in one sentence: which figure, what, what to write instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from reentry.definition import Definition
from reentry.labels import COLUMNS
from reentry.nearest import nearest

UNITS = (
    *("人", "人次", "笔", "元", "件", "个", "次", "行", "条", "本", "镇街月"),
    *("ratio", "rate", "人年", "名", "日期"),
)
MUST = ("id", "unit", "breakdowns", "empty", "counts", "version")
WORDED = ("name_zh", "definition_zh")  # come from seeds/labels.csv
MAY = (
    *("breakdowns_on_pages", "feeds", "out_of", "with_denominator", "worse", "townships_overlap"),
    *("within", "equals", "adds_up", "rests_on", "adds_over_time", "flows", "says", *COLUMNS),
)
WORDS = {"unit": UNITS, "empty": ("zero", "none"), "worse": ("up", "down"), "says": ("quarter", "spent_as_of")}


def faults_of_figures(models: list[Definition], files: Collection[str]) -> Iterator[str]:
    """The faults of all figures of a build; ``files``: the models that by their name are figures."""
    names = {model.name for model in models}
    for model in models:
        if model.name in files and not (model.kind == "figure" and model.figures):
            yield f"{model.name}.yml needs tags: [figure] and, under meta, figures: what the file gives"
        for figure in model.figures:
            yield from (f"{model.name}.yml: figure {figure.get('id')} {fault}" for fault in _faults(figure, names))
    given = Counter(figure.get("id") for model in models for figure in model.figures)
    yield from (f"{times} figures have the id {name}: give each its own" for name, times in given.items() if times > 1)


def _faults(figure: dict[str, Any], models: Collection[str]) -> Iterator[str]:
    for key in figure:
        if key not in MUST and key not in MAY:
            yield f"has an unknown entry {key}; the nearest known one is {nearest(key, (*MUST, *MAY))}"
    for key in MUST:
        if key not in figure:
            yield f"has no {key}: add it"
    for key in WORDED:
        if key not in figure:
            yield f"has no {key}: give it in seeds/labels.csv"
    for key, known in WORDS.items():
        if key in figure and figure[key] not in known:
            yield f"has the {key} {figure[key]}: write one of {', '.join(known)}"
    if figure.get("unit") == "ratio" and "out_of" not in figure:
        yield "is a ratio and has no out_of: name the fact that its denominator counts"
    for part in ("counts", "out_of"):
        fact = (figure.get(part) or {}).get("of")
        if part in figure and fact not in models:
            yield f"has {part} of {fact}, which is no model: the nearest one is {nearest(str(fact), models)}"
