"""The oracle's figures of control, support, city and data on worlds small enough to count by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from oracle.contract import FEEDS
from oracle.figures import World
from oracle.handmade_rows import ANJU, DISTRICT, TODAY, Line, an_id, figure, made, spell, value, world
from oracle.shapes import Finding

Q1 = (date(2025, 1, 1), date(2025, 3, 31))
A, B, C = an_id(1), an_id(2), an_id(3)


def test_dual_management() -> None:
    """Half-open listing; 15 days are not yet one-sided, 16 are; an acknowledgement to come does not count."""
    dual = {"dual_from": "2025-03-15", "dual_direction": "1"}
    register = [
        spell("D1", A, "2025-01-01", **dual),
        spell("D2", B, "2025-01-01", **dual | {"dual_to": "2025-03-31", "dual_direction": "2"}),
        spell("D3", C, "2025-01-01", **dual | {"counterpart_ack_on": "2025-04-01", "dual_direction": None}),
        spell("D4", an_id(4), "2025-01-01"),
    ]
    other: Line = {"household_district": "500151", "residence_district": "500152", "checked_on": "2025-02-01"}
    residence = [other | {"id_no": A}, other | {"id_no": B}, other | {"id_no": an_id(4), "residence_district": None}]
    found = world(justice__register=register, police__residence=residence)
    at_30 = found.figures(date(2025, 1, 1), date(2025, 3, 30))
    assert (value(at_30, "dual.listed"), value(at_30, "dual.one_sided")) == (3, 0)
    assert value(at_30, "dual.listed", dual_direction="流入") == 1
    at_31 = found.figures(*Q1, by_township=True)
    assert (value(at_31, "dual.listed"), value(at_31, "dual.one_sided")) == (2, 2)
    assert value(at_31, "dual.listed", dual_direction="流出") == value(at_31, "dual.listed", dual_direction="未填") == 1
    assert value(at_31, "dual.unlisted", township="巴川街道") == 1
    first_day = found.figures(date(2025, 1, 1), date(2025, 3, 15))
    assert value(first_day, "dual.listed") == 3
    acknowledged = found.figures(*Q1, as_of=date(2025, 4, 1))
    assert value(acknowledged, "dual.one_sided") == 1


def assessment(number: str, register_no: str, assessed_on: str, colour: str, plan_on: str | None = None) -> Line:
    """A risk assessment."""
    line = {"assessment_no": number, "register_no": register_no, "assessed_on": assessed_on}
    return line | {"colour": colour, "plan_on": plan_on}


def test_colours() -> None:
    """The newest assessment, then the greatest number; of spells that reach the day the qualifying one opened."""
    register = [
        spell("D1", A, "2024-01-01", "2025-01-10", close_reason="4"),
        spell("D2", A, "2025-01-10", township=ANJU),
        spell("D3", B, "2024-01-01", "2025-01-09", close_reason="4"),
        spell("D4", B, "2025-01-10"),
        spell("D5", C, "2024-01-01"),
    ]
    rows = [
        assessment("P1", "D1", "2024-06-01", "1", "2025-03-31"),
        assessment("P2", "D3", "2024-06-01", "1"),
        assessment("P3", "D5", "2025-02-01", "2"),
        assessment("P4", "D5", "2025-02-01", "3"),
        assessment("P5", "D5", "2025-04-01", "1"),
    ]
    found = world(justice__register=register, justice__risk_assessments=rows)
    shown = found.figures(*Q1, by_township=True)
    assert value(shown, "risk.colour") == 3
    counts = [value(shown, "risk.colour", colour=colour) for colour in ("红", "橙", "黄", "蓝", "未赋色")]
    assert counts == [1, 0, 1, 0, 1]
    assert value(shown, "risk.colour", township="安居镇", colour="红") == 1
    assert value(shown, "risk.in_library", township="安居镇") == 1
    plan = figure(shown, "risk.red_with_plan")
    assert (plan["value"], plan["numerator"], plan["denominator"]) == (1, 1, 1)
    assert (value(shown, "risk.entered"), value(shown, "risk.left")) == (0, 1)  # B's file of before is out of reach
    newest_day = found.figures(Q1[0], date(2025, 4, 1))
    assert value(newest_day, "risk.colour", colour="红") == 2
    day_before = found.figures(date(2025, 1, 1), date(2025, 3, 30))
    assert value(day_before, "risk.red_with_plan") == 0


def test_visits() -> None:
    """To any file of a person covered that day; a visit is fresh for as long as the colour allows."""
    register = [
        spell("D1", A, "2025-01-01", "2025-02-01", close_reason="4"),
        spell("D2", A, "2025-02-01", township=ANJU),
        spell("D3", B, "2025-03-01"),
    ]
    visits = [
        {"visit_no": "V1", "register_no": "D1", "visited_on": "2025-03-24", "counselled": True},
        {"visit_no": "V2", "register_no": "D3", "visited_on": "2025-02-28", "counselled": True},
        {"visit_no": "V3", "register_no": "D9", "visited_on": "2025-03-01", "counselled": True},
    ]
    found = world(
        justice__register=register,
        justice__visits=visits,
        justice__risk_assessments=[assessment("P1", "D2", "2025-03-01", "1")],
        health__counselling=[
            {"record_no": f"K{n}{day}", "id_no": an_id(n), "counselled_on": day}
            for n, day in (
                (1, "2025-03-30"),
                (1, "2025-03-31"),
                (1, "2025-04-01"),
                (2, "2025-02-28"),
                (3, "2025-03-01"),
            )
        ],
    )
    shown = found.figures(*Q1, by_township=True)
    assert value(shown, "visits.count") == value(shown, "visits.count", township="安居镇") == 1
    assert value(shown, "counselling.sessions") == 3
    assert value(shown, "visits.rate") == 1.0
    assert value(shown, "visits.rate", township="巴川街道") == 1.0
    assert value(found.figures(Q1[0], date(2025, 4, 1)), "visits.up_to_date") == 1
    assert value(found.figures(Q1[0], date(2025, 3, 24)), "visits.up_to_date") == 2
    assert value(found.figures(Q1[0], date(2025, 3, 23)), "visits.up_to_date") == 1
    assert value(shown, "data.unlinked", feed="justice.visits") == 1


def test_sweeps() -> None:
    """Months wholly inside the window, completed by their last day."""
    rows = [
        {"township": ANJU, "month": "2025-01-01", "checked_persons": 1, "completed_on": "2025-01-31"},
        {"township": ANJU, "month": "2025-02-01", "checked_persons": 1, "completed_on": "2025-03-01"},
        {"township": ANJU, "month": "2025-03-01", "checked_persons": 1, "completed_on": "2025-03-01"},
        {"township": ANJU, "month": "2024-12-01", "checked_persons": 1, "completed_on": "2024-12-31"},
    ]
    found = world(justice__sweeps=rows).figures(date(2024, 12, 2), date(2025, 3, 30), by_township=True)
    rate = figure(found, "sweeps.rate")
    assert (value(found, "sweeps.done"), rate["numerator"], rate["denominator"]) == (1, 1, 4)
    assert value(found, "sweeps.rate", township="安居镇") == 0.5
    assert value(world(justice__sweeps=rows).figures(date(2025, 3, 2), date(2025, 3, 31)), "sweeps.rate") is None


def payment(number: str, grant_no: str, granted_on: str, relief_type: str = "8", **more: Any) -> Line:
    """A relief row of A."""
    line = {"payment_no": number, "grant_no": grant_no, "granted_on": granted_on, "relief_type": relief_type}
    return {"id_no": A, **line, **more}


def test_grants_whose_rows_disagree() -> None:
    """The earliest row gives day and type, the first linked row the person; what was taken back is ignored."""
    rows = [
        payment("2", "G1", "2025-01-05", "8", id_no=an_id(99), paid_on="2025-01-05", amount_yuan=Decimal("5.00")),
        payment("10", "G1", "2025-01-05", "1", id_no=None, paid_on="2025-01-06"),
        payment("3", "G1", "2025-02-05", "6", paid_on="2025-02-05", amount_yuan=Decimal("100.50")),
        payment("4", "G2", "2024-12-31", "8", status="2"),
        payment("5", "G2", "2025-03-31", "8", paid_on="2025-04-01", amount_yuan=Decimal("7.00")),
        payment("6", "G3", "2024-12-31", "8"),
        payment("7", "G3", "2025-01-31", "8", paid_on="2025-01-31", amount_yuan=Decimal("1.00")),
    ]
    feeds = {
        "justice__register": [spell("D1", A, "2025-01-01")],
        "civil_affairs__relief": rows,
        "housing__relief": [payment("2", "G1", "2025-01-05", "6")],
    }
    found = world(**feeds).figures(*Q1, by_township=True)
    assert value(found, "relief.grants") == 3
    assert value(found, "relief.persons") == 1
    assert value(found, "relief.grants", relief_type="最低生活保障") == 1
    assert value(found, "relief.grants", relief_type="临时救助") == 1
    assert value(found, "relief.grants", relief_type="住房救助") == 1
    assert value(found, "relief.persons", township="巴川街道") == 1
    assert value(found, "relief.payments") == 2
    assert value(found, "relief.amount_yuan") == "101.50"
    assert value(found, "relief.amount_yuan", relief_type="住房救助") == "100.50"
    assert value(found, "relief.amount_yuan", township="安居镇") == "0.00"
    assert figure(found, "relief.amount_yuan")["previous"] == "0.00"


def test_the_library_in_and_out() -> None:
    """Who is in at both ends neither entered nor left."""
    register = [spell(f"D{n}", an_id(n), "2024-01-01") for n in (1, 2, 3, 4)]
    rows = [
        assessment("P1", "D1", "2024-06-01", "1"),
        assessment("P6", "D4", "2024-06-01", "1"),
        assessment("P2", "D2", "2024-12-31", "2"),
        assessment("P3", "D2", "2025-03-31", "3"),
        assessment("P4", "D3", "2025-01-01", "2"),
        assessment("P5", "D1", "2025-02-01", "2"),
    ]
    found = world(justice__register=register, justice__risk_assessments=rows).figures(*Q1)
    assert [value(found, f"risk.{name}") for name in ("in_library", "entered", "left")] == [3, 1, 1]


def test_relief_outside_the_register() -> None:
    """A grant to a person who is not covered that day does not count."""
    rows = [payment("1", "G1", "2025-01-31"), payment("2", "G2", "2025-04-01"), payment("3", "G3", "2025-02-01")]
    rows += [payment("4", "G4", "2025-02-01", id_no=None)]
    found = world(justice__register=[spell("D1", A, "2025-02-01")], housing__relief=rows).figures(*Q1, by_township=True)
    assert value(found, "relief.grants") == value(found, "relief.grants", township="巴川街道") == 1
    assert {tuple(shown["by"]) for shown in found if shown["id"] == "relief.payments"} == {(), ("relief_type",)}


def test_work() -> None:
    """The newest record says; without any, the placement of the qualifying spell."""
    register = [spell(f"D{n}", an_id(n), "2025-01-01", placement="07") for n in (1, 3)]
    register += [
        spell("D2", B, "2025-01-01", placement="07", township=ANJU),
        spell("D4", an_id(4), "2025-01-01", placement="00"),
        spell("D5", an_id(5), "2025-01-01", placement=None),
        spell("D6", an_id(6), "2025-01-01", placement="01", township=ANJU),
        spell("D7", an_id(7), "2025-01-01", placement="99", township=ANJU),
        spell("D8", an_id(8), "2025-02-01", placement="00", township=ANJU),
    ]
    employment = [
        {"record_no": "9", "id_no": A, "kind": "2", "recorded_on": "2025-02-01"},
        {"record_no": "10", "id_no": A, "kind": "1", "recorded_on": "2025-02-01"},
        {"record_no": "11", "id_no": B, "kind": "3", "recorded_on": "2025-02-01"},
        {"record_no": "12", "id_no": C, "kind": "2", "recorded_on": "2025-04-01"},
        {"record_no": "14", "id_no": an_id(7), "kind": "2", "recorded_on": "2025-03-31"},
        {"record_no": "13", "id_no": an_id(8), "kind": "1", "recorded_on": "2025-03-31"},
    ]
    posts = [
        {"post_no": "1", "developed_on": "2025-01-01", "id_no": A, "name": "张三", "started_on": "2025-01-01"},
        {
            "post_no": "2",
            "developed_on": "2024-01-01",
            "id_no": B,
            "started_on": "2025-01-01",
            "ended_on": "2025-03-31",
        },
        {"post_no": "3", "developed_on": "2025-03-31"},
        {"post_no": "5", "developed_on": "2024-01-01", "name": "李四"},
        {"post_no": "6", "developed_on": "2024-01-01", "id_no": an_id(99)},
        {"post_no": "4", "developed_on": "2024-01-01", "id_no": A, "started_on": "2025-03-31"},
    ]
    training: list[Line] = [
        {
            "enrolment_no": "1",
            "id_no": A,
            "started_on": "2025-01-01",
            "finished_on": "2025-03-31",
            "passed": True,
            "certificate_no": "Z1",
            "subsidy_yuan": Decimal("1200.00"),
            "subsidy_paid_on": "2025-03-31",
        },
        {"enrolment_no": "2", "id_no": A, "started_on": "2024-12-31", "finished_on": "2025-03-31", "passed": True},
        {"enrolment_no": "3", "id_no": an_id(8), "started_on": "2025-01-31"},
        {"enrolment_no": "5", "id_no": C, "started_on": "2024-01-31", "finished_on": "2025-03-31", "passed": True},
        {"enrolment_no": "4", "id_no": B, "started_on": "2025-04-01"},
        {"enrolment_no": "6", "id_no": B, "started_on": "2025-02-01"},
    ]
    found = world(
        justice__register=register,
        hr__employment=employment,
        hr__public_posts=posts,
        hr__training=training,
    ).figures(*Q1, by_township=True)
    assert value(found, "employment.employed") == 4
    assert value(found, "employment.rate", township="巴川街道") == 0.25
    assert value(found, "employment.employed", township="安居镇") == 3
    assert (value(found, "posts.developed"), value(found, "posts.held")) == (2, 2)
    assert (value(found, "training.persons"), value(found, "training.certificates")) == (2, 1)
    assert value(found, "training.subsidy_yuan") == "1200.00"
    assert value(found, "data.unlinked", feed="hr.public_posts") == 2


def test_city_and_budget() -> None:
    """Ties share the better rank; the last whole quarter; a null spent is 0, no row null."""
    rows = [
        {"district": code, "quarter": "2025Q1", "reoffenders": hits, "at_risk_persons": persons}
        for code, hits, persons in (("500151", 2, 6), ("500152", 1, 3), ("500153", 1, 2), ("500154", 0, 9))
    ]
    money = [
        {"year": 2025, "item": "甲", "budget_yuan": Decimal("10.00"), "spent_yuan": None},
        {"year": 2025, "item": "乙", "budget_yuan": Decimal("5.50"), "spent_yuan": Decimal("1.25")},
    ]
    found = world(city__benchmarks=rows, finance__budget=money).figures(date(2025, 1, 1), TODAY)
    rank = figure(found, "city.rank")
    assert (rank["value"], rank["denominator"], rank["previous"]) == (2, 4, None)
    assert value(found, "city.rate") == pytest.approx(1 / 3)
    assert (value(found, "budget.budget_yuan"), value(found, "budget.spent_yuan")) == ("15.50", "1.25")
    assert figure(found, "budget.budget_yuan")["previous"] is None


def budget_line(year: int, item: str, budget: str, spent: str, as_of: str | None = None) -> Line:
    """An item of the budget."""
    return {"year": year, "item": item, "budget_yuan": Decimal(budget), "spent_yuan": Decimal(spent), "as_of": as_of}


def test_the_budget_is_of_its_day() -> None:
    """Of the list newest at the as-of; items stated up to a later day are not spent yet; no list before is no value."""
    feed = "finance.budget"
    lists = [
        (feed, date(2024, 3, 1), [budget_line(2024, "甲", "4.00", "2.00")]),
        (
            feed,
            date(2025, 3, 1),
            [
                budget_line(2025, "甲", "10.00", "1.00", "2025-02-20"),
                budget_line(2025, "乙", "5.00", "3.00", "2025-02-28"),
                budget_line(2025, "丙", "7.00", "7.00", "2025-04-01"),
            ],
        ),
        (feed, date(2025, 6, 1), [budget_line(2025, "甲", "20.00", "9.00")]),
    ]
    lasting = World(made(*lists), DISTRICT, TODAY)
    first = lasting.figures(*Q1)
    spent = figure(first, "budget.spent_yuan")
    assert (value(first, "budget.budget_yuan"), spent["value"]) == ("22.00", "4.00")
    assert (spent["spent_as_of"], spent["previous"]) == ("2025-02-20", "2.00")
    later = figure(lasting.figures(date(2025, 1, 1), TODAY), "budget.spent_yuan")
    assert (later["value"], later["spent_as_of"], later["previous"]) == ("9.00", None, "2.00")
    early = lasting.figures(date(2025, 1, 1), date(2025, 2, 15))
    assert value(early, "budget.budget_yuan") is value(early, "budget.spent_yuan") is None
    up_to = lasting.figures(date(2025, 1, 1), date(2025, 6, 19), date(2025, 3, 1))
    assert value(up_to, "budget.spent_yuan") == "4.00"


def test_ratios_change_by_points_and_bulletins_name_their_quarter() -> None:
    """A ratio's difference, null when one of them is; the last quarter wholly inside, or none."""
    register = [spell("D1", A, "2023-01-01"), spell("D2", B, "2025-01-01")]
    employment: list[Line] = [
        {"record_no": "1", "id_no": A, "recorded_on": "2024-01-01", "kind": "1"},
        {"record_no": "2", "id_no": B, "recorded_on": "2025-01-01", "kind": "2"},
    ]
    found = world(justice__register=register, hr__employment=employment).figures(*Q1)
    rate = figure(found, "employment.rate")
    assert (rate["value"], rate["previous"], rate["change_points"]) == (0.5, 1.0, -0.5)
    assert figure(found, "handover.rate")["change_points"] is None
    assert figure(found, "city.rank")["quarter"] == figure(found, "city.rate")["quarter"] == "2025Q1"
    assert figure(world().figures(date(2025, 1, 2), TODAY), "city.rate")["quarter"] is None


def test_every_cell_has_a_row() -> None:
    """An empty world shows every figure, township, code and colour, zero or null."""
    found = world().figures(*Q1, by_township=True)
    cells = [(shown["id"], tuple(shown["by"].items())) for shown in found]
    assert len(cells) == len(set(cells))
    assert value(found, "risk.colour", township="安居镇", colour="未赋色") == 0
    assert value(found, "relief.grants", relief_type="教育救助") == 0
    assert value(found, "register.closed", close_reason="其他") == 0
    assert value(found, "relief.amount_yuan") == "0.00"
    assert value(found, "handover.rate") is None
    assert figure(found, "recidivism.per_100_person_years")["ci95"] is None
    assert figure(found, "recidivism.rate")["p_value"] is None
    assert all(value(found, "data.newest_delivery", feed=feed) is None for feed in FEEDS)
    assert not any("township" in shown["by"] for shown in world().figures(*Q1))


def test_data_as_known() -> None:
    """Only what was delivered by the day counts, and a repeated file is a delivery."""
    line = {"record_no": "K1", "id_no": A, "counselled_on": "2025-01-01"}
    feed = "health.counselling"
    delivered = made((feed, date(2025, 5, 1), [line]), (feed, date(2025, 6, 1), [line]))
    delivered.duplicates += [(feed, date(2025, 6, 10)), (feed, date(2025, 6, 20)), ("hr.training", TODAY)]
    for day in (None, date(2025, 6, 19), date(2025, 6, 20)):
        delivered.findings.append(Finding("B5", "block", feed, "health/counselling.csv", day, None, None))
    found = World(delivered, DISTRICT, TODAY).figures(*Q1)
    assert value(found, "data.rows", feed=feed, outcome="accepted") == value(found, "data.rows", feed=feed) == 2
    newest = figure(found, "data.newest_delivery", feed=feed)
    assert (newest["value"], newest["age_days"]) == ("2025-06-10", 9)
    assert value(found, "data.unlinked", feed=feed) == 1
    assert value(found, "data.findings", rule="B5") == value(found, "data.findings", severity="block") == 2
    before = World(delivered, DISTRICT, date(2025, 5, 31)).figures(*Q1)
    assert value(before, "data.rows", feed=feed, outcome="read") == 1
