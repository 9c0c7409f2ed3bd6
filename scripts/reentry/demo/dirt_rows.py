"""Rows that must be set aside: rules Q1 to Q7."""

from __future__ import annotations

from collections.abc import Callable

from reentry.demo.draft import Value
from reentry.demo.scene import Work, ints

_ORDER = {  # Q2: the earlier date and the later one
    "corrections.releases": ("admitted_on", "released_on"),
    "justice.register": ("registered_on", "closed_on"),
    "hr.training": ("started_on", "finished_on"),
    "hr.public_posts": ("started_on", "ended_on"),
}
_NOT_LATER = {  # Q3: not after the delivery
    "justice.register": ("handed_over_on", "registered_on"), "justice.visits": ("visited_on",),
    "justice.risk_assessments": ("assessed_on",), "justice.sweeps": ("completed_on",),
    "police.reoffences": ("offended_on", "filed_on"), "police.residence": ("checked_on",),
    "civil_affairs.relief": ("granted_on", "paid_on"), "housing.relief": ("granted_on", "paid_on"),
    "hr.training": ("started_on",), "hr.employment": ("recorded_on",), "health.counselling": ("counselled_on",),
}  # fmt: skip
_BAD_NUMBER = {  # Q5
    "civil_affairs.relief": (("amount_yuan", "0"), ("amount_yuan", "-300.00"), ("amount_yuan", "-￥50")),
    "housing.relief": (("amount_yuan", "0.00"), ("amount_yuan", "-1")),
    "hr.training": (("subsidy_yuan", "-100"),),
    "finance.budget": (("budget_yuan", "-5"), ("spent_yuan", "-0.01")),
    "justice.sweeps": (("checked_persons", "-3"), ("risks_found", "-1")),
    "city.benchmarks": (("at_risk_persons", "0"), ("reoffenders", "-2"), ("reoffenders", "9999999")),
}
BAD_TEXT = {
    "date": ("2024年13月1日", "2023.2.30", "24-5-6", "2024-05", "待定", "长期", "二〇二四年五月"),
    "month": ("2024-13", "5月", "待定"), "quarter": ("2024Q5", "2024年五季度", "上季度"),
    "duration": ("约三年", "-6", "三四年"), "money": ("约1200", "1,2,3", "壹仟元", "12..5"),
    "integer": ("3人", "两", "3.5", "1,200"), "flag": ("不清楚", "?", "2"),
    "code": ("88", "情况特殊", "待核"), "township": ("外区某镇", "999999999"), "district": ("某市某区", "000000"),
}  # fmt: skip
_NULLS = ("", "", "-", "——", "/", "无", "暂无", "不详", "未知", "NULL", "N/A")


def _victims(work: Work, count: int) -> list[int]:
    """Rows to be broken: sent again, invented, right again next time, or lost for good."""
    chosen: list[int] = []
    scene, draft = work.scene, work.draft
    for _ in range(count):
        way = work.rng.random()
        again = work.again() if way < 0.4 else None
        if again is not None:
            draft.used.add(again)
            chosen.append(again)
        elif scene.feed.is_snapshot and way < 0.6 and scene.position:
            where = work.steady() if scene.last else draft.table.base % 3 == 0
            safe = not scene.last and scene.feed.id != "finance.budget"
            chosen += (
                work.rows(1, where, fragile=safe) if not (scene.last and scene.feed.id == "finance.budget") else []
            )
        elif not scene.feed.is_snapshot and way < 0.75 and not scene.last:
            rows = work.rows(1, fragile=True)
            if rows and (draft.table.fragile[rows[0]] or work.rng.random() < 0.8):
                scene.repair.append(draft.table.take(ints(rows)))
            chosen += rows
        else:
            chosen += [work.ghost(row) for row in work.rows(1, fragile=True)]
    draft.used |= set(chosen)
    return chosen


def _break(work: Work, kind: str, rule: str, row: int, column: str, value: Value) -> None:
    work.draft.set(row, column, value)
    work.draft.mark(kind, rule, row, column)


def _bad_id(work: Work) -> str:
    return str(
        work.rng.choice(["51022819801301123X", "5102281980010112", "510228198001011234567", "5.10228E+17", "无"])
    )


def _stays(work: Work, row: int) -> bool:
    """Whether the row must keep its key: in the last list a row without one would be gone, not as it was before."""
    return work.scene.feed.is_snapshot and work.scene.last and row < work.draft.n


def _required(work: Work, row: int) -> None:
    feed = work.scene.feed
    columns = [c for c in feed.columns if c.required and not (_stays(work, row) and c.name in feed.key)]
    if not columns:
        return
    column = columns[int(work.rng.integers(0, len(columns)))]
    if column.type == "resident_id":
        value = _bad_id(work)
    elif column.type in BAD_TEXT and work.rng.random() < 0.6:
        value = str(work.rng.choice(list(BAD_TEXT[column.type])))
    else:
        value = str(work.rng.choice(_NULLS))
    is_damaged = "E+" in value
    kind, rule = ("key spoilt by Excel", "Q7") if is_damaged else ("required cell empty or wrong", "Q1")
    _break(work, kind, rule, row, column.name, value)


def _reversed(work: Work, row: int) -> None:
    first, second = _ORDER[work.scene.feed.id]
    if not (work.has(first) and work.has(second)):
        return
    start = 17_500 + int(work.rng.integers(0, 900))
    work.draft.set(row, first, work.day_text(start))
    _break(work, "dates the wrong way round", "Q2", row, second, work.day_text(start - int(work.rng.integers(1, 300))))


def _too_late(work: Work, row: int) -> None:
    column = str(work.rng.choice(_NOT_LATER[work.scene.feed.id]))
    if work.has(column):
        late = work.scene.delivered + int(work.rng.integers(1, 400))
        _break(work, "date after the delivery", "Q3", row, column, work.day_text(late))
        first, second = _ORDER.get(work.scene.feed.id, ("", ""))
        if column == first and work.has(second) and work.draft.text(row, second):  # which is no later than the delivery
            work.draft.mark("dates the wrong way round", "Q2", row)


def _administrative(work: Work, row: int) -> None:
    _break(work, "public-order penalty", "Q4", row, "case_kind", str(work.rng.choice(["2", "行政"])))


def _bad_number(work: Work, row: int) -> None:
    column, value = _BAD_NUMBER[work.scene.feed.id][int(work.rng.integers(0, len(_BAD_NUMBER[work.scene.feed.id])))]
    if work.has(column):
        _break(work, "impossible number", "Q5", row, column, value)


def _crooked(work: Work, row: int) -> None:
    draft = work.draft
    if work.layout.is_workbook or _stays(work, row) or work.rng.random() < 0.5:
        filler = [""] * int(work.rng.integers(0, 2))
        draft.surplus[row] = [*filler, str(work.rng.choice(["多余", "1", "见附件"]))]
        draft.mark("surplus cell", "Q6", row)
        return
    column = str(work.rng.choice([name for name in work.layout.order if name in work.scene.feed.column_names]))
    draft.broken[row] = (column, "tail" if work.rng.random() < 0.6 else "open")
    draft.mark("quotes spoilt", "Q6", row)


def plant_rows(work: Work) -> None:
    """Plants rows of every Q rule that the feed can have."""
    feed = work.scene.feed.id
    plans: list[tuple[float, bool, Callable[[Work, int], None]]] = [
        (0.5, True, _required),
        (0.3, feed in _ORDER, _reversed),
        (0.35, feed in _NOT_LATER, _too_late),
        (1.6, feed == "police.reoffences", _administrative),
        (0.35, feed in _BAD_NUMBER, _bad_number),
        (0.3, True, _crooked),
    ]
    for mean, possible, spoil in plans:
        if possible:
            for row in _victims(work, work.times(mean)):
                spoil(work, row)
