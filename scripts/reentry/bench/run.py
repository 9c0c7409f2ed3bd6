"""The benchmark: what it makes, what it measures beside what, and the table it prints."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from rich import box
from rich.console import Console
from rich.table import Table

from reentry.bench import peer
from reentry.bench.measure import Measured, measure, measure_command
from reentry.contract import feeds
from reentry.definition import Definition
from reentry.demo import LETTER_DAY, make_feeds
from reentry.figures.published import open_version, run_tables
from reentry.figures.pull import pull, set_periods
from reentry.figures.window import Window
from reentry.store import Home, attach, define_session, memory_connection
from reentry.vault import Vault, open_vault

FULL_HISTORY_UP_TO = 10_000
MONTHS_BEYOND = 2
PERIODS = "periods"  # a pull makes it itself
WINDOW = (date(2025, 1, 1), date(2025, 3, 31))


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    persons: int
    what: str
    value: str
    wanted: str = ""


def bench(sizes: list[int], out: Path | None) -> None:
    """Measures every size, prints the table, and writes it as Markdown to ``out`` when given."""
    lines: list[Line] = []
    for persons in sizes:
        with tempfile.TemporaryDirectory(prefix="reentry-bench-") as folder:
            lines += _one_size(Path(folder), persons)
    view = Table(box=box.SIMPLE)
    for name in ("persons", "what", "measured", "to reach"):
        view.add_column(name)
    for line in lines:
        view.add_row(f"{line.persons:,}", line.what, line.value, line.wanted)
    Console().print(view)
    if out is not None:
        _write_markdown(out, lines)


def _one_size(folder: Path, persons: int) -> list[Line]:
    inbox, early, home = folder / "inbox", folder / "early", folder / "home"
    months = None if persons <= FULL_HISTORY_UP_TO else MONTHS_BEYOND
    feeds_made = measure(lambda: make_feeds(inbox, persons=persons, seed=1, through=LETTER_DAY, months=months))
    shutil.copytree(inbox, early)
    for path in early.rglob("*_20250619*"):
        path.unlink()
    today, before = ["--today", str(LETTER_DAY)], ["--today", "2025-06-18"]
    at = ["--home", str(home)]
    landed = measure_command(["land", str(early), *before, *at])
    checked = measure_command(["check", *at])
    built = measure_command(["build", *before, *at])
    published = measure_command(["publish", *at])
    month = measure_command(["refresh", str(inbox), *today, *at])
    nothing = measure_command(["refresh", str(inbox), *today, *at])
    pulled = measure_command(["figures", "--from", str(WINDOW[0]), "--to", str(WINDOW[1]), "--json", *at])
    size = sum(path.stat().st_size for path in early.rglob("*.*")) / 1e6
    peak = max(m.gigabytes for m in (landed, checked, built, published, month, pulled))
    place, vault = Home(home), open_vault(home)
    return [
        Line(persons, "feeds made", _seconds(feeds_made)),
        Line(persons, f"land ({size:.0f} MB, {size / landed.seconds:.1f} MB/s)", _seconds(landed)),
        Line(persons, "check, as a share of landing", f"{_seconds(checked)}, {checked.seconds / landed.seconds:.2f}"),
        Line(persons, "build, gates, publish", f"{_seconds(built)} + {_seconds(published)}"),
        Line(persons, "refresh with one new month", _seconds(month), "≤ 15 s" if months is None else ""),
        Line(persons, "refresh with nothing new", _seconds(nothing), "≤ 2 s" if months is None else ""),
        Line(persons, "one pull", _seconds(pulled), "≤ 1 s" if months is None else ""),
        Line(persons, "peak memory", f"{peak:.2f} GB", "< 4 GB"),
        _landing_ratio(folder, persons),
        _build_ratio(folder, persons, place, vault),
        _figures_ratio(folder, persons, place, vault),
        *_pages(persons, place, vault),
    ]


def _pages(persons: int, home: Home, vault: Vault) -> list[Line]:
    from reentry.bench.pages import VIEWERS, page_times

    served = page_times(home, vault)
    return [
        *(
            Line(
                persons,
                f"page {page.title}, {page.tiles} tiles: p95 of {VIEWERS} viewers; all in one instant; alone",
                f"{page.p95:.2f} s; {page.p95_at_once:.2f} s; {page.alone:.2f} s",
                "≤ 3 s",
            )
            for page in served.pages
        ),
        Line(persons, "Superset at rest", f"{served.gigabytes:.2f} GB", "≤ 1 GB"),
    ]


def _landing_ratio(folder: Path, persons: int) -> Line:
    """One GB18030 CSV landed, beside DuckDB's read_csv of the same cells in UTF-8 into a table of the same kind."""
    from reentry.land import land

    feed = next(f for f in feeds() if f.id == "justice.visits")
    sample, chosen = folder / "sample" / "justice", folder / "visits.csv"
    sample.mkdir(parents=True)
    _write_visits(chosen, rows=max(persons * 4, 100_000))
    (sample / "visits_20250601.csv").write_bytes(chosen.read_text(encoding="utf-8").encode("gb18030"))
    columns = {c.headers[0]: "varchar" for c in feed.columns}

    def ours(home: Home) -> None:
        land(home, vault, sample.parent, LETTER_DAY, lambda _: None)

    def theirs() -> None:
        con = memory_connection(folder)
        attach(con, folder / "peer.duckdb", "peer", vault, write=True)
        con.execute(
            "create table peer.main.visits as select *, row_number() over () as row_no from"
            f" read_csv('{chosen}', header = true, auto_detect = false, delim = ',', quote = '\"', columns = {columns})"
        )
        con.close()

    from reentry.refresh import prepare
    from reentry.settings import Settings

    home = Home(folder / "landing")
    vault = open_vault(home.path, create=True)
    home.building.mkdir()
    prepare(home, vault, Settings())
    (folder / "nothing").mkdir()
    import_ready = measure(lambda: land(home, vault, folder / "nothing", LETTER_DAY, lambda _: None))
    mine, peers = measure(lambda: ours(home)), measure(theirs)
    text = _ratio(mine.seconds - import_ready.seconds, peers.seconds, mine.cpu - import_ready.cpu, peers.cpu)
    return Line(persons, "landing a GB18030 CSV ÷ read_csv of it in UTF-8", text, "≤ 2")


def _write_visits(path: Path, rows: int) -> None:
    """A plain file of visits, UTF-8."""
    con = duckdb.connect()
    con.execute(
        f"""
        copy (
            select
                'V' || lpad(i::varchar, 9, '0') as 走访编号, 'D' || lpad((i % 997)::varchar, 6, '0') as 档案编号,
                strftime(date '2020-01-01' + (i % 1900)::integer, '%Y年%-m月%-d日') as 走访日期,
                ['司法所', '派出所', '帮教小组', '村社区'][1 + i % 4] as 走访单位,
                ['上门', '电话', '视频'][1 + i % 3] as 走访方式, ['好', '一般', '差'][1 + i % 3] as 现实表现,
                ['是', '否'][1 + i % 2] as 心理疏导
            from range({rows}) as r (i)
        ) to '{path}' (header, delimiter ',')
        """
    )
    con.close()


def _build_ratio(folder: Path, persons: int, home: Home, vault: Vault) -> Line:
    """Dbt's build (its start and gates included) beside its own compiled SQL, in order, on one connection."""
    from reentry.build.build import clear_scratch
    from reentry.build.dbt import build_by_dbt

    clear_scratch(home)
    dbt = measure(lambda: build_by_dbt(home, vault, LETTER_DAY))
    clear_scratch(home)
    with open_version(home, vault) as version:
        definitions = version.definitions
    plain = measure(lambda: _on_one_connection(folder / "plain", home, vault, definitions))
    text = _ratio(dbt.seconds, plain.seconds, dbt.cpu, plain.cpu)
    return Line(persons, "dbt build ÷ the same SQL on one connection", text, "≤ 1.3" if persons >= 1_000_000 else "")


def _on_one_connection(folder: Path, home: Home, vault: Vault, definitions: list[Definition]) -> None:
    folder.mkdir()
    con = memory_connection(folder)
    attach(con, home.warehouse, "warehouse", vault, write=False)
    for name in ("work", "marts"):
        attach(con, folder / f"{name}.duckdb", name, vault, write=True)
    define_session(con, vault, LETTER_DAY)
    for definition in definitions:
        definition.create(con)
    con.close()


def _figures_ratio(folder: Path, persons: int, home: Home, vault: Vault) -> Line:
    """Six figures from checked rows: all models that they need, and the pull, beside pandas from Parquet."""
    with open_version(home, vault) as version:
        definitions = version.definitions
        window = Window.of(*WINDOW, None, version.known_at)
        values = {f["id"]: float(f["value"]) for f in pull(version, window, ids=list(peer.FIGURES)) if not f["by"]}
    con = memory_connection(folder)
    attach(con, home.warehouse, "warehouse", vault, write=False)
    parquet = folder / "parquet"
    parquet.mkdir()
    peer.export(con, parquet)
    con.close()
    question = peer.Question(*WINDOW, LETTER_DAY)
    answer = folder / "answer.json"
    pandas = measure(lambda: answer.write_text(json.dumps(peer.figures(parquet, question))))
    ours = measure(lambda: _needed(home, vault, definitions, window))
    theirs = json.loads(answer.read_text())
    differing = {k: (values[k], theirs[k]) for k in values if abs(values[k] - theirs[k]) > 1e-6}
    if differing:
        raise RuntimeError(f"pandas and the models disagree, so the comparison means nothing: {differing}")
    text = f"{_ratio(pandas.seconds, ours.seconds, pandas.cpu, ours.cpu)} faster"
    return Line(persons, "six figures, loading included, beside pandas", text, "≥ 3 ×" if persons >= 1_000_000 else "")


def _needed(home: Home, vault: Vault, definitions: list[Definition], window: Window) -> None:
    """Builds, in memory, what the peer's figures need, and pulls them."""
    con = memory_connection()
    attach(con, home.warehouse, "warehouse", vault, write=False)
    con.execute("attach ':memory:' as work; attach ':memory:' as marts")
    define_session(con, vault, window.known_at)
    set_periods(con, window)
    figures = [d for d in definitions if {f["id"] for f in d.figures} & set(peer.FIGURES)]
    tables = [d for d in definitions if d.kind == "table" and d.name != PERIODS]
    wanted = {d.name for d in figures}
    for table in reversed(tables):
        if any(table.relation in d.sql for d in [*tables, *figures] if d.name in wanted):
            wanted.add(table.name)
    run_tables(con, [d for d in tables if d.name in wanted])
    for definition in figures:
        con.execute(definition.sql).fetchall()
    con.close()


def _seconds(measured: Measured) -> str:
    return f"{measured.seconds:.1f} s (CPU {measured.cpu:.1f} s)"


def _ratio(ours: float, peer: float, cpu: float, peer_cpu: float) -> str:
    """The ratio of times, and that of CPU, which other work on the machine disturbs less."""
    return f"{ours / peer:.2f} × ({ours:.1f} s ÷ {peer:.1f} s); CPU {cpu / peer_cpu:.2f} ×"


def _write_markdown(out: Path, lines: list[Line]) -> None:
    rows = [f"| {line.persons:,} | {line.what} | {line.value} | {line.wanted} |" for line in lines]
    text = f"""# Benchmarks

Repeat with `make bench`, or `reentry bench --persons 2500` for one size; it writes this page. Measured on
{date.today()}, 2 cores. Seconds depend on the machine and its other work; ratios come from one run and hold.
Feeds of more than {FULL_HISTORY_UP_TO:,} persons have the history and the last {MONTHS_BEYOND} monthly deliveries.

| persons | what | measured | to reach |
|---:|---|---|---|
"""
    out.write_text(text + "\n".join(rows) + "\n", encoding="utf-8")
