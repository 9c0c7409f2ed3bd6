"""Every rule on rows: it fires on its row, names its column, and is silent at the edge (QUALITY)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from typing import Any

import pytest

from landed import GOOD, Batch, Found, LandedHome

Expected = Set[tuple[str, str | None]]

REL, REG, VIS, RISK, SWEEP = (
    "corrections.releases",
    "justice.register",
    "justice.visits",
    "justice.risk_assessments",
    "justice.sweeps",
)
OFF, RES, AID, HOUSE = "police.reoffences", "police.residence", "civil_affairs.relief", "housing.relief"
TRAIN, POST, JOB, TALK = "hr.training", "hr.public_posts", "hr.employment", "health.counselling"
CITY, MONEY = "city.benchmarks", "finance.budget"

# feed, what differs from the good row, rules and columns expected
Case = tuple[str, Mapping[str, Any], Expected]
CASES: list[Case] = [
    *((feed, {}, set()) for feed in GOOD),
    # Q1
    (REL, {"release_no": ""}, {("Q1", "release_no")}),
    (REL, {"name": "未知", "released_on": "2025-02-30"}, {("Q1", "name"), ("Q1", "released_on")}),
    (REL, {"release_type": "越狱"}, {("Q1", "release_type")}),
    (REL, {"name": "#REF!"}, {("Q1", "name")}),
    (REG, {"township": "万州"}, {("Q1", "township")}),
    (REG, {"township": "安居镇司法所"}, set()),
    (REG, {"township": "司法所"}, {("Q1", "township")}),
    (SWEEP, {"township": "安居司法所"}, {("Q1", "township")}),
    (SWEEP, {"month": "2025.300"}, {("Q1", "month")}),
    (RISK, {"colour": "紫"}, {("Q1", "colour")}),
    (CITY, {"quarter": "2025Q5"}, {("Q1", "quarter")}),
    (CITY, {"district": "成都"}, {("Q1", "district")}),
    (MONEY, {"budget_yuan": "一万"}, {("Q1", "budget_yuan")}),
    *(
        (RES, {"id_no": bad}, {("Q1", "id_no")})
        for bad in ("", "110105194913310000", "123", "110105194913310021", "110105194912310021")
    ),
    # Q2
    (REL, {"admitted_on": "2025-05-02"}, {("Q2", None)}),
    (REL, {"admitted_on": "2025-05-01"}, set()),
    (REG, {"closed_on": "2025-05-02"}, {("Q2", None)}),
    (REG, {"closed_on": "2025-05-03"}, set()),
    (TRAIN, {"finished_on": "2025-04-30"}, {("Q2", None)}),
    (TRAIN, {"finished_on": "2025-05-01"}, set()),
    (POST, {"ended_on": "2025-01-31"}, {("Q2", None)}),
    (POST, {"started_on": None}, set()),
    # Q3
    *(
        (feed, {column: "2025-07-01"}, {("Q3", column)})
        for feed, column in [
            (REG, "handed_over_on"), (REG, "registered_on"), (VIS, "visited_on"), (RISK, "assessed_on"),
            (SWEEP, "completed_on"), (OFF, "offended_on"), (OFF, "filed_on"), (RES, "checked_on"),
            (AID, "granted_on"), (AID, "paid_on"), (HOUSE, "paid_on"), (JOB, "recorded_on"), (TALK, "counselled_on"),
        ]
    ),
    (TRAIN, {"started_on": "2025-07-01", "finished_on": "2025-07-02"}, {("Q3", "started_on")}),
    *(
        (feed, {column: "2025-06-30"}, set())
        for feed, column in [(REG, "handed_over_on"), (VIS, "visited_on"), (OFF, "filed_on"), (AID, "paid_on")]
    ),
    (REL, {"released_on": "2025-07-01"}, set()),
    (REG, {"closed_on": "2025-07-01", "dual_from": "2025-07-01"}, set()),
    # Q4
    (OFF, {"case_kind": "行政"}, {("Q4", None)}),
    (OFF, {"case_kind": "2", "name": "", "filed_on": "2025-07-01"}, {("Q4", None)}),
    (OFF, {"case_kind": "2", "record_no": ""}, {("Q4", None)}),
    (OFF, {"case_kind": "2", "record_no": "5.0E+17", "spoiled": "more"}, {("Q4", None)}),
    # Q5
    (AID, {"amount_yuan": "0"}, {("Q5", "amount_yuan")}),
    (AID, {"amount_yuan": "-0.01"}, {("Q5", "amount_yuan")}),
    (AID, {"amount_yuan": "0.01"}, set()),
    (HOUSE, {"amount_yuan": "0.001"}, {("Q5", "amount_yuan")}),
    (AID, {"amount_yuan": None}, set()),
    (TRAIN, {"subsidy_yuan": "-0.01"}, {("Q5", "subsidy_yuan")}),
    (MONEY, {"budget_yuan": "-1", "spent_yuan": "-1"}, {("Q5", "budget_yuan"), ("Q5", "spent_yuan")}),
    (MONEY, {"budget_yuan": "0"}, set()),
    (SWEEP, {"checked_persons": "-1", "risks_found": "-1"}, {("Q5", "checked_persons"), ("Q5", "risks_found")}),
    (SWEEP, {"checked_persons": "0"}, set()),
    (CITY, {"at_risk_persons": "0", "reoffenders": "0"}, {("Q5", "at_risk_persons")}),
    (CITY, {"reoffenders": "-1"}, {("Q5", "reoffenders")}),
    (CITY, {"reoffenders": "101"}, {("Q5", "reoffenders")}),
    (CITY, {"reoffenders": "100"}, set()),
    (CITY, {"at_risk_persons": "-5", "reoffenders": "-1"}, {("Q5", "at_risk_persons"), ("Q5", "reoffenders")}),
    # Q6, and no warning on a quarantined row
    (VIS, {"spoiled": "more"}, {("Q6", None)}),
    (VIS, {"spoiled": "more", "mode": "走路", "visit_no": None}, {("Q6", None), ("Q1", "visit_no")}),
    # Q7: what Excel shows of long numbers; beside it other rules, but not Q1 of the same cell
    (AID, {"payment_no": "5.00151E+17"}, {("Q7", "payment_no")}),
    (AID, {"payment_no": "5.00151e17", "name": ""}, {("Q7", "payment_no"), ("Q1", "name")}),
    (AID, {"payment_no": "500E+15"}, {("Q7", "payment_no")}),
    (AID, {"payment_no": "5E17", "notes": ["payment_no:number"]}, {("Q7", "payment_no")}),
    (AID, {"payment_no": "500151202506000060", "notes": ["payment_no:number"]}, {("Q7", "payment_no")}),
    (AID, {"payment_no": "500151202506000060"}, set()),
    (AID, {"grant_no": "5E+17", "notes": ["grant_no:number"]}, {("Q7", "grant_no")}),
    *((AID, {"payment_no": number}, set()) for number in ("2025E0001", "12E3", "E+17", "1E1")),
    (RES, {"id_no": "5.00151E+17"}, {("Q7", "id_no")}),
    (RES, {"id_no": "500151199001011000", "notes": ["id_no:number"]}, {("Q7", "id_no")}),
    (VIS, {"withdrawn": "是", "visit_no": "5.0E+17"}, {("Q7", "visit_no")}),
    # W01
    (REL, {"household_district": "成都"}, {("W01", "household_district")}),
    (REL, {"household_township": "成都"}, set()),
    (REL, {"sentence_months": "半年"}, {("W01", "sentence_months")}),
    (REL, {"sentence_months": "无期徒刑"}, set()),
    (REL, {"prior_convictions": "两次", "sex": "未知"}, {("W01", "prior_convictions")}),
    (REL, {"sealed": "可能"}, {("W01", "sealed")}),
    (REL, {"sealed": "无"}, set()),
    (REG, {"dual_to": "25-3-5", "placement": "08"}, {("W01", "dual_to"), ("W01", "placement")}),
    (AID, {"amount_yuan": "1,2", "township": "成都"}, {("W01", "amount_yuan")}),
    (VIS, {"withdrawn": "也许"}, {("W01", "withdrawn")}),
    # W02
    *((feed, {"id_no": "无"}, {("W02", "id_no")}) for feed in (REL, REG, OFF, AID, HOUSE, TRAIN, JOB, TALK, POST)),
    (POST, {"id_no": None, "name": "-"}, set()),
    # W03 … W07, in this order of precedence: W04, W03, W06, W05
    (REG, {"id_no": "5001511990"}, {("W03", "id_no")}),
    (REG, {"id_no": "11010519491231002Y"}, {("W03", "id_no")}),
    (REG, {"id_no": "1.10105E+17"}, {("W04", "id_no")}),
    (REG, {"id_no": "110105194913310000"}, {("W04", "id_no")}),
    (REG, {"id_no": "110105194912310021"}, {("W05", "id_no")}),
    (REG, {"id_no": "110105194913310021"}, {("W06", "id_no")}),
    (REG, {"id_no": "110105491231002"}, {("W07", "id_no")}),
    (RES, {"id_no": "110105491231002"}, {("W07", "id_no")}),
    (POST, {"id_no": "1", "name": None}, {("W03", "id_no")}),
    # W09
    (REL, {"sex": "男"}, {("W09", "sex")}),
    (REL, {"birth_date": "1949-12-30"}, {("W09", "birth_date")}),
    (OFF, {"sex": "1", "birth_date": "1949年12月30日"}, {("W09", "sex"), ("W09", "birth_date")}),
    (OFF, {"sex": "1", "birth_date": "1949-12-30", "id_no": "无"}, {("W02", "id_no")}),
    (REL, {"sex": "男", "id_no": "110105491231002"}, {("W07", "id_no"), ("W09", "sex")}),
    # W15 and not W01, W02 or W03
    (REG, {"closed_on": "#REF!"}, {("W15", "closed_on")}),
    (REG, {"id_no": "#VALUE!"}, {("W15", "id_no")}),
    (REL, {"offence": "#NAME?", "household_township": "#NULL!"}, {("W15", "offence"), ("W15", "household_township")}),
    (REL, {"offence": "#N/A"}, set()),
    (VIS, {"withdrawn": "#NUM!"}, {("W15", "withdrawn")}),
    # what landing notes of a cell: a formula without a value, an error whatever its text
    (AID, {"amount_yuan": "", "notes": ["amount_yuan:formula"]}, {("W15", "amount_yuan")}),
    (
        AID,
        {"paid_on": "", "id_no": "", "notes": ["paid_on:formula", "id_no:formula"]},
        {("W15", "paid_on"), ("W15", "id_no")},
    ),
    (
        REL,
        {"offence": "", "facility": "#MADE-UP", "notes": ["offence:formula", "facility:error"]},
        {("W15", "offence"), ("W15", "facility")},
    ),
    (REL, {"sex": "#MADE-UP", "notes": ["sex:error"]}, {("W15", "sex")}),
    (REL, {"offence": "#N/A", "notes": ["offence:error"]}, set()),
    (REL, {"name": "#MADE-UP", "notes": ["name:error"]}, {("Q1", "name")}),
    (REL, {"released_on": "", "notes": ["released_on:formula"]}, {("Q1", "released_on")}),
    # an id that was a number cell, right or wrong
    (REG, {"id_no": "11010519491231002X", "notes": ["id_no:number"]}, {("W04", "id_no")}),
    (REG, {"id_no": "1101051949123100", "notes": ["id_no:number"]}, {("W04", "id_no")}),
    (REG, {"id_no": "110105194912310021", "notes": ["closed_on:late"]}, {("W05", "id_no")}),
    # W16
    *(
        (REL, {"name": name}, {("W16", "name")})
        for name in (
            *("王?", "？四", "□四", "王■", "▯五", "王\ue001", "王\ufffd", "??"),
            *("马zhan", "lü四", "马 zhan", "zhan 四"),
        )
    ),
    *((REL, {"name": name}, set()) for name in ("Maria 李", "阿里 Karim", "A.李")),
    *((REL, {"name": name}, set()) for name in ("马\ue81e", "J. Smith", "阿⋅买", "⻢四", "王\u00ad五", "𠮷四")),
    (REL, {"release_no": "渝释?R1"}, {("W16", "release_no")}),
    (REL, {"release_no": "\ufffdR2"}, {("W16", "release_no")}),
    *((REL, {"release_no": number}, set()) for number in ("R?3", "渝释A4", "\u202aR5\u202c")),
    (REL, {"offence": "盗窃?", "facility": "□"}, set()),
    # W18
    (REL, {"sex": "", "notes": ["facility:merged", "sex:merged"]}, {("W18", "facility"), ("W18", "sex")}),
    # withdrawals need their key only
    (VIS, {"withdrawn": "是", "register_no": None, "visited_on": "2029-01-01", "mode": "走路"}, set()),
    (VIS, {"withdrawn": "是", "visit_no": None}, {("Q1", "visit_no")}),
    (VIS, {"withdrawn": "是", "spoiled": "more"}, {("Q6", None)}),
    (AID, {"withdrawn": "1", "amount_yuan": "-5", "id_no": "1", "status": "#REF!"}, set()),
    (SWEEP, {"withdrawn": "是", "checked_persons": "-5"}, set()),
    (SWEEP, {"withdrawn": "是", "month": "x"}, {("Q1", "month")}),
    (OFF, {"withdrawn": "是", "case_kind": "行政"}, set()),
    # only incremental feeds may withdraw
    (REG, {"withdrawn": "是"}, set()),
]  # fmt: skip
# a line with broken quotes has the cells before them, and breaks no other rule
BROKEN: Case = (
    AID,
    dict.fromkeys(list(GOOD[AID])[1:]) | {"spoiled": 'K,"broken', "row_kind": "broken"},
    {("Q6", None)},
)


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> LandedHome:
    """All cases in one home: one batch for each feed, one row for each case, each with its own key."""
    home = LandedHome(tmp_path_factory.mktemp("home"))
    for batch_id, feed in enumerate(GOOD, 1):
        rows: list[dict[str, Any]] = []
        for n, (other, change, _) in enumerate([*CASES, BROKEN]):
            own_key = {} if feed in (SWEEP, CITY, RES) else {next(iter(GOOD[feed])): f"K{n}"}
            if feed == MONEY:
                own_key = {"item": f"项目{n}"}
            rows.append({**GOOD[feed], **own_key, **change} if other == feed else {})
        home.land(batch_id, Batch(feed, rows))
    assert home.check().batches == len(GOOD)
    return home


@pytest.fixture(scope="module")
def judged(checked: LandedHome) -> dict[str, tuple[set[Found], dict[int, bool]]]:
    """Findings, and whether each row is quarantined, by feed."""
    return {
        feed: (
            checked.findings(batch_id),
            dict(checked.rows(f"select row_no, is_quarantined from warehouse.checked.{feed.replace('.', '__')}")),
        )
        for batch_id, feed in enumerate(GOOD, 1)
    }


@pytest.mark.parametrize("n", range(len(CASES) + 1))
def test_rules_of_a_row(judged: dict[str, tuple[set[Found], dict[int, bool]]], n: int) -> None:
    feed, _, expected = [*CASES, BROKEN][n]
    findings, is_quarantined = judged[feed]
    assert {(f.rule, f.column) for f in findings if f.row_no == n + 2 and f.rule != "W11"} == expected
    assert is_quarantined[n + 2] == any(rule.startswith("Q") for rule, _ in expected)


def test_every_row_is_accepted_or_quarantined(checked: LandedHome) -> None:
    assert checked.rows(
        "select count(*) from warehouse.landing.batches"
        " where rows_read - rows_skipped != rows_accepted + rows_quarantined or not is_checked"
    ) == [(0,)]


def test_every_rule_of_rows_is_covered() -> None:
    rules = {rule for *_, expected in [*CASES, BROKEN] for rule, _ in expected}
    assert rules == {f"Q{n}" for n in range(1, 8)} | {f"W{n:02}" for n in (1, 2, 3, 4, 5, 6, 7, 9, 15, 16, 18)}


def test_nothing_is_left_of_a_public_order_case_but_its_number(checked: LandedHome) -> None:
    batch_id = list(GOOD).index(OFF) + 1
    numbers = [
        n + 2 for n, (feed, change, _) in enumerate(CASES) if feed == OFF and change.get("case_kind") in ("行政", "2")
    ]
    for schema, aside in (("raw", {"row_kind"}), ("checked", {"is_quarantined"})):
        rows = checked.rows(
            f"select columns(c -> c not in ('withdrawn', {', '.join(repr(a) for a in aside)}))"
            f" from warehouse.{schema}.police__reoffences where batch_id = ? and list_contains(?, row_no)",
            batch_id, numbers,
        )  # fmt: skip
        assert len(rows) == len(numbers)
        for row in rows:
            filled = [cell for cell in row if cell is not None]
            assert filled in (
                [batch_id, filled[1], f"K{filled[1] - 2}"],
                [batch_id, filled[1]],
                [batch_id, filled[1], ""],
                [batch_id, filled[1], "5.0E+17"],
            )


def test_no_finding_holds_an_id_number_or_a_name(checked: LandedHome) -> None:
    texts = checked.rows("select key, message, column_name, file_name from warehouse.landing.findings")
    assert not [row for row in texts if any(text and ("11010519" in text or "张三" in text) for text in row)]
    batch_id = list(GOOD).index(RES) + 1
    keys = {key for (key,) in checked.rows(
        "select key from warehouse.landing.findings where batch_id = ? and key is not null", batch_id
    )}  # fmt: skip
    assert keys
    assert all(re.fullmatch(r"residence_\d{8}\.csv 第\d+行", key) for key in keys)
