"""The life of a finding: open since, seen again, mended by which delivery, open again; and as it was known then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from conftest import Made, MakeHome, run_refresh
from reentry.figures.published import open_version

MARCH, APRIL, MAY = date(2025, 3, 31), date(2025, 4, 30), date(2025, 5, 31)
VISITS = "走访编号,档案编号,走访日期,走访单位"
RELEASES = "释放证明书编号,姓名,证件号码,释放日期,释放类型,出生日期"
REGISTER = "档案编号,姓名,司法所,列管日期,撤管日期,撤管原因"
OFFENCES = "记录编号,案件编号,姓名,发案日期,案件性质,案件阶段"
KEPT = [f"D{n},张三,安居镇,2024-01-01,," for n in range(2, 6)]
# day of delivery -> file -> rows below the header
DELIVERIES: dict[date, dict[str, list[str]]] = {
    MARCH: {
        "justice/visits_20250331.csv": [VISITS, "V1,D2,2025-12-01,司法所", "V2,D99,2025-03-01,司法所"],  # Q3, W49
        "justice/visits_20250331_2.csv": ["走访编号,走访日期", "V9,2025-03-01"],  # B2
        "corrections/releases_20250331.csv": [RELEASES, "R1,李四,,2024-01-01,刑满释放,很久以前"],  # W01, W02
        "justice/register_20250331.csv": [REGISTER, "D1,张三,安居镇,2024-01-01,2025-03-01,", *KEPT],  # W28
        "police/reoffences_20250331.csv": [OFFENCES, "J1,A1,王五,2025-01-01,刑事,立案"],
    },
    APRIL: {
        "justice/visits_20250430.csv": [VISITS, "V1,D2,2025-03-01,司法所", "V2,D2,2025-03-01,司法所"],
        "corrections/releases_20250430.csv": [RELEASES, "R1,李四,,2024-01-01,刑满释放,仍不清楚"],
        "justice/register_20250430.csv": [REGISTER, "D1,张三,安居镇,2024-01-01,2025-03-01,期满", *KEPT],
    },
    MAY: {
        "justice/visits_20250531.csv": [VISITS, "V1,D2,2025-12-01,司法所"],
        "corrections/releases_20250531.csv": [RELEASES, "R1,李四,,2024-01-01,刑满释放,1980-01-01"],
        "justice/register_20250531.csv": [REGISTER, "D1,张三,安居镇,2024-01-01,2025-03-01,", *KEPT[1:]],  # D2 is gone
    },
}  # fmt: skip


@dataclass(frozen=True)
class Life:
    """What the tests ask of a finding."""

    state: str
    opened_on: date
    closed_on: date | None
    closed_by_file: str | None
    times_opened: int
    deliveries_seen: int
    days_open: int
    days_open_ever: int


def deliver(inbox: Path, *days: date) -> None:
    """Puts the files of some days in the inbox."""
    for day in days:
        for name, lines in DELIVERIES[day].items():
            (inbox / name).parent.mkdir(parents=True, exist_ok=True)
            (inbox / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def lives(made: Made, known_at: date | None = None) -> dict[str, tuple[str, Life]]:
    """The id and life of each finding, by rule and what it is about."""
    with open_version(made.home, made.vault, known_at) as version:
        rows = version.con.execute(
            "select rule || ' ' || coalesce(row_key, feed), finding_id, state, opened_on, closed_on, closed_by_file,"
            " times_opened, deliveries_seen, days_open, days_open_ever from marts.main.fct_finding_life"
        ).fetchall()
    found = {about: (finding_id, Life(*rest)) for about, finding_id, *rest in rows}
    assert len(found) == len(rows)
    return found


@pytest.fixture(scope="module")
def months(
    made_home: MakeHome, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Made, dict[date, dict[str, tuple[str, Life]]]]:
    """A home refreshed at the end of each month, and what was published then."""
    folder = tmp_path_factory.mktemp("life")
    published = {}
    for day in DELIVERIES:
        deliver(folder / "inbox", day)
        made = run_refresh(folder / "home", folder / "inbox", day, compiled=made_home(1).home)
        published[day] = lives(made)
    return made, published


Months = tuple[Made, dict[date, dict[str, tuple[str, Life]]]]


def test_a_row_rule_opens_is_mended_and_comes_back(months: Months) -> None:
    """The same finding all along: thirty days, mended by the correction, and open again since May."""
    _, published = months
    ids, states = zip(*(published[day]["Q3 V1"] for day in (MARCH, APRIL, MAY)), strict=True)
    assert len(set(ids)) == 1
    assert states == (
        Life("open", MARCH, None, None, 1, 1, 0, 0),
        Life("mended", MARCH, APRIL, "visits_20250430.csv", 1, 1, 30, 30),
        Life("open", MAY, None, None, 2, 2, 0, 30),
    )


def test_a_row_rule_seen_again_is_one_finding(months: Months) -> None:
    """Two deliveries with the fault, mended by the third; what all three lack stays open."""
    _, published = months
    assert published[APRIL]["W01 R1"][1] == Life("open", MARCH, None, None, 1, 2, 30, 30)
    assert published[MAY]["W01 R1"][1] == Life("mended", MARCH, MAY, "releases_20250531.csv", 1, 2, 61, 61)
    assert published[MAY]["W02 R1"][1] == Life("open", MARCH, None, None, 1, 3, 61, 61)


def test_a_rule_across_feeds_lives_in_the_ledger(months: Months) -> None:
    """W28 is judged anew as of each day; the register of April mended it, that of May brought it back."""
    _, published = months
    ids, states = zip(*(published[day]["W28 D1"] for day in (MARCH, APRIL, MAY)), strict=True)
    assert len(set(ids)) == 1
    assert [(s.state, s.opened_on, s.closed_on, s.closed_by_file, s.times_opened) for s in states] == [
        ("open", MARCH, None, None, 1),
        ("mended", MARCH, APRIL, "register_20250430.csv", 1),
        ("open", date(2025, 5, 1), None, None, 2),  # since the day after the last on which it was not
    ]


def test_the_delivery_of_its_row_mended_it(months: Months) -> None:
    """W49, once the visit names a dossier there is; nothing else was ever found on the visit."""
    _, published = months
    assert published[MARCH]["W49 V2"][1] == Life("open", MARCH, None, None, 1, 1, 0, 0)
    assert published[APRIL]["W49 V2"][1] == Life("mended", MARCH, APRIL, "visits_20250430.csv", 1, 1, 30, 30)


def test_a_gone_key_is_open_until_it_is_back(months: Months, made_home: MakeHome, tmp_path: Path) -> None:
    """W12 is said once; D2 stays missing until a register has it again."""
    _, published = months
    assert "W12 D2" not in published[APRIL]
    assert published[MAY]["W12 D2"][1].state == "open"
    deliver(tmp_path / "inbox", *DELIVERIES)
    lines = [REGISTER, "D1,张三,安居镇,2024-01-01,2025-03-01,", *KEPT]
    (tmp_path / "inbox/justice/register_20250610.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    made = run_refresh(tmp_path / "home", tmp_path / "inbox", date(2025, 6, 10), compiled=made_home(1).home)
    found = lives(made)
    assert found["W12 D2"][1] == Life("mended", MAY, date(2025, 6, 10), "register_20250610.csv", 1, 1, 10, 10)
    # landed in one go, the rules of rows and files have the same history
    of_rows = ("Q", "B", "W01", "W02", "W12")
    again = lives(made, MAY)
    assert {about: life for about, (_, life) in again.items() if about.startswith(of_rows)} == {
        about: life for about, (_, life) in published[MAY].items() if about.startswith(of_rows)
    }


def test_a_refused_file_is_mended_by_the_next_of_its_feed(months: Months) -> None:
    """The visits of April stand for the refused ones of March."""
    _, published = months
    about = "B2 justice/visits_20250331_2.csv"
    assert published[MARCH][about][1].state == "open"
    assert published[APRIL][about][1] == Life("mended", MARCH, APRIL, "visits_20250430.csv", 1, 1, 30, 30)


def test_a_file_of_no_feed_is_mended_by_its_right_name_or_taken_away(made_home: MakeHome, tmp_path: Path) -> None:
    """Nobody knows whose next file would mend it: the same content under a right name does, or nothing left."""
    inbox, home = tmp_path / "inbox", tmp_path / "home"
    deliver(inbox, MARCH)
    sent = inbox / "走访.csv"
    sent.write_text(f"{VISITS}\nV7,D2,2025-03-01,司法所\n", encoding="utf-8")
    (inbox / "新建文件夹").mkdir()
    (inbox / "新建文件夹" / "readme.txt").write_text("x", encoding="utf-8")
    made = run_refresh(home, inbox, MARCH, compiled=made_home(1).home)
    renamed, other = "B9 走访.csv", "B9 新建文件夹/readme.txt"
    assert [lives(made)[about][1].state for about in (renamed, other)] == ["open", "open"]
    deliver(inbox, APRIL)
    sent.rename(inbox / "justice" / "visits_20250410.csv")
    found = lives(run_refresh(home, inbox, APRIL))
    assert found[renamed][1] == Life("mended", MARCH, APRIL, "visits_20250410.csv", 1, 1, 30, 30)
    assert found[other][1].state == "open"
    (inbox / "新建文件夹" / "readme.txt").unlink()
    made = run_refresh(home, inbox, MAY)
    assert lives(made)[other][1] == Life("mended", MARCH, MAY, None, 1, 1, 61, 61)
    assert lives(made, APRIL) == found


def test_as_it_was_known_then(months: Months) -> None:
    """What was published in April is what a pull known at that day says now, the ledger included."""
    made, published = months
    assert lives(made, APRIL) == published[APRIL]
    assert lives(made, MARCH) == published[MARCH]


def test_agencies_have_a_record(months: Months) -> None:
    """Every finding is in the agency's record once; what is open is listed with who follows it up."""
    made, published = months
    with open_version(made.home, made.vault) as version:
        ((findings, still_open, mended, days),) = version.con.execute(
            "select sum(findings), sum(findings_open), sum(findings_mended), sum(days_to_mend)"
            " from marts.main.agency_record"
        ).fetchall()
        listed = version.con.execute("select finding_id, owner from marts.main.open_findings").fetchall()
    states = [life for _, life in published[MAY].values()]
    assert findings == len(states)
    assert still_open == sum(life.state == "open" for life in states) == len(listed)
    assert (mended, days) == (
        sum(life.state == "mended" for life in states),
        sum(life.days_open for life in states if life.state == "mended"),
    )
    assert all(owner for _, owner in listed)
