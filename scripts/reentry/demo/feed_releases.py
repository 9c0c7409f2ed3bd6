"""corrections.releases, justice.register and police.residence: who is released, listed, and lives where."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from reentry.demo.columns import Column, Table, join, pick
from reentry.demo.days import NONE, Bools, Ints
from reentry.demo.history import DIED, coming_releases
from reentry.demo.people import make_people
from reentry.demo.versions import Change, Rows, by_delivery, number, numbered, with_changes
from reentry.demo.world import World

OFFENCES = (
    "盗窃罪", "诈骗罪", "故意伤害罪", "贩卖毒品罪", "寻衅滋事罪", "交通肇事罪", "危险驾驶罪", "抢劫罪", "开设赌场罪",
    "非法拘禁罪", "掩饰、隐瞒犯罪所得罪", "帮助信息网络犯罪活动罪", "强奸罪", "妨害公务罪", "非法持有毒品罪",
    "敲诈勒索罪",
)  # fmt: skip
_FACILITIES = (
    "永川监狱",
    "重庆监狱",
    "渝州监狱",
    "三合监狱",
    "九龙监狱",
    "女子监狱",
    "长寿监狱",
    "未成年犯管教所",
    "区看守所",
)

_AHEAD = 90  # days after the last delivery whose releases may have been announced by then


def code(values: Ints, codes: str) -> Column:
    """A code column."""
    return Column("code", np.asarray(values), codes=codes)


def release_numbers(world: World) -> Column:
    """Certificate numbers of all releases."""
    return numbered("渝释", number(world.history.releases.released))


def register_numbers(world: World) -> Column:
    """Dossier numbers of all spells."""
    return numbered(f"AB{world.place.district_code}-", number(world.register.spells.registered))


def releases(world: World) -> Rows:
    """Rows of corrections.releases: mostly known some weeks before the day, a few late, a few corrected."""
    facts, people, rng = world.history.releases, world.people, world.stream("releases")
    n, who = len(facts.person), facts.person
    late = np.where(rng.random(n) < 0.025, rng.integers(5, 70, n), -rng.integers(0, 30, n))
    known = np.maximum(facts.notified + 8, facts.released + late)
    delivery = world.schedules["corrections.releases"].first_after(known)
    delivery[world.register.unknown] = -1
    offence = rng.choice(len(OFFENCES), n, p=_shares(len(OFFENCES)))
    names = ("name", "sex", "id_no", "birth_date")
    person = dict(zip(names, person_columns(world, who), strict=True))
    table = Table(
        {
            "release_no": release_numbers(world),
            **person,
            "household_district": Column("district", people.district[who]),
            "household_township": Column("township", people.township[who]),
            "offence": pick(offence, OFFENCES),
            "sentence_months": Column("duration", facts.sentence),
            "admitted_on": Column("date", facts.admitted),
            "released_on": Column("date", facts.released),
            "release_type": code(facts.kind, "release_type"),
            "facility": pick(rng.integers(0, len(_FACILITIES), n), _FACILITIES),
            "prior_convictions": Column("integer", facts.prior.astype(np.int64)),
            "assessed_level": code(facts.level, "assessed_level"),
            "notified_on": Column("date", facts.notified),
            "sealed": Column("flag", np.where(rng.random(n) < 0.7, 0, -1)),
        },
        delivery,
        fragile=fragile_releases(world),
    )
    fixed = np.flatnonzero(rng.random(n) < 0.012)
    when = world.schedules["corrections.releases"].first_after(known[fixed] + rng.integers(20, 200, len(fixed)))
    other = {
        "sentence_months": facts.sentence[fixed] + 1,
        "offence": (offence[fixed] + 1) % len(OFFENCES),
    }
    return by_delivery(_with_announced(world, with_changes(table, [Change(fixed, when, other)])))


def _with_announced(world: World, table: Table) -> Table:
    """The same with those who are still in prison, but announced: what lies ahead of the last delivery."""
    rng, past = world.stream("announced"), world.history.releases
    released = coming_releases(rng, world.plan, _AHEAD)
    n = len(released)
    people = make_people(rng, n, 0, released, place=world.place)
    notified = released - rng.choice([75, 60, 45, 35, 31, 20], n, p=[0.1, 0.25, 0.35, 0.18, 0.08, 0.04])
    delivery = world.schedules["corrections.releases"].first_after(notified + rng.integers(8, 16, n))
    sentence = np.clip(np.exp(rng.normal(2.9, 0.75, n)), 3, 300).astype(np.int64)
    who, words = len(world.people) + np.arange(n), {"names": world.people.names, "ids": world.people.ids}
    words = {name: pa.concat_arrays([array, getattr(people, name)]) for name, array in words.items()}
    values = {
        "release_no": number(np.concatenate([past.released, released]))[len(past.released) :],
        **{"name": who, "sex": people.sex, "id_no": who, "birth_date": people.birth},
        **{"household_district": people.district, "household_township": people.township},
        **{"offence": rng.integers(0, len(OFFENCES), n), "facility": rng.integers(0, len(_FACILITIES), n)},
        **{"sentence_months": sentence, "admitted_on": released - np.round(sentence * 30.4), "released_on": released},
        **{"release_type": np.ones(n), "prior_convictions": rng.integers(0, 2, n), "sealed": np.full(n, -1)},
        **{"assessed_level": np.where(rng.random(n) < 0.1, 1, 2), "notified_on": notified},
    }
    columns = {c: replace(old, values=values[c].astype(old.values.dtype)) for c, old in table.columns.items()}
    base = int(table.base.max(initial=-1)) + 1 + np.arange(n)
    announced = Table(columns, delivery, base, np.ones(n, dtype=bool))
    both = join([table, announced.take(np.flatnonzero(delivery >= 0))])
    for column, name in (("name", "names"), ("id_no", "ids")):
        both.columns[column] = replace(both.columns[column], words=words[name])
    return both


def fragile_spells(world: World) -> Bools:
    """Dossiers that stay as they are: planned ones, persons with several, and every second person.

    The identity of the other half is spoilt in the register, of this half in the releases, of nobody in both.
    """
    spells = world.register.spells
    several = np.bincount(spells.person)[spells.person] > 1
    return np.asarray(world.register.kept | several | (spells.person % 2 == 0))


def fragile_releases(world: World) -> Bools:
    """Releases that stay as they are: the other half, those of planned dossiers, and the latest."""
    spells, facts = world.register.spells, world.history.releases
    planned = np.zeros(len(world.people), dtype=bool)
    planned[spells.person[world.register.kept]] = True
    return np.asarray(planned[facts.person] | (facts.person % 2 == 1) | (facts.released >= world.plan.year_start - 120))


def person_columns(world: World, who: Ints) -> tuple[Column, Column, Column, Column]:
    """Name, sex, identity number and birth date of some persons."""
    people = world.people
    return (
        pick(who, people.names),
        code(people.sex[who], "sex"),
        pick(who, people.ids),
        Column("date", people.birth[who]),
    )


def _shares(n: int) -> Ints:
    weight = 1 / (np.arange(n) + 2.0)
    return np.asarray(weight / weight.sum())


def register(world: World) -> Rows:
    """Rows of justice.register: the whole list as it stood on each delivery day."""
    spells, dual, people = world.register.spells, world.register, world.people
    rng, days = world.stream("register-feed"), world.schedules["justice.register"].days
    n, last = len(spells), int(days[-1])
    slow = (rng.random(n) < 0.03) & (spells.registered < world.plan.end - 60)
    appears = np.minimum(spells.registered + np.where(slow, rng.integers(3, 45, n), 0), last)
    works = rng.choice([0, 1, 2, 3, 4, 5, 6, 7, 99], n, p=[0.3, 0.14, 0.02, 0.05, 0.02, 0.1, 0.27, 0.06, 0.04])
    since = spells.registered + rng.integers(20, 500, n)
    blank = rng.random(n) < 0.03
    numbers, certificates = register_numbers(world), release_numbers(world)
    has_release, fragile = spells.release >= 0, fragile_spells(world)
    offices = np.minimum(rng.integers(0, 40, n), 39)
    office_names = [f"{name}司法所" for name in ("中心", "城关", "新桥", "南山", "石桥", "龙泉", "平安", "高新")] * 5

    def rows(position: int) -> Table:
        today = int(days[position])
        shown = np.flatnonzero(appears <= today)
        s = spells.take(shown)
        closed, listed = s.closed <= today, dual.dual_from[shown] <= today
        listed &= dual.dual_from[shown] != NONE
        closed &= s.closed != NONE
        acked = listed & (dual.dual_ack[shown] <= today)
        placed = np.where(since[shown] <= today, works[shown], 0)
        district = np.where(listed, dual.dual_district[shown], -1)
        return Table(
            {
                "register_no": numbers.take(shown),
                "name": pick(s.person, people.names),
                "id_no": pick(s.person, people.ids),
                "release_no": Column(
                    "serial",
                    np.where(has_release[shown], certificates.values[s.release], -1),
                    prefix=certificates.prefix,
                    width=certificates.width,
                ),
                "township": Column("township", s.township),
                "handed_over_on": Column("date", np.where(s.handed <= today, s.handed, NONE)),
                "handover_mode": code(s.mode, "handover_mode"),
                "registered_on": Column("date", s.registered),
                "closed_on": Column("date", np.where(closed, s.closed, NONE)),
                "close_reason": code(
                    np.where(closed | ((s.reason == 5) & (s.closed == NONE)), s.reason, -1), "close_reason"
                ),
                "is_key": Column("flag", np.where(blank[shown] & (s.key == 0), -1, s.key)),
                "dual_direction": code(np.where(listed, dual.dual_direction[shown], -1), "dual_direction"),
                "dual_from": Column("date", np.where(listed, dual.dual_from[shown], NONE)),
                "dual_to": Column("date", np.where(listed, dual.dual_to[shown], NONE)),
                "counterpart_district": pick(district, world.place.district_names),
                "counterpart_office": pick(np.where(listed, offices[shown], -1), office_names),
                "counterpart_ack_on": Column("date", np.where(acked, dual.dual_ack[shown], NONE)),
                "placement": code(np.where(blank[shown], -1, placed), "placement"),
            },
            np.full(len(shown), position, dtype=np.int16),
            shown.astype(np.int64),
            fragile[shown],
        )

    return rows


def residence(world: World) -> Rows:
    """Rows of police.residence: persons lately or now on the register, and some strangers, each checked in turn."""
    people, spells, rng = world.people, world.register.spells, world.stream("residence")
    days, n = world.schedules["police.residence"].days, len(people)
    shut, died = np.full(n, NONE, dtype=np.int64), np.full(n, 10**6, dtype=np.int64)
    opened = np.full(n, 10**6, dtype=np.int64)
    np.minimum.at(opened, spells.person, spells.registered)
    np.maximum.at(shut, spells.person, np.where(spells.closed == NONE, 10**6, spells.closed))
    dead = spells.reason == DIED
    died[spells.person[dead]] = spells.closed[dead]
    odd = rng.random(n)
    died = np.where((odd < 0.0012) & (died == 10**6), world.plan.end - rng.integers(10, 400, n), died)
    lost_from = np.where(rng.random(n) < 0.03, world.plan.end - rng.integers(0, 1500, n), 10**6)
    lost_to = lost_from + np.where(rng.random(n) < 0.4, 10**6, rng.integers(40, 500, n))
    stranger = np.arange(n) >= people.ours
    opened = np.where(stranger & (rng.random(n) < 0.3), 0, opened)
    shut = np.where(stranger, 10**6, shut)
    phase, town = rng.integers(0, 90, n), rng.integers(0, len(world.place.township_codes), n)
    same = rng.random(n) < 0.85
    gap = rng.random(n) < 0.02

    def rows(position: int) -> Table:
        today = int(days[position])
        who = np.flatnonzero((opened <= today) & (shut > today - 500))
        checked = today - (today + phase[who]) % 90
        status = np.where((lost_from[who] <= checked) & (checked < lost_to[who]), 2, 1)
        status = np.where(died[who] <= checked, 3, status)
        here = people.lives[who] == world.place.own
        return Table(
            {
                "id_no": pick(who, people.ids),
                "name": pick(who, people.names),
                "household_district": Column("district", people.district[who]),
                "household_township": Column("township", people.township[who]),
                "residence_district": Column("district", np.where(gap[who], -1, people.lives[who])),
                "residence_township": Column(
                    "township", np.where(here, np.where(same[who], people.township[who], town[who]), -1)
                ),
                "checked_on": Column("date", checked.astype(np.int32)),
                "status": code(status, "residence_status"),
            },
            np.full(len(who), position, dtype=np.int16),
            who.astype(np.int64),
        )

    return rows
