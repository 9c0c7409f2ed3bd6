"""Holds off repeated wrong log-ins, by account and by address.

Superset's AUTH_RATE_LIMIT does not: it is off unless SUPERSET_ENV is production (RATELIMIT_ENABLED), it counts requests
a second, so that a patient guesser is never held off, and it leaves the API's log-in out. This counts failures of both.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, current_app, request

LOG_INS = ("/login/", "/login", "/api/v1/security/login")
TOO_MANY = 429
WINDOW_SECONDS = 15 * 60
TRIES_PER_ACCOUNT = 5  # of one account from one address
TRIES_PER_ADDRESS = 20
TRIES_ON_ACCOUNT = 50  # of one account from anywhere
FILE = "wrong-log-ins.db"


@dataclass(frozen=True)
class Limiter:
    """Wrong log-ins of the last quarter of an hour, in a file that the server's processes share."""

    path: Path
    clock: Callable[[], float] = time.time

    def seconds_held_off(self, account: str, address: str) -> int:
        """For how many seconds this account is refused from this address; 0 when it may try."""
        now = self.clock()
        with self._open() as con:
            return max(_wait(con, key, allowed, now) for key, allowed in _keys(account, address).items())

    def failed(self, account: str, address: str) -> None:
        """Notes a wrong log-in."""
        now = self.clock()
        with self._open() as con:
            con.execute("delete from wrong where at < ?", [now - WINDOW_SECONDS])
            con.executemany("insert into wrong values (?, ?)", [(key, now) for key in _keys(account, address)])

    def succeeded(self, account: str, address: str) -> None:
        """The right password clears what this account did wrong from this address."""
        with self._open() as con:
            con.execute("delete from wrong where key = ?", [_pair(account, address)])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=30)) as con, con:
            con.execute("create table if not exists wrong (key text, at real)")
            yield con


def limiter() -> Limiter:
    """The running application's."""
    return Limiter(Path(current_app.config["REENTRY_PLACE"]) / FILE)


def hold_off(app: Flask) -> None:
    """Answers log-ins of who is held off with 429, before the password is looked at."""

    @app.before_request
    def held_off() -> Response | None:
        if request.method != "POST" or request.path not in LOG_INS:
            return None
        said = request.get_json(silent=True) if request.is_json else request.form
        account = str(said.get("username", "")) if said else ""
        seconds = limiter().seconds_held_off(account.lower(), request.remote_addr or "")
        if not seconds:
            return None
        text = f"登录失败次数过多，请 {-(-seconds // 60)} 分钟后再试。"
        return Response(text, TOO_MANY, {"Retry-After": str(seconds)}, mimetype="text/plain")


def _wait(con: sqlite3.Connection, key: str, allowed: int, now: float) -> int:
    recent = con.execute(
        "select at from wrong where key = ? and at > ? order by at desc limit 1 offset ?",
        [key, now - WINDOW_SECONDS, allowed - 1],
    ).fetchone()
    return max(1, round(recent[0] + WINDOW_SECONDS - now)) if recent else 0


def _pair(account: str, address: str) -> str:
    return f"pair {address} {account}"


def _keys(account: str, address: str) -> dict[str, int]:
    return {
        _pair(account, address): TRIES_PER_ACCOUNT,
        f"address {address}": TRIES_PER_ADDRESS,
        f"account {account}": TRIES_ON_ACCOUNT,
    }
