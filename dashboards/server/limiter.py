"""Holds off repeated wrong passwords, by account and by address.

Superset's AUTH_RATE_LIMIT does not: it is off unless SUPERSET_ENV is production (RATELIMIT_ENABLED), it counts requests
a second, so that a patient guesser is never held off, and it leaves the API's log-in out. This counts where a password
is looked at, whatever the way. A try counts as wrong from the moment before it is looked at: of many at once no more
are looked at than of as many one after the other.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, current_app, g, request

TOO_MANY = 429
WINDOW_SECONDS = 15 * 60
TRIES_PER_ACCOUNT = 5  # of one account from one address
TRIES_PER_ADDRESS = 20
TRIES_ON_ACCOUNT = 50  # of one account from anywhere
FILE = "wrong-log-ins.db"
HELD_OFF = "held_off_seconds"  # in `g`: this request was held off


@dataclass(frozen=True)
class Limiter:
    """Wrong passwords of the last quarter of an hour, in a file that the server's processes share."""

    path: Path
    clock: Callable[[], float] = time.time

    def begin(self, account: str, address: str) -> tuple[str, int]:
        """Notes that a password is about to be looked at: the try's name and 0.

        Or an empty name and the seconds for which this account is refused from this address.
        """
        now, name = self.clock(), secrets.token_hex(8)
        with self._open() as con:
            con.execute("delete from tries where at < ?", [now - WINDOW_SECONDS])
            keys = _keys(account, address)
            if seconds := max(_wait(con, key, allowed, now) for key, allowed in keys.items()):
                return "", seconds
            con.executemany("insert into tries values (?, ?, ?)", [(key, now, name) for key in keys])
        return name, 0

    def succeeded(self, name: str, account: str, address: str) -> None:
        """The right password clears its own try, and what this account did wrong from this address."""
        with self._open() as con:
            con.execute("delete from tries where name = ? or key = ?", [name, _pair(account, address)])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The file, for one process at a time."""
        with closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as con:
            con.execute("begin immediate")
            con.execute("create table if not exists tries (key text, at real, name text)")
            yield con
            con.execute("commit")


def looked_at(account: str, look: Callable[[], bool]) -> bool:
    """Whether ``look`` finds the password of an account right; False without looking when the account is held off."""
    limiter, address = Limiter(Path(current_app.config["REENTRY_PLACE"]) / FILE), request.remote_addr or ""
    name, seconds = limiter.begin(account, address)
    if seconds:
        setattr(g, HELD_OFF, seconds)
        return False
    if not look():
        return False
    limiter.succeeded(name, account, address)
    return True


def hold_off(app: Flask) -> None:
    """Answers with 429 where a password was not looked at."""

    @app.after_request
    def held_off(answer: Response) -> Response:
        seconds = g.pop(HELD_OFF, 0)
        if not seconds:
            return answer
        text = f"密码输错次数过多，请 {-(-seconds // 60)} 分钟后再试。"
        return Response(text, TOO_MANY, {"Retry-After": str(seconds)}, mimetype="text/plain")


def _wait(con: sqlite3.Connection, key: str, allowed: int, now: float) -> int:
    recent = con.execute(
        "select at from tries where key = ? and at > ? order by at desc limit 1 offset ?",
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
