"""Who is who, the statistics and the cohorts of the oracle, each rule once."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from scipy import stats

from oracle import statistics
from oracle.cohorts import CENSORED, DEATH, OFFENCE, FollowUp, cohorts, measures
from oracle.figures import World
from oracle.handmade_rows import DISTRICT, TODAY, an_id, made, world

A, B = an_id(1), an_id(2)
Line = dict[str, Any]


def person_of(found: World, feed: str, number: int = 0) -> str | None:
    """The linked person of a row of a feed."""
    return found.people.of(found.rows(feed)[number])


def released(release_no: str, id_no: str | None = None, released_on: str = "2024-01-01", **more: Any) -> Line:
    """A release row."""
    return {"release_no": release_no, "id_no": id_no, "released_on": released_on, **more}


def dossier(register_no: str, id_no: str | None = None, **more: Any) -> Line:
    """A register row."""
    return {"register_no": register_no, "id_no": id_no, "registered_on": "2024-02-01", **more}


def line(feed: str, key: str, id_no: str = "", decided_on: str = "2025-01-01") -> dict[str, str]:
    """A line of links.csv."""
    agency, name = feed.split(".")
    return {"agency": agency, "feed": name, "key": key, "id_no": id_no, "decided_on": decided_on, "decided_by": "甲"}


def test_register_goes_through_the_release() -> None:
    """The release decides before the dossier's own id; an unknown release does not."""
    found = world(
        corrections__releases=[released("S1", A)],
        justice__register=[
            dossier("D1", B, release_no="S1"),
            dossier("D2", B, release_no="S9"),
            dossier("D3", release_no="S9"),
        ],
    )
    assert [person_of(found, "justice.register", n) for n in (0, 1, 2)] == [f"id:{A}", f"id:{B}", "register:D3"]


def test_a_release_takes_the_id_that_its_dossiers_agree_on() -> None:
    """One id is taken; two are not, and all of them are one person by the release."""
    found = world(
        corrections__releases=[released("S1"), released("S2")],
        justice__register=[
            dossier("D1", A, release_no="S1"),
            dossier("D2", release_no="S1"),
            dossier("D3", A, release_no="S2"),
            dossier("D4", B, release_no="S2"),
        ],
    )
    assert [person_of(found, "corrections.releases", n) for n in (0, 1)] == [f"id:{A}", "release:S2"]
    persons = [person_of(found, "justice.register", n) for n in range(4)]
    assert persons == [f"id:{A}", f"id:{A}", "release:S2", "release:S2"]


def test_likeness() -> None:
    """Name, birth date and sex, where one person only has them; nulls are filled from the valid id."""
    look = {"name": "张三", "birth_date": "1980-01-01", "sex": "1"}
    reoffence = {"record_no": "R1", "case_no": "R1", "offended_on": "2025-01-01", **look}
    feeds = {"corrections__releases": [released("S1", A), released("S2", **look)], "police__reoffences": [reoffence]}
    found = world(**feeds)
    assert person_of(found, "corrections.releases", 1) == person_of(found, "police.reoffences") == f"id:{A}"
    feeds["corrections__releases"].append(released("S3", an_id(3)))
    found = world(**feeds)
    assert person_of(found, "corrections.releases", 1) == "release:S2"
    assert person_of(found, "police.reoffences") is None


def test_manual_decisions() -> None:
    """The last line decided by the day wins; empty means nobody; others stay unlinked."""
    relief = {"payment_no": "p1", "grant_no": "G1", "relief_type": "8", "granted_on": "2025-01-01", "id_no": B}
    feeds = {"corrections__releases": [released("S1", A)], "civil_affairs__relief": [relief]}
    feed = "civil_affairs.relief"
    links = [
        line(feed, "p1", "", "2025-03-01"),
        line(feed, "p1", A.lower(), "2025-02-01"),
        line(feed, "p1", B, "2026-01-01"),
    ]
    assert person_of(world(**feeds), feed) is None
    assert person_of(world(links, **feeds), feed) == f"id:{A}"
    assert person_of(world(links[:1], **feeds), feed) is None
    nobody = world([line("corrections.releases", "S1")], **feeds)
    assert person_of(nobody, "corrections.releases") is None
    assert nobody.people.decided_nobody(nobody.rows("corrections.releases")[0])
    residence = [{"id_no": B, "checked_on": "2025-05-01"}]
    checked = world([line("police.residence", f" {B.lower()} ", A)], **feeds, police__residence=residence)
    assert person_of(checked, "police.residence") == f"id:{A}"


def test_visits_belong_to_the_dossier() -> None:
    """A dossier that is not in the register leaves the visit unlinked."""
    visits = [{"visit_no": str(n), "register_no": f"D{n}", "visited_on": "2025-01-01"} for n in (1, 2)]
    found = world(justice__register=[dossier("D1")], justice__visits=visits)
    assert [person_of(found, "justice.visits", n) for n in (0, 1)] == ["register:D1", None]


def test_only_who_is_in_force_is_ours() -> None:
    """A withdrawn release takes the person with it; a snapshot replaces the one before."""
    releases, training = "corrections.releases", "hr.training"
    delivered = made(
        (releases, date(2025, 1, 1), [released("S1", A)]),
        (releases, date(2025, 2, 1), [released("S1", A, withdrawn=True)]),
        (training, date(2025, 1, 1), [{"enrolment_no": "1", "id_no": A, "started_on": "2025-01-01"}]),
    )
    assert person_of(World(delivered, DISTRICT, date(2025, 1, 31)), training) == f"id:{A}"
    assert person_of(World(delivered, DISTRICT, TODAY), training) is None


@pytest.mark.parametrize(("hits", "trials"), [(0, 10), (1, 10), (5, 10), (10, 10), (4, 2000)])
def test_wilson(hits: int, trials: int) -> None:
    """As scipy has it."""
    interval = stats.binomtest(hits, trials).proportion_ci(0.95, method="wilson")
    assert statistics.wilson(hits, trials) == pytest.approx((interval.low, interval.high), abs=1e-12)


@pytest.mark.parametrize("events", [0, 1, 2, 9, 60, 400])
def test_poisson(events: int) -> None:
    """As the quantiles of chi-square have it."""
    low = stats.chi2.ppf(0.025, 2 * events) / 2 if events else 0.0
    high = stats.chi2.ppf(0.975, 2 * events + 2) / 2
    assert statistics.poisson_mean(events) == pytest.approx((low, high), rel=1e-9)
    assert statistics.poisson_rate(events, Fraction(2)) == pytest.approx((low / 2, high / 2), rel=1e-9)


@pytest.mark.parametrize(("now", "before"), [(4, 9), (0, 3), (7, 7), (12, 1)])
def test_conditional_binomial(now: int, before: int) -> None:
    """As scipy has it; ties are exact."""
    expected = stats.binomtest(now, now + before, 2000 / 4013).pvalue
    assert statistics.conditional_p(now, before, 2000, 2013) == pytest.approx(expected, rel=1e-9)


def test_conditional_binomial_at_the_edges() -> None:
    """Nobody at risk in either window; nothing happened; nobody at risk before."""
    assert statistics.conditional_p(0, 0, 0, 0) is None
    assert statistics.conditional_p(0, 0, 5, 0) == 1.0
    assert statistics.conditional_p(2, 0, 5, 0) == 1.0
    assert statistics.conditional_p(1, 3, 1, 1) == 10 / 16


def test_cohort_by_hand() -> None:
    """Five persons: offence on day 1, death on day 2, offence and censoring on day 3, one to the end."""
    followed = [
        FollowUp(1, OFFENCE),
        FollowUp(2, DEATH),
        FollowUp(3, OFFENCE),
        FollowUp(3, CENSORED),
        FollowUp(9, CENSORED),
    ]
    at_3 = measures(followed, 3)
    assert (at_3["n"], at_3["events"], at_3["n_at_risk"], at_3["observed_rate"]) == (5, 2, 3, 0.4)
    assert at_3["km_incidence"] == pytest.approx(1 - 4 / 5 * 2 / 3)
    assert at_3["cif"] == pytest.approx(1 / 5 + 3 / 5 * 1 / 3)
    assert at_3["km_se"] == pytest.approx(8 / 15 * (1 / 20 + 1 / 6) ** 0.5)
    assert 0 < at_3["km_lo"] < at_3["km_incidence"] < at_3["km_hi"] < 1
    longer = measures([FollowUp(1, OFFENCE), *followed], 3)  # two offences on day 1
    assert longer["cif"] == pytest.approx(2 / 6 + 4 / 6 * 3 / 4 * 1 / 3)
    at_0 = measures(followed, 0)
    assert (at_0["km_se"], at_0["km_lo"], at_0["km_hi"], at_0["n_at_risk"]) == (0.0, None, None, 5)
    all_failed = measures([FollowUp(0, OFFENCE), FollowUp(4, OFFENCE)], 183)
    assert (all_failed["km_incidence"], all_failed["km_se"], all_failed["km_lo"]) == (1.0, None, None)


@pytest.mark.parametrize(
    ("offended_on", "closed_on", "reason", "cif", "incidence"),
    [
        ("2024-03-01", "2024-03-01", "2", 1.0, 1.0),
        ("2024-03-02", "2024-03-01", "2", 0.0, 0.0),
        ("2024-03-01", "2024-03-01", "4", 1.0, 1.0),
        ("2024-03-02", "2024-03-01", "4", 0.0, 0.0),
        ("2024-03-02", "2024-03-01", "1", 1.0, 1.0),
    ],
)
def test_same_day(offended_on: str, closed_on: str, reason: str, cif: float, incidence: float) -> None:
    """On one day the offence comes first; closing for another reason ends nothing; coverage does not matter."""
    offence = {"record_no": "R1", "case_no": "R1", "id_no": A, "offended_on": offended_on}
    rows = dossier("D1", A, closed_on=closed_on, close_reason=reason)
    found = world(
        corrections__releases=[released("S1", A, "2024-02-01")], justice__register=[rows], police__reoffences=[offence]
    )
    (first, *_) = found.cohorts()
    assert (first["cohort"], first["horizon_days"], first["n"]) == ("2024Q1", 183, 1)
    assert (first["cif"], first["km_incidence"]) == (cif, incidence)
    assert first["complete"] is True


def test_the_last_day_counts() -> None:
    """Released, and reoffended, on the as-of itself; a decision of the day; complete on the very day."""
    offence = {"record_no": "R1", "case_no": "R1", "offended_on": "2025-06-19"}
    found = world(
        [line("police.reoffences", "R1", A, "2025-06-19")],
        corrections__releases=[
            released("S1", A, "2025-06-19"),
            released("S2", B, "2025-06-20"),
            released("S3", an_id(3), "2024-02-01"),
        ],
        police__reoffences=[offence],
    )
    last, *_ = [row for row in found.cohorts() if row["cohort"] == "2025Q2"]
    assert (last["n"], last["events"], last["cif"], last["n_at_risk"]) == (1, 1, 1.0, 0)
    for as_of, complete in ((date(2024, 9, 29), False), (date(2024, 9, 30), True)):
        (first, *_) = found.cohorts(as_of)
        assert (first["horizon_days"], first["complete"]) == (183, complete)


def test_every_release_is_a_subject() -> None:
    """An offence counts for each release before it; one released after the as-of is no subject."""
    delivered = made(
        (
            "corrections.releases",
            date(2025, 1, 5),
            [
                released("S1", A, "2023-02-01", household_district="500152"),
                released("S2", A, "2024-02-01"),
                released("S3", A, "2024-07-01"),
            ],
        ),
        (
            "police.reoffences",
            date(2025, 1, 5),
            [
                {"record_no": "R1", "case_no": "R1", "id_no": A, "offended_on": "2023-08-03"},
                {"record_no": "R2", "case_no": "R2", "id_no": A, "offended_on": "2022-01-01"},
                {"record_no": "R3", "case_no": "R3", "id_no": A, "offended_on": "2024-02-01"},
            ],
        ),
    )
    rows = cohorts(delivered, DISTRICT, date(2024, 6, 30), TODAY)
    assert {row["cohort"] for row in rows} == {"2023Q1", "2024Q1"}
    shown = {(row["cohort"], row["horizon_days"]): row for row in rows}
    assert (shown["2023Q1", 183]["events"], shown["2023Q1", 183]["n_at_risk"]) == (1, 1)
    assert shown["2024Q1", 183]["events"] == 1
    assert (shown["2023Q1", 365]["complete"], shown["2023Q1", 730]["complete"]) == (True, False)
