"""Missing deliveries, months unlike their feed's history, the city's bulletin: as counted by hand from small files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from conftest import Made, MakeHome, run_refresh
from desk import OFFENCES, REGISTER, RELEASES, RELIEF, csv_bytes
from reentry import reference
from reentry.figures.published import open_version
from reentry.project import SEEDS

TODAY = date(2025, 6, 19)
AT_RISK = 40
# months → rows of 心理疏导, delivered on the 10th; nothing came in February 2025
SESSIONS = {f"2024{month:02d}": 10 for month in range(6, 13)} | {
    **{"202411": 40, "202501": 10, "202503": 50, "202504": 15, "202505": 40, "202506": 10}
}
GRANTED = ("20240801", "20240901", "20241001", "20241101", "20241201", "20250101", "20250201", "20250301", "20250409")
BULLETIN = ["区县", "季度", "在册人数", "重新犯罪人数"]
BULLETINS = {"20240720": ("2024Q2", 40, 0), "20250120": ("2024Q4", 43, 0), "20250420": ("2025Q1", 42, 1)}
EXEMPTION = "health.counselling,2025-03,2025-03,补报二月的记录\n"


def files() -> dict[str, bytes]:
    """What the agencies sent, by its place in the inbox."""
    sent = {
        "corrections/releases_20250601.csv": csv_bytes(RELEASES, ["S1", "张三", "2024-01-01", "刑满释放"]),
        "police/reoffences_20250601.csv": csv_bytes(OFFENCES, ["J1", "A1", "李四", "2025-05-01", "刑事", "立案", ""]),
        "justice/register_20250601.csv": csv_bytes(
            REGISTER, *[[f"D{n}", f"测{chr(0x4E10 + n)}", "安居镇", "2024-01-01"] for n in range(AT_RISK)]
        ),
        "hr/employment_20250420.csv": csv_bytes(*_employment(1)),
        "hr/employment_20250720.csv": csv_bytes(*_employment(2)),  # not yet: refused (B5)
    }
    for month, rows in SESSIONS.items():
        header = ["记录编号", "姓名", "疏导日期"]
        lines = [[f"X{month}{n}", "张三", f"{month[:4]}-{month[4:]}-01"] for n in range(rows)]
        sent[f"health/counselling_{month}10.csv"] = csv_bytes(header, *lines)
    for day in (*GRANTED, "20250510", "20250610"):
        sums = ("4000", "6000") if day == "20250610" else ("400", "600")
        lines = [
            [f"F{day}{n}", f"S{day}{n}", "张三", "临时救助", "2024-07-01", yuan, "1"] for n, yuan in enumerate(sums)
        ]
        sent[f"civil_affairs/relief_{day}.csv"] = csv_bytes(RELIEF, *lines)
    for day, (quarter, persons, reoffenders) in BULLETINS.items():
        line = ["铜梁区", quarter, f"{persons}", f"{reoffenders}"]
        sent[f"city/benchmarks_{day}.csv"] = csv_bytes(BULLETIN, line)
    return sent


def _employment(number: int) -> list[list[str]]:
    return [["登记编号", "姓名", "登记类型", "登记日期"], [f"Y{number}", "张三", "就业", "2025-04-01"]]


@pytest.fixture(scope="module")
def quality(made_home: MakeHome, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A home of these files; one month is exempt, and the city's bulletin is due once a quarter."""
    folder = tmp_path_factory.mktemp("quality")
    for name, content in files().items():
        (folder / "inbox" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "inbox" / name).write_bytes(content)
    shutil.copytree(SEEDS, folder / "seeds")
    with (folder / "seeds/stability_exemptions.csv").open("a", encoding="utf-8") as file:
        file.write(EXEMPTION)
    (folder / "home").mkdir()
    (folder / "home/reentry.toml").write_text('[rhythm_days]\n"city.benchmarks" = 100\n', encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "SEEDS", folder / "seeds")
        return run_refresh(folder / "home", folder / "inbox", TODAY, compiled=made_home(1).home)


@pytest.fixture(scope="module")
def tables(quality: Made) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file that the page reads."""
    with duckdb.connect(str(quality.home.current / "dashboards.duckdb"), read_only=True) as con:
        yield con


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    """The result of a query."""
    return con.execute(sql).fetchall()


def test_each_missing_delivery_is_named(tables: duckdb.DuckDBPyConnection) -> None:
    """One never came, one came late, one is still awaited behind a file from the future; the bulletin by quarters."""
    shown = rows(
        tables,
        "select feed_zh, month_label, last_day::varchar, days_late, delivered_text, tone from quality_missing"
        " where feed_zh in ('心理疏导', '社会救助发放', '就业失业登记', '全市通报') and agency_zh != '住建'"
        " order by expected_month, feed_zh",
    )
    assert shown == [
        # 2024-07-20 and three months; 100 days are over on 28 October, the next was due on the day it came
        ("全市通报", "2024-10", "2024-10-28", 84, "未报送", ""),
        ("心理疏导", "2025-02", "2025-02-14", 24, "未报送", ""),
        ("社会救助发放", "2025-04", "2025-04-05", 4, "2025-04-09", ""),
        ("就业失业登记", "2025-05", "2025-05-25", 25, "仍未报送", "bad"),
    ]


def test_w51_agrees_with_what_is_still_awaited(quality: Made) -> None:
    """A feed is late (W51) exactly where a delivery is still awaited, and those never delivered are."""
    with open_version(quality.home, quality.vault) as version:
        late = rows(version.con, "select feed from marts.main.fct_findings where rule = 'W51' order by feed")
        awaited = rows(
            version.con, "select distinct feed from marts.main.missing_deliveries where is_awaited order by 1"
        )
    assert late == awaited
    assert {("hr.employment",), ("housing.relief",)} <= set(late)
    assert {("health.counselling",), ("city.benchmarks",)}.isdisjoint(late)


def test_months_unlike_their_history(quality: Made, tables: duckdb.DuckDBPyConnection) -> None:
    """More than half off the median of the year before, once six months are there; exempt months are said, no more."""
    with open_version(quality.home, quality.vault) as version:
        found = rows(
            version.con,
            "select feed, strftime(month_on, '%Y%m'), measure, column_name, measured_value, usual, months_before"
            " from marts.main.feed_stability where is_unusual order by feed",
        )
        edge = "select measured_value, usual, months_before, is_unusual from marts.main.feed_stability"
        half, early = (
            rows(version.con, f"{edge} where feed = 'health.counselling' and strftime(month_on, '%Y%m') = '{month}'")
            for month in ("202504", "202411")
        )
    assert found == [
        ("civil_affairs.relief", "202506", "mean", "amount_yuan", 5000, 500, 9),
        # 2024-07 to 2025-01, and April; not the first month, not the exempt one
        ("health.counselling", "202505", "rows", None, 40, 10, 8),
    ]
    assert half == [(15, 10, 7, False)]  # half as many again is not more than half
    assert early == [(40, 10, 4, False)]  # four months say nothing yet
    shown = rows(
        tables,
        "select feed_zh, month_label, measure_zh, value_text, usual_text, said, tone from quality_stability"
        " where feed_zh in ('心理疏导', '社会救助发放') order by feed_zh, month_on, measure_zh",
    )
    first = "不判断：首次报送，含以往数据"
    assert shown == [
        ("心理疏导", "2024-06", "行数", "10", "—", first, ""),
        ("心理疏导", "2025-03", "行数", "50", "10", "不判断：补报二月的记录", ""),
        ("心理疏导", "2025-05", "行数", "40", "10", "与往月相差过大", "bad"),
        ("社会救助发放", "2024-08", "平均金额", "500.00", "—", first, ""),
        ("社会救助发放", "2024-08", "行数", "2", "—", first, ""),
        ("社会救助发放", "2025-06", "平均金额", "5,000.00", "500.00", "与往月相差过大", "bad"),
    ]


def test_the_bulletin_beside_the_own_count(tables: duckdb.DuckDBPyConnection) -> None:
    """Of 40 at risk 42 are a twentieth more, which is not beyond the hard limit, and 43 are; of nobody one is."""
    shown = rows(
        tables,
        "select quarter_label, city_text, own_text, difference_text, said, tone from quality_returns"
        " order by quarter, city_text::integer desc",
    )
    assert shown == [
        ("2024年二季度", "40", "40", "0", "一致", ""),
        ("2024年二季度", "0", "0", "0", "一致", ""),
        ("2024年四季度", "43", "40", "+3", "相差过大", "bad"),
        ("2024年四季度", "0", "0", "0", "一致", ""),
        ("2025年一季度", "42", "40", "+2", "不一致", "bad"),
        ("2025年一季度", "1", "0", "+1", "相差过大", "bad"),
    ]
