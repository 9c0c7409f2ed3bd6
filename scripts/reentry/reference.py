"""Reference tables: the seeds, overridden by the settings of the district, into ``warehouse.reference``.

They are needed by landing and by the checks, before dbt runs; dbt knows them as its seeds and finds them there.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path

import duckdb

from reentry.contract import feeds
from reentry.errors import UsageError
from reentry.nearest import nearest
from reentry.project import SEEDS
from reentry.rules_of_district import override_rules
from reentry.settings import Settings


class Rows(list[dict[str, str]]):
    """Rows of a table as text, with the columns that hold even without rows."""

    def __init__(self, columns: Iterable[str], rows: Iterable[dict[str, str]] = ()) -> None:
        """``rows`` have exactly ``columns``."""
        super().__init__(rows)
        self.columns = tuple(columns)


_INTEGERS = (
    *("handover_days", "one_sided_days", "horizon_days", "visit_days", "rhythm_days", "term_years"),
    *("change_percent", "deviations", "months_needed", "floor_percent"),
)
_BOOLEANS = ("in_library", "is_casework")
_DECIMALS = ("threshold", "second_threshold")
_MONTH = re.compile(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])")
_SEPARATORS = (",", "\t", ";")
_CODE_DIGITS = {"district_code": 6, "township_code": 9}


def load_reference(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Writes ``warehouse.reference.<stem>`` for each seed where it differs; ``con`` has the warehouse attached.

    UsageError for a file or setting that does not fit: a missing column, a code of the wrong form or given twice, an
    own district that is not in districts, a release type, colour or feed that does not exist.
    """
    tables = {path.stem: _read(path) for path in _seed_files()}
    _override(tables, settings)
    _check_places(tables)
    _check_exemptions(tables["stability_exemptions"])
    for name, rows in sorted(tables.items()):
        _write(con, name, rows)


def own_rules(settings: Settings) -> list[dict[str, str]]:
    """The rules as the district wants them, as in the seed ``rules.csv``; UsageError as ``load_reference``."""
    rules = _read(SEEDS / "rules.csv")
    if settings.rules:
        override_rules(rules, _read(settings.rules), settings.rules)
    return rules


def own_townships(settings: Settings) -> tuple[str, list[tuple[str, str]]]:
    """The code of a home's own district, code and name of each of its townships; UsageError as ``load_reference``."""
    tables = {name: _read(SEEDS / f"{name}.csv") for name in ("settings", "townships", "districts")}
    _override_places(tables, settings)
    _check_places(tables)
    own = tables["settings"][0]["district_code"]
    return own, [(r["township_code"], r["township_name"]) for r in tables["townships"] if r["district_code"] == own]


def _seed_files() -> list[Path]:
    return sorted([*SEEDS.glob("*.csv"), *SEEDS.glob("codes/*.csv")])


def _read(path: Path, columns: tuple[str, ...] = ()) -> Rows:
    """Rows of a CSV file in any encoding of a feed; ``columns`` are those it must have, and the only ones kept."""
    try:
        text = _decoded(path.read_bytes())
        first = text.partition("\n")[0]
        separator = max(_SEPARATORS, key=first.count)
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        names = [name.strip() for name in reader.fieldnames or []]
        reader.fieldnames = names
        missing = [column for column in columns if column not in names]
        if missing:
            raise UsageError(f"{path} has no column {', '.join(missing)}: add it to the header.")
        kept = columns or tuple(names)
        rows = [{name: (row[name] or "").strip() for name in kept} for row in reader if any(row.values())]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read ({error}): save it as CSV UTF-8 (comma-separated).") from error
    return Rows(kept, rows)


def _decoded(content: bytes) -> str:
    """The text of a CSV: by byte order mark, then UTF-8, then GB18030, as landing decides; UnicodeDecodeError."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _override_places(tables: dict[str, Rows], settings: Settings) -> None:
    if settings.townships:
        tables["townships"] = _read(settings.townships, ("township_code", "township_name", "district_code"))
    if settings.districts:
        tables["districts"] = _read(settings.districts, ("district_code", "district_name"))
    if settings.district_code is not None:
        tables["settings"][0]["district_code"] = settings.district_code


def _override(tables: dict[str, Rows], settings: Settings) -> None:
    _override_places(tables, settings)
    if settings.rules:
        override_rules(tables["rules"], _read(settings.rules), settings.rules)
    own = tables["settings"][0]
    for key in ("handover_days", "one_sided_days"):
        value = getattr(settings, key)
        if value is not None:
            own[key] = str(value)
    if settings.horizons:
        tables["horizons"] = Rows(
            ["horizon_days"], [{"horizon_days": str(days)} for days in sorted(set(settings.horizons))]
        )
    _override_by(tables["release_type"], settings.term_years, by="code", column="term_years", setting="term_years")
    _override_by(tables["visit_days"], settings.visit_days, by="colour", column="visit_days", setting="visit_days")
    _override_rhythm(tables, settings.rhythm_days)
    _override_library(tables["colour"], settings.library_colours)


def _override_by(rows: Rows, values: dict[str, int], *, by: str, column: str, setting: str) -> None:
    known = {row[by]: row for row in rows}
    for key, value in values.items():
        if key not in known:
            raise UsageError(
                f"reentry.toml: {setting} knows no [{key}]; the nearest known key is {nearest(key, list(known))}"
                f" (of {', '.join(known)}): correct it."
            )
        known[key][column] = str(value)


def _override_rhythm(tables: dict[str, Rows], values: dict[str, int]) -> None:
    known = {"default", *(feed.id for feed in feeds())}
    rhythm = {row["feed"]: row["rhythm_days"] for row in tables["rhythm_days"]}
    for feed, days in values.items():
        if feed not in known:
            near = nearest(feed, sorted(known))
            raise UsageError(f"reentry.toml: rhythm_days knows no feed [{feed}]; the nearest is {near}: correct it.")
        rhythm[feed] = str(days)
    tables["rhythm_days"] = Rows(
        ["feed", "rhythm_days"], [{"feed": feed, "rhythm_days": days} for feed, days in rhythm.items()]
    )


def _override_library(rows: Rows, colours: tuple[str, ...] | None) -> None:
    if colours is None:
        return
    known = [row["name"] for row in rows]
    for colour in colours:
        if colour not in known:
            raise UsageError(f"reentry.toml: library.colours knows no [{colour}]; known are {', '.join(known)}.")
    for row in rows:
        row["in_library"] = str(row["name"] in colours).lower()


def _check_places(tables: dict[str, Rows]) -> None:
    for table, key in (("districts", "district_code"), ("townships", "township_code")):
        seen: set[str] = set()
        for row in tables[table]:
            for column, digits in _CODE_DIGITS.items():
                if column in row and not (
                    row[column].isascii() and row[column].isdigit() and len(row[column]) == digits
                ):
                    raise UsageError(f"{table}: {column} [{row[column]}] has not {digits} digits: correct it.")
            if row[key] in seen:
                raise UsageError(f"{table}: {key} [{row[key]}] is there twice: keep one line.")
            if not row[key.replace("code", "name")]:
                raise UsageError(f"{table}: {key} [{row[key]}] has no name: add it.")
            seen.add(row[key])
    own = tables["settings"][0]["district_code"]
    if own not in {row["district_code"] for row in tables["districts"]}:
        raise UsageError(f"district_code [{own}] is not in districts: correct it in reentry.toml or add the district.")
    if own not in {row["district_code"] for row in tables["townships"]}:
        raise UsageError(f"district_code [{own}] has no township in townships: name the district's own file.")
    for setting in ("handover_days", "one_sided_days"):
        if int(tables["settings"][0][setting]) < 0:
            raise UsageError(f"reentry.toml: {setting} must be 0 or more: correct it.")


def _check_exemptions(rows: Rows) -> None:
    """UsageError for an exemption that has no reason or never ends."""
    known = {feed.id for feed in feeds()}
    for row in rows:
        place = f"stability_exemptions: {row['feed']} from [{row['from_month']}] to [{row['to_month']}]"
        if row["feed"] not in known:
            raise UsageError(f"{place}: there is no such feed; write it as justice.register.")
        if not all(_MONTH.fullmatch(row[name]) for name in ("from_month", "to_month")):
            raise UsageError(f"{place}: both months must be there, as 2025-01: an exemption has an end.")
        if row["to_month"] < row["from_month"]:
            raise UsageError(f"{place}: it ends before it begins: correct it.")
        if not row["reason"]:
            raise UsageError(f"{place}: it has no reason: say why the month may differ.")


def _sql_type(column: str) -> str:
    if column in _DECIMALS:
        return "decimal(18,4)"
    return "integer" if column in _INTEGERS else "boolean" if column in _BOOLEANS else "varchar"


def _typed(column: str) -> Callable[[str], object]:
    if column in _INTEGERS:
        return lambda text: int(text) if text else None
    if column in _BOOLEANS:
        return lambda text: text == "true"
    if column in _DECIMALS:
        return lambda text: Decimal(text).quantize(Decimal("0.0001")) if text else None
    return lambda text: text or None


def _write(con: duckdb.DuckDBPyConnection, name: str, rows: Rows) -> None:
    columns = rows.columns
    values = [tuple(_typed(column)(row[column]) for column in columns) for row in rows]
    table = f"warehouse.reference.{name}"
    there = con.execute(
        "select column_name, data_type from duckdb_columns() where database_name = 'warehouse'"
        f" and schema_name = 'reference' and table_name = '{name}' order by column_index"
    ).fetchall()  # no parameter: with the first one, DuckDB imports pandas
    wanted = [(column, _sql_type(column).upper()) for column in columns]
    if there == wanted and con.execute(f"select * from {table} order by rowid").fetchall() == values:
        return
    con.execute("begin")
    con.execute(f"create or replace table {table} ({', '.join(f'{c} {_sql_type(c)}' for c in columns)})")
    if values:
        con.executemany(f"insert into {table} values ({', '.join('?' * len(columns))})", values)
    con.execute("commit")
