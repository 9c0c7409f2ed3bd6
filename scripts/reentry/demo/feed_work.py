"""hr.training, hr.public_posts, hr.employment, city.benchmarks and finance.budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
import pyarrow as pa

from reentry.demo.columns import Column, Table, pick
from reentry.demo.days import NONE, Bools, Ints, day
from reentry.demo.feed_releases import code
from reentry.demo.history import WRONG
from reentry.demo.register import persons_at_risk
from reentry.demo.versions import Change, Rows, by_delivery, number, numbered, with_changes
from reentry.demo.world import World

_COURSES = (
    "中式烹饪",
    "汽车维修",
    "电商运营",
    "电工",
    "焊工",
    "家政服务",
    "保安员",
    "挖掘机操作",
    "茶艺师",
    "养老护理",
)
_EMPLOYERS = ("区工业园某机械厂", "某物流公司", "某餐饮店", "某建筑劳务公司", "某家具厂", "某电子厂", "灵活就业")
_CATEGORIES = ("民政协管", "公共环境绿化", "社区保洁", "治安巡逻", "公路养护", "河道管护", "养老服务", "图书管理")
_UNITS = ("区民政局", "区城市管理局", "各镇街社区", "区交通局", "区水利局", "区图书馆")
_ITEMS = ("安置帮教工作经费", "职业技能培训补贴", "社会救助资金", "心理疏导购买服务")


@dataclass(frozen=True)
class _Drawn:
    person: Ints
    when: Ints


def _drawn(world: World, rng: np.random.Generator, count: int, since: date, share: float) -> _Drawn:
    """``count`` persons of the register on a day of a spell, then ``share`` as many strangers; ordered by day."""
    spells, plan, people = world.register.spells, world.plan, world.people
    some = rng.integers(0, len(spells), count)
    begin = day(since)
    stop = np.where(spells.closed[some] == NONE, plan.end, spells.closed[some])
    start = np.maximum(spells.registered[some], begin)
    when = start + (rng.random(count) * (stop - start)).astype(np.int64)
    good = (stop > start) & (spells.reason[some] != WRONG)
    strange = round(count * share)
    who = np.concatenate([spells.person[some][good], rng.integers(people.ours, len(people), strange)])
    when = np.concatenate([when[good], rng.integers(begin, plan.end, strange)]).astype(np.int32)
    order = np.argsort(when, kind="stable")
    return _Drawn(who[order], when[order])


def training(world: World) -> Rows:
    """Rows of hr.training: enrolled, then finished, then paid, as corrections."""
    rng, schedule, end = world.stream("training"), world.schedules["hr.training"], world.plan.end
    drawn = _drawn(world, rng, max(20, round(600 * world.plan.scale)), date(2021, 6, 1), 0.5)
    n, who, started = len(drawn.when), drawn.person, drawn.when
    finished = started + rng.integers(12, 60, n)
    passed = rng.random(n) < 0.8
    paid = finished + rng.integers(20, 90, n)
    cents = rng.choice([80_000, 100_000, 120_000, 150_000, 98_765], n)
    subsidised = passed & (rng.random(n) < 0.9)
    certificates = (
        pa.array([f"ZS{500_000 + i}" for i in range(n)]) if n < 200_000 else pa.array(np.arange(n)).cast("string")
    )
    table = Table(
        {
            "enrolment_no": numbered("PX", number(started)),
            "name": pick(who, world.people.names),
            "id_no": pick(who, world.people.ids),
            "course": pick(rng.integers(0, len(_COURSES), n), _COURSES),
            "started_on": Column("date", started),
            "finished_on": Column("date", np.full(n, NONE, dtype=np.int32)),
            "passed": Column("flag", np.full(n, -1, dtype=np.int8)),
            "certificate_no": pick(np.full(n, -1), certificates),
            "subsidy_yuan": Column("money", np.full(n, NONE, dtype=np.int64)),
            "subsidy_paid_on": Column("date", np.full(n, NONE, dtype=np.int32)),
        },
        schedule.first_after(started + rng.integers(0, 40, n)),
    )
    done = np.flatnonzero(finished <= end)
    certificate = np.where(passed & (rng.random(n) < 0.96), np.arange(n), -1)
    result: dict[str, Ints] = {
        "finished_on": finished[done],
        "passed": passed[done].astype(np.int8),
        "certificate_no": certificate[done],
    }
    settled = np.flatnonzero(subsidised & (paid <= end))
    money: dict[str, Ints] = {
        "finished_on": finished[settled],
        "passed": passed[settled].astype(np.int8),
        "certificate_no": certificate[settled],
        "subsidy_yuan": cents[settled],
        "subsidy_paid_on": paid[settled],
    }
    changes = [
        Change(done, schedule.first_after(finished[done]), result),
        Change(settled, schedule.first_after(paid[settled]), money),
    ]
    return by_delivery(with_changes(table, changes))


def employment(world: World) -> Rows:
    """Rows of hr.employment, of persons of the register and of strangers."""
    rng, schedule = world.stream("employment"), world.schedules["hr.employment"]
    drawn = _drawn(world, rng, max(30, round(2000 * world.plan.scale)), date(2020, 1, 1), 0.4)
    n, who, when = len(drawn.when), drawn.person, drawn.when
    kind = rng.choice([1, 2, 3], n, p=[0.52, 0.38, 0.10])
    employer = np.where(kind == 1, rng.integers(0, len(_EMPLOYERS), n), -1)
    table = Table(
        {
            "record_no": numbered("DJ", number(when)),
            "name": pick(who, world.people.names),
            "id_no": pick(who, world.people.ids),
            "kind": code(kind, "employment_kind"),
            "recorded_on": Column("date", when),
            "employer": pick(employer, _EMPLOYERS),
        },
        schedule.first_after(when + rng.integers(0, 30, n)),
    )
    fixed = np.flatnonzero(rng.random(n) < 0.01)
    change = Change(fixed, schedule.first_after(when[fixed] + 60), {"kind": kind[fixed] % 3 + 1})
    return by_delivery(with_changes(table, [change]))


def public_posts(world: World) -> Rows:
    """Rows of hr.public_posts: all posts so far; exactly the planned ones developed in the letter's year."""
    rng, plan, people = world.stream("posts"), world.plan, world.people
    days = world.schedules["hr.public_posts"].days
    old = max(6, round(120 * plan.scale))
    developed = np.concatenate(
        [
            np.sort(rng.integers(day(date(2021, 3, 1)), plan.year_start, old)),
            np.sort(rng.integers(plan.year_start, plan.end - 20, plan.posts)),
        ]
    )
    developed[old] = plan.year_start
    n = len(developed)
    settled = world.register.spells.person[world.settled]
    ours = rng.permutation(settled)[:n]
    who = np.concatenate([ours, rng.integers(people.ours, len(people), n)])[:n]
    who = np.where(rng.random(n) < 0.25, rng.integers(people.ours, len(people), n), who)
    started = developed + rng.integers(3, 90, n)
    ended = started + rng.integers(200, 1500, n)
    vacant = rng.random(n) < 0.2
    values = {
        "category": rng.integers(0, len(_CATEGORIES), n),
        "unit": rng.integers(0, len(_UNITS), n),
        "township": rng.integers(0, len(world.place.township_codes), n),
    }

    def rows(position: int) -> Table:
        today = int(days[position])
        shown = np.flatnonzero(developed <= today)
        held: Bools = (started[shown] <= today) & ~vacant[shown]
        return Table(
            {
                "post_no": numbered("GY", number(developed)[shown]),
                "category": pick(values["category"][shown], _CATEGORIES),
                "unit": pick(values["unit"][shown], _UNITS),
                "township": Column("township", values["township"][shown]),
                "developed_on": Column("date", developed[shown].astype(np.int32)),
                "name": pick(np.where(held, who[shown], -1), people.names),
                "id_no": pick(np.where(held, who[shown], -1), people.ids),
                "started_on": Column("date", np.where(held, started[shown], NONE).astype(np.int32)),
                "ended_on": Column(
                    "date", np.where(held & (ended[shown] <= today), ended[shown], NONE).astype(np.int32)
                ),
            },
            np.full(len(shown), position, dtype=np.int16),
            shown.astype(np.int64),
            developed[shown] >= plan.year_start,
        )

    return rows


def _quarter_days(index: int) -> tuple[int, int]:
    """First and last day of quarter year × 4 + quarter - 1."""
    year, quarter = divmod(index, 4)
    following = date(year + (quarter == 3), (quarter * 3 + 3) % 12 + 1, 1)
    return day(date(year, quarter * 3 + 1, 1)), day(following) - 1


def benchmarks(world: World) -> Rows:
    """Rows of city.benchmarks: every district every quarter; the own one third in the letter's quarter, after a tie."""
    rng, place, plan, spells = world.stream("benchmarks"), world.place, world.plan, world.register.spells
    schedule, others = world.schedules["city.benchmarks"], len(place.district_codes)
    parts: list[tuple[Ints, ...]] = []
    for index in range(2022 * 4, 2025 * 4 + 1):
        size = np.round(plan.persons * np.exp(rng.normal(-0.1, 0.4, others))).astype(np.int64) + 20
        bad = np.maximum(1, np.round(size * rng.uniform(0.0031, 0.0075, others))).astype(np.int64)
        own = len(persons_at_risk(spells, _quarter_days(index)))
        size[place.own] = own
        bad[place.own] = max(1, round(own * rng.uniform(0.003, 0.006)))
        for window, count in (
            (plan.quarter, len(world.register.offenders)),
            (plan.quarter_before, len(world.register.offenders_before)),
        ):
            if window[0] == _quarter_days(index)[0]:
                bad[place.own] = count
        if index == 2025 * 4:
            _rank(rng, size, bad, place.own, plan.city_rank)
            size[place.own] += 2  # the city counts a little otherwise than the district
        parts.append((np.arange(others), np.full(others, index), size, bad))
    district, quarter, size, bad = (np.concatenate([p[i] for p in parts]) for i in range(4))
    out = np.array([_quarter_days(int(q))[1] for q in quarter])
    documents = [f"渝司安帮〔{int(q) // 4}〕{int(q) % 4 + 3}号" for q in range(2022 * 4, 2025 * 4 + 1)]
    table = Table(
        {
            "district": Column("district", district),
            "quarter": Column("quarter", quarter),
            "at_risk_persons": Column("integer", size),
            "reoffenders": Column("integer", bad),
            "document_no": pick(quarter - 2022 * 4, documents),
        },
        schedule.first_after(out + 12),
        fragile=quarter == 2025 * 4,
    )
    fixed = np.flatnonzero((rng.random(len(out)) < 0.02) & (district != place.own) & (quarter < 2025 * 4))
    change = Change(fixed, schedule.first_after(out[fixed] + 75), {"reoffenders": bad[fixed] + 1})
    return by_delivery(with_changes(table, [change]))


def _rank(rng: np.random.Generator, size: Ints, bad: Ints, own: int, rank: int) -> None:
    """Makes ``rank`` - 1 districts better than the own one, equal to each other as fractions; all others worse."""
    mine = Fraction(int(bad[own]), int(size[own]))
    others = [i for i in range(len(size)) if i != own]
    for i in others:
        size[i] = max(size[i], 50)
        bad[i] = min(int(size[i]), int(mine * int(size[i])) + 1 + int(rng.integers(0, max(2, int(size[i]) // 500))))
    for place, i in enumerate(rng.permutation(others)[: rank - 1]):
        bad[i] = place + 1
        size[i] = (place + 1) * (int(size[own]) // max(1, int(bad[own])) + 40)


def budget(world: World) -> Rows:
    """Rows of finance.budget: each item of each year, spending growing through the year."""
    rng, days, plan = world.stream("budget"), world.schedules["finance.budget"].days, world.plan
    years = np.repeat(np.arange(2022, 2026), len(_ITEMS))
    item = np.tile(np.arange(len(_ITEMS)), 4)
    amount = np.round(rng.uniform(40, 160, len(item)) * max(plan.scale, 0.1)).astype(np.int64) * 1_000_000
    pace = rng.uniform(0.85, 1.0, len(item))
    opens = np.array([day(date(int(y), 1, 10)) for y in years])

    def rows(position: int) -> Table:
        today = int(days[position])
        shown = np.flatnonzero(opens <= today)
        share = np.clip((today - opens[shown]) / 350, 0, 1) * pace[shown]
        spent = np.round(amount[shown] * share / 1000).astype(np.int64) * 1000
        new = today - opens[shown] < 20
        return Table(
            {
                "year": Column("integer", years[shown]),
                "item": pick(item[shown], _ITEMS),
                "budget_yuan": Column("money", amount[shown]),
                "spent_yuan": Column("money", np.where(new, NONE, spent)),
                "as_of": Column("date", np.full(len(shown), today - 2, dtype=np.int32)),
            },
            np.full(len(shown), position, dtype=np.int16),
            shown.astype(np.int64),
        )

    return rows
