"""Rules across feeds as the oracle judges them: what just breaks a rule and what just does not."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from oracle.contract import FEEDS
from oracle.cross import cross_findings
from oracle.figures import World
from oracle.handmade_rows import ANJU, DISTRICT, TODAY, an_id, made, value, world

A, B, C = an_id(1), an_id(2), an_id(3)
Line = dict[str, Any]
MISSING = {"W39", "W51"}  # stand on no row: an empty world has them


def release(number: str, released_on: str, id_no: str = A, **more: Any) -> Line:
    """A release row of another district unless given: never due."""
    return {"release_no": number, "released_on": released_on, "id_no": id_no, "household_district": "500152", **more}


def spell(number: str, registered_on: str, id_no: str = A, **more: Any) -> Line:
    """A register row."""
    return {"register_no": number, "registered_on": registered_on, "id_no": id_no, **more}


def offence(number: str, offended_on: str, id_no: str = A, **more: Any) -> Line:
    """A police row."""
    return {"record_no": number, "case_no": number, "offended_on": offended_on, "id_no": id_no, **more}


def payment(number: str, granted_on: str, paid_on: str | None, amount: str | None, **more: Any) -> Line:
    """A relief row of A."""
    line = {"payment_no": number, "grant_no": number, "granted_on": granted_on, "paid_on": paid_on, "id_no": A}
    return line | {"relief_type": "8", "amount_yuan": None if amount is None else Decimal(amount)} | more


def post(number: str, started_on: str, ended_on: str | None = None) -> Line:
    """A post held by A."""
    return {"post_no": number, "developed_on": "2020-01-01", "id_no": A, "started_on": started_on, "ended_on": ended_on}


def red(number: str, assessed_on: str, plan_on: str | None, register_no: str = "D1") -> Line:
    """A red assessment."""
    line = {"assessment_no": number, "register_no": register_no, "assessed_on": assessed_on}
    return line | {"colour": "1", "plan_on": plan_on}


def visit(number: int, day: str = "2025-06-18", register_no: str = "D1", visitor: str | None = "1") -> Line:
    """A visit."""
    return {"visit_no": f"V{number}", "register_no": register_no, "visited_on": day, "visitor": visitor}


ON_REGISTER = spell("D1", "2025-06-01")
SEEN = {"justice__risk_assessments": [red("P1", "2025-06-16", None)], "justice__visits": [visit(0)]}
LIVES_ELSEWHERE = {"household_district": "500151", "residence_district": "500152", "checked_on": "2025-06-01"}
WORLDS: tuple[tuple[dict[str, int], dict[str, list[Line]]], ...] = (
    ({}, {"justice__register": [ON_REGISTER], **SEEN}),
    (
        {"W20": 2},
        {
            "corrections__releases": [
                release("S1", "2025-01-01"),
                release("S2", "2025-01-01"),
                release("S3", "2025-01-02"),
            ]
        },
    ),
    (
        {"W21": 1},
        {
            "corrections__releases": [
                release("S1", "2025-01-31", notified_on="2025-01-01"),
                release("S2", "2025-01-30", notified_on="2025-01-01"),
            ]
        },
    ),
    (
        {"W22": 1},  # the register is of 1 June
        {
            "corrections__releases": [
                release("S1", "2025-05-24", household_district="500151"),
                release("S2", "2025-05-25", B, household_district=None),
            ],
            "justice__register": [spell("D9", "2025-06-01", C, closed_on="2025-06-02", close_reason="1")],
        },
    ),
    (
        {"W23": 1, "W24": 1, "W25": 1},
        {
            "corrections__releases": [
                release("S1", "2025-01-01", assessed_level="01"),
                release("S2", "2025-01-01", B),
                release("S3", "2025-01-02", C),
            ],
            "justice__register": [
                spell("D1", "2025-01-09", release_no="S1", handed_over_on="2025-01-09", closed_on="2025-02-01")
                | {"close_reason": "1", "handover_mode": "06"},
                spell("D2", "2025-01-08", B, release_no="S2", handed_over_on="2025-01-08", closed_on="2025-02-01")
                | {"close_reason": "1", "handover_mode": "06"},
                spell("D3", "2025-01-02", C, release_no="S3", handed_over_on="2025-01-01", closed_on="2025-02-01")
                | {"close_reason": "1"},
            ],
        },
    ),
    ({"W26": 2}, {"justice__register": [ON_REGISTER, spell("D2", "2025-06-02")], **SEEN}),
    (
        {"W27": 1},
        {"corrections__releases": [release("S1", "2020-06-18")], "justice__register": [ON_REGISTER], **SEEN},
    ),
    ({}, {"corrections__releases": [release("S1", "2020-06-19")], "justice__register": [ON_REGISTER], **SEEN}),
    (
        {"W28": 1, "W29": 1},
        {
            "justice__register": [
                spell("D1", "2025-01-01", closed_on="2025-02-01"),
                spell("D2", "2025-01-01", B, closed_on="2025-02-01", close_reason="3"),
                spell("D3", "2025-01-01", C, closed_on="2025-02-01", close_reason="3"),
            ],
            "police__reoffences": [offence("R1", "2025-01-31", C)],
        },
    ),
    (
        {"W30": 2, "W31": 1, "W32": 2},
        {
            "corrections__releases": [release("S1", "2025-01-01")],
            "police__reoffences": [
                offence("R1", "2024-12-31", offence="盗窃罪"),
                offence("R2", "2025-01-01", offence="盗窃罪"),
                offence("R3", "2025-01-01", offence="盗窃罪"),
                offence("R4", "2025-01-01", offence="诈骗罪", case_stage="9"),
                offence("R5", "2025-01-01", offence=None, case_stage="7"),
                offence("R6", "2025-01-01", offence=None, case_stage="7"),
            ],
        },
    ),
    (
        {"W34": 1, "W36": 1, "W37": 1},
        {
            "justice__register": [spell("D1", "2025-01-01")],
            "police__residence": [{"id_no": A, "checked_on": "2025-06-01", "status": "3"}],
            "justice__visits": [visit(1, "2025-03-18")],
        },
    ),
    (
        {"W35": 3},  # of the four of late, P4 still has a day
        {
            "justice__register": [spell("D1", "2025-01-01", closed_on="2025-06-18", close_reason="1")],
            "justice__risk_assessments": [
                red("P1", "2025-06-01", "2025-06-04"),
                red("P2", "2025-06-01", "2025-06-05"),
                red("P3", "2025-06-15", None),
                red("P4", "2025-06-16", None),
                red("P5", "2025-06-14", None),
            ],
        },
    ),
    (
        {"W38": 21},
        {
            "justice__register": [ON_REGISTER, spell("D2", "2025-06-01", B, closed_on="2025-06-05", close_reason="1")],
            "justice__risk_assessments": [red("P1", "2025-06-16", None)],
            "justice__visits": [
                *(visit(n, register_no="D1" if n % 2 else "D2") for n in range(21)),
                *(visit(n, "2025-06-17") for n in range(30, 50)),
                *(visit(n, "2025-06-17", visitor="2") for n in range(50, 60)),
            ],
        },
    ),
    (
        {"W40": 1},
        {"justice__register": [ON_REGISTER], "police__residence": [LIVES_ELSEWHERE | {"id_no": A}], **SEEN},
    ),
    (
        {"W41": 1},
        {
            "justice__register": [ON_REGISTER | {"dual_from": "2025-06-03"}],
            "police__residence": [LIVES_ELSEWHERE | {"id_no": A}],
            **SEEN,
        },
    ),
    ({}, {"justice__register": [ON_REGISTER | {"dual_from": "2025-06-04"}], **SEEN}),
    (
        {"W42": 2, "W43": 2, "W44": 1, "W45": 1},
        {
            "justice__register": [ON_REGISTER],
            **SEEN,
            "civil_affairs__relief": [
                payment("1", "2025-06-01", "2025-06-02", "9.99"),
                payment("2", "2025-06-01", "2025-06-03", "10.00"),
                payment("3", "2025-06-01", "2025-06-03", "50000.00"),
                payment("4", "2025-06-01", "2025-06-03", "50000.01"),
                payment("5", "2025-06-01", "2025-06-04", "100.00"),
                payment("6", "2025-06-01", "2025-05-31", "100.00"),
                payment("7", "2025-06-01", "2025-06-04", "100.00", status="2"),
                payment("8", "2025-06-01", None, None),
            ],
            "housing__relief": [payment("1", "2025-06-01", "2025-06-04", "100.00")],
        },
    ),
    (
        {"W46": 2, "W47": 3},
        {
            "justice__register": [ON_REGISTER],
            **SEEN,
            "hr__public_posts": [
                post("1", "2022-06-19"),
                post("2", "2022-06-18"),
                post("3", "2020-01-01", "2023-01-02"),
                post("4", "2020-01-01", "2023-01-01"),
            ],
            "hr__training": [
                {"enrolment_no": "1", "id_no": A, "started_on": "2025-01-01", "passed": True},
                {"enrolment_no": "2", "id_no": A, "started_on": "2025-01-01", "passed": True, "certificate_no": "Z1"},
                {"enrolment_no": "3", "id_no": A, "started_on": "2025-01-01", "certificate_no": "Z1"},
                {"enrolment_no": "4", "id_no": A, "started_on": "2025-01-01"},
            ],
        },
    ),
    (
        {"W48": 4, "W49": 2},
        {
            "police__reoffences": [offence("R1", "2025-01-01")],
            "hr__employment": [
                {"record_no": "1", "id_no": A, "kind": "1", "recorded_on": "2025-01-01"},
                {"record_no": "2", "kind": "1", "recorded_on": "2025-01-01"},
            ],
            "police__residence": [{"id_no": B, "checked_on": "2025-06-01"}],
            "hr__public_posts": [
                {"post_no": "1", "developed_on": "2025-01-01", "name": "张三"},
                {"post_no": "2", "developed_on": "2025-01-01"},
            ],
            "health__counselling": [{"record_no": "1", "counselled_on": "2025-01-01"}],
            "justice__visits": [visit(1, register_no="D9")],
            "justice__risk_assessments": [red("P1", "2025-06-16", None, "D9")],
        },
    ),
)


@pytest.mark.parametrize(("expected", "feeds"), WORLDS)
def test_rules_of_rows(expected: dict[str, int], feeds: dict[str, list[Line]]) -> None:
    """One finding for each row concerned, and none of another rule."""
    found = Counter(cross.rule for cross in cross_findings(world(**feeds)) if cross.rule not in MISSING)
    assert found == Counter(expected)


def test_stages_that_go_back() -> None:
    """From one version to the next, in the order of delivery."""
    police = "police.reoffences"
    stages = ("1", "3", "2", "7", "1", "1", "4")
    deliveries = [
        (police, date(2025, 1, day), [offence("R1", "2025-01-01", case_stage=stage)])
        for day, stage in enumerate(stages, start=2)
    ]
    found = [cross.rule for cross in cross_findings(World(made(*deliveries), DISTRICT, TODAY))]
    assert found.count("W33") == 1


def test_missing_sweeps_and_late_feeds() -> None:
    """May is over, June is not; 35 days are still in time; a feed without any delivery is late."""
    sweeps = [{"township": ANJU, "month": "2025-05-01", "checked_persons": 1}]
    found = world(justice__sweeps=sweeps)
    late = [cross for cross in cross_findings(found) if cross.rule == "W51"]
    assert len(late) == len(FEEDS) - 1
    assert sum(cross.rule == "W39" for cross in cross_findings(found)) == 1
    shown = found.figures(date(2025, 1, 1), date(2025, 1, 31))
    assert value(shown, "data.findings", rule="W39") == 1
    assert value(shown, "data.findings", feed="justice.sweeps") == 1
    assert value(shown, "data.findings", severity="warn") == len(FEEDS)


@pytest.mark.parametrize(("hits", "persons", "findings"), [(1, 2, 0), (0, 2, 1), (1, 3, 1)])
def test_city_against_own_count(hits: int, persons: int, findings: int) -> None:
    """The first quarter: two at risk, one reoffender."""
    found = world(
        justice__register=[spell("D1", "2025-01-01"), spell("D2", "2025-01-01", B)],
        police__reoffences=[offence("R1", "2025-03-31")],
        city__benchmarks=[
            {"district": "500151", "quarter": "2025Q1", "reoffenders": hits, "at_risk_persons": persons},
            {"district": "500151", "quarter": "2024Q4", "reoffenders": 9, "at_risk_persons": 9},
            {"district": "500152", "quarter": "2025Q1", "reoffenders": 9, "at_risk_persons": 9},
        ],
    )
    assert sum(cross.rule == "W50" for cross in cross_findings(found)) == findings
