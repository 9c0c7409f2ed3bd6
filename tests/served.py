"""A served home: Superset on the published version of demo feeds, asked as each account."""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import re
import shutil
import sqlite3
import subprocess
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from reentry.dashboards.browser import Session, log_in
from reentry.dashboards.printing import first_accounts
from reentry.dashboards.shut_in import shut_in
from reentry.dashboards.superset import environment
from reentry.project import DASHBOARDS, SUPERSET_PYTHON
from reentry.store import Home
from reentry.vault import Vault

COUNT = {"expressionType": "SQL", "sqlExpression": "COUNT(*)", "label": "n"}
OK = 200


@dataclass(frozen=True)
class Answer:
    """One answer over HTTP."""

    status: int
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON; None when it is none (such as the log-in page)."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True)
class Unguarded:
    """Superset without the guard, in a process of its own: tests/unguarded.py."""

    home: Home
    process: subprocess.Popen[str]

    def routes(self) -> list[dict[str, Any]]:
        """Superset's list of its routes."""
        found: list[dict[str, Any]] = self._said({"routes": True})
        return found

    def ask(self, role: str, dataset_id: int, **query: Any) -> Answer:
        """As ``ask_data``, by the first account of a role."""
        return self.request(role, "POST", "/api/v1/chart/data", data_document(dataset_id, **query))

    def request(self, role: str, method: str, path: str, body: Any = None) -> Answer:
        """One request of the first account of a role."""
        name, password = next((a[0], a[3]) for a in first_accounts(self.home) if a[1] == role)
        asked = {"account": name, "password": password, "method": method, "path": path, "body": body}
        said = self._said(asked)
        return Answer(said["status"], said["body"].encode())

    def _said(self, asked: dict[str, Any]) -> Any:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextlib.contextmanager
def without_guard(home: Home, vault: Vault) -> Iterator[Unguarded]:
    """Starts Superset without the guard, on a home."""
    held = shut_in(home)
    program = Path(__file__).with_name("unguarded.py").read_text(encoding="utf-8")
    with subprocess.Popen(
        held.command(home, [str(SUPERSET_PYTHON), "-c", program]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(home, vault.key("superset"), held),
    ) as process:
        yield Unguarded(home, process)
        process.kill()


@dataclass(frozen=True)
class Served:
    """A server on a home, with one account for each role."""

    home: Home
    vault: Vault
    address: str

    def session(self, role: str) -> Session:
        """Logged in as the first account of a role."""
        return self.sessions()[role]

    def sessions(self) -> dict[str, Session]:
        """A log-in for every role, made once."""
        if not SESSIONS.get(self.address):
            SESSIONS[self.address] = {
                role: log_in(self.address, name, password) for name, role, _, password in first_accounts(self.home)
            }
        return SESSIONS[self.address]

    def township_of(self, role: str) -> str | None:
        """The code of the township that the account of a role carries, for roles of one township."""
        names = {r: township for _, r, township, _ in first_accounts(self.home)}
        rows = self.published("from dim_township select township_code where township_name = ?", [names[role]])
        return rows[0][0] if rows else None

    def published(self, sql: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows of the published files, straight."""
        with open_published(self.home) as con:
            return con.execute(sql, values or []).fetchall()

    def dataset_ids(self) -> dict[str, int]:
        """Superset's id of each published table, as the administrator sees them."""
        found = self.session("管理员").get("/api/v1/dataset/?q=(page_size:100)")["result"]
        return {dataset["table_name"]: dataset["id"] for dataset in found}


def open_published(home: Home) -> duckdb.DuckDBPyConnection:
    """The published files of the dashboards, that of persons too, read only."""
    con = duckdb.connect()
    for file in ("dashboards", "persons"):
        con.execute(f"attach '{home.current / file}.duckdb' as {file} (read_only)")
    con.execute("set search_path = 'dashboards,persons'")
    return con


SESSIONS: dict[str, dict[str, Session]] = {}
TOKENS: dict[int, tuple[Session, str]] = {}


def post(session: Session, path: str, document: dict[str, Any]) -> Answer:
    """Posts JSON with the session's own token."""
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "X-CSRFToken": token_of(session),
        "Referer": session.address + "/",
    }
    return send(session, path, json.dumps(document).encode(), headers)


def token_of(session: Session) -> str:
    """The session's token, read from a page once."""
    if id(session) not in TOKENS:
        found = re.search(r'id="csrf_token"\s+value="([^"]+)"', session.read("/account/").decode())
        assert found, "the page has no token"
        TOKENS[id(session)] = (session, found.group(1))
    return TOKENS[id(session)][1]


def get(session: Session, path: str) -> Answer:
    """Gets one address, whatever its status."""
    return send(session, path, None, {})


def copy_of(session: Session) -> Session:
    """A session with a copy of another's cookies, as somebody takes them away."""
    jar = http.cookiejar.CookieJar()
    for cookie in session.jar:
        jar.set_cookie(cookie)
    return Session(session.address, jar)


def ask_data(session: Session, dataset_id: int, *, form_data: dict[str, Any] | None = None, **query: Any) -> Answer:
    """Asks /api/v1/chart/data for a dataset: the number of rows unless ``query`` says otherwise."""
    return post(session, "/api/v1/chart/data", data_document(dataset_id, form_data=form_data, **query))


def data_document(dataset_id: int, *, form_data: dict[str, Any] | None = None, **query: Any) -> dict[str, Any]:
    """What is posted to ask a dataset for its number of rows, or for what ``query`` says."""
    asked = {"columns": [], "metrics": [COUNT], "row_limit": 10_000, **query}
    return {
        "datasource": {"id": dataset_id, "type": "table"},
        "queries": [asked],
        "result_format": "json",
        "result_type": "full",
        "form_data": form_data or {},
    }


def charts_of(session: Session, slug: str) -> dict[str, dict[str, Any]]:
    """Title → settings of the charts of a page, as the browser of an account gets them."""
    found = session.get(f"/api/v1/dashboard/{slug}/charts")["result"]
    return {chart["slice_name"]: chart["form_data"] for chart in found}


def own_request(form: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The request of a chart as the browser makes it of its settings, for the kinds on our pages."""
    raw = form.get("query_mode") == "raw"
    names = form["all_columns"] if raw else [form.get("x_axis"), *_listed(form.get("groupby"))]
    query = {
        "columns": [name for name in names if name],
        **({} if raw else {"metrics": _listed(form.get("metrics") or form.get("metric"))}),
        "orderby": [json.loads(one) for one in form.get("order_by_cols") or []],
        "filters": [
            {"col": f["subject"], "op": f["operator"], "val": f.get("comparator")}
            for f in form.get("adhoc_filters", [])
            if f["expressionType"] == "SIMPLE"
        ],
        "extras": {"having": "", "where": ""},
        "row_limit": int(form.get("row_limit") or 1000),
    }
    return {
        "datasource": {"id": int(form["datasource"].split("__")[0]), "type": "table"},
        "queries": [{**query, **changes}],
        "form_data": form,
        "result_format": "json",
        "result_type": "full",
    }


def _listed(said: Any) -> list[Any]:
    return said if isinstance(said, list) else [said] if said else []


def rows_of(answer: Answer) -> list[dict[str, Any]]:
    """The rows of a chart's answer."""
    assert answer.status == OK, answer.body[:300]
    rows: list[dict[str, Any]] = answer.document["result"][0]["data"]
    return rows


def roles_file() -> dict[str, Any]:
    """``roles.yml`` as it stands."""
    said: dict[str, Any] = yaml.safe_load((DASHBOARDS / "roles.yml").read_text(encoding="utf-8"))
    return said


def copy_published(made: Home, home: Path) -> Home:
    """A home of its own with the published version and the key of another."""
    home.mkdir(parents=True)
    shutil.copytree(made.published, home / "published", symlinks=True)
    shutil.copy(made.path / "secret.key", home / "secret.key")
    return Home(home)


def copy_imported(imported: Home, home: Path) -> Home:
    """A home of its own with the dashboards of another; Superset's database says where the published version lies."""
    shutil.copytree(imported.path, home, symlinks=True)
    with contextlib.closing(sqlite3.connect(home / "superset" / "superset.db")) as con, con:
        con.execute("update dbs set sqlalchemy_uri = replace(sqlalchemy_uri, ?, ?)", [str(imported.path), str(home)])
    return Home(home)


def send(session: Session, path: str, data: bytes | None, headers: dict[str, str], method: str | None = None) -> Answer:
    """One request as it is, whatever its answer."""
    try:
        return Answer(OK, session.read(path, data, headers, method))
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read())
