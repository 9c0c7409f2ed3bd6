"""Rows that read well and are wrong all the same: what the rules across feeds must find (W20 to W49)."""

from __future__ import annotations

import numpy as np

from reentry.demo.days import NONE
from reentry.demo.forms import format_cents
from reentry.demo.ids import check_character
from reentry.demo.names import make_names
from reentry.demo.scene import Decision, Work

_BATCH = 23  # visits of one township on one day by one kind of visitor: more than anyone can make
_AT_MOST = 20  # so many can be


def plant_quirks(work: Work) -> None:
    """Plants what the feed can have of them, never on rows that a figure of the letter rests on."""
    kinds = {
        "corrections.releases": _releases,
        "justice.register": _register,
        "justice.visits": _visits,
        "justice.risk_assessments": _assessments,
        "police.reoffences": _reoffences,
        "civil_affairs.relief": _relief,
        "housing.relief": _relief,
        "hr.training": _training,
    }
    if work.scene.feed.id in kinds:
        kinds[work.scene.feed.id](work)


def _releases(work: Work) -> None:
    for row in work.rows(work.times(0.25)):
        work.draft.mark("one release under two numbers", "W20", work.ghost(row))
    _not_ours(work)


def _not_ours(work: Work) -> None:
    """A release of the letter's year that is nobody's here: it would be due, had nobody decided."""
    plan, draft = work.scene.world.plan, work.draft
    if not plan.year_start + 40 <= work.scene.delivered <= plan.end - 30 or work.rng.random() > 0.6:
        return
    for row in work.rows(1, draft.table.columns["released_on"].values >= plan.year_start, fragile=True):
        birth = 19_710_000 + int(work.rng.integers(10, 13)) * 100 + int(work.rng.integers(10, 28))
        body = f"{work.true_id(row)[:6]}{birth}{work.rng.integers(100, 999)}"
        ghost = work.ghost(row)
        draft.set(ghost, "name", str(make_names(work.rng, 1)[0].as_py()))
        if work.has("id_no"):
            draft.set(ghost, "id_no", body + check_character(body))
        if work.has("birth_date"):
            draft.set(ghost, "birth_date", f"{body[6:10]}-{body[10:12]}-{body[12:14]}")
        if work.has("sex"):
            draft.set(ghost, "sex", "男" if int(body[16]) % 2 else "女")
        key = draft.text(ghost, "release_no")
        work.scene.decisions.append(Decision("corrections", "releases", key, "", work.scene.delivered + 9))
        draft.mark("release of nobody here", "", ghost)


def _register(work: Work) -> None:
    """Handed over before release (W24) and closed without a reason (W28), the same dossiers in every list."""
    table, draft = work.draft.table, work.draft
    luck = work.scene.world.stream("luck").random(int(table.base.max()) + 1)[table.base]
    handed, closed = table.columns["handed_over_on"].values, table.columns["closed_on"].values
    free = ~table.fragile & (table.columns["release_no"].values >= 0)
    for row in np.flatnonzero(free & (luck < 0.006) & (handed != NONE))[:60] if work.has("handed_over_on") else []:
        if int(row) not in draft.used:
            draft.set(int(row), "handed_over_on", work.day_text(int(handed[row]) - 60))
            draft.mark("handed over before release", "W24", int(row), "handed_over_on")
    for row in np.flatnonzero(free & (luck > 0.985) & (closed != NONE))[:60] if work.has("close_reason") else []:
        if int(row) not in draft.used:
            draft.set(int(row), "close_reason", "")
            draft.mark("closed without a reason", "W28", int(row), "close_reason")


def _unknown_dossier(work: Work) -> None:
    for row in work.rows(work.times(0.2), fragile=True):
        ghost = work.ghost(row)
        work.draft.set(ghost, "register_no", f"AB000000-{work.scene.ghosts:012}")
        work.draft.mark("dossier that does not exist", "W49", ghost, "register_no")


def _assessments(work: Work) -> None:
    _unknown_dossier(work)


def _visits(work: Work) -> None:
    _unknown_dossier(work)
    spells, draft = work.scene.world.register.spells, work.draft
    if work.rng.random() > 0.12 or not work.has("visitor"):
        return
    for row in work.rows(1):
        day = work.value(row, "visited_on")
        covered = (spells.registered <= day) & ((spells.closed == NONE) | (spells.closed > day)) & (spells.reason != 5)
        town = int(work.rng.integers(0, len(work.scene.world.place.township_codes)))
        there = np.flatnonzero(covered & (spells.township == town))
        rule = "W38" if len(there) > _AT_MOST else ""
        numbers = draft.table.columns["register_no"]
        years = spells.registered[there].astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
        for spell, year in zip(there[:_BATCH], years[:_BATCH], strict=True):
            ghost = work.ghost(row)
            number = year * 100_000_000 + spell + 1
            draft.set(ghost, "register_no", f"{numbers.prefix}{number:0{numbers.width}}")
            draft.mark("visits of one day typed in a row", rule, ghost, "visited_on")


def _reoffences(work: Work) -> None:
    for row in work.rows(work.times(0.4)):
        work.draft.mark("one offence, two records", "W32", work.ghost(row))


def _relief(work: Work) -> None:
    draft = work.draft
    wan = draft.styles.get("amount_yuan") == "wan"
    paid = draft.table.columns["paid_on"].values != NONE
    for row in work.rows(work.times(0.4), paid):
        draft.mark("one payment, two numbers", "W43", work.ghost(row))
    old = paid & (draft.table.columns["paid_on"].values < work.scene.world.plan.quarter_before[0])
    for row in work.rows(work.times(0.4), old) if work.has("amount_yuan") else []:
        cents = int(work.rng.choice([8_500_000, 600, 12_000_000, 950]))
        draft.set(row, "amount_yuan", format_cents(cents, "wan" if wan else "plain"))
        draft.mark("yuan and 万元 mixed up", "W42", row, "amount_yuan")
    for row in work.rows(work.times(0.3), paid) if work.has("paid_on") else []:
        draft.set(row, "paid_on", work.day_text(work.value(row, "granted_on") - int(work.rng.integers(1, 20))))
        draft.mark("paid before granted", "W45", row, "paid_on")


def _training(work: Work) -> None:
    if not work.has("certificate_no"):
        return
    certified = work.draft.table.columns["certificate_no"].values >= 0
    for row in work.rows(work.times(0.3), certified):
        work.draft.mark("one certificate twice", "W47", work.ghost(row), "certificate_no")
