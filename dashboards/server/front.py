"""What stands before the application: whose forwarding headers are believed, and under which names it answers."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

ALWAYS = ("localhost", "127.0.0.1", "[::1]")  # this machine itself
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?")  # name, and port if there is one
FORWARDED = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_REAL_IP",
)
UNKNOWN_HOST = "这个网址不在允许之列：请使用管理员给出的网址，或请管理员把它写进 reentry.toml 的 allowed_hosts。"


class Front:
    """The application behind a check of `Host`; forwarding headers reach it from trusted proxies only."""

    def __init__(self, application: Application, *, proxies: list[str], hosts: list[str]) -> None:
        """``proxies``: addresses or networks; ``hosts``: names, `.example` for all below one, beside those ALWAYS."""
        self._application = application
        # nothing but client, protocol and name: a prefix or port would only move links
        self._behind_proxy = ProxyFix(self._checked, x_for=1, x_proto=1, x_host=1, x_port=0, x_prefix=0)
        self._proxies = [ipaddress.ip_network(proxy, strict=False) for proxy in proxies]
        self._hosts = [*ALWAYS, *(host.lower() for host in hosts)]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """One request."""
        if self._is_proxy(environ.get("REMOTE_ADDR", "")):
            return self._behind_proxy(environ, start_response)
        for header in FORWARDED:
            environ.pop(header, None)
        return self._checked(environ, start_response)

    def _checked(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self._is_known(environ.get("HTTP_HOST", "")):
            return self._application(environ, start_response)
        headers = {"Cache-Control": "no-store"}
        return Response(UNKNOWN_HOST, 400, headers, mimetype="text/plain")(environ, start_response)

    def _is_known(self, host: str) -> bool:
        found = HOST.fullmatch(host.lower())
        return found is not None and any(
            found[1] == known or (known.startswith(".") and found[1].endswith(known)) for known in self._hosts
        )

    def _is_proxy(self, address: str) -> bool:
        if not self._proxies or not address:
            return False
        sender = ipaddress.ip_address(address)
        return any(sender in network for network in self._proxies)
