"""The oracle's figures on worlds small enough to count by hand, METRICS.md definition by definition."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from oracle.facts import periods
from oracle.figures import World
from oracle.handmade_rows import ANJU, DISTRICT, TODAY, Line, an_id, figure, made, offence, release, spell, value, world
from oracle.shapes import Finding

Q1 = (date(2025, 1, 1), date(2025, 3, 31))
A, B, C = an_id(1), an_id(2), an_id(3)


def test_windows_end_with_what_is_known() -> None:
    """Events end at min(E, D, K); the year before moves E and D, not K; 29 February becomes 28."""
    now, before = periods(date(2024, 2, 29), date(2025, 2, 28), date(2025, 4, 15), TODAY)
    assert (now.start, now.end, now.as_of) == (date(2024, 2, 29), date(2025, 2, 28), date(2025, 4, 15))
    assert (before.start, before.end, before.as_of) == (date(2023, 2, 28), date(2024, 2, 28), date(2024, 4, 15))
    now, before = periods(date(2025, 1, 1), date(2025, 12, 31), None, TODAY)
    assert (now.end, now.as_of) == (TODAY, date(2025, 12, 31))
    assert (before.end, before.as_of) == (date(2024, 12, 31), date(2024, 12, 31))
    now, before = periods(date(2024, 1, 1), date(2024, 2, 29), None, date(2024, 2, 29))
    assert (before.end, before.as_of) == (date(2023, 2, 28), date(2023, 2, 28))


def test_the_closing_day() -> None:
    """Off the register on the closing day, yet covered and at risk on it."""
    rows = [spell("D1", A, "2024-01-01", "2025-01-01", close_reason="1")]
    found = world(justice__register=rows, police__reoffences=[offence("R1", A, "2025-01-01")])
    first_day = found.figures(date(2025, 1, 1), date(2025, 1, 1))
    assert value(first_day, "register.on_register") == 0
    assert value(first_day, "recidivism.at_risk") == 1
    assert value(first_day, "recidivism.reoffenders") == 1
    assert value(first_day, "register.closed", close_reason="期满") == 1
    assert value(first_day, "register.closed", close_reason="未填") == 0
    assert value(first_day, "register.left") == 1
    assert value(first_day, "recidivism.person_years") == pytest.approx(1 / 365.25)
    assert value(found.figures(date(2025, 1, 2), date(2025, 1, 2)), "recidivism.at_risk") == 0


def test_the_opening_day_and_a_mistaken_row() -> None:
    """On the register from the opening day on; a row listed by mistake is no spell."""
    rows = [spell("D1", A, "2025-01-01"), spell("D2", B, "2025-01-01", "2025-02-01", close_reason="5")]
    found = world(justice__register=rows).figures(*Q1)
    assert value(found, "register.on_register") == value(found, "register.opened") == 1
    assert value(found, "register.closed") == 0
    assert value(found, "register.entered") == 1
    opening_day = world(justice__register=rows).figures(date(2025, 1, 1), date(2025, 1, 1))
    assert value(opening_day, "register.on_register") == value(opening_day, "recidivism.at_risk") == 1
    assert (
        value(world(justice__register=rows).figures(date(2024, 12, 1), date(2024, 12, 31)), "recidivism.at_risk") == 0
    )


def test_qualifying_spell_ties() -> None:
    """Opened last, then the greater number as text (D9 over D10) gives township and is_key."""
    rows = [
        spell("D10", A, "2025-01-01", is_key=True),
        spell("D9", A, "2025-01-01", township=ANJU, is_key=False),
        spell("D99", A, "2024-01-01", is_key=True),
    ]
    found = world(justice__register=rows).figures(*Q1, by_township=True)
    assert value(found, "register.on_register") == 1
    assert value(found, "register.on_register", township="安居镇") == 1
    assert value(found, "register.on_register", township="巴川街道") == 0
    assert value(found, "register.key_persons") == 0
    assert value(found, "register.opened", township="安居镇") == 1


def test_key_person_by_any_release_until_the_day() -> None:
    """assessed_level 重点 counts from the day of that release."""
    feeds = {
        "corrections__releases": [
            release("S1", A, "2024-12-31"),
            release("S2", A, "2025-04-01", assessed_level="01"),
        ],
        "justice__register": [spell("D1", A, "2025-01-01")],
    }
    assert value(world(**feeds).figures(*Q1), "register.key_persons") == 0
    assert value(world(**feeds).figures(date(2025, 1, 1), date(2025, 4, 1)), "register.key_persons") == 1


def test_transfer_between_townships() -> None:
    """Opened and closed, but neither entered nor left; person-days are counted once."""
    rows = [
        spell("D1", A, "2024-06-01", "2025-02-01", close_reason="4"),
        spell("D2", A, "2025-02-01", township=ANJU),
    ]
    found = world(justice__register=rows).figures(*Q1, by_township=True)
    assert value(found, "register.opened", township="安居镇") == 1
    assert value(found, "register.closed", township="巴川街道") == 1
    assert value(found, "register.entered") == value(found, "register.left") == 0
    assert value(found, "recidivism.person_years") == pytest.approx(90 / 365.25)
    assert value(found, "recidivism.at_risk", township="安居镇") == 1


@pytest.mark.parametrize(
    ("released_on", "release_type", "ends_on"),
    [
        ("2020-02-29", "1", date(2025, 2, 28)),
        ("2020-03-01", "2", date(2025, 3, 1)),
        ("2022-03-31", "3", date(2025, 3, 31)),
    ],
)
def test_term_ends(released_on: str, release_type: str, ends_on: date) -> None:
    """On the last day the term is expiring; the day after it is past."""
    found = world(
        corrections__releases=[
            release("S1", A, "2015-01-01"),
            release("S2", A, released_on, release_type=release_type),
        ],
        justice__register=[spell("D1", A, "2020-04-01")],
    )
    last, after = found.figures(ends_on, ends_on), found.figures(ends_on, date.fromordinal(ends_on.toordinal() + 1))
    ninety = date.fromordinal(ends_on.toordinal() - 90)
    too_early = date.fromordinal(ends_on.toordinal() - 91)
    assert (value(last, "register.past_term"), value(last, "register.expiring_90")) == (0, 1)
    assert (value(after, "register.past_term"), value(after, "register.expiring_90")) == (1, 0)
    assert value(found.figures(ninety, ninety), "register.expiring_90") == 1
    assert value(found.figures(too_early, too_early), "register.expiring_90") == 0


def test_no_release_no_term() -> None:
    """Without a release nobody is past term."""
    found = world(justice__register=[spell("D1", A, "2001-01-01")]).figures(*Q1)
    assert value(found, "register.past_term") == value(found, "register.expiring_90") == 0


def test_residence_is_the_newest_check_of_any_snapshot() -> None:
    """An older snapshot still says what was checked later; the newest delivery breaks ties."""
    lost = {"id_no": A, "checked_on": "2025-03-01", "status": "2"}
    found_again = {"id_no": A, "checked_on": "2025-03-01", "status": "1"}
    older = {"id_no": A, "checked_on": "2025-02-01", "status": "1"}
    register = ("justice.register", date(2025, 1, 5), [spell("D1", A, "2025-01-01")])
    residence = "police.residence"
    stays_lost = made(register, (residence, date(2025, 3, 2), [lost]), (residence, date(2025, 4, 2), [older]))
    is_found = made(register, (residence, date(2025, 3, 2), [lost]), (residence, date(2025, 4, 2), [found_again]))
    assert value(World(stays_lost, DISTRICT, TODAY).figures(*Q1), "contact.lost") == 1
    assert value(World(is_found, DISTRICT, TODAY).figures(*Q1), "contact.lost") == 0
    assert value(World(is_found, DISTRICT, date(2025, 4, 1)).figures(*Q1), "contact.lost") == 1
    assert value(World(stays_lost, DISTRICT, TODAY).figures(Q1[0], date(2025, 2, 28)), "contact.lost") == 0


def test_residence_of_a_day_and_twice_in_one_file() -> None:
    """A check counts from its own day on; of a key twice in one file the last row counts."""
    lines = [
        {"id_no": A, "checked_on": "2025-03-31", "status": "1"},
        {"id_no": A, "checked_on": "2025-03-30", "status": "2"},
    ]
    found = world(justice__register=[spell("D1", A, "2025-01-01")], police__residence=lines)
    assert value(found.figures(*Q1), "contact.lost") == 1
    assert value(found.figures(Q1[0], date(2025, 3, 30)), "contact.lost") == 1
    assert value(found.figures(Q1[0], date(2025, 3, 29)), "contact.lost") == 0


def test_a_household_that_does_not_parse_is_not_empty() -> None:
    """Due is what is ours or empty, not what could not be read."""
    found = world(corrections__releases=[release("S1", A, "2025-01-10", household_district=None)])
    assert value(found.figures(*Q1), "handover.due") == 1
    for rule in ("W01", "W15"):
        finding = Finding(
            rule, "warn", "corrections.releases", "corrections/releases_20250601.csv", None, 2, "household_district"
        )
        delivered = replace(found.delivered, findings=[finding])
        assert value(World(delivered, DISTRICT, TODAY).figures(*Q1), "handover.due") == 0
        elsewhere = replace(found.delivered, findings=[replace(finding, row_no=3)])
        assert value(World(elsewhere, DISTRICT, TODAY).figures(*Q1), "handover.due") == 1


def test_handover_before_the_next_release() -> None:
    """A spell handed over on the day of the next release is not the first release's."""
    rows = [release("S1", A, "2025-01-10"), release("S2", A, "2025-02-10")]
    register = [spell("D1", A, "2025-02-10", handed_over_on="2025-02-10", handover_mode="01")]
    found = world(corrections__releases=rows, justice__register=register).figures(*Q1)
    shown = figure(found, "handover.rate")
    assert (shown["numerator"], shown["denominator"], shown["value"]) == (1, 2, 0.5)
    assert value(found, "handover.on_time") == 1


def test_matching_spell() -> None:
    """The earliest handover, then the smallest number, gives mode and is_key; 7 days are in time, 8 are not."""
    register = [
        spell("D3", A, "2025-01-17", handed_over_on="2025-01-18", is_key=False, handover_mode="06"),
        spell("D2", A, "2025-01-17", handed_over_on="2025-01-17", is_key=True, handover_mode="06"),
        spell("D1", A, "2025-01-17", handed_over_on="2025-01-17", is_key=True, handover_mode="03"),
        spell("D4", B, "2025-01-17", handed_over_on="2025-01-18", handover_mode=None),
        spell("D5", C, "2025-01-17", handed_over_on="2025-01-09"),
    ]
    rows = [
        release("S1", A, "2025-01-10"),
        release("S2", B, "2025-01-10", assessed_level="01", household_district=None),
        release("S3", C, "2025-01-10", assessed_level="01"),
        release("S4", an_id(4), "2025-01-10", household_district="500152"),
        release("S5", an_id(5), "2025-01-10"),
    ]
    register.append(spell("D6", an_id(5), "2025-01-10", handed_over_on="2025-01-10", is_key=True, handover_mode="06"))
    found = world(corrections__releases=rows, justice__register=register).figures(*Q1)
    names = ("due", "done", "on_time", "key_due", "key_escorted")
    assert [value(found, f"handover.{name}") for name in names] == [4, 3, 2, 4, 1]
    assert value(found, "handover.key_rate") == 0.25


def test_handover_is_judged_at_the_as_of() -> None:
    """Released in the window, handed over after it and by the as-of."""
    feeds = {
        "corrections__releases": [release("S1", A, "2025-03-31")],
        "justice__register": [spell("D1", A, "2025-04-02", handed_over_on="2025-04-02")],
    }
    assert value(world(**feeds).figures(*Q1), "handover.done") == 0
    assert value(world(**feeds).figures(*Q1, as_of=date(2025, 4, 2)), "handover.done") == 1


def test_counted_offences() -> None:
    """Dropped cases, other days, and offences before the first release do not count; provisional ones do."""
    reoffences = [
        offence("R1", A, "2025-02-01", case_stage="1"),
        offence("R2", A, "2025-02-01", case_stage="4", case_no="R1"),
        offence("R3", B, "2025-02-01", case_stage="7"),
        offence("R4", C, "2023-12-31"),
        offence("R5", C, "2025-02-01", case_stage="3"),
        offence("R6", an_id(4), "2025-02-01"),
        offence("R7", an_id(99), "2025-02-01"),
    ]
    register = [spell(f"D{n}", an_id(n), "2024-02-01") for n in (1, 2, 3)]
    register.append(spell("D4", an_id(4), "2024-02-01", "2025-01-31", close_reason="1"))
    rows = [release("S1", A, "2024-01-01", prior_convictions=1), release("S3", C, "2024-01-01")]
    found = world(corrections__releases=rows, justice__register=register, police__reoffences=reoffences)
    shown = found.figures(*Q1)
    assert value(shown, "recidivism.reoffenders") == 2
    assert value(shown, "recidivism.events") == 2
    assert value(shown, "recidivism.provisional") == 1
    assert value(shown, "recidivism.repeat_share") == 0.5
    rate = figure(shown, "recidivism.rate")
    assert (rate["numerator"], rate["denominator"]) == (2, 4)
    assert rate["ci95"] == pytest.approx([0.15003898915214947, 0.8499610108478506])
    assert value(shown, "data.unlinked", feed="police.reoffences") == 1
    earlier = found.figures(date(2023, 12, 1), date(2023, 12, 31))
    assert value(earlier, "recidivism.reoffenders") == 0
    assert value(earlier, "recidivism.rate") is None


@pytest.mark.parametrize(
    ("releases", "share"),
    [
        ([release("S1", A, "2024-01-01", prior_convictions=1)], 1.0),
        ([release("S1", A, "2024-01-01", prior_convictions=0)], 0.0),
        ([release("S1", A, "2024-01-01"), release("S2", A, "2024-06-01")], 1.0),
        ([release("S1", A, "2024-01-01"), release("S2", A, "2025-04-01", prior_convictions=1)], 0.0),
    ],
)
def test_repeated(releases: list[Line], share: float) -> None:
    """A prior conviction, or two releases, by the day."""
    found = world(
        corrections__releases=releases,
        justice__register=[spell("D1", A, "2024-01-01")],
        police__reoffences=[offence("R1", A, "2025-02-01")],
    )
    assert value(found.figures(*Q1), "recidivism.repeat_share") == share


def test_reoffender_has_the_township_of_the_window() -> None:
    """Numerator and denominator stand in the township of the at-risk spell of the window."""
    register = [
        spell("D1", A, "2024-01-01", "2025-02-15", close_reason="4"),
        spell("D2", A, "2025-02-15", township=ANJU),
    ]
    found = world(justice__register=register, police__reoffences=[offence("R1", A, "2025-01-15")])
    shown = found.figures(*Q1, by_township=True)
    assert value(shown, "recidivism.reoffenders", township="安居镇") == 1
    assert value(shown, "recidivism.rate", township="安居镇") == 1.0
    assert value(shown, "recidivism.rate", township="巴川街道") is None


def test_the_year_before_and_its_lag() -> None:
    """The year before; and as it was when its records were as young as ours."""
    register = ("justice.register", date(2023, 1, 5), [spell(f"D{n}", an_id(n), "2023-01-01") for n in range(1, 11)])
    police = "police.reoffences"
    delivered = made(
        register,
        (police, date(2024, 6, 19), [offence("R1", A, "2024-03-31", case_stage="1")]),
        (police, date(2024, 6, 20), [offence("R1", A, "2024-03-31"), offence("R2", B, "2024-01-01")]),
        (police, date(2025, 4, 1), [offence("R3", C, "2025-01-01")]),
    )
    rate = figure(World(delivered, DISTRICT, TODAY).figures(*Q1), "recidivism.rate")
    assert (rate["value"], rate["previous"], rate["previous_same_lag"]) == (0.1, 0.2, 0.1)
    assert rate["change"] == -0.5
    assert rate["p_value"] == 1.0
    known_before = figure(World(delivered, DISTRICT, date(2024, 6, 19)).figures(*Q1), "recidivism.reoffenders")
    assert known_before["value"] == 0


def test_change_needs_something_before() -> None:
    """No change on nothing."""
    shown = figure(world(justice__register=[spell("D1", A, "2025-01-01")]).figures(*Q1), "register.on_register")
    assert (shown["value"], shown["previous"], shown["change"]) == (1, 0, None)
