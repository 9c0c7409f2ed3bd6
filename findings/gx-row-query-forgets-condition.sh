#!/usr/bin/env bash
# Great Expectations: the query that a result offers for its unexpected rows (unexpected_index_query) leaves out the
# expectation's own row_condition and ignore_row_if. An expectation that holds gives a query that finds rows; of one
# that fails the query finds rows that were never judged. Shown on SQLite, which Great Expectations supports.
# Exits 0 as long as it is so.
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
from great_expectations.expectations.row_conditions import Column

con = sqlite3.connect("t.db")
con.execute("create table posts (id integer, kind text, opened integer, closed integer)")
con.executemany(
    "insert into posts values (?, ?, ?, ?)",
    [(1, "cleaner", 5, 3), (2, "cleaner", None, 3), (3, "guard", 1, 3), (4, "guard", 2, None), (5, "cleaner", 1, 2)],
)
con.commit()

context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
source = context.data_sources.add_sqlite("s", connection_string="sqlite:///t.db")
batch = source.add_table_asset("t", table_name="posts").add_batch_definition_whole_table("w").get_batch()
complete = {"result_format": "COMPLETE", "unexpected_index_column_names": ["id"]}
guards = Column("kind") == "guard"
asked = {
    "guards have opened filled": gxe.ExpectColumnValuesToNotBeNull(column="opened", row_condition=guards),
    "guards have opened >= 3": gxe.ExpectColumnValuesToBeBetween(column="opened", min_value=3, row_condition=guards),
    "opened = closed where both are filled": gxe.ExpectColumnPairValuesToBeEqual(
        column_A="opened", column_B="closed", ignore_row_if="either_value_is_missing"
    ),
}
print("great_expectations", gx.__version__, "on sqlite", sqlite3.sqlite_version)
found = []
for name, expectation in asked.items():
    result = batch.validate(expectation, result_format=complete)
    said = [row["id"] for row in result.result["unexpected_index_list"]]
    query = result.result["unexpected_index_query"].rstrip("; \n")
    by_query = [row[0] for row in con.execute(query)]
    found.append((result.success, said, by_query))
    print(f"{name}: success {result.success}, unexpected rows {said}; its query gives {by_query}: {' '.join(query.split())}")
expected = [(True, [], [2]), (False, [3, 4], [3, 4, 5]), (False, [1, 3, 5], [1, 2, 3, 4, 5])]
sys.exit(0 if found == expected else 1)
PYTHON
