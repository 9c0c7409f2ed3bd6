"""Where a figure comes from: the feeds that its SQL reads, and the files of them that had been delivered."""

from __future__ import annotations

import re
from typing import Any

from reentry.contract import feeds
from reentry.definition import GATE, Definition, figure_of

RELATION = re.compile(r'"(\w+)"\."(\w+)"\."(\w+)"')
# who is who reads every feed; a figure's sources are those whose rows it counts
WHO_IS_WHO = {
    *("int_link_decisions", "int_look_alikes", "int_release_persons", "int_register_persons"),
    *("int_persons", "int_decided_rows", "int_person_links", "int_known_persons"),
}
DATA_FIGURES = "data."


def feeds_of(figure_id: str, definitions: list[Definition]) -> list[str]:
    """The feeds behind a figure, such as ``justice.register``, in order; for data figures every feed."""
    if figure_id.startswith(DATA_FIGURES):
        return sorted(feed.id for feed in feeds())
    tables = {feed.table: feed.id for feed in feeds()}
    return sorted(
        {tables[name] for schema, name in _reached(figure_id, definitions) if schema == "checked" and name in tables}
    )


def feed_names(ids: list[str]) -> list[str]:
    """The agency's and the feed's name of each id, in Chinese."""
    names = {feed.id: f"{feed.agency_zh} {feed.name_zh}" for feed in feeds()}
    return [names.get(feed_id, feed_id) for feed_id in ids]


def fingerprint_of(figure_id: str, definitions: list[Definition]) -> str:
    """A hash of all SQL that a figure depends on."""
    import hashlib

    by_relation = {d.relation: d for d in definitions if d.kind != GATE}
    digest = hashlib.sha256()
    for relation in sorted(_relations(figure_id, definitions, stop=set())):
        if relation in by_relation:
            digest.update(by_relation[relation].sql.encode())
    digest.update(figure_of(figure_id, definitions)[1].sql.encode())
    return digest.hexdigest()


def _reached(figure_id: str, definitions: list[Definition]) -> list[tuple[str, str]]:
    found = [RELATION.fullmatch(r) for r in _relations(figure_id, definitions, stop=WHO_IS_WHO)]
    return [(m[2], m[3]) for m in found if m]


def _relations(figure_id: str, definitions: list[Definition], *, stop: set[str]) -> set[str]:
    """All relations that the figure's SQL reads, directly or through others; not through those of ``stop``."""
    by_relation = {d.relation: d for d in definitions if d.kind != GATE}
    seen: set[str] = set()
    waiting = [figure_of(figure_id, definitions)[1].sql]
    while waiting:
        for match in RELATION.finditer(waiting.pop()):
            relation = match[0]
            if relation not in seen:
                seen.add(relation)
                model = by_relation.get(relation)
                if model is not None and model.name not in stop:
                    waiting.append(model.sql)
    return seen


def files_of(feed_ids: list[str], batches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The batches of these feeds."""
    return [batch for batch in batches if batch["feed"] in feed_ids]
