"""Rows: one record under a header becomes a row, with the row rules it breaks (QUALITY.md, Rows)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from .cells import (
    BAD,
    ERROR,
    NULL,
    OK,
    IdCell,
    Places,
    cell,
    is_no_name,
    is_scientific,
    is_unreadable,
    judged_id,
    resident_id,
    text,
)
from .contract import DATE_ORDER, NOT_AFTER_DELIVERY, NOT_NEGATIVE, POSITIVE, WITHDRAWN, Column
from .files import Number, Record
from .shapes import Row, Value
from .table import Table, is_skipped

Broken = tuple[str, str | None]  # rule and column
NO_FINDING = "township"  # a township that is not known is null without W01, where it is not required


def read_row(found: Table, record: Record, delivered_on: date, known: Places) -> tuple[Row, list[Broken]]:
    """The row of a record below the header, and every rule it breaks; no W on a quarantined row."""
    feed = found.feed
    if is_skipped(record):
        return Row(feed.id, record.no, "skipped", {}, None), []

    values: dict[str, Value] = {}
    states: dict[str, str] = {}
    id_cell: IdCell | None = None
    id_rule: str | None = None
    for column in feed.columns:
        raw = found.raw(record, column.name)
        if column.kind == "id":
            is_cut = isinstance(raw, Number) and raw.is_longer_than_exact
            id_cell = IdCell(BAD, "W04") if is_cut else resident_id(raw)
            values[column.name], id_rule = judged_id(id_cell, delivered_on)
            states[column.name] = id_cell.state
        else:
            states[column.name], values[column.name] = cell(found.kind(column.name, raw), raw, known)

    withdrawn_state, withdrawn = NULL, None
    if WITHDRAWN in found.at:
        withdrawn_state, withdrawn = cell("flag", found.raw(record, WITHDRAWN), known)
    is_withdrawn = withdrawn is True

    parts = tuple(values[name] for name in feed.key)
    key = None if None in parts else parts
    if record.is_broken:  # of what stands before the fault only the key: what version stays in force
        may_be_kept = feed.id != "police.reoffences" and not found.sealed_at
        nothing: dict[str, Value] = dict.fromkeys(values)
        return Row(feed.id, record.no, "quarantined", nothing, key if may_be_kept else None), [("Q6", None)]

    lost = [c for c in feed.columns if _is_number(c) and _is_damaged(found.raw(record, c.name))]
    for column in lost:
        if not column.required:  # it does not parse
            states[column.name], values[column.name] = BAD, None
    damaged = [c.name for c in lost if c.is_key]
    damaged = damaged or [c.name for c in lost if c.required and not is_withdrawn]
    broken: list[Broken] = [("Q7", name) for name in damaged]
    broken += [
        ("Q1", column.name)
        for column in feed.columns
        if values[column.name] is None
        and column.name not in damaged
        and (column.is_key or (column.required and not is_withdrawn))
    ]
    if any(text(extra) for extra in record.cells[found.width :]):
        broken.append(("Q6", None))
    if not is_withdrawn:
        broken += _quarantine_rules(feed.id, values, delivered_on)
        broken += [("Q8", c.name) for c in feed.columns if c.kind == "name" and is_no_name(values[c.name], known)]
    if ("Q4", None) in broken:
        broken = [("Q4", None)]
    outcome = "quarantined" if broken else "accepted"
    if not broken and not is_withdrawn:
        broken += _cell_warnings(feed.columns, states)
        broken += _id_warnings(feed.id, values, id_cell, id_rule)
        broken += _unreadable(feed.columns, values)
        broken += [("W18", name) for name in found.unfilled(record)]
        broken += [("W01", WITHDRAWN)] if withdrawn_state == BAD else []
        broken += [("W15", WITHDRAWN)] if withdrawn_state == ERROR else []

    if ("Q4", None) in broken:
        values = {name: value if name == "record_no" else None for name, value in values.items()}
    return Row(feed.id, record.no, outcome, values, key, withdrawn=is_withdrawn), broken


def _quarantine_rules(feed: str, values: dict[str, Value], delivered_on: date) -> list[Broken]:
    """Q2 to Q5."""
    broken: list[Broken] = []
    if feed in DATE_ORDER:
        first, second = (values[name] for name in DATE_ORDER[feed])
        if isinstance(first, date) and isinstance(second, date) and second < first:
            broken.append(("Q2", None))
    for name in NOT_AFTER_DELIVERY.get(feed, ()):
        value = values[name]
        if isinstance(value, date) and value > delivered_on:
            broken.append(("Q3", name))
    if feed == "police.reoffences" and values["case_kind"] == "2":
        broken.append(("Q4", None))
    broken += [("Q5", name) for name in NOT_NEGATIVE.get(feed, ()) if _number(values[name], 0) < 0]
    broken += [("Q5", name) for name in POSITIVE.get(feed, ()) if _number(values[name], 1) <= 0]
    if feed == "city.benchmarks":
        reoffenders, at_risk = values["reoffenders"], values["at_risk_persons"]
        if isinstance(reoffenders, int) and isinstance(at_risk, int) and reoffenders > at_risk:
            broken.append(("Q5", "reoffenders"))
    return list(dict.fromkeys(broken))


def _number(value: Value, otherwise: int) -> Decimal:
    return Decimal(value) if isinstance(value, int | Decimal) else Decimal(otherwise)


def _is_number(column: Column) -> bool:
    """Whether a column holds the key, or the number of something else: of a grant, a case, a certificate."""
    return column.is_key or (column.kind == "text" and column.name.endswith("_no"))


def _is_damaged(key: str) -> bool:
    """Whether a spreadsheet has left of a key what nobody can bring back."""
    return is_scientific(text(key)) or (isinstance(key, Number) and key.is_longer_than_exact)


def _cell_warnings(columns: tuple[Column, ...], states: dict[str, str]) -> list[Broken]:
    """W01 and W15 of every column but ids."""
    broken: list[Broken] = []
    for column in columns:
        if states[column.name] == ERROR:
            broken.append(("W15", column.name))
        elif states[column.name] == BAD and column.kind not in ("id", NO_FINDING):
            broken.append(("W01", column.name))
    return broken


def _unreadable(columns: tuple[Column, ...], values: dict[str, Value]) -> list[Broken]:
    """W16 of names and of keys and numbers that are text."""
    return [
        ("W16", column.name)
        for column in columns
        if column.kind == "name" or (_is_number(column) and column.kind == "text")
        if is_unreadable(str(values[column.name] or ""), is_name=column.kind == "name")
    ]


def _id_warnings(feed: str, values: dict[str, Value], found: IdCell | None, rule: str | None) -> list[Broken]:
    """W02 to W07 and W09."""
    if found is None:
        return []
    if found.state == NULL:
        has_holder = feed != "hr.public_posts" or values["name"] is not None
        return [("W02", "id_no")] if has_holder else []
    broken: list[Broken] = [] if rule is None else [(rule, "id_no")]
    number = values["id_no"]
    if found.state == OK and isinstance(number, str):
        sex, birth = values.get("sex"), values.get("birth_date")
        if sex is not None and sex != ("1" if int(number[16]) % 2 else "2"):
            broken.append(("W09", "sex"))
        if birth is not None and birth != found.birth:
            broken.append(("W09", "birth_date"))
    return broken
