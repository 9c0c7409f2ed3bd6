"""The demo feeds: the same for a seed, dirty in every way that FEEDS.md knows, calibrated to the letter."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook, SheetVisibleEnum

from oracle.figures import World
from oracle.ingest import ingest
from oracle.shapes import District
from reentry.contract import feeds
from reentry.demo import LETTER_DAY, Planted, make_feeds
from reentry.demo.calibration import Plan
from reentry.demo.dirt_ids import valid
from reentry.demo.ids import check_character
from reentry.demo.place import load_place
from reentry.demo.register import persons_at_risk, persons_on
from reentry.demo.schedule import make_stream
from reentry.demo.world import make_world

OTHER = [("510104001", "东华街道"), ("510104002", "西园镇"), ("510104003", "南山乡")]
ROW_RULES = {f"Q{i}" for i in range(1, 7)} | {f"W{i:02}" for i in range(2, 16)} | {"W01", "D1"}
CROSS_RULES = {"W20", "W24", "W28", "W32", "W38", "W42", "W43", "W45", "W47", "W49"}
HARMLESS = {
    "withdrawal", "row to be withdrawn", "release of nobody here", "null word", "blank row", "subtotal row",
    "name with spaces", "name with another dot", "id in another form", "blanks or wide digits", "amounts in 万元",
    "township of elsewhere", "text with line ends and separators",
}  # fmt: skip
BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16"}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Planted]:
    """The default demo."""
    out = tmp_path_factory.mktemp("demo") / "inbox"
    return out, make_feeds(out)


def files(out: Path) -> dict[str, bytes]:
    """Every file below a folder, links.csv too."""
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def feed_files(out: Path) -> dict[str, bytes]:
    """Every file but the links and what a spreadsheet program left behind."""
    return {name: content for name, content in files(out).items() if name != "links.csv" and "~$" not in name}


def encoding_of(content: bytes) -> str:
    """As FEEDS.md §1 decides it."""
    for bom, name in BOMS.items():
        if content.startswith(bom):
            return name
    try:
        content.decode()
    except UnicodeDecodeError:
        content.decode("gb18030")
        return "gb18030"
    return "utf-8"


def records(path: Path) -> list[list[str]]:
    """All records of a file as texts, from the first."""
    if path.suffix.lower() == ".xlsx":
        book = CalamineWorkbook.from_path(path)
        shown = (s.name for s in book.sheets_metadata if s.visible == SheetVisibleEnum.Visible)
        sheets = (book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in shown)
        return [[str(v) for v in row] for row in next(s for s in sheets if s)]
    text = path.read_bytes().decode(encoding_of(path.read_bytes()))
    separator = max(",\t;", key=text.split("\n")[min(4, text.count("\n"))].count)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    """Workbooks included."""
    for name in ("a", "b"):
        make_feeds(tmp_path / name, persons=300, seed=5)
    first = files(tmp_path / "a")
    assert first == files(tmp_path / "b")
    assert any(name.lower().endswith(".xlsx") for name in first)


def test_through_only_cuts_off(tmp_path: Path) -> None:
    """What is delivered by a day does not depend on what comes later."""
    make_feeds(tmp_path / "all", persons=300, seed=5)
    made = make_feeds(tmp_path / "some", persons=300, seed=5, through=date(2024, 3, 15))
    some, whole = feed_files(tmp_path / "some"), feed_files(tmp_path / "all")
    assert some.items() <= whole.items()
    assert max(name.rsplit("_20", 1)[1][:6] for name in some) <= "240315"
    assert made.files == len(some)
    with pytest.raises(ValueError, match="2026-01-01"):
        make_feeds(tmp_path / "late", through=date(2026, 1, 1))


def test_every_feed_form_and_encoding(full: tuple[Path, Planted]) -> None:
    """All 15 feeds, English and Chinese names, CSV in four encodings, workbooks; the last delivery is the letter's."""
    out, made = full
    contents = feed_files(out)
    assert made.files == len(contents)
    every = {feed.id: {f"{feed.agency}/{feed.name}", f"{feed.agency_zh}/{feed.name_zh}"} for feed in feeds()}
    stems = {name.rsplit("_20", 1)[0] for name in contents}
    names = {feed: said for feed, said in every.items() if said & stems}  # a feed comes before the demo makes it
    assert len(names) == 15
    assert any(stem.isascii() for stem in stems)
    assert not all(stem.isascii() for stem in stems)
    assert any(name.endswith("_2.csv") or name.endswith("_2.xlsx") for name in contents)
    tables = {name: c for name, c in contents.items() if name.lower().endswith(".csv")}
    assert {encoding_of(c) for c in tables.values()} == {"utf-8", "utf-8-sig", "utf-16", "gb18030"}
    assert len(tables) < len(contents)
    last = f"{LETTER_DAY:%Y%m%d}"
    assert all(any(n.startswith(tuple(names[f])) and last in n for n in contents) for f in names if f[:6] != "health")


def test_every_kind_of_dirt_is_planted(full: tuple[Path, Planted]) -> None:
    """Every row rule, the rules across feeds that need planting, and the forms that must do no harm."""
    dirt = full[1].dirt
    assert list(dirt.columns) == ["kind", "rule", "feed", "file", "row_no", "column"]
    assert set(dirt["rule"]) >= ROW_RULES | CROSS_RULES
    assert set(dirt["kind"]) >= HARMLESS
    assert not any(rule.startswith("B") for rule in dirt["rule"])
    assert (full[0] / "links.csv").read_text(encoding="utf-8").count("\n") > 10


def test_row_numbers_point_at_the_dirt(full: tuple[Path, Planted]) -> None:
    """Record numbers count titles and header; formula errors and repeated headers show it."""
    out, made = full
    checked = 0
    spoilt = set(made.dirt.loc[made.dirt["kind"] == "quotes spoilt", "file"])  # no ordinary reader counts these
    for (name, kind), rows in made.dirt.groupby(["file", "kind"]):
        if name in spoilt or "_2024" not in str(name) or kind not in ("formula error", "withdrawal", "blank row"):
            continue
        found = records(out / str(name))
        for number in rows["row_no"]:
            record = found[int(number) - 1]
            filled = [cell for cell in record if cell.strip()]
            if kind == "formula error":
                assert str(name).lower().endswith("xlsx") or any(cell.startswith("#") for cell in record), (
                    name,
                    number,
                )
            elif kind == "withdrawal":
                assert 2 <= len(filled) <= 3, (name, number)
            else:
                assert not filled, (name, number)
            checked += 1
    assert checked > 15


def test_clean_has_no_dirt(tmp_path: Path) -> None:
    """The same history, nothing planted, plain UTF-8."""
    made = make_feeds(tmp_path / "inbox", persons=300, clean=True)
    assert made.dirt.empty
    contents = files(tmp_path / "inbox")
    assert made.files == len(contents)
    assert all(name.endswith(".csv") and encoding_of(c) == "utf-8" for name, c in contents.items())
    found = ingest(tmp_path / "inbox", tongliang(), LETTER_DAY)
    assert {f.rule for f in found.findings} <= {"D1", "W12", "W13"}  # lists do change, or not at all


def test_refused_files_only_when_asked_for(tmp_path: Path) -> None:
    """Each refused file is told, and what it should have held comes the same day."""
    made = make_feeds(tmp_path / "inbox", persons=300, months=4, refused=True)
    planned = made.dirt[made.dirt["rule"].str.startswith("B")]
    assert set(planned["rule"]) == {"B1", "B2", "B3", "B4", "B5", "B6", "B7", "B9"}
    found = ingest(tmp_path / "inbox", tongliang(), LETTER_DAY)
    blocked = {(f.rule, Path(f.file).name) for f in found.findings if f.severity == "block"}
    assert blocked == {(rule, Path(name).name) for rule, name in zip(planned["rule"], planned["file"], strict=True)}


def test_another_district(tmp_path: Path) -> None:
    """Codes and names of the district that was asked for, none of the default one."""
    make_feeds(tmp_path / "inbox", persons=200, months=2, clean=True, district_code="510104", townships=OTHER)
    register = next((tmp_path / "inbox" / "justice").glob("register_*.csv")).read_text(encoding="utf-8")
    assert "AB510104-" in register
    assert "东华街道" in register
    assert "500151" not in "".join(line.split(",")[0] for line in register.splitlines())
    with pytest.raises(ValueError, match="510199"):
        make_feeds(tmp_path / "none", district_code="510199")


def test_months_shorten_the_deliveries(tmp_path: Path) -> None:
    """A history that holds everything before, then as many deliveries as asked for."""
    make_feeds(tmp_path / "inbox", persons=200, months=2, clean=True)
    found = sorted(p.name for p in (tmp_path / "inbox" / "justice").glob("register_*"))
    assert found == ["register_20250430.csv", "register_20250531.csv", "register_20250619.csv"]


def test_ids_are_valid_and_all_different() -> None:
    """Check characters follow ISO 7064 MOD 11-2; one number from the standard's own example."""
    assert check_character("11010519491231002") == "X"
    people = make_world(Plan(2500), load_place("500151"), make_stream(3), months=None).people
    ids = people.ids.to_pylist()
    assert all(valid(number) for number in ids)
    assert len(set(ids)) == len(ids)
    assert {number[:6] for number in ids} >= {"510228", "500224"}


def sizes() -> Iterator[tuple[int, int]]:
    """Persons and seeds."""
    yield from ((2500, seed) for seed in range(1, 13))
    yield from ((1000, 1), (1500, 4), (10_000, 2), (60_000, 3))


@pytest.mark.parametrize(("persons", "seed"), list(sizes()))
def test_letter_holds_for_any_seed(persons: int, seed: int) -> None:
    """On the register as planned; the change of the rate prints as in the letter."""
    plan = Plan(persons)
    world = make_world(plan, load_place("500151"), make_stream(seed), months=None)
    register = world.register
    assert len(persons_on(register.spells, plan.end)) == plan.on_register
    now, before = (len(persons_at_risk(register.spells, w)) for w in (plan.quarter, plan.quarter_before))
    rate, earlier = Decimal(len(register.offenders)) / now, Decimal(len(register.offenders_before)) / before
    assert printed(rate / earlier - 1) == Decimal("-55.3")


def printed(change: Decimal) -> Decimal:
    """As a letter prints it: percent with one decimal."""
    return (change * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)


def tongliang() -> District:
    """The shipped district, for the oracle."""
    place = load_place("500151")
    towns = dict(zip(place.township_codes, place.township_names, strict=True))
    return District("500151", towns, dict(zip(place.district_codes, place.district_names, strict=True)))


@pytest.mark.parametrize("seed", [2])
def test_oracle_reads_the_letter(tmp_path: Path, seed: int) -> None:
    """Dirt and all, the independent oracle finds the figures of the letter."""
    make_feeds(tmp_path / "inbox", seed=seed, months=3)
    delivered = ingest(tmp_path / "inbox", tongliang(), LETTER_DAY)
    assert not [f for f in delivered.findings if f.severity == "block"]
    world = World(delivered, tongliang(), LETTER_DAY)
    year = world.figures(date(2025, 1, 1), LETTER_DAY, None, False)
    quarter = world.figures(date(2025, 1, 1), date(2025, 3, 31), None, False)
    values = {(f["id"], *f["by"].values()): f["value"] for f in year}
    assert 2000 <= values[("register.on_register",)] <= 2099
    assert values[("handover.rate",)] == values[("handover.key_rate",)] == 1
    assert values[("handover.key_due",)] > 0
    kinds = ("最低生活保障", "住房救助", "临时救助")
    assert [values[("relief.grants", kind)] for kind in kinds] == [7, 1, 37]
    assert values[("relief.grants",)] == 45
    assert str(values[("relief.amount_yuan", "临时救助")]) == "32800.00"
    assert (values[("dual.listed",)], values[("posts.developed",)]) == (36, 44)
    found = {f["id"]: f for f in quarter if not f["by"]}
    assert printed(Decimal(repr(found["recidivism.rate"]["change"]))) == Decimal("-55.3")
    assert (found["city.rank"]["value"], found["city.rank"]["denominator"]) == (3, 38)
