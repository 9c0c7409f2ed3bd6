#!/usr/bin/env bash
# Great Expectations: whether a row with one empty cell is unexpected depends on the engine. The same five rows and the
# same expectations, with ignore_row_if that keeps such rows: pandas counts them as unexpected, SQLite does not, so the
# same data passes in a database and fails in a data frame. Exits 0 as long as it is so.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    great-expectations==1.24.1 sqlalchemy==2.0.58 pandas==3.1.1 numpy==2.4.6

cd "$work"
GX_ANALYTICS_ENABLED=false "$work/venv/bin/python" -W ignore - <<'PYTHON' 2>/dev/null
import sqlite3
import sys

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

rows = [(1, 5, 3), (2, None, 3), (3, 4, 3), (4, 2, None), (5, 6, 2)]
con = sqlite3.connect("t.db")
con.execute("create table posts (id integer, opened integer, closed integer)")
con.executemany("insert into posts values (?, ?, ?)", rows)
con.commit()

context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
source = context.data_sources.add_sqlite("s", connection_string="sqlite:///t.db")
in_sqlite = source.add_table_asset("t", table_name="posts").add_batch_definition_whole_table("w").get_batch()
frames = context.data_sources.add_pandas("p").add_dataframe_asset("d").add_batch_definition_whole_dataframe("w")
in_pandas = frames.get_batch({"dataframe": pd.DataFrame(rows, columns=["id", "opened", "closed"])})

pair = {"column_A": "opened", "column_B": "closed"}
asked = {
    "opened > closed (neither)": gxe.ExpectColumnPairValuesAToBeGreaterThanB(**pair, ignore_row_if="neither"),
    "opened > closed (both_values_are_missing)": gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        **pair, ignore_row_if="both_values_are_missing"
    ),
    "opened + closed = 8 (never)": gxe.ExpectMulticolumnSumToEqual(
        column_list=["opened", "closed"], sum_total=8, ignore_row_if="never"
    ),
}
print("great_expectations", gx.__version__, "pandas", pd.__version__, "sqlite", sqlite3.sqlite_version)
found = []
for name, expectation in asked.items():
    counts = [batch.validate(expectation) for batch in (in_sqlite, in_pandas)]
    found.append([(r.success, r.result["unexpected_count"]) for r in counts])
    print(f"{name}: sqlite {found[-1][0]}, pandas {found[-1][1]} (success, unexpected rows)")
expected = [[(True, 0), (False, 2)], [(True, 0), (False, 2)], [(False, 1), (False, 3)]]
sys.exit(0 if found == expected else 1)
PYTHON
