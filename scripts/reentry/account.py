"""Who asks: the account of a web session, or of a command line.

A request of the dashboards brings the account of its session. On the command line it is the system user, unless the
home's settings say ``command_line_accounts = true``: then it is what the environment variable REENTRY_ACCOUNT says.
"""

from __future__ import annotations

import os
import pwd
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reentry.settings import load_settings

ACCOUNT = "REENTRY_ACCOUNT"
WEB, SYSTEM, NAMED = "web", "system", "named"  # a web session; a system user; what REENTRY_ACCOUNT says
LOGIN_ID = Path("/proc/self/loginuid")  # kept by the kernel through su and sudo
NOBODY = 2**32 - 1


@dataclass(frozen=True)
class Account:
    """An account, the way by which it asks, and on a command line the system users that can be seen behind it."""

    name: str
    way: str = WEB
    logins: tuple[str, ...] = field(default=())

    def signed(self) -> dict[str, Any]:
        """What a step keeps of it."""
        said: dict[str, Any] = {"who": self.name, "way": self.way}
        return said | ({"logins": list(self.logins)} if self.logins else {})

    def is_same(self, step: Mapping[str, Any]) -> bool:
        """Whether whoever took an earlier step may be the same person: case, width and a changed user do not hide it.

        System users count unless both steps were taken under names that REENTRY_ACCOUNT gave: there one system user
        works for several persons. Of steps of 0.1.0 no way is known, and nothing but the account.
        """
        mine, theirs = {_folded(self.name)}, {_folded(step["who"])}
        if (self.way, step.get("way")) != (NAMED, NAMED):
            mine |= set(map(_folded, self.logins))
            theirs |= set(map(_folded, step.get("logins", ())))
        return bool(mine & theirs)


def web_account(name: str) -> Account:
    """The account of a web session."""
    return Account(name, WEB)


def command_line_account(home: Path) -> Account:
    """The account of a command; UsageError when the settings of the home cannot be read."""
    named = os.environ.get(ACCOUNT)
    if named and load_settings(home).command_line_accounts:
        return Account(named, NAMED, _logins())
    return Account(system_user(), SYSTEM, _logins())


def system_user() -> str:
    """The name of the user that this process runs as, from the system, not from the environment."""
    return _user_name(os.getuid())


def _logins() -> tuple[str, ...]:
    """The system user, whoever logged in before changing to it, and who called sudo."""
    found = [system_user()]
    with suppress(OSError, ValueError):
        login = int(LOGIN_ID.read_text(encoding="ascii"))
        found += [_user_name(login)] if login != NOBODY else []
    found += [os.environ["SUDO_USER"]] if os.environ.get("SUDO_USER") else []
    return tuple(dict.fromkeys(found))


def _user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()
