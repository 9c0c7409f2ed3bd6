"""Ratios within one run: landing, build and figures beside a peer, and what checks and rules cost of the whole."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from reentry.bench.ground import DAY_BEFORE, Ground
from reentry.bench.measure import Measured, measure
from reentry.bench.table import Line
from reentry.contract import feeds
from reentry.definition import GATE, Definition
from reentry.figures.published import open_version, run_tables
from reentry.figures.pull import pull, set_periods
from reentry.figures.window import Window
from reentry.project import MODELS
from reentry.store import Home, attach, connect, define_session, literal, memory_connection
from reentry.vault import Vault, open_vault

LARGE = 1_000_000
PERIODS = "periods"  # a pull makes it itself
WINDOW = (date(2025, 1, 1), date(2025, 3, 31))
# rules across feeds, the lives of findings, and what the quality page shows of them
RULES = ("intermediate/findings", "intermediate/finding_life", "marts/data")


def landing(ground: Ground) -> Iterator[Line]:
    """One GB18030 CSV landed, beside DuckDB's read_csv of the same cells in UTF-8 into a table of the same kind."""
    from reentry.land import land
    from reentry.refresh import prepare
    from reentry.settings import Settings

    folder = ground.folder / "landing"
    feed = next(f for f in feeds() if f.id == "justice.visits")
    sample, nothing, chosen = folder / "sample", folder / "nothing", folder / "visits.csv"
    (sample / "justice").mkdir(parents=True)
    nothing.mkdir()
    _write_visits(chosen, rows=max(ground.persons * 4, 100_000))
    (sample / "justice" / "visits_20250601.csv").write_bytes(chosen.read_text(encoding="utf-8").encode("gb18030"))
    columns = {c.headers[0]: "varchar" for c in feed.columns}
    home = Home(folder / "home")
    vault = open_vault(home.path, create=True)
    home.building.mkdir()
    prepare(home, vault, Settings())

    def theirs() -> None:
        con = memory_connection(Home(folder))
        attach(con, folder / "peer.duckdb", "peer", vault, write=True)
        con.execute(
            "create table peer.main.visits as select *, row_number() over () as row_no from"
            f" read_csv({literal(chosen)}, header = true, auto_detect = false, delim = ',', quote = '\"',"
            f" columns = {columns})"
        )
        con.close()

    import_ready = measure(lambda: land(home, vault, nothing, DAY_BEFORE, lambda _: None))
    mine = measure(lambda: land(home, vault, sample, DAY_BEFORE, lambda _: None))
    own = Measured(mine.seconds - import_ready.seconds, mine.cpu - import_ready.cpu, mine.gigabytes)
    yield Line(ground.persons, "landing a GB18030 CSV ÷ read_csv of it in UTF-8", ratio(own, measure(theirs)), "≤ 2")


def _write_visits(path: Path, rows: int) -> None:
    """A plain file of visits, UTF-8."""
    con = connect(home=path.parent)
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
        ) to {literal(path)} (header, delimiter ',')
        """
    )
    con.close()


def building(ground: Ground) -> Iterator[Line]:
    """The step ``build`` beside the SQL it compiled, in order, on one connection; and by model: what the rules cost."""
    folder, steps = ground.folder / "plain", ground.steps()
    with open_version(ground.home, ground.vault) as version:
        definitions = [d for d in version.definitions if d.kind != GATE]
        findings = version.con.execute("select count(*) from marts.main.fct_findings").fetchall()[0][0]
        rows = version.con.execute("select sum(rows_read) from marts.main.fct_deliveries").fetchall()[0][0]
    home, vault, answer = ground.home, ground.vault, ground.folder / "models.json"
    plain = measure(lambda: answer.write_text(json.dumps(_on_one_connection(folder, home, vault, definitions))))
    large = ground.persons >= LARGE
    yield Line(ground.persons, "the build's SQL, in order, on one connection", taken(plain), "< 4 GB" if large else "")
    yield Line(
        ground.persons,
        "build (start, dbt, tests and gates included) ÷ the same SQL on one connection",
        ratio(steps["build"], plain),
        "≤ 1.3" if large else "",
    )
    by_model: dict[str, float] = json.loads(answer.read_text())
    of_rules = rule_models()
    rules = sum(cpu for name, cpu in by_model.items() if name in of_rules)
    land, check, typing, build = steps["land"].cpu, steps["check"].cpu, steps["typing"].cpu, plain.cpu
    judging = check - typing
    wanted = "≤ 50 %" if large else ""
    yield Line(ground.persons, "findings, of rows", f"{findings:,} of {rows:,} ({findings / rows:.1%})")
    yield Line(
        ground.persons,
        "CPU of check and rules ÷ landing and build",
        f"{(check + rules) / (land + build):.0%}: ({check:.0f} s + {rules:.0f} s) ÷ ({land:.0f} s + {build:.0f} s)",
        wanted,
    )
    yield Line(
        ground.persons,
        "the same, typing counted as part of the build",
        f"{(judging + rules) / (land + typing + build):.0%}: ({judging:.0f} s + {rules:.0f} s)"
        f" ÷ ({land:.0f} s + {typing:.0f} s + {build:.0f} s)",
        wanted,
    )


def rule_models() -> set[str]:
    """Names of the models that hold rules and the lives of findings, by their folders."""
    return {path.stem for folder in RULES for path in (MODELS / folder).glob("*.sql")}


def _on_one_connection(folder: Path, home: Home, vault: Vault, definitions: list[Definition]) -> dict[str, float]:
    """Makes all models; gives the CPU seconds of each."""
    folder.mkdir()
    con = memory_connection(Home(folder))
    attach(con, home.warehouse, "warehouse", vault, write=False)
    for name in ("work", "marts"):
        attach(con, folder / f"{name}.duckdb", name, vault, write=True)
    define_session(con, vault, DAY_BEFORE)
    by_model = {}
    for definition in definitions:
        start = time.process_time()
        definition.create(con)
        by_model[definition.name] = time.process_time() - start
    con.close()
    return by_model


def figures(ground: Ground) -> Iterator[Line]:
    """Six figures from checked rows: all models that they need, and the pull, beside pandas from Parquet."""
    from reentry.bench import peer

    home, vault, parquet = ground.home, ground.vault, ground.folder / "parquet"
    with open_version(home, vault) as version:
        definitions = version.definitions
        window = Window.of(*WINDOW, None, version.known_at)
        values = {f["id"]: float(f["value"]) for f in pull(version, window, ids=list(peer.FIGURES)) if not f["by"]}
    con = memory_connection(Home(ground.folder))
    attach(con, home.warehouse, "warehouse", vault, write=False)
    parquet.mkdir()
    peer.export(con, parquet)
    con.close()
    question = peer.Question(*WINDOW, window.known_at)
    answer = ground.folder / "answer.json"
    theirs = measure(lambda: answer.write_text(json.dumps(peer.figures(parquet, question))))
    ours = measure(lambda: _needed(home, vault, definitions, window))
    found = json.loads(answer.read_text())
    differing = {k: (values[k], found[k]) for k in values if abs(values[k] - found[k]) > 1e-6}
    if differing:
        raise RuntimeError(f"pandas and the models disagree, so the comparison means nothing: {differing}")
    yield Line(
        ground.persons,
        "six figures: pandas from Parquet of typed rows ÷ ours from the encrypted warehouse",
        f"{ratio(theirs, ours)}; {theirs.gigabytes:.2f} GB ÷ {ours.gigabytes:.2f} GB",
        "≥ 3 ×" if ground.persons >= LARGE else "",
    )


def _needed(home: Home, vault: Vault, definitions: list[Definition], window: Window) -> None:
    """Builds, in memory, what the peer's figures need, and pulls them."""
    from reentry.bench.peer import FIGURES

    con = memory_connection(home)
    attach(con, home.warehouse, "warehouse", vault, write=False)
    con.execute("attach ':memory:' as work; attach ':memory:' as marts")
    define_session(con, vault, window.known_at)
    set_periods(con, window)
    wanted_figures = [d for d in definitions if {f["id"] for f in d.figures} & set(FIGURES)]
    tables = [d for d in definitions if d.kind == "table" and d.name != PERIODS]
    wanted = {d.name for d in wanted_figures}
    for table in reversed(tables):
        if any(table.relation in d.sql for d in [*tables, *wanted_figures] if d.name in wanted):
            wanted.add(table.name)
    run_tables(con, [d for d in tables if d.name in wanted])
    for definition in wanted_figures:
        con.execute(definition.sql).fetchall()
    con.close()


def taken(measured: Measured) -> str:
    """Wall seconds first, CPU seconds of all threads and memory beside."""
    return f"{measured.seconds:.1f} s (CPU {measured.cpu:.1f} s, {measured.gigabytes:.2f} GB)"


def ratio(one: Measured, other: Measured) -> str:
    """The ratio of times, and that of CPU, which other work on the machine disturbs less."""
    wall = f"{one.seconds / other.seconds:.2f} × ({one.seconds:.1f} s ÷ {other.seconds:.1f} s)"
    return f"{wall}; CPU {one.cpu / other.cpu:.2f} × ({one.cpu:.1f} s ÷ {other.cpu:.1f} s)"
