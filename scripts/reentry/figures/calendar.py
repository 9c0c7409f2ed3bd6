"""Figures over the calendar, as dashboards show them: one row a figure, period and cell, with all that a pull says.

DuckDB makes the cells and finds their numbers; what is said of numbers (value, change, interval, note, texts) comes
from the code of a pull, once for every different set of numbers rather than once a row.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import duckdb

from reentry.definition import Definition, figure_of, figures_of
from reentry.figures import texts
from reentry.figures.cells import Cell, cells_of, members_of, townships_of
from reentry.figures.present import NOTE_SMALL, SPENT_AS_OF, WITH_LAG, Reading, empty, present
from reentry.figures.window import last_quarter, year_before
from reentry.labels import COLUMNS
from reentry.sources import feed_names, feeds_of

WHOLE = "全区"
_CELLS = dict.fromkeys(("figure_id", "township_code", "feed", "dimension", "member"), "varchar") | {
    "cell_no": "integer"
}
_FIGURES = {
    **{"figure_id": "varchar", "unit": "varchar", "empty": "varchar", "version": "varchar", "sources_zh": "varchar"},
    **dict.fromkeys(COLUMNS, "varchar"),
}
_SAID = {
    **{"reading_no": "bigint", "value": "double", "previous": "double", "change": "double"},
    **{"ci_low": "double", "ci_high": "double", "p_value": "double", "previous_same_lag": "double"},
    **{"note_zh": "varchar", "tone": "varchar", "value_text": "varchar", "unit_text": "varchar"},
    **{"parts_text": "varchar", "previous_text": "varchar", "change_text": "varchar", "ci_text": "varchar"},
    **{"wan_yuan_text": "varchar", "previous_same_lag_text": "varchar", "note_text": "varchar"},
    "previous_wan_text": "varchar",
    "spent_as_of": "date",
}

# every cell in every period of the calendar with the numbers now, a year before, and those known a year before
_ASKED = """
create temp table asked as
select
    cells.*, windows.period_id, now.numerator, now.denominator,
    now.figure_id is not null as is_read,
    before.figure_id is not null as is_before_read,
    before.numerator as numerator_before, before.denominator as denominator_before,
    late.figure_id is not null as is_late_read,
    late.numerator as numerator_late, late.denominator as denominator_late
from cells
cross join (from marts.main.dim_period where previous_period_id is not null) as windows
left join marts.main.figures as now
    on windows.period_id = now.period_id and {same_as_now}
left join marts.main.figures as before
    on windows.previous_period_id = before.period_id and {same_as_before}
left join late
    on windows.period_id = late.period_id and {same_as_late}
"""
_KEYS = ("figure_id", "township_code", "feed", "dimension", "member")
_NUMBERS = (
    *("figure_id", "is_read", "numerator", "denominator", "is_before_read", "numerator_before", "denominator_before"),
    *("is_late_read", "numerator_late", "denominator_late"),
)
_TABLE = f"""
create table dashboards.main.figures as
select
    windows.period_id,
    choices.period_label,
    windows.kind as period_kind,
    windows.is_complete,
    windows.starts_on,
    windows.window_end as ends_on,
    windows.as_of,
    choices.window_text,
    choices.axis_label,
    asked.figure_id,
    known.name_zh,
    coalesce(known.short_zh, known.name_zh) as short_zh,
    known.definition_zh || '（口径版本 ' || known.version || '）' as definition_zh,
    known.limits_zh,
    known.sources_zh,
    known.unit,
    asked.township_code,
    coalesce(townships.township_name, '{WHOLE}') as township_name,
    asked.feed,
    asked.dimension,
    asked.member,
    coalesce(members.sort_order, 0) as member_order,
    coalesce(asked.numerator, case known.empty when 'zero' then 0 end)::double as numerator,
    asked.denominator::double as denominator,
    said.* exclude (reading_no, spent_as_of),
    {{beside}} as beside_text,
    '截至 ' || (select known_at from marts.main.build_info) as known_text
from asked
inner join readings on {{same_numbers}}
inner join said on readings.reading_no = said.reading_no
inner join known on asked.figure_id = known.figure_id
inner join marts.main.dim_period as windows on asked.period_id = windows.period_id
inner join marts.main.period_choices as choices on asked.period_id = choices.period_id
left join marts.main.dim_township as townships on asked.township_code = townships.township_code
left join marts.main.dim_member as members on asked.dimension = members.dimension and asked.member = members.member
"""


# what a figure says beside its value: its year, the day up to which spending is stated, the quarter of the bulletin
_BESIDE = """
    case
        when known.figure_id like 'budget.%' and said.value is not null
            then year(windows.ends_on) || '年度' || coalesce(
                '，支出截至 ' || said.spent_as_of || '，序时进度 '
                || format('{:.1f}%', 100 * (said.spent_as_of - make_date(year(windows.ends_on), 1, 1) + 1)
                / (make_date(year(windows.ends_on), 12, 31) - make_date(year(windows.ends_on), 1, 1) + 1)),
                ''
            )
        when known.figure_id like 'city.%'
            then (select quarters.quarter_zh from quarters where quarters.period_id = asked.period_id)
    end
"""

# beside the city's figures the own rate of their quarter, and whether the city counts otherwise (W50)
_OWN_RATE = """
update dashboards.main.figures as shown
set
    beside_text = shown.beside_text || coalesce(
        '，同季本区计算 ' || own.value_text || '（' || own.parts_text || '）',
        ''
    ),
    note_text = case when differs.quarter is not null then '与全市通报不一致' end
from quarters
left join (
    from dashboards.main.figures where figure_id = 'recidivism.rate' and township_code is null and dimension is null
) as own on quarters.own_period_id = own.period_id
left join (
    select distinct quarter from marts.main.official_returns where limit_passed != 'none'
) as differs on quarters.starts_on = differs.quarter
where shown.period_id = quarters.period_id and shown.figure_id like 'city.%' and shown.value is not null
"""


def write_figures(con: duckdb.DuckDBPyConnection, definitions: list[Definition], known_at: date) -> None:
    """Makes ``dashboards.main.figures``; ``con`` has the marts attached as ``marts`` and the session defined."""
    known = {figure_id: figure for figure_id, (figure, _) in figures_of(definitions).items()}
    _table(con, "known", _FIGURES, [_about(figure, definitions) for figure in known.values()])
    _quarters(con)
    _table(con, "cells", _CELLS, [dict(zip(_CELLS, (*c, i), strict=True)) for i, c in enumerate(_cells(con, known))])
    _late(con, definitions, known_at)
    con.execute(_ASKED.format(**{f"same_as_{t}": _same("cells", t, _KEYS) for t in ("now", "before", "late")}))
    con.execute(
        f"create temp table readings as select *, row_number() over () as reading_no"
        f" from (select distinct {', '.join(_NUMBERS)} from asked)"
    )
    said = [_said(known[row[0]], row, known_at) for row in con.execute("from readings").fetchall()]
    _table(con, "said", _SAID, said)
    con.execute(_TABLE.format(same_numbers=_same("asked", "readings", _NUMBERS), beside=_BESIDE))
    con.execute(_OWN_RATE)
    con.execute(
        "create table dashboards.main.labels as select figure_id, name_zh, coalesce(short_zh, name_zh) as short_zh,"
        " gap_zh, coalesce(unit_zh, unit) as unit_zh, definition_zh, limits_zh, sources_zh from known"
    )
    con.execute(
        "drop table asked; drop table readings; drop table said; drop table cells; drop table late; drop table quarters"
    )


def _about(figure: dict[str, Any], definitions: list[Definition]) -> dict[str, Any]:
    sources = "、".join(feed_names(feeds_of(figure["id"], definitions)))
    return {**figure, "figure_id": figure["id"], "sources_zh": sources}


def _quarters(con: duckdb.DuckDBPyConnection) -> None:
    """``quarters``: of each period the last quarter wholly inside it, of which the city's bulletin is quoted."""
    windows = con.execute("select period_id, starts_on, ends_on from marts.main.dim_period").fetchall()
    rows = [
        {
            "period_id": period,
            "quarter_zh": texts.quarter(label),
            "own_period_id": f"{label[:4]}-{label[4:]}",
            "starts_on": str(date(int(label[:4]), int(label[5]) * 3 - 2, 1)),
        }
        for period, starts_on, ends_on in windows
        if (label := last_quarter(starts_on, ends_on))
    ]
    columns = {**dict.fromkeys(("period_id", "quarter_zh", "own_period_id"), "varchar"), "starts_on": "date"}
    _table(con, "quarters", columns, rows)


def _cells(con: duckdb.DuckDBPyConnection, known: dict[str, dict[str, Any]]) -> list[Cell]:
    occurring: list[Cell] = con.execute(f"select distinct {', '.join(_KEYS)} from marts.main.figures").fetchall()
    members, townships = members_of(con), townships_of(con)
    return [
        cell
        for _, figure in sorted(known.items())
        for cell in cells_of(
            figure, occurring=occurring, members=members, townships=townships, by_township=True, on_pages=True
        )
    ]


def _late(con: duckdb.DuckDBPyConnection, definitions: list[Definition], known_at: date) -> None:
    """``late``: the windows a year before as they were known a year before, for the figures that are compared so."""
    con.execute(
        "create or replace table memory.main.periods as select * replace"
        f" (date '{year_before(known_at)}' as first_delivered_by)"
        " from marts.main.dim_period where previous_period_id is null"
    )
    _, definition = figure_of(WITH_LAG, definitions)
    con.execute(
        "create temp table late as select readings.* replace (windows.period_id as period_id)"
        f" from ({definition.sql}) as readings"
        " inner join marts.main.dim_period as windows on readings.period_id = windows.previous_period_id"
        f" where readings.figure_id = '{WITH_LAG}'"
    )
    con.execute("drop table memory.main.periods")


def _said(figure: dict[str, Any], row: tuple[Any, ...], known_at: date) -> dict[str, Any]:
    """What a pull says of one set of numbers, and how a page prints it."""
    readings = [
        Reading(row[i + 1], row[i + 2]) if row[i] else empty(figure) for i in (1, 4, 7)
    ]  # as _NUMBERS lists them: whether there is one, numerator, denominator
    said = present(figure, now=readings[0], before=readings[1], lagged=readings[2], known_at=known_at)
    unit, label, low_high = figure["unit"], figure.get("unit_zh"), said.get("ci95")
    return {
        "reading_no": row[-1],
        **{name: _number(said.get(name)) for name in ("value", "previous", "change", "p_value", "previous_same_lag")},
        **({"ci_low": low_high[0], "ci_high": low_high[1]} if low_high else {}),
        "note_zh": said.get("note_zh"),
        "tone": _tone(figure, said),
        "note_text": texts.note(unit, said) if "previous" in said else None,
        "spent_as_of": said.get(SPENT_AS_OF),
        "value_text": texts.printed(unit, said["value"]),
        "unit_text": "" if said["value"] is None else texts.unit_of(unit, label),
        "parts_text": texts.parts(unit, said),
        "previous_text": texts.printed(unit, said["previous"]) if "previous" in said else None,
        "change_text": texts.change(unit, said, label) if "previous" in said else None,
        "ci_text": texts.interval(unit, low_high),
        "wan_yuan_text": texts.in_wan(said["value"]) if unit == "元" else None,
        "previous_wan_text": texts.in_wan(said["previous"]) if unit == "元" else None,
        "previous_same_lag_text": texts.printed(unit, lag)
        if (lag := said.get("previous_same_lag")) is not None
        else None,
    }


def _number(value: float | int | str | None) -> float | int | None:
    """A number for charts to draw: money is text in a pull, and so is a date, which has none."""
    if not isinstance(value, str):
        return value
    return float(value) if value.replace(".", "").isdigit() else None


def _tone(figure: dict[str, Any], said: dict[str, Any]) -> str:
    """``bad`` or ``good`` for a change that says something, else empty: red means bad."""
    change, note = said.get("change"), said.get("note_zh")
    if not change or note == NOTE_SMALL or "worse" not in figure:
        return ""
    return "bad" if (change > 0) == (figure["worse"] == "up") else "good"


def _same(left: str, right: str, columns: tuple[str, ...]) -> str:
    return " and ".join(f"{left}.{c} is not distinct from {right}.{c}" for c in columns)


def _table(con: duckdb.DuckDBPyConnection, name: str, columns: dict[str, str], rows: list[dict[str, Any]]) -> None:
    """A temporary table of rows, handed over as one JSON text: thousands of parameters would take seconds."""
    shape = json.dumps([columns])
    kept = [{c: row.get(c) for c in columns} for row in rows]
    con.execute(
        f"create or replace temp table {name} as select unnest(from_json($rows::json, '{shape}'), recursive := true)",
        {"rows": json.dumps(kept, ensure_ascii=False)},
    )
