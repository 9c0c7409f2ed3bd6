"""The figures of a letter, pulled from a version and printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reentry.figures.published import Version
from reentry.figures.pull import pull
from reentry.figures.window import Window
from reentry.replies.letter import Figure, Letter
from reentry.replies.periods import window_label
from reentry.replies.printing import printed

WINDOW = "window."


@dataclass(frozen=True)
class Printed:
    """One figure of a letter: the cell (an object of INTERFACES 2) and the words that stand for it in the text."""

    figure: Figure
    window: Window
    cell: dict[str, Any]
    text: str

    @property
    def name(self) -> str:
        """The placeholder."""
        return self.figure.name


def pull_figures(version: Version, letter: Letter, windows: dict[str, Window]) -> list[Printed]:
    """Every figure of the letter, in the letter's order; UsageError names a member that a breakdown does not have."""
    cells: dict[str, list[dict[str, Any]]] = {}
    for name, window in windows.items():
        wanted = [f for f in letter.figures.values() if f.window == name]
        if wanted:
            by_township = any("township" in f.by for f in wanted)
            cells[name] = pull(version, window, by_township=by_township, ids=sorted({f.id for f in wanted}))
    return [
        _printed(letter, figure, windows[figure.window], cells[figure.window]) for figure in letter.figures.values()
    ]


def texts(printed_figures: list[Printed], windows: dict[str, Window]) -> dict[str, str]:
    """What stands in each placeholder of the text."""
    labels = {WINDOW + name: window_label(window) for name, window in windows.items()}
    return labels | {p.name: p.text for p in printed_figures}


def _printed(letter: Letter, figure: Figure, window: Window, cells: list[dict[str, Any]]) -> Printed:
    cell = next((c for c in cells if c["id"] == figure.id and c["by"] == figure.by), None)
    if cell is None:
        same = [c["by"] for c in cells if c["id"] == figure.id and set(c["by"]) == set(figure.by)]
        known = "、".join("+".join(by.values()) for by in same)
        raise letter.marked.wrong(
            ("figures", figure.name, "by"),
            f"{figure.id} 没有分项 {'+'.join(figure.by.values())}，现有 {known}：请改正。",
        )
    return Printed(figure, window, cell, printed(figure.style, figure.settings, cell))
