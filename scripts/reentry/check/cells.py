"""Installs the cell macros of ``cells.sql`` on a connection, and the look-ups of words that seeds define."""

from __future__ import annotations

from pathlib import Path

import duckdb
from duckdb.func import PythonUDFType

from reentry.characters import normal_array

_MACROS = Path(__file__).with_name("cells.sql")


def install_cells(con: duckdb.DuckDBPyConnection) -> None:
    """Defines the macros ``memory.main.cell_*`` and ``word_*``; can be called again on the same connection."""
    if not con.execute("select 1 from duckdb_functions() where function_name = 'cell_full_normal'").fetchone():
        con.create_function("cell_full_normal", normal_array, ["VARCHAR"], "VARCHAR", type=PythonUDFType.ARROW)
    con.execute(_MACROS.read_text(encoding="utf-8"))
