"""Another district is a change of settings and seeds, never of code."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from test_against_oracle import shipped_district

from conftest import MakeHome, run_refresh
from oracle.compare import differences
from oracle.figures import World
from oracle.ingest import ingest
from oracle.shapes import District
from reentry.demo import LETTER_DAY, make_feeds
from reentry.figures.document import figures_document
from reentry.figures.published import open_version
from reentry.figures.window import Window

CODE = "500153"
TOWNSHIPS = {
    "500153001": "昌元街道",
    "500153002": "昌州街道",
    "500153101": "路孔镇",
    "500153102": "盘龙镇",
    "500153103": "清流镇",
}
SETTINGS = """
district_code = "500153"
townships = "townships.csv"
handover_days = 10
one_sided_days = 20
horizons = [90, 365]
[term_years]
"3" = 2
[visit_days]
"红" = 5
"未赋色" = 60
[library]
colours = ["红", "橙", "黄"]
"""


def test_another_district(made_home: MakeHome, tmp_path: Path) -> None:
    """Own townships, own terms, own colours: figures and cohorts agree with the oracle under the same settings."""
    inbox, home = tmp_path / "inbox", tmp_path / "home"
    make_feeds(inbox, persons=500, seed=9, district_code=CODE, townships=list(TOWNSHIPS.items()), months=8)
    home.mkdir()
    (home / "reentry.toml").write_text(SETTINGS, encoding="utf-8")
    lines = ["township_code,township_name,district_code", *(f"{c},{n},{CODE}" for c, n in TOWNSHIPS.items())]
    (home / "townships.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    district = District(
        CODE,
        TOWNSHIPS,
        shipped_district().districts,
        handover_days=10,
        one_sided_days=20,
        horizons=(90, 365),
        term_years={"1": 5, "2": 5, "3": 2, "4": 5},
        visit_days={"红": 5, "橙": 15, "黄": 31, "蓝": 92, "未赋色": 60},
        library=("红", "橙", "黄"),
    )
    made = run_refresh(home, inbox, compiled=made_home(1).home)
    world = World(ingest(inbox, district, LETTER_DAY), district, LETTER_DAY)
    with open_version(made.home, made.vault) as version:
        window = Window.of(date(2024, 7, 1), date(2025, 5, 31), None, version.known_at)
        document = figures_document(version, window, by_township=True)
    assert document["district_code"] == CODE
    theirs = world.figures(window.starts_on, window.ends_on, None, True)
    found = differences(theirs, document["figures"])
    assert not found, "\n".join(found[:40])
