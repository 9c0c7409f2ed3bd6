"""Holds off repeated wrong log-ins, by account and by address.

Superset's AUTH_RATE_LIMIT does not: it is off unless SUPERSET_ENV is production (RATELIMIT_ENABLED), it counts requests
a second, so that a patient guesser is never held off, and it leaves the API's log-in out. This counts failures of both.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask, Response, request

LOG_INS = ("/login/", "/login", "/api/v1/security/login")
TOO_MANY = 429
WINDOW_SECONDS = 15 * 60
TRIES_PER_ACCOUNT = 5  # of one account from one address
TRIES_PER_ADDRESS = 20
TRIES_ON_ACCOUNT = 50  # of one account from anywhere


@dataclass
class Limiter:
    """Wrong log-ins of the last quarter of an hour. Kept in memory: the server is one process."""

    clock: Callable[[], float] = time.monotonic
    _wrong: dict[tuple[str, ...], list[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def seconds_held_off(self, account: str, address: str) -> int:
        """For how many seconds this account is refused from this address; 0 when it may try."""
        now = self.clock()
        with self._lock:
            waits = [self._wait(key, allowed, now) for key, allowed in _keys(account, address).items()]
        return max(waits)

    def failed(self, account: str, address: str) -> None:
        """Notes a wrong log-in."""
        now = self.clock()
        with self._lock:
            self._forget(now)
            for key in _keys(account, address):
                self._wrong.setdefault(key, []).append(now)

    def succeeded(self, account: str, address: str) -> None:
        """The right password clears what this account did wrong from this address."""
        with self._lock:
            self._wrong.pop(("pair", account, address), None)

    def _wait(self, key: tuple[str, ...], allowed: int, now: float) -> int:
        recent = [at for at in self._wrong.get(key, []) if now - at < WINDOW_SECONDS]
        if len(recent) < allowed:
            return 0
        return max(1, round(recent[-allowed] + WINDOW_SECONDS - now))

    def _forget(self, now: float) -> None:
        for key in [k for k, times in self._wrong.items() if now - times[-1] >= WINDOW_SECONDS]:
            del self._wrong[key]


LIMITER = Limiter()


def hold_off(app: Flask) -> None:
    """Answers log-ins of who is held off with 429, before the password is looked at."""

    @app.before_request
    def held_off() -> Response | None:
        if request.method != "POST" or request.path not in LOG_INS:
            return None
        said = request.get_json(silent=True) if request.is_json else request.form
        account = str(said.get("username", "")) if said else ""
        seconds = LIMITER.seconds_held_off(account.lower(), request.remote_addr or "")
        if not seconds:
            return None
        text = f"登录失败次数过多，请 {-(-seconds // 60)} 分钟后再试。"
        return Response(text, TOO_MANY, {"Retry-After": str(seconds)}, mimetype="text/plain")


def _keys(account: str, address: str) -> dict[tuple[str, ...], int]:
    return {
        ("pair", account, address): TRIES_PER_ACCOUNT,
        ("address", address): TRIES_PER_ADDRESS,
        ("account", account): TRIES_ON_ACCOUNT,
    }
