"""CSV of any shape comes back cell for cell: against Python's csv module, and broken quotes against a naive reader."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from oracle.files import csv_records
from reentry.check.cells import install_cells
from reentry.contract import Feed, feeds
from reentry.land import normalise, records, text
from reentry.land.normalise import Spoiled
from reentry.land.prepare import prepare_csv
from reentry.land.raw_rows import read_source
from reentry.land.scratch import Scratch
from reentry.land.text import Text

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "gb18030")
HEADERS = ["档案编号", "走访编号", "走访日期", "备考"]
Rows = list[list[str]]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        install_cells(connection)
        yield connection


@pytest.fixture(scope="module")
def visits() -> Feed:
    return next(feed for feed in feeds() if feed.id == "justice.visits")


@pytest.fixture(params=["large chunks", "tiny chunks"])
def chunks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Places of the seams must not matter."""
    if request.param == "tiny chunks":
        monkeypatch.setattr(normalise, "_SMALL_BYTES", 13)
        monkeypatch.setattr(normalise, "_CHUNK_BYTES", 29)
        monkeypatch.setattr(normalise, "_SLICE_BYTES", 70)
        monkeypatch.setattr(text, "CHUNK_BYTES", 5)
        monkeypatch.setattr(records, "_WINDOW_BYTES", 7)


class Reading(NamedTuple):
    """Records below the header; ``spoiled`` by their number from 0."""

    rows: Rows
    spoiled: dict[int, Spoiled]
    header_row: int
    separator: str


def read(con: duckdb.DuckDBPyConnection, feed: Feed, content: bytes, folder: Path, *, exactly: bool = False) -> Reading:
    """The cells of all records below the header, as DuckDB reads them; null is empty."""
    prepared = prepare_csv(Text(io.BytesIO(content), Scratch(folder, 0)), feed, folder=folder, exactly=exactly)
    cells = ", ".join(f"coalesce(c{n}, '')" for n in range(prepared.header.width))
    rows: Rows = []
    spoiled: dict[int, Spoiled] = {}
    for piece in prepared.slices:
        assert piece.first_row == prepared.header.row_no + 1 + len(rows)
        if piece.records:
            found = con.execute(f"select {cells} from {read_source(prepared, piece)} order by row_no").fetchall()
            assert len(found) == piece.records
            rows += [list(row) for row in found]
        spoiled |= {no - prepared.header.row_no - 1: what for no, what in piece.spoiled.items()}
    return Reading(rows, spoiled, prepared.header.row_no, prepared.separator)


def without_blank_end(rows: Rows) -> Rows:
    kept = list(rows)
    while kept and not any(cell.strip() for cell in kept[-1]):
        kept.pop()
    return kept


CELL = st.one_of(
    st.text(alphabet=st.sampled_from('ab,;\t" \n\r中é\0𠀀　'), max_size=6),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(["", "", "x", "张三", '"', '""', "\n", "\r\n", "#", "\\", "NULL"]),
)
TABLE = st.lists(st.lists(CELL, min_size=4, max_size=4), max_size=12)


@pytest.mark.usefixtures("chunks")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=TABLE,
    encoding=st.sampled_from(ENCODINGS),
    separator=st.sampled_from([",", "\t", ";"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    titles=st.integers(0, 3),
)
@example([["\0", "a", "b", "c"]], "utf-8", ",", csv.QUOTE_MINIMAL, "\n", 0)
def test_what_csv_writes_comes_back(
    con: duckdb.DuckDBPyConnection,
    visits: Feed,
    tmp_path: Path,
    table: Rows,
    encoding: str,
    separator: str,
    quoting: Literal[0, 1],
    line_end: str,
    titles: int,
) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=separator, quoting=quoting, lineterminator=line_end)
    writer.writerows([["统计表", ""]] * titles)
    writer.writerow(HEADERS)
    writer.writerows(table)
    content = written.getvalue().encode(encoding)

    reading = read(con, visits, content, tmp_path)

    independent = list(csv.reader(io.StringIO(written.getvalue(), newline=""), delimiter=separator))[titles + 1 :]
    independent = [[*row, *[""] * (4 - len(row))] for row in independent]
    assert reading.separator == separator
    assert reading.header_row == titles + 1
    assert not reading.spoiled
    assert without_blank_end(reading.rows) == without_blank_end(independent)
    if quoting == csv.QUOTE_ALL:  # else the csv module leaves some line ends bare
        assert without_blank_end(reading.rows) == without_blank_end(table)


RAGGED = st.text(alphabet=st.sampled_from('ab,,""\n\n中 '), max_size=60)


@pytest.mark.usefixtures("chunks")
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=RAGGED, crlf=st.booleans(), exactly=st.booleans())
@example('1,"2,3\n4,5"x,6\n7,8,9\n', False, False)
@example('1,"2"x,3,4\n5,6,7,8', False, False)
@example('1,"2,3', False, False)
@example('"1\n2",3,"4\n5,6\n7,8,9,0', True, False)
@example(' "1,2",3\n', False, False)
@example('1,2,3,4,,"",x\n1,2,3,4,,,\n', True, False)
def test_ragged_and_broken_lines_read_as_naively(
    con: duckdb.DuckDBPyConnection, visits: Feed, tmp_path: Path, body: str, crlf: bool, exactly: bool
) -> None:
    lines = ",".join(HEADERS) + "\n" + body
    content = (lines.replace("\n", "\r\n") if crlf else lines).encode()

    reading = read(con, visits, content, tmp_path, exactly=exactly)

    naive = csv_records(lines, ",")[1:]
    while naive and naive[-1].is_blank:
        naive.pop()
    expected = [[*r.cells[:4], *[""] * (4 - len(r.cells))] for r in naive]
    assert [[c.replace("\r\n", "\n") for c in row] for row in reading.rows][: len(expected)] == expected
    assert all(not any(c.strip() for c in row) for row in reading.rows[len(expected) :])
    assert {n for n, s in reading.spoiled.items() if s.is_broken} == {
        n for n, record in enumerate(naive) if record.is_broken
    }
    assert {n for n, s in reading.spoiled.items() if not s.is_broken} == {
        n for n, record in enumerate(naive) if not record.is_broken and any(cell.strip() for cell in record.cells[4:])
    }


@pytest.mark.parametrize("quote", [False, True])
def test_ten_megabytes_in_one_cell(con: duckdb.DuckDBPyConnection, visits: Feed, tmp_path: Path, quote: bool) -> None:
    long = "长,\n" * 2_000_000 if quote else "长x" * 2_500_000
    cell = f'"{long}"' if quote else long
    content = f"{','.join(HEADERS)}\n1,2,3,4\n5,6,7,{cell}\n8,9,10,11\n".encode()
    reading = read(con, visits, content, tmp_path)
    assert [row[0] for row in reading.rows] == ["1", "5", "8"]
    assert reading.rows[1][3] == long


@pytest.mark.usefixtures("chunks")
def test_line_ends_of_three_kinds_in_one_file(con: duckdb.DuckDBPyConnection, visits: Feed, tmp_path: Path) -> None:
    content = f'{",".join(HEADERS)}\r1,2,3,"a\r\nb\rc\nd"\r\n5,6,7,8\n\r9,10,11,12\r'.encode()
    reading = read(con, visits, content, tmp_path)
    assert reading.rows == [["1", "2", "3", "a\r\nb\rc\nd"], ["5", "6", "7", "8"], [""] * 4, ["9", "10", "11", "12"]]


def test_a_quote_that_is_never_closed_costs_one_line(
    con: duckdb.DuckDBPyConnection, visits: Feed, tmp_path: Path
) -> None:
    lines = [f"{n},b,c,d" for n in range(200_000)]
    lines[3] = '3,"b,c,d'
    lines[150_000] = '150000,"b"b,c,d'
    reading = read(con, visits, "\n".join([",".join(HEADERS), *lines]).encode(), tmp_path)
    assert len(reading.rows) == 200_000
    assert {n: (s.text, s.is_broken) for n, s in reading.spoiled.items()} == {
        3: ('3,"b,c,d', True),
        150_000: ('150000,"b"b,c,d', True),
    }
    assert [reading.rows[n] for n in (3, 150_000)] == [["3", "", "", ""], ["150000", "", "", ""]]
    assert reading.rows[150_001] == ["150001", "b", "c", "d"]
