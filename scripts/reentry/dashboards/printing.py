"""`reentry dashboards print`: each page that an account may see as PNG and PDF, with its row rules."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from reentry.dashboards.browser import Session, browsing, log_in, open_page, print_page, show_whole, wait_for_tiles
from reentry.dashboards.serve import serving
from reentry.errors import UsageError
from reentry.fates import Fates
from reentry.store import Home
from reentry.vault import Vault

ACCOUNTS = "accounts.txt"
PASSWORD = "REENTRY_PASSWORD"  # noqa: S105 (a variable's name)
DRAWING_MS = 1500  # lines are drawn from left to right
TABS = ".dashboard [role=tab]"


def print_pages(
    home: Home,
    vault: Vault,
    out: Path,
    *,
    account: str | None,
    address: str | None,
    only: list[str],
    progress: Callable[[str], None],
) -> list[Path]:
    """Writes ``<slug>.png`` and ``.pdf`` (a tab: ``<slug>-<n>``) into ``out`` and returns their paths.

    The server is one already running at ``address``, or its own.
    UsageError when the account may not see a page asked for; OneFailedError, after the others, when one fails.
    """
    out.mkdir(parents=True, exist_ok=True)
    name, password = _account(home, account)
    with _server(home, vault, address) as there:
        session = log_in(there, name, password)
        pages = [slug for slug, _ in session.pages()]
        if unknown := [slug for slug in only if slug not in pages]:
            raise UsageError(f"{name} sees no page {unknown[0]}: it sees {', '.join(pages) or 'none'}.")
        made: list[Path] = []
        fates = Fates("page")
        for slug in only or pages:
            with fates.of(slug):
                made += _print(session, slug, out, progress)
        fates.settle(made)
        return made


def first_accounts(home: Home) -> list[tuple[str, str, str, str]]:
    """Name, role, township and first password of the accounts made at the first import."""
    path = home.superset / ACCOUNTS
    if not path.exists():
        return []
    lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return [(name, role, township, password) for name, role, township, password in lines]


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _account(home: Home, wanted: str | None) -> tuple[str, str]:
    known = {name: password for name, _, _, password in first_accounts(home)}
    name = wanted or next(iter(known), None)
    if name is None:
        raise UsageError("There is no account to print as: run `reentry dashboards import` first, or give --account.")
    password = os.environ.get(PASSWORD) or known.get(name)
    if password is None:
        raise UsageError(f"The password of {name} is not known: put it into {PASSWORD}.")
    return name, password


@contextlib.contextmanager
def _server(home: Home, vault: Vault, address: str | None) -> Iterator[str]:
    if address is not None:
        yield address.rstrip("/")
        return
    port = free_port()
    with serving(home, vault, host="127.0.0.1", port=port):
        yield f"http://127.0.0.1:{port}"


def _print(session: Session, slug: str, out: Path, progress: Callable[[str], None]) -> Iterator[Path]:
    progress(slug)
    with browsing(session) as context:
        page = open_page(context, session, slug, whole=True)
        tabs = page.locator(TABS).count()
        for number in range(max(tabs, 1)):
            if number:
                page.locator(TABS).nth(number).click()
                wait_for_tiles(page)
                show_whole(page)
            stem = slug if tabs < 2 else f"{slug}-{number + 1}"
            page.wait_for_timeout(DRAWING_MS)
            page.screenshot(path=out / f"{stem}.png")
            print_page(page, out / f"{stem}.pdf")
            yield out / f"{stem}.png"
            yield out / f"{stem}.pdf"
