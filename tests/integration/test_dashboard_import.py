"""Dashboards as code: import twice changes nothing; files that go, go; a renamed column is found; PostgreSQL."""

from __future__ import annotations

import contextlib
import http
import os
import pwd
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml

from conftest import MakeHome
from reentry import cli
from reentry.dashboards import shut_in, superset
from reentry.dashboards.browser import log_in
from reentry.dashboards.printing import first_accounts, free_port
from reentry.dashboards.serve import serving
from reentry.dashboards.superset import ask
from reentry.errors import UsageError
from reentry.project import DASHBOARDS, MODELS, SEEDS
from reentry.store import Home
from reentry.vault import Vault, open_vault
from served import copy_imported, copy_of, copy_published, get

TABLES = (
    "slices",
    "dashboards",
    "tables",
    "table_columns",
    "sql_metrics",
    "row_level_security_filters",
    "ab_role",
    "ab_user",
)
RELATIONS = (
    "dashboard_slices",
    "dashboard_roles",
    "ab_permission_view_role",
    "rls_filter_roles",
    "rls_filter_tables",
    "ab_user_role",
)
VOLATILE = {"changed_on", "last_saved_at", "changed_by_fk", "last_saved_by_fk"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of dashboards/ that may be changed, beside models and seeds, in the place of the real one."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(DASHBOARDS, root / "dashboards", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "models").symlink_to(MODELS)
    (root / "seeds").symlink_to(SEEDS)
    with pytest.MonkeyPatch.context() as patched:
        for module in (superset, shut_in):
            patched.setattr(module, "DASHBOARDS", root / "dashboards")
        yield root / "dashboards"


@pytest.fixture(scope="module")
def home(imported: Home, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home of its own with the dashboards imported."""
    del project
    return copy_imported(imported, tmp_path_factory.mktemp("imported") / "home")


def vault_of(home: Home) -> Vault:
    """The home's own key."""
    return open_vault(home.path)


def state(home: Home) -> dict[str, list[dict[str, object]]]:
    """Everything that an import writes, but for when."""
    with contextlib.closing(sqlite3.connect(home.superset / "superset.db")) as con:
        con.row_factory = sqlite3.Row
        rows = {t: [dict(r) for r in con.execute(f"select * from {t} order by 1")] for t in (*TABLES, *RELATIONS)}
    for table in RELATIONS:  # their own ids are new each time they are written; what they relate is not
        rows[table] = sorted(({k: v for k, v in r.items() if k != "id"} for r in rows[table]), key=str)
    return {t: [{k: v for k, v in r.items() if k not in VOLATILE} for r in found] for t, found in rows.items()}


def test_importing_twice_changes_nothing(home: Home) -> None:
    """Ids, uuids, positions, permissions, rules, accounts: all as before."""
    before = state(home)
    done = ask(home, vault_of(home), "import")
    assert not done["migrated"] and not done["accounts_made"]
    after = state(home)
    for table in before:
        assert after[table] == before[table], table


def test_a_dataset_moves_to_another_database(home: Home) -> None:
    """A home of 0.1.0 has rows of persons in the one database: an import moves them, ids and all else stay."""
    before = state(home)
    with contextlib.closing(sqlite3.connect(home.superset / "superset.db")) as con, con:
        # ids are in no order: Superset makes connections in the order of a set
        con.execute(
            "update tables set database_id = (select min(id) from dbs where id != tables.database_id)"
            " where table_name in ('roster_rows', 'quality_rows')"
        )
    assert state(home) != before
    ask(home, vault_of(home), "import")
    after = state(home)
    for table in before:
        assert after[table] == before[table], table


def test_check_holds_and_a_renamed_column_breaks_it(home: Home) -> None:
    """Every chart answers; then one column of the published table has another name, and the check names it."""
    found = ask(home, vault_of(home), "check")
    assert found["failures"] == [] and found["charts"] > 0
    file = home.current / "dashboards.duckdb"
    dataset = yaml.safe_load(sorted((DASHBOARDS / "datasets").glob("*.yaml"))[0].read_text(encoding="utf-8"))
    table = dataset.get("table", sorted((DASHBOARDS / "datasets").glob("*.yaml"))[0].stem)
    column = next(c for c, said in dataset["columns"].items() if isinstance(said, str) or "expression" not in said)
    with duckdb.connect(str(file)) as con:
        con.execute(f"alter table {table} rename column {column} to renamed")
    broken = ask(home, vault_of(home), "check")["failures"]
    with duckdb.connect(str(file)) as con:
        con.execute(f"alter table {table} rename column renamed to {column}")
    assert any(column in failure["wrong"] and failure["file"].startswith("dashboards/datasets/") for failure in broken)


def test_a_changed_file_is_changed_and_a_removed_one_is_gone(home: Home, project: Path) -> None:
    """One chart gets another title and one goes, with its place on the page; nothing else changes."""
    page_file = sorted((project / "dashboards").glob("*.yaml"))[0]
    folder = project / "charts" / page_file.stem
    changed, removed = folder / "_one.yaml", folder / "_two.yaml"
    page = yaml.safe_load(page_file.read_text(encoding="utf-8"))
    original = page_file.read_text(encoding="utf-8")
    sample = sorted(p for p in folder.glob("*.yaml"))[0]
    for path in (changed, removed):
        shutil.copy(sample, path)
    place = page if "rows" in page else page["tabs"][0]
    place["rows"].append([{"chart": "_one", "width": 6, "height": 20}, {"chart": "_two", "width": 6, "height": 20}])
    page_file.write_text(yaml.safe_dump(page, allow_unicode=True), encoding="utf-8")
    ask(home, vault_of(home), "import")
    ids = {str(row["uuid"]): row["id"] for row in state(home)["slices"]}

    said = yaml.safe_load(changed.read_text(encoding="utf-8"))
    changed.write_text(yaml.safe_dump({**said, "title": "改了名的图"}, allow_unicode=True), encoding="utf-8")
    removed.unlink()
    place["rows"][-1].pop()
    page_file.write_text(yaml.safe_dump(page, allow_unicode=True), encoding="utf-8")
    done = ask(home, vault_of(home), "import")
    after = {str(row["uuid"]): row for row in state(home)["slices"]}
    assert done["charts_removed"] == 1 and len(after) == len(ids) - 1
    assert {uuid: row["id"] for uuid, row in after.items()} == {u: i for u, i in ids.items() if u in after}
    assert [row["slice_name"] for row in after.values()].count("改了名的图") == 1

    changed.unlink()
    page_file.write_text(original, encoding="utf-8")


def test_wrong_files_stop_the_import_in_one_sentence(
    home: Home, project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown column in a chart is named with its file, and nothing is imported."""
    chart = sorted((project / "charts").rglob("*.yaml"))[0]
    original = chart.read_text(encoding="utf-8")
    said = yaml.safe_load(original)
    chart.write_text(yaml.safe_dump({**said, "where": {"no_such_column": 1}}, allow_unicode=True), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["reentry", "dashboards", "import", "--home", str(home.path)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    chart.write_text(original, encoding="utf-8")
    said_lines = capsys.readouterr().err.strip().splitlines()
    assert stopped.value.code == 2 and len(said_lines) == 1
    assert "no_such_column" in said_lines[0] and chart.name in said_lines[0]


def test_accounts_are_made_listed_closed_and_opened(home: Home) -> None:
    """`reentry users`: a township account, its refusals, a new password, a closed account."""
    vault = vault_of(home)
    made = ask(home, vault, "users-add", said={"name": "sfs2", "role": "司法所", "township": "安居镇"})
    assert made["township"] == "安居镇" and len(made["password"]) >= 12
    with pytest.raises(UsageError, match="--township"):
        ask(home, vault, "users-add", said={"name": "sfs3", "role": "司法所"})
    ask(home, vault, "users-disable", said={"name": "sfs2"})
    listed = {row["name"]: row for row in ask(home, vault, "users-list")}["sfs2"]
    assert listed["role"] == "司法所" and listed["township"] == "安居镇" and not listed["active"]
    assert "password" not in listed
    assert ask(home, vault, "users-password", said={"name": "sfs2"})["password"] != made["password"]
    file = home.superset / "accounts.txt"
    assert file.stat().st_mode & 0o777 == 0o600
    assert {role for _, role, _, _ in first_accounts(home)} == set(
        yaml.safe_load((DASHBOARDS / "roles.yml").read_text())["roles"]
    )


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of its own on a free port; the address of an empty database."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert programs, "PostgreSQL is missing: scripts/setup.sh installs Debian's package postgresql"
    folder = tmp_path_factory.mktemp("postgresql")
    data, port = folder / "data", free_port()
    as_server: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = pwd.getpwnam("postgres")
        as_server = ["runuser", "-u", "postgres", "--"]
        for path in (folder, *folder.parents):
            if path.stat().st_mode & 0o001:  # from here up everybody may pass
                break
            path.chmod(path.stat().st_mode | 0o011)
        data.mkdir(mode=0o700)
        os.chown(data, user.pw_uid, user.pw_gid)
        os.chown(folder, user.pw_uid, user.pw_gid)
    control = [*as_server, str(programs[-1].with_name("pg_ctl")), "-D", str(data), "-w"]
    initdb = [*as_server, str(programs[-1]), "-D", str(data), "-U", "reentry", "-A", "trust", "--no-sync", "-E", "UTF8"]
    subprocess.run(initdb, check=True, capture_output=True, cwd="/")
    options = f"-p {port} -k {folder} -h 127.0.0.1 -c fsync=off"
    subprocess.run(
        [*control, "-o", options, "-l", str(folder / "log"), "start"], check=True, capture_output=True, cwd="/"
    )
    try:
        yield f"postgresql+psycopg2://reentry@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd="/")


def test_postgresql_holds_supersets_own_database(
    made_home: MakeHome, postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Import and log-in with SUPERSET_DATABASE_URI; no SQLite file is made."""
    monkeypatch.setenv("SUPERSET_DATABASE_URI", postgresql)
    home = copy_published(made_home(1).home, tmp_path / "home")
    vault = vault_of(home)
    assert ask(home, vault, "import")["migrated"]
    assert not ask(home, vault, "import")["migrated"]
    assert not (home.superset / "superset.db").exists()
    name, _, _, password = next(a for a in first_accounts(home) if a[1] == "区领导")
    port = free_port()
    with serving(home, vault, host="127.0.0.1", port=port):
        session = log_in(f"http://127.0.0.1:{port}", name, password)
        assert [slug for slug, _ in session.pages()]
        taken = copy_of(session)
        session.read("/logout/")
        assert get(taken, "/api/v1/me/").status == http.HTTPStatus.UNAUTHORIZED
