"""Import: Superset's tables, then the files, then what has no file any more goes; all in one process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask import Flask

from server.account_files import MACHINE_ACCOUNT
from server.accounts import make_first
from server.assets import Assets, uuid_of
from server.bundle import bundle
from server.reading import open_published
from server.roles import load_roles, write_roles

ADMIN_ROLE = "Admin"


def bring_in(assets: Assets, home: Path) -> dict[str, Any]:
    """Brings Superset's own database to what the files say; returns counts.

    Migrates only when its tables are not those of this Superset.
    """
    roles, towns = load_roles(assets), townships(home)
    app, migrated = ready_application()
    with app.app_context():
        _import_bundle(assets, bundle(assets, home / "published"))
        removed = _prune(assets)
        write_roles(roles, assets, towns)
        made = make_first(roles, towns, home)
        counts = {"charts": len(assets.charts), "pages": len(assets.pages), "accounts_made": len(made)}
        return {"migrated": migrated, **counts, **removed}


def townships(home: Path) -> dict[str, str]:
    """Code → name of the district's townships, from the published version."""
    path = home / "published" / "current" / "dashboards.duckdb"
    with open_published(path) as con:
        return dict(con.execute("from dim_township select township_code, township_name order by 1").fetchall())


def ready_application() -> tuple[Flask, bool]:
    """Superset's application on migrated tables, and whether they had to be migrated."""
    app = application()
    if not _migrate(app):
        return app, False
    app = application()  # views ask the tables for permissions while the application is made
    with app.app_context():
        _make_permissions()
    return app, True


def application() -> Flask:
    """Superset's application; its tables may be those of another version."""
    from superset.app import create_app

    return create_app()


def _migrate(app: Flask) -> bool:
    import superset
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from flask_migrate import upgrade
    from superset.extensions import db

    folder = Path(superset.__file__).parent / "migrations"
    with app.app_context():
        with db.engine.connect() as connection:
            now = MigrationContext.configure(connection).get_current_heads()
        if set(now) == set(ScriptDirectory(str(folder)).get_heads()):
            return False
        upgrade(directory=str(folder))
    return True


def _make_permissions() -> None:
    from superset import appbuilder, security_manager

    appbuilder.add_permissions(update_perms=True)
    security_manager.sync_role_definitions()


def machine_user() -> Any:
    """The account that imports: an administrator nobody can log in as (its password is thrown away)."""
    import secrets

    from superset import security_manager

    found = security_manager.find_user(MACHINE_ACCOUNT)
    if found:
        return found
    role = security_manager.find_role(ADMIN_ROLE)
    mail = f"{MACHINE_ACCOUNT}@localhost"
    made = security_manager.add_user(MACHINE_ACCOUNT, "导入", "", mail, role, secrets.token_urlsafe(32))
    made.active = False
    security_manager.update_user(made)
    return made


def _import_bundle(assets: Assets, contents: dict[str, str]) -> None:
    from superset.commands.importers.v1.assets import ImportAssetsCommand
    from superset.utils.core import override_user

    with override_user(machine_user()):
        if moved := _moved(assets):
            databases = {path: text for path, text in contents.items() if path.startswith(("metadata", "databases/"))}
            ImportAssetsCommand(databases).run()
            _move(moved)
        ImportAssetsCommand(contents).run()
    _exclude_from_filters()


def _moved(assets: Assets) -> dict[str, str]:
    """Imported datasets that lie in another database by now, and which: Superset's import would make them anew."""
    from superset.connectors.sqla.models import SqlaTable
    from superset.extensions import db

    wanted = {d.uuid: uuid_of("databases", assets.database_of(d)) for d in assets.datasets.values()}
    imported = {str(table.uuid): str(table.database.uuid) for table in db.session.query(SqlaTable)}
    return {key: uuid for key, uuid in wanted.items() if imported.get(key, uuid) != uuid}


def _move(moved: dict[str, str]) -> None:
    from superset.connectors.sqla.models import SqlaTable
    from superset.extensions import db
    from superset.models.core import Database

    for dataset, database in moved.items():
        found = db.session.query(SqlaTable).filter_by(uuid=dataset).one()
        found.database = db.session.query(Database).filter_by(uuid=database).one()
    db.session.commit()


def _exclude_from_filters() -> None:
    """Filters name the charts they leave alone by uuid; Superset wants ids, and knows them only now."""
    from superset.extensions import db
    from superset.models.dashboard import Dashboard
    from superset.models.slice import Slice

    ids = {str(uuid): key for key, uuid in db.session.query(Slice.id, Slice.uuid)}
    for page in db.session.query(Dashboard).filter_by(is_managed_externally=True):
        metadata = json.loads(page.json_metadata)
        for one in metadata.get("native_filter_configuration", []):
            one["scope"]["excluded"] = sorted(ids[u] for u in one.pop("excluded_charts", []))
            one["chartsInScope"] = sorted(s.id for s in page.slices if s.id not in one["scope"]["excluded"])
        page.json_metadata = json.dumps(metadata, ensure_ascii=False, sort_keys=True)
    db.session.commit()


def _prune(assets: Assets) -> dict[str, int]:
    """Deletes what was imported once and has no file any more."""
    from superset.connectors.sqla.models import SqlaTable
    from superset.extensions import db
    from superset.models.dashboard import Dashboard
    from superset.models.slice import Slice

    kept: list[tuple[str, Any, set[str]]] = [
        ("pages_removed", Dashboard, {p.uuid for p in assets.pages.values()}),
        ("charts_removed", Slice, {c.uuid for c in assets.charts.values()}),
        ("datasets_removed", SqlaTable, {d.uuid for d in assets.datasets.values()}),
    ]
    removed = {}
    for name, model, uuids in kept:
        gone = [o for o in db.session.query(model).filter_by(is_managed_externally=True) if str(o.uuid) not in uuids]
        for one in gone:
            db.session.delete(one)
        removed[name] = len(gone)
    db.session.commit()
    return removed
