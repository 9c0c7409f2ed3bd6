"""Why a figure is not what it was in the pull before: window, new deliveries, corrected rows, definition, settings.

The way from the old value to the new one is walked in steps, each with everything else as it was: the new window on
the old data; the new deliveries with rows that were known before saying what they said; the corrections; the
definition of today. Each step's values are computed by the figure's own SQL, so the steps add up exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reentry.basis import Basis, read_basis, rebuilt
from reentry.definition import figures_of
from reentry.figures.published import Version
from reentry.figures.pull import pull
from reentry.figures.window import Window
from reentry.replies.changed_rows import batches_since, hold_corrections_back
from reentry.replies.figures import Printed
from reentry.replies.past import BASIS_FILE, KEPT, Past, last_printed
from reentry.replies.states import cited_by_others
from reentry.sources import feeds_of, fingerprint_of
from reentry.store import Home
from reentry.vault import Vault

Values = dict[str, Any]  # by placeholder


@dataclass(frozen=True)
class Now:
    """The pull that is being made: its figures, and what it is made from."""

    letter: str
    figures: list[Printed]
    basis: Basis
    basis_file: Path


@dataclass(frozen=True)
class Compared:
    """Figures that are compared with the same earlier pull."""

    since: Past
    basis: Basis
    basis_file: Path
    pairs: list[tuple[Printed, Past]] = field(default_factory=list)


def changes_since(home: Home, vault: Vault, now: Now) -> list[dict[str, Any]]:
    """For each figure that was printed before: what, where, and each cause of a difference."""
    wanted = [(p.figure.id, p.figure.by) for p in now.figures]
    pasts = last_printed(home, now.letter, wanted, others=cited_by_others(home, vault))
    groups: dict[Path, Compared] = {}
    for printed, past in zip(now.figures, pasts, strict=True):
        if past is not None:
            if past.folder not in groups:
                file = past.folder / KEPT / BASIS_FILE
                groups[past.folder] = Compared(past, read_basis(home, file, vault), file)
            groups[past.folder].pairs.append((printed, past))
    found = {entry["name"]: entry for group in groups.values() for entry in _compare(home, vault, now, group)}
    return [found[p.name] for p in now.figures if p.name in found]


def _compare(home: Home, vault: Vault, now: Now, group: Compared) -> list[dict[str, Any]]:
    differing = [printed for printed, past in group.pairs if printed.cell["value"] != past.figure["value"]]
    walk = _walk(home, vault, now, group, differing) if differing else Walk([], {})
    return [
        {
            "name": printed.name,
            "since": {"letter": past.letter, "pull": past.pull, "known_at": past.document["known_at"]},
            "printed_before": past.figure["printed"],
            "value_before": past.figure["value"],
            "causes": _causes(now, group, printed, past, walk),
        }
        for printed, past in group.pairs
    ]


@dataclass(frozen=True)
class Walk:
    """The values after each step, in order, and what the deliveries since brought, by feed."""

    steps: list[tuple[str, Values]]
    batches: dict[str, list[dict[str, Any]]]


def _walk(home: Home, vault: Vault, now: Now, group: Compared, figures: list[Printed]) -> Walk:
    old = group.basis.definitions
    feed_ids = sorted({feed for p in figures for feed in feeds_of(p.figure.id, now.basis.definitions)})
    batches: dict[str, list[dict[str, Any]]] = {}

    def take_settings(con: Any) -> None:
        for table in _other_settings(now, group):
            con.execute(f"create or replace view warehouse.{table} as from since.{table}")

    def hold_back(con: Any) -> None:
        for feed in feed_ids:
            batches[feed] = batches_since(con, [feed])
        hold_corrections_back(con, [f for f in feed_ids if any(b["corrected_rows"] for b in batches[f])])

    steps: list[tuple[str, Values]] = []
    with rebuilt(home, vault, group.basis_file, group.basis) as version:
        steps.append(("window", _values(version, figures)))
    if _other_settings(now, group):
        with rebuilt(
            home, vault, group.basis_file, group.basis, since=now.basis_file, prepare=take_settings
        ) as version:
            steps.append(("settings", _values(version, figures)))
    with rebuilt(
        home, vault, now.basis_file, now.basis, definitions=old, since=group.basis_file, prepare=hold_back
    ) as version:
        steps.append(("new_deliveries", _values(version, figures)))
    if any(_definition_changed(p, now, group) for p in figures):
        with rebuilt(home, vault, now.basis_file, now.basis, definitions=old) as version:
            steps.append(("corrections", _values(version, figures)))
        steps.append(("definition", {p.name: p.cell["value"] for p in figures}))
    else:
        steps.append(("corrections", {p.name: p.cell["value"] for p in figures}))
    return Walk(steps, batches)


def _other_settings(now: Now, group: Compared) -> list[str]:
    """Reference tables, and decisions on who is who, that are not as they were."""
    there = group.basis.settings
    return sorted(table for table, state in now.basis.settings.items() if table in there and there[table] != state)


def _values(version: Version, figures: list[Printed]) -> Values:
    """The values of the figures in a version; None for a figure or member that it does not have."""
    values: Values = {}
    known = figures_of(version.definitions)
    windows = {p.window for p in figures}
    for window in sorted(windows, key=str):
        wanted = [p for p in figures if p.window == window and p.figure.id in known]
        ids = sorted({p.figure.id for p in wanted})
        if not ids:
            continue
        cells = pull(version, _at(window, version), by_township=any("township" in p.figure.by for p in wanted), ids=ids)
        for printed in wanted:
            same = (c["value"] for c in cells if c["id"] == printed.figure.id and c["by"] == printed.figure.by)
            values[printed.name] = next(same, None)
    return {p.name: values.get(p.name) for p in figures}


def _at(window: Window, version: Version) -> Window:
    known_at = version.known_at
    return replace(window, as_of=min(window.as_of, known_at), known_at=known_at)


def _definition_changed(printed: Printed, now: Now, group: Compared) -> bool:
    figure = printed.figure.id
    if figure not in figures_of(group.basis.definitions):
        return True
    return fingerprint_of(figure, group.basis.definitions) != fingerprint_of(figure, now.basis.definitions)


def _causes(now: Now, group: Compared, printed: Printed, past: Past, walk: Walk) -> list[dict[str, Any]]:
    before = past.figure["value"]
    window = {
        "from": str(printed.window.starts_on),
        "to": str(printed.window.ends_on),
        "as_of": str(printed.window.as_of),
    }
    versions = (past.figure["definition_version"], printed.cell["definition_version"])
    # said even where the value stays the same
    always = {
        "window": {"from": {key: past.figure[key] for key in window}, "to": window},
        "definition": {"from": versions[0], "to": versions[1]},
    }
    always = {kind: said for kind, said in always.items() if said["from"] != said["to"]}
    steps = [(kind, values[printed.name]) for kind, values in walk.steps if printed.name in values]
    steps += [(kind, before) for kind in always if kind not in dict(steps)]
    causes = []
    for kind, after in steps:
        if after != before or kind in always:
            causes.append(
                {"kind": kind, **_detail(now, group, printed, walk, kind, always), "before": before, "after": after}
            )
        before = after
    return causes


def _detail(
    now: Now, group: Compared, printed: Printed, walk: Walk, kind: str, always: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    if kind == "settings":
        return {"tables": _other_settings(now, group)}
    if kind in ("new_deliveries", "corrections"):
        column = "new_rows" if kind == "new_deliveries" else "corrected_rows"
        brought = [b for f in feeds_of(printed.figure.id, now.basis.definitions) for b in walk.batches.get(f, [])]
        # rows that a whole list no longer has are neither new nor corrected: then every delivery is named
        return {"batches": [b for b in brought if b[column]] or brought}
    if kind == "definition" and kind not in always:  # what it reads was changed
        version = printed.cell["definition_version"]
        return {"from": version, "to": version}
    return always.get(kind, {})
