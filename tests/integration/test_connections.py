"""Database connections: no account makes, changes, imports or tests one, by any address that Superset has."""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import re
import sqlite3
import subprocess
from typing import Any

import pytest
import yaml

from conftest import MakeHome
from reentry.audit import entries
from reentry.dashboards.browser import Session
from reentry.dashboards.shut_in import shut_in
from reentry.dashboards.superset import environment
from reentry.project import DASHBOARDS, SUPERSET_PYTHON
from reentry.store import Home
from served import Answer, Served, get, post, send, token_of

ROUTES = """
import json
from superset.app import create_app
rules = create_app().url_map.iter_rules()
print("routes: " + json.dumps([[r.rule, r.endpoint, sorted(r.methods - {"HEAD", "OPTIONS"})] for r in rules]))
"""
TABLES = ("dbs", "ssh_tunnels", "database_user_oauth2_tokens")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ABOUT = re.compile(r"(?i)database|import|ssh_tunnel|oauth|upload")
OURS = re.compile(r"/api/v1/database/|/import/")
IMPORTS = re.compile(r"import_$")
ADMIN = "管理员"
# what SQL Lab reads; see server/connections.py
READABLE = {f"DatabaseRestApi.{name}" for name in ("get", "get_list", "info", "schemas", "tables", "catalogs")}


@pytest.fixture(scope="module")
def routes(served: Served) -> list[tuple[str, str, list[str]]]:
    """Superset's own list: address, endpoint, methods."""
    held = shut_in(served.home)
    variables = environment(served.home, served.vault.key("superset"), held)
    command = held.command(served.home, [str(SUPERSET_PYTHON), "-c", ROUTES])
    said = subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout
    (line,) = (line for line in said.splitlines() if line.startswith("routes: "))
    return [(rule, endpoint, methods) for rule, endpoint, methods in json.loads(line.removeprefix("routes: "))]


def connections_of(home: Home) -> list[Any]:
    """All that Superset keeps of connections, in order."""
    with contextlib.closing(sqlite3.connect(home.superset / "superset.db")) as con:
        there = {name for (name,) in con.execute("select name from sqlite_master where type = 'table'")}
        assert set(TABLES) <= there
        return [con.execute(f"select * from {table} order by 1").fetchall() for table in TABLES]


def sent(session: Session, path: str, method: str, document: dict[str, Any]) -> Answer:
    """One request with a method, JSON, and the session's token."""
    headers = {"Content-Type": "application/json", "Accept": "application/json", "Referer": session.address + "/"}
    headers |= {"X-CSRFToken": token_of(session)} if session.jar else {}
    return send(session, path, None if method == "GET" else json.dumps(document).encode(), headers, method)


def filled(rule: str, key: int) -> str:
    """An address of a rule, with a connection's id and plausible words."""
    return re.sub(r"<int:[^>]+>", str(key), re.sub(r"<(?!int:)[^>]+>", "main", rule))


def test_no_account_touches_a_connection(served: Served, routes: list[tuple[str, str, list[str]]]) -> None:
    """Every address about connections × its methods × every role and nobody: 403 in one sentence, and no change.

    Methods that an address does not have are tried by the administrator.
    """
    before = connections_of(served.home)
    key = served.session(ADMIN).get("/api/v1/database/")["result"][0]["id"]
    about = [route for route in routes if ABOUT.search(route[0] + route[1]) and route[1] not in READABLE]
    assert len(about) >= 25 and any("test_connection" in rule for rule, _, _ in about)
    document = {"database_name": "x", "sqlalchemy_uri": "duckdb:///x", "expose_in_sqllab": True, "allow_dml": True}
    everyone = {**served.sessions(), "nobody": Session(served.address, http.cookiejar.CookieJar())}
    refused = 0
    for rule, endpoint, methods in about:
        for method in METHODS:
            for role in everyone if method in methods else (ADMIN,):
                answer = sent(everyone[role], filled(rule, key), method, document)
                if method == "GET" and not IMPORTS.search(endpoint):
                    continue  # looked at below: it must not change anything
                assert answer.status >= 400, f"{role}: {method} {rule}"
                if method in methods and OURS.search(rule):
                    assert (answer.status, "数据库连接" in str(answer.document)) == (403, True), (
                        f"{role}: {method} {rule}"
                    )
                    refused += 1
    assert refused >= 100
    assert connections_of(served.home) == before


def test_the_sentence_and_the_log(served: Served) -> None:
    """The administrator is told why, in one sentence, and it is on the log with the account."""
    session = served.session(ADMIN)
    answer = post(session, "/api/v1/database/test_connection/", {"sqlalchemy_uri": "duckdb://"})
    assert (answer.status, answer.document["message"]) == (
        403,
        "数据库连接由系统维护，网页上不能新建、修改、导入或测试。",
    )
    last = entries(served.home)[-1]
    assert (last["who"], last["action"]) == ("guanli", "refuse")
    assert last["about"] == {"address": "/api/v1/database/test_connection/", "method": "POST"}
    for path in ("/databaseview/list/", "/api/v1/database/oauth2/?state=x&code=x", "/api/v1/database/1/connection"):
        assert get(session, path).status == 403, path


def test_a_write_by_another_way_is_refused_too(made_home: MakeHome, served: Served) -> None:
    """Whatever an address of a later Superset does: within a web request no connection is written."""
    del made_home
    code = (
        "from superset.app import create_app\n"
        "app = create_app()\n"
        "from werkzeug.exceptions import Forbidden\n"
        "def write():\n"
        "    from superset.extensions import db\n"
        "    from superset.models.core import Database\n"
        "    for one in db.session.query(Database): one.expose_in_sqllab = not one.expose_in_sqllab\n"
        "    try: db.session.flush()\n"
        "    except Forbidden: print('refused')\n"
        "    else: print('written')\n"
        "    db.session.rollback()\n"
        "with app.test_request_context('/'): write()\n"
        "with app.app_context(): write()\n"
    )
    held = shut_in(served.home)
    variables = environment(served.home, served.vault.key("superset"), held)
    command = held.command(served.home, [str(SUPERSET_PYTHON), "-c", code])
    said = subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout
    assert said.split()[-2:] == ["refused", "written"]


def test_sql_lab_reads_no_files(served: Served) -> None:
    """The administrator's own SQL runs on what is published, with everything outside the database switched off."""
    session = served.session(ADMIN)
    found = session.get("/api/v1/database/")["result"]
    published = yaml.safe_load((DASHBOARDS / "databases" / "published.yaml").read_text(encoding="utf-8"))["name"]
    key = next(one["id"] for one in found if one["database_name"] == published)  # that of persons is not for this role
    sql = "select current_setting('enable_external_access') as outside, current_setting('lock_configuration') as locked"
    asked = {"database_id": key, "sql": sql, "runAsync": False, "schema": "main", "client_id": "x1"}
    answer = post(session, "/api/v1/sqllab/execute/", asked)
    assert answer.status == 200, answer.body[:300]
    (row,) = answer.document["data"]
    assert {name: str(value).lower() for name, value in row.items()} == {"outside": "false", "locked": "true"}
