"""Rows, versions and findings as the oracle sees them: FEEDS.md §3 and the rules of rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from oracle.handmade import (
    ID_1,
    ID_2,
    ID_3,
    POSTS,
    RELEASES,
    RELIEF,
    REOFFENCES,
    RESIDENCE,
    TODAY,
    TRAINING,
    VISITS,
    Files,
    facts,
    read,
)
from oracle.ingest import first_delivered, in_force, late_findings


def test_all_quarantine_rules_of_a_row_and_no_warning(tmp_path: Path) -> None:
    """Q1, Q3 and Q5 once a column; no W of a row that is set aside."""
    rows = "P1,,,bad,低保,2025-04-02,0,1\nP2,A2,李四,,9,2025-03-01,-1,退回\n"
    delivered = read(tmp_path, {"住建/社会救助发放_20250401.csv": RELIEF + rows})
    assert facts(delivered) == [
        *(("Q1", 2, "grant_no"), ("Q1", 2, "name"), ("Q1", 3, "relief_type")),
        *(("Q3", 2, "granted_on"), ("Q5", 2, "amount_yuan"), ("Q5", 3, "amount_yuan")),
    ]
    assert delivered.batches[0].feed == "housing.relief"


def test_optional_cells_and_ids(tmp_path: Path) -> None:
    """W01, W15, W02 to W07, W09; an unknown township outside register and sweeps has no finding."""
    rows = (
        f"R1,张三,{ID_1},1949-12-31,男,2025-01-01,1\n"
        f"R2,李四,{ID_2},,男,2025-01-01,1\n"
        "R3,王五,110105491231002,1950-12-31,男,2025-01-01,1\n"
        "R4,赵六,1.1E+17,不详,#REF!,2025-01-01,1\n"
        "R5,钱七,,五月,3,2025-01-01,1\n"
        "R6,孙八,#VALUE!,,,2025-01-01,1\n"
    )
    posts = "P1,保洁,2025-01-01,外地镇,,\nP2,保洁,2025-01-01,#REF!,张三,\n"
    delivered = read(
        tmp_path, {"corrections/releases_20250401.csv": RELEASES + rows, "hr/public_posts_20250401.csv": POSTS + posts}
    )
    assert facts(delivered) == [
        *(("W01", 6, "birth_date"), ("W01", 6, "sex"), ("W02", 3, "id_no"), ("W02", 6, "id_no")),
        *(("W04", 5, "id_no"), ("W06", 3, "id_no"), ("W07", 4, "id_no")),
        *(("W09", 2, "sex"), ("W09", 4, "birth_date"), ("W09", 4, "sex")),
        *(("W15", 3, "township"), ("W15", 5, "sex"), ("W15", 7, "id_no")),
    ]


def test_administrative_cases_keep_only_their_number(tmp_path: Path) -> None:
    """Q4: quarantined, and nothing but record_no is left of the row."""
    row = f"C1,A1,张三,{ID_1},2025-01-02,行政,立案\n"
    delivered = read(tmp_path, {"police/reoffences_20250401.csv": REOFFENCES + row})
    assert facts(delivered) == [("Q4", 2, None)]
    values = delivered.batches[0].rows[0].values
    assert {name: value for name, value in values.items() if value is not None} == {"record_no": "C1"}


def test_corrections_and_withdrawals(tmp_path: Path) -> None:
    """The newest accepted version counts; a quarantined correction changes nothing; 作废 withdraws."""
    header = VISITS.replace("\n", ",作废\n")
    files: Files = {
        "justice/visits_20250401.csv": VISITS
        + "V1,D1,2025-01-02\nV1,D2,2025-01-02\nV2,D1,2025-01-02\nV3,D1,2025-01-02\n",
        "justice/visits_20250402_2.csv": header + "V1,,2025-01-05,否\nV2,,,是\nV3,D3,2025-01-06,\n",
        "justice/visits_20250402_10.csv": header + "V3,D10,2025-01-06,?\n,D1,2025-01-06,是\n",
    }
    delivered = read(tmp_path, files)
    held = {row.key: row.values["register_no"] for row in in_force(delivered, "justice.visits", TODAY)}
    assert held == {("V1",): "D2", ("V3",): "D10"}
    before = in_force(delivered, "justice.visits", date(2025, 4, 1))
    assert [row.values["register_no"] for row in before] == ["D2", "D1", "D1"]
    assert first_delivered(delivered, "justice.visits")[("V3",)] == date(2025, 4, 1)
    assert [fact for fact in facts(delivered) if fact[0] != "W13"] == [
        *(("Q1", 2, "register_no"), ("Q1", 3, "visit_no"), ("W01", 2, "withdrawn"), ("W11", 3, None))
    ]


def test_snapshots(tmp_path: Path) -> None:
    """The newest snapshot is the state; a quarantined row keeps the version before and is not gone."""
    first = RESIDENCE + f"{ID_1},张三,2025-03-01,在控\n{ID_3},李四,2025-03-01,在控\n"
    second = RESIDENCE + f"{ID_1},,2025-04-01,死亡\nbad,王五,2025-04-01,在控\n"
    third = RESIDENCE + f"{ID_3},李四,2025-05-01,在控\n"
    delivered = read(
        tmp_path,
        {
            "police/residence_20250401.csv": first,
            "police/residence_20250501.csv": second,
            "police/residence_20250502.csv": second,
            "police/residence_20250601.csv": third,
        },
    )
    in_may = in_force(delivered, "police.residence", date(2025, 5, 31))
    assert [(row.key, row.values["status"]) for row in in_may] == [((ID_1,), "1")]
    assert [row.key for row in in_force(delivered, "police.residence", TODAY)] == [(ID_3,)]
    assert delivered.duplicates == [("police.residence", date(2025, 5, 2))]
    assert facts(delivered) == [
        *(("D1", None, None), ("Q1", 2, "name"), ("Q1", 3, "id_no")),
        *(("W12", None, None), ("W12", None, None), ("W13", None, None)),
    ]


def test_row_counts_against_the_delivery_before(tmp_path: Path) -> None:
    """B6 under a half of a snapshot, W13 beyond 30 %, both exactly."""
    posts = [f"P{n},保洁,2025-01-01,,,\n" for n in range(40)]
    files: Files = {
        f"hr/public_posts_2025040{day}.csv": POSTS + "".join(posts[:size])
        for day, size in enumerate((10, 13, 9, 18, 9, 4), 1)
    }
    rules = [(f.rule, f.delivered_on.day) for f in read(tmp_path, files).findings if f.delivered_on and f.rule != "W12"]
    assert rules == [("W13", 3), ("W13", 4), ("W13", 5), ("B6", 6)]


def test_names_and_ids_over_all_feeds(tmp_path: Path) -> None:
    """W08 and W10 over what is known at a day, older versions included."""
    delivered = read(
        tmp_path,
        {
            "corrections/releases_20250401.csv": RELEASES
            + f"R1,张三,{ID_1},1949-12-31,,2025-01-01,1\nR2,李四,{ID_3},1950-01-01,,2025-01-01,1\n",
            "corrections/releases_20250402.csv": RELEASES + f"R3,张三,{ID_3},1949-12-31,,2025-01-01,1\n",
            "hr/training_20250403.csv": TRAINING + f"T1,张 三,{ID_1},电工,2025-01-01,\n",
        },
    )
    assert late_findings(delivered, date(2025, 4, 1)) == []
    found = [(f.rule, f.file, f.row_no) for f in late_findings(delivered, TODAY)]
    first, second = "corrections/releases_20250401.csv", "corrections/releases_20250402.csv"
    assert found == [("W08", first, 3), ("W08", second, 2), ("W10", first, 2), ("W10", second, 2)]
