"""Every role × every dataset, through the data API, SQL Lab and exports: the rows it may see and none else.

What row rules, permissions and files hold back by themselves is asked of a Superset without the guard; the guard has
tests of its own (test_guard.py).
"""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import secrets
import sqlite3
import urllib.parse
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
import yaml
from test_privacy import names, revealed  # noqa: F401 (names is a fixture)

from conftest import Made, MakeHome
from reentry.dashboards.browser import Session, log_in
from reentry.dashboards.printing import first_accounts
from reentry.errors import UsageError
from reentry.project import DASHBOARDS
from served import OK, Served, Unguarded, charts_of, get, own_request, post, roles_file, rows_of, send

REFUSED = {400, 401, 403, 404, 422}
ADMIN = "管理员"
ROLES = sorted(roles_file()["roles"])
OTHERS = [role for role in ROLES if role != ADMIN]
TOWNSHIP = "township_code"


@pytest.fixture(scope="module")
def made(made_home: MakeHome) -> Made:
    """The demo home that is served."""
    return made_home(1)


@pytest.fixture(scope="module")
def readers() -> dict[str, set[str]]:
    """Which tables each role may read, worked out from the files: those of its pages' tiles and filters.

    An administrator reads all but those of persons.
    """

    def read(path: Any) -> Any:
        return yaml.safe_load(path.read_text(encoding="utf-8"))

    def tables(stem: str) -> str:
        return str(read(DASHBOARDS / "datasets" / f"{stem}.yaml").get("table", stem))

    def cells(node: Any) -> list[Any]:
        found = [node] if isinstance(node, dict) and "chart" in node else []
        children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
        return found + [cell for child in children for cell in cells(child)]

    by_slug = {}
    for path in (DASHBOARDS / "dashboards").glob("*.yaml"):
        page = read(path)
        charts = [c["chart"] if "/" in c["chart"] else f"{path.stem}/{c['chart']}" for c in cells(page)]
        datasets = {read(DASHBOARDS / "charts" / f"{chart}.yaml")["dataset"] for chart in charts}
        datasets |= {f["dataset"] for f in page.get("filters", []) if "dataset" in f}
        by_slug[page["slug"]] = {tables(d) for d in datasets}
    roles = roles_file()["roles"]
    files = [p for p in (DASHBOARDS / "datasets").glob("*.yaml") if not read(p).get("person_level")]
    everything = {tables(p.stem) for p in files}
    return {
        name: everything if said.get("superset_role") else set().union(*(by_slug[s] for s in said["pages"]), set())
        for name, said in roles.items()
    }


def is_open(table: str) -> bool:
    """Whether a table's dataset file says that no township's row rule is on it."""
    return bool(dataset_file(table).get("open", False))


def dataset_file(table: str) -> dict[str, Any]:
    """What the dataset file of a published table says."""
    files = {p.stem: yaml.safe_load(p.read_text(encoding="utf-8")) for p in (DASHBOARDS / "datasets").glob("*.yaml")}
    found: dict[str, Any] = next(said for stem, said in files.items() if said.get("table", stem) == table)
    return found


def columns_of(served: Served, table: str) -> list[str]:
    """Columns of a published table."""
    rows = served.published("select column_name from duckdb_columns() where table_name = ?", [table])
    return [name for (name,) in rows]


def expected(served: Served, role: str, table: str) -> int:
    """How many rows a role may see of a table that it may read."""
    count = f"select count(*) from {table}"
    if not roles_file()["roles"][role].get("own_township") or is_open(table):
        return int(served.published(count)[0][0])
    if TOWNSHIP not in columns_of(served, table):
        return 0
    return int(served.published(f"{count} where {TOWNSHIP} = ?", [served.township_of(role)])[0][0])


@pytest.mark.parametrize("role", ROLES)
def test_rows_of_every_dataset(served: Served, unguarded: Unguarded, readers: dict[str, set[str]], role: str) -> None:
    """Counted through the data API, without the guard: exactly the rows of the role, or a refusal."""
    for table, key in served.dataset_ids().items():
        answer = unguarded.ask(role, key)
        if table not in readers[role]:
            assert answer.status in REFUSED, f"{role} reads {table}"
            continue
        assert rows_of(answer) == [{"n": expected(served, role, table)}], f"{role} on {table}"


@pytest.mark.parametrize("role", OTHERS)
def test_another_pages_id_opens_nothing(
    served: Served, unguarded: Unguarded, readers: dict[str, set[str]], role: str
) -> None:
    """A request that names a page and a chart of it gets no dataset that the role may not read, in any combination."""
    session, admin = served.session(role), served.session(ADMIN)
    charts_of = {
        page["id"]: admin.get(f"/api/v1/dashboard/{page['id']}/charts")["result"]
        for page in admin.get("/api/v1/dashboard/?q=(page_size:100)")["result"]
    }
    seen = get(session, "/api/v1/dashboard/").document["result"]
    for table, key in served.dataset_ids().items():
        if table in readers[role]:
            continue
        datasource = f"{key}__table"
        # the page where the table is shown, and one that the role may see; a chart of the table, and one of another
        showing = {p: c["id"] for p, found in charts_of.items() for c in found if _source(c) == datasource}
        chart = next(iter(showing.values()), 1)
        other = next(c["id"] for found in charts_of.values() for c in found if _source(c) != datasource)
        for page in {*list(showing)[:1], *(p["id"] for p in seen[:1])}:
            for named in (chart, other):
                for more in ({}, {"type": "NATIVE_FILTER", "native_filter_id": "NATIVE_FILTER-period"}):
                    form = {"dashboardId": page, "slice_id": named, "datasource": datasource, **more}
                    answer = unguarded.ask(role, key, form_data=form)
                    assert answer.status in REFUSED, f"{role} reads {table} through page {page}, chart {named}"
        for named in list(showing.values())[:1]:
            assert get(session, f"/api/v1/chart/{named}/data/").status in REFUSED, f"{role} reads chart {named}"


def _source(chart: dict[str, Any]) -> str:
    return str(chart["form_data"]["datasource"])


def test_a_page_gives_no_permission_for_its_data(served: Served, unguarded: Unguarded) -> None:
    """A role that sees a page, but lacks the permission for a dataset on it, is refused (Superset alone lets it in)."""
    role, session = "区领导", served.session("区领导")
    page = session.get("/api/v1/dashboard/overview")["result"]
    form = next(iter(charts_of(session, "overview").values()))
    key = int(form["datasource"].split("__")[0])
    named = {"dashboardId": page["id"], "slice_id": form["slice_id"], "datasource": f"{key}__table"}

    def statuses() -> set[int]:
        own = post(session, "/api/v1/chart/data", own_request({**form, "dashboardId": page["id"]}))
        return {own.status, unguarded.ask(role, key, form_data=named).status}

    assert statuses() == {OK}
    with _without_permission(served, role, key):
        assert statuses() <= REFUSED
        drill = f"/api/v1/dataset/{key}/drill_info/?q=(dashboard_id:{page['id']})"
        assert {get(session, drill).status, unguarded.request(role, "GET", drill).status} <= REFUSED
    assert statuses() == {OK}


@contextlib.contextmanager
def _without_permission(served: Served, role: str, key: int) -> Iterator[None]:
    """Takes a role's permission for one dataset away in Superset's own database, and gives it back."""
    chosen = """
        from ab_permission_view_role where role_id = (select id from ab_role where name = ?)
        and permission_view_id in (
            select v.id from ab_permission_view v join ab_view_menu m on m.id = v.view_menu_id
            where m.name like ? )
    """
    with contextlib.closing(sqlite3.connect(served.home.superset / "superset.db", timeout=30)) as con:
        values = (role, f"%(id:{key})")
        kept = con.execute("select id, permission_view_id, role_id " + chosen, values).fetchall()
        assert len(kept) == 1
        con.execute("delete " + chosen, values)
        con.commit()
        try:
            yield
        finally:
            con.executemany(
                "insert into ab_permission_view_role (id, permission_view_id, role_id) values (?, ?, ?)", kept
            )
            con.commit()


INJECTED = (
    {"extras": {"where": "1 = 1) or (1 = 1"}},
    {"extras": {"where": "1 = 1 or 1 = 1"}},
    {"extras": {"where": "1 = 1 -- "}},
    {"extras": {"where": "1 = 1) union all select count(*) from dim_township -- "}},
    {"extras": {"where": "township_code in (select township_code from dim_township)"}},
    {"extras": {"having": "1 = 1) or (1 = 1"}},
    {"filters": [{"col": TOWNSHIP, "op": "IS NOT NULL"}]},
    {"filters": [{"col": f"{TOWNSHIP} is null or 1 = 1", "op": "==", "val": "1"}]},
)
SUBQUERIES = (
    "(select count(*) from figures)",
    "(select count(*) from main.figures)",
    "(select count(*) from dim_township)",
    "max((select count(*) from figures))",
    "count(*) from figures --",
    "(select count(*) from read_csv('/etc/passwd'))",
    "(select count(*) from read_text('/etc/passwd'))",
    "(select count(*) from duckdb_tables())",
)


@pytest.mark.parametrize("injected", INJECTED, ids=str)
def test_injected_clauses_show_no_more_rows(
    served: Served, unguarded: Unguarded, readers: dict[str, set[str]], injected: Any
) -> None:
    """The account of one township: refused, or no more rows than its own."""
    role = next(name for name, said in roles_file()["roles"].items() if said.get("own_township"))
    ids = served.dataset_ids()
    asked = [table for table in sorted(readers[role]) if TOWNSHIP in columns_of(served, table) and not is_open(table)]
    assert asked, "no dataset with townships to try it on"
    for table in asked:
        answer = unguarded.ask(role, ids[table], **injected)
        if answer.status == OK:
            assert sum(row["n"] for row in rows_of(answer)) <= expected(served, role, table), table
        else:
            assert answer.status in REFUSED


@pytest.mark.parametrize("metric", SUBQUERIES)
@pytest.mark.parametrize("role", OTHERS)
def test_subqueries_are_refused(
    served: Served, unguarded: Unguarded, readers: dict[str, set[str]], role: str, metric: str
) -> None:
    """A metric cannot bring in another table, the catalogue or a file."""
    ids = served.dataset_ids()
    key = ids[min(readers[role] or ids)]
    expression = {"expressionType": "SQL", "sqlExpression": metric, "label": "n"}
    answer = unguarded.ask(role, key, metrics=[expression])
    assert answer.status in REFUSED, f"{role}: {metric} gave {answer.body[:200]!r}"


@pytest.mark.parametrize("role", ROLES)
def test_sql_lab_is_for_the_administrator(served: Served, role: str) -> None:
    """Nobody else runs SQL; and the administrator's SQL reads the published file, nothing on the disk."""
    session = served.session(role)
    found = served.session(ADMIN).get("/api/v1/database/")["result"]
    databases = {"逐人" in said["database_name"]: said["id"] for said in found}

    def run(sql: str, *, persons: bool = False) -> Any:
        asked = {"database_id": databases[persons], "schema": "main", "sql": sql, "runAsync": False}
        asked["client_id"] = secrets.token_hex(5)  # one used before is refused for that alone
        return post(session, "/api/v1/sqllab/execute/", asked)

    answer = run("select count(*) as n from figures")
    if role != ADMIN:
        assert answer.status in REFUSED
        assert get(session, "/api/v1/sqllab/").status in REFUSED
        return
    assert answer.document["data"] == [{"n": served.published("select count(*) from figures")[0][0]}]
    for sql in ("select * from read_text('/etc/passwd')", "create table x as select 1", "copy figures to '/tmp/x.csv'"):
        refused = run(sql)
        assert refused.status != OK, f"{sql} gave {refused.body[:200]!r}"
    refused = run("select count(*) as n from roster_rows", persons=True)
    assert refused.status != OK and "不看逐人的数据" in json.dumps(refused.document, ensure_ascii=False)


@pytest.mark.parametrize("role", OTHERS)
def test_exports_by_role(served: Served, role: str) -> None:
    """A file of a tile's data only for roles that export; definitions for the administrator alone."""
    session, said = served.session(role), roles_file()["roles"][role]
    for form in list(charts_of(session, said["pages"][0]).values())[:3]:
        for kind in ("csv", "xlsx"):
            answer = post(session, "/api/v1/chart/data", {**own_request(form), "result_format": kind})
            assert (answer.status == OK) == bool(said.get("export")), f"{role}: {kind} gave {answer.status}"
    for path in ("dataset", "database", "chart", "dashboard"):
        answer = get(session, f"/api/v1/{path}/export/?q=" + urllib.parse.quote("!(1)"))
        assert answer.status in REFUSED, f"{role} exports {path}"
    for path in ("/api/v1/rowlevelsecurity/", "/api/v1/security/users/", "/api/v1/security/roles/", "/api/v1/log/"):
        assert get(session, path).status in REFUSED, f"{role} reads {path}"


OTHER_WAYS = (
    "/api/v1/datasource/table/{key}/column/{column}/values/",
    "/api/v1/explore/?datasource_id={key}&datasource_type=table",
    "/api/v1/dataset/{key}",
)


@pytest.mark.parametrize("role", OTHERS)
def test_no_other_way_to_rows(served: Served, unguarded: Unguarded, role: str) -> None:
    """Values of a column, samples, the editor and the older data address: for the administrator alone.

    Without the guard too.
    """
    session = served.session(role)
    for table, key in served.dataset_ids().items():
        column = columns_of(served, table)[0]
        for way in OTHER_WAYS:
            path = way.format(key=key, column=column)
            statuses = {get(session, path).status, unguarded.request(role, "GET", path).status}
            assert statuses <= REFUSED, f"{role}: {way} of {table}"
        address = f"/datasource/samples?datasource_id={key}&datasource_type=table&force=false"
        samples = post(session, address, {})
        behind = unguarded.request(role, "POST", address, {})
        form = {"datasource": f"{key}__table", "viz_type": "table", "query_mode": "raw", "all_columns": [column]}
        older = post(session, "/superset/explore_json/?form_data=" + urllib.parse.quote(json.dumps(form)), {})
        assert {samples.status, behind.status, older.status} <= REFUSED, f"{role}: {table}"


@pytest.mark.parametrize("role", [name for name, said in roles_file()["roles"].items() if said.get("own_township")])
@pytest.mark.parametrize("metric", ["max(register_no)", "min(register_no)", "count(*)", "max(township_code)"])
def test_a_townships_queries_find_its_own_rows(served: Served, unguarded: Unguarded, role: str, metric: str) -> None:
    """Without the guard: whatever is asked of the roster, the answer is that of the township's own rows."""
    own = served.published(f"select {metric} from roster_rows where {TOWNSHIP} = ?", [served.township_of(role)])
    expression = {"expressionType": "SQL", "sqlExpression": metric, "label": "n"}
    answer = unguarded.ask(role, served.dataset_ids()["roster_rows"], metrics=[expression])
    assert [(row["n"],) for row in rows_of(answer)] == own
    assert own != served.published(f"select {metric} from roster_rows") or metric.startswith("m")


def test_a_townships_files_hold_its_own_rows(served: Served, readers: dict[str, set[str]]) -> None:
    """What its queries run on: every table that it may ask for, and no row of another township in any of them."""
    role = next(name for name, said in roles_file()["roles"].items() if said.get("own_township"))
    code, counted = served.township_of(role), {}
    for form in [form for slug in ("overview", "roster") for form in charts_of(served.session(role), slug).values()]:
        assert post(served.session(role), "/api/v1/chart/data", own_request(form)).status == OK
    folder = served.home.superset / "townships" / served.home.current.resolve().name / str(code)
    assert {path.name for path in folder.glob("*.duckdb")} == {"dashboards.duckdb", "persons.duckdb"}
    for path in folder.glob("*.duckdb"):
        assert path.stat().st_mode & 0o077 == 0
        with duckdb.connect(str(path), read_only=True) as con:
            for (table,) in con.execute("select table_name from duckdb_tables()").fetchall():
                counted[table] = con.execute(f"select count(*) from {table}").fetchall()[0][0]
                if TOWNSHIP in columns_of(served, table):
                    others = f"select count(*) from {table} where {TOWNSHIP} is distinct from ?"
                    assert con.execute(others, [code]).fetchall() == [(0,)], table
    assert readers[role] <= set(counted)
    assert counted == {table: expected(served, role, table) for table in counted}


def test_nobody_reads_without_logging_in(served: Served) -> None:
    """No page, no list and no data for strangers."""
    stranger = Session(served.address, http.cookiejar.CookieJar())
    for path in ("/api/v1/dashboard/", "/api/v1/chart/", "/api/v1/dataset/", "/api/v1/me/"):
        answer = get(stranger, path)
        assert answer.status in REFUSED or not answer.document.get("result"), f"a stranger reads {path}"
    assert get(stranger, "/reentry/pages").document == []
    for key in served.dataset_ids().values():
        body = b'{"datasource": {"id": %d, "type": "table"}, "queries": [{"columns": [], "metrics": []}]}' % key
        assert send(stranger, "/api/v1/chart/data", body, {"Content-Type": "application/json"}).status in REFUSED


def test_no_personal_data_in_any_response(
    served: Served,
    unguarded: Unguarded,
    readers: dict[str, set[str]],
    names: set[bytes],
) -> None:
    """No id number and no full name in the rows of any dataset, as any role gets them."""
    ids = served.dataset_ids()
    for role in ROLES:
        for table in sorted(readers[role]):
            columns = [name for name, said in dataset_file(table)["columns"].items() if "expression" not in said]
            answer = unguarded.ask(role, ids[table], columns=columns, metrics=[])
            assert answer.status == OK, f"{role} on {table}: {answer.body[:300]!r}"
            assert revealed(answer.body, names) == [], f"{role} on {table}"


def test_repeated_wrong_log_ins_are_held_off(served: Served) -> None:
    """After five wrong passwords even the right one is refused, by form and by API; other accounts go on."""
    name, role, _, password = next(a for a in first_accounts(served.home) if a[1] == "数据质量")
    served.session(role)  # logged in before, stays logged in
    statuses = [_log_in_status(served, name, f"wrong{n}") for n in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    assert _log_in_status(served, name, password) == 429
    with pytest.raises(UsageError, match="429"):
        log_in(served.address, name, password)
    other = next(a for a in first_accounts(served.home) if a[1] == "区领导")
    assert log_in(served.address, other[0], other[3]).get("/api/v1/me/")["result"]["username"] == other[0]
    assert served.session(role).get("/api/v1/me/")["result"]["username"] == name


def _log_in_status(served: Served, name: str, password: str) -> int:
    document = {"username": name, "password": password, "provider": "db", "refresh": False}
    stranger = Session(served.address, http.cookiejar.CookieJar())
    headers = {"Content-Type": "application/json"}
    return send(stranger, "/api/v1/security/login", json.dumps(document).encode(), headers).status
