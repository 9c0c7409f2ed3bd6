"""What the public version of a letter prints for each figure, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reentry.definition import figures_of
from reentry.figures.published import Version
from reentry.figures.pull import pull
from reentry.figures.window import Window
from reentry.replies.allowed import releases_of
from reentry.replies.cells import Cell
from reentry.replies.figures import Printed
from reentry.replies.letter import Letter
from reentry.replies.past import KEPT, PULL_FILE
from reentry.replies.printing import CHANGES
from reentry.replies.public import Verdict, catalogue_of, judge, said_cells, year_before_document
from reentry.replies.states import all_states
from reentry.replies.workflow import OUT, State
from reentry.store import Home
from reentry.vault import Vault

INSTEAD = {"count": "若干", "about": "若干", "wan": "若干", "yuan": "若干"}
INSTEAD |= dict.fromkeys(CHANGES, "同比情况不予公开")
ELSE_INSTEAD = "情况不予公开"


@dataclass(frozen=True)
class Hidden:
    """What the public version prints for a figure, where that needs a reason.

    Another text; or the figure's own when a named person released it.
    """

    text: str
    reason: str
    released_by: str = ""


@dataclass(frozen=True)
class PublicVersion:
    """The texts with a reason, by placeholder, and the counts behind the version (for later packs)."""

    hidden: dict[str, Hidden]
    cells: list[dict[str, Any]]


def public_version(home: Home, vault: Vault, version: Version, letter: Letter, figures: list[Printed]) -> PublicVersion:
    """Judges every figure of the letter: METRICS 3, what was allowed by name, what earlier packs have shown."""
    catalogue = catalogue_now(version)
    documents = _documents(version, figures, catalogue)
    cells = {p.name: _cells(p, documents[p.window]) for p in figures}
    both = [*documents.values(), *(year_before_document(d) for d in documents.values())]
    verdicts = judge(
        both,
        {cell for found in cells.values() for cell in found},
        catalogue,
        releases=list(releases_of(home, vault, letter).values()),
        earlier=_earlier(home, vault),
    )
    hidden = {p.name: text for p in figures if (text := _text(p, [verdicts[c] for c in cells[p.name]])) is not None}
    return PublicVersion(hidden, said_cells(both, verdicts, catalogue))


def _text(printed: Printed, verdicts: list[Verdict]) -> Hidden | None:
    withheld = next((v for v in verdicts if not v.is_shown), None)
    if withheld is not None:
        return Hidden(INSTEAD.get(printed.figure.style, ELSE_INSTEAD), withheld.reason)
    released = next((v for v in verdicts if v.released_by), None)
    return Hidden(printed.text, released.reason, released.released_by) if released else None


def _cells(printed: Printed, document: Mapping[str, Any]) -> list[Cell]:
    """The cells that the printed words rest on; none where they hold no number."""
    figure = printed.figure
    if printed.cell["value"] is None:
        return []
    if figure.style == "all" and printed.text == figure.settings["complete"]:
        return []
    now = Cell.of(document, figure.id, figure.by)
    if figure.style not in CHANGES:
        return [now]
    return [now, Cell.of(year_before_document({**document, "figures": []}), figure.id, figure.by)]


def public_cells(home: Home, state: State) -> list[dict[str, Any]]:
    """The counts behind the public version of a pull; none of one that is on the log as lost (see ``seen_now``)."""
    kept = home.replies / state.letter / state.pull / KEPT / PULL_FILE
    if not kept.exists():
        return []
    return list(json.loads(kept.read_text(encoding="utf-8")).get("public_cells", []))


def catalogue_now(version: Version) -> dict[str, Mapping[str, Any]]:
    """What the definitions of a version say of its figures, by id."""
    library = version.con.execute(
        "select distinct colour from marts.main.fct_risk_days where in_library order by colour"
    ).fetchall()
    return catalogue_of(
        [figure for figure, _ in figures_of(version.definitions).values()], [colour for (colour,) in library]
    )


def _documents(
    version: Version, figures: list[Printed], catalogue: Mapping[str, Mapping[str, Any]]
) -> dict[Window, dict[str, Any]]:
    """For each window the letter's figures and those that they rest on, lie within or add up to, all their cells."""
    by_township = any("township" in p.figure.by for p in figures)
    out = {}
    for window in dict.fromkeys(p.window for p in figures):
        wanted = {p.figure.id for p in figures if p.window == window}
        for _ in range(2):  # what a rate rests on lies within something, too
            wanted |= {name for figure_id in wanted for name in _related(catalogue[figure_id])}
        days = {"from": str(window.starts_on), "to": str(window.ends_on), "as_of": str(window.as_of)}
        out[window] = {**days, "figures": pull(version, window, by_township=by_township, ids=sorted(wanted))}
    return out


def _related(figure: Mapping[str, Any]) -> set[str]:
    named = [*figure.get("rests_on", []), *figure.get("within", []), *figure.get("equals", [])]
    return {n if isinstance(n, str) else n["figure"] for n in named} | {s["figure"] for s in figure["adds_up"]}


def _earlier(home: Home, vault: Vault) -> list[dict[str, Any]]:
    """The counts that packs have shown that have left the bureau."""
    return [c for state in all_states(home, vault) if state.state in OUT for c in public_cells(home, state)]
