"""Roles as code: ``roles.yml`` → Superset's roles, dataset permissions, row rules and the roles of each page.

Row rules, deny by default: every dataset has a *Base* rule ``1 = 0`` from which only the roles that may read it are
exempt, and a *Regular* rule for every township on each dataset that knows townships.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from server.assets import ROOT, AssetError, Assets, Dataset, Page

TOWNSHIP = "township_code"
DENY = "默认拒绝·"
OWN = "本镇街·"
KEYS = {"pages", "export", "person_level", "own_township", "superset_role", "own_pages"}


@dataclass(frozen=True)
class Role:
    """One role of ``roles.yml``. ``pages`` are slugs; ``own_pages`` name views of
    ``server.pages``, each to be opened (``View``) or more (``View.permission``).
    """

    name: str
    pages: tuple[str, ...] = ()
    own_pages: tuple[str, ...] = ()
    export: bool = False
    person_level: bool = False
    own_township: bool = False
    superset_role: str | None = None

    @property
    def key(self) -> str:
        """Its name in Superset."""
        return self.superset_role or self.name


@dataclass(frozen=True)
class Roles:
    """All of ``roles.yml``."""

    everyone: tuple[tuple[str, str], ...]
    export: tuple[tuple[str, str], ...]
    roles: dict[str, Role]
    accounts: tuple[dict[str, Any], ...]

    def reads(self, role: Role, dataset: Dataset, assets: Assets) -> bool:
        """Whether a role reads a dataset: an administrator all but those of persons."""
        if role.superset_role is None:
            return dataset in self.datasets_of(role, assets)
        return role.person_level or not dataset.person_level

    def opens(self, role: Role, page: Page, assets: Assets) -> bool:
        """Whether a page is in the menu of a role: of an administrator's, each all of whose datasets it reads."""
        if role.superset_role is None:
            return page.slug in role.pages
        return all(self.reads(role, assets.datasets[name], assets) for name in assets.datasets_of(page))

    def datasets_of(self, role: Role, assets: Assets) -> list[Dataset]:
        """Datasets of the role's pages, by name."""
        names = {d for p in assets.pages.values() if p.slug in role.pages for d in assets.datasets_of(p)}
        return [assets.datasets[n] for n in sorted(names)]


def township_role(code: str) -> str:
    """The role that carries one township's row rule and nothing else."""
    return f"{OWN}{code}"


def read_roles(root: Path = ROOT) -> Roles:
    """Reads ``roles.yml``; AssetError for an unknown word."""
    raw = yaml.safe_load((root / "roles.yml").read_text(encoding="utf-8"))
    roles = {}
    for name, said in raw["roles"].items():
        if unknown := sorted(set(said) - KEYS):
            raise AssetError(f"dashboards/roles.yml: {name} has the unknown key {unknown[0]}: correct it.")
        lists: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in said.items()}
        roles[name] = Role(name=name, **lists)
    return Roles(_pairs(raw["everyone"]), _pairs(raw["export"]), roles, tuple(raw["accounts"]))


def load_roles(assets: Assets, root: Path = ROOT) -> Roles:
    """Reads ``roles.yml``; AssetError for an unknown word, an unknown page, or persons on a page of the wrong role."""
    made = read_roles(root)
    slugs = {p.slug for p in assets.pages.values()}
    for role in made.roles.values():
        if unknown := sorted(set(role.pages) - slugs):
            raise AssetError(f"dashboards/roles.yml: {role.name} names the page {unknown[0]}, which has no file.")
        for dataset in made.datasets_of(role, assets):
            if dataset.person_level and not role.person_level:
                raise AssetError(
                    f"dashboards/roles.yml: {role.name} would read persons from {dataset.name}: "
                    "take that page from the role, or the tile from the page."
                )
    return made


def write_roles(roles: Roles, assets: Assets, townships: dict[str, str]) -> None:
    """Makes Superset's roles, row rules and pages' roles what the files say. ``townships``: code → name."""
    from superset import security_manager
    from superset.extensions import db

    for role in roles.roles.values():
        if role.superset_role is None:
            _write_role(role, roles, assets)
        for named in role.own_pages:
            view, _, permission = named.partition(".")
            held = security_manager.add_permission_view_menu(f"can_{permission or 'open'}", view)
            security_manager.add_permission_role(security_manager.find_role(role.key), held)
    for code in townships:
        security_manager.add_role(township_role(code))
    db.session.commit()
    _write_rules(roles, assets, townships)
    _write_page_roles(roles, assets)
    db.session.commit()


def _pairs(listed: Iterable[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((permission, view) for permission, view in listed)


def _write_role(role: Role, roles: Roles, assets: Assets) -> None:
    from superset import security_manager

    made = security_manager.add_role(role.name)
    wanted = [*roles.everyone, *(roles.export if role.export else ())]
    permissions = []
    for permission, view in wanted:
        found = security_manager.find_permission_view_menu(permission, view)
        if found is None:
            raise AssetError(f"dashboards/roles.yml: Superset knows no permission [{permission}, {view}]: correct it.")
        permissions.append(found)
    # a dataset's permission holds its id: looked up, never written down
    permissions += [
        security_manager.add_permission_view_menu("datasource_access", _table(dataset).perm)
        for dataset in roles.datasets_of(role, assets)
    ]
    made.permissions = permissions


def _table(dataset: Dataset) -> Any:
    from superset.connectors.sqla.models import SqlaTable
    from superset.extensions import db

    return db.session.query(SqlaTable).filter_by(uuid=dataset.uuid).one()


def _write_rules(roles: Roles, assets: Assets, townships: dict[str, str]) -> None:
    wanted: dict[str, tuple[str, str, list[str], list[Dataset]]] = {}
    for dataset in assets.datasets.values():
        readers = [role for role in roles.roles.values() if roles.reads(role, dataset, assets)]
        exempt = [r.key for r in readers if not r.own_township or dataset.is_open]
        by_township = TOWNSHIP in dataset.columns and not dataset.is_open
        if by_township and any(r.own_township for r in readers):
            exempt += [township_role(code) for code in townships]
        wanted[DENY + dataset.name] = ("Base", "1 = 0", exempt, [dataset])
    local = [d for d in assets.datasets.values() if TOWNSHIP in d.columns and not d.is_open]
    for code in townships:
        wanted[OWN + code] = ("Regular", f"{TOWNSHIP} = '{code}'", [township_role(code)], local)
    _replace_rules(wanted)


def _replace_rules(wanted: dict[str, tuple[str, str, list[str], list[Dataset]]]) -> None:
    from superset import security_manager
    from superset.connectors.sqla.models import RowLevelSecurityFilter
    from superset.extensions import db

    found = {rule.name: rule for rule in db.session.query(RowLevelSecurityFilter)}
    for name in set(found) - set(wanted):
        db.session.delete(found[name])
    for name, (kind, clause, exempt, datasets) in wanted.items():
        rule = found.get(name) or RowLevelSecurityFilter(name=name)
        rule.filter_type, rule.clause = kind, clause
        # Regular rules of one account's townships are alternatives
        rule.group_key = OWN if kind == "Regular" else None
        rule.roles = [security_manager.find_role(key) for key in exempt]
        rule.tables = [_table(dataset) for dataset in datasets]
        db.session.add(rule)


def _write_page_roles(roles: Roles, assets: Assets) -> None:
    from superset import security_manager
    from superset.extensions import db
    from superset.models.dashboard import Dashboard

    pages = {page.slug: page for page in assets.pages.values()}
    for page in db.session.query(Dashboard).filter_by(is_managed_externally=True):
        readers = [r.key for r in roles.roles.values() if roles.opens(r, pages[page.slug], assets)]
        page.roles = [security_manager.find_role(key) for key in readers]
