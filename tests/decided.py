"""Homes with small made-up packs, for what is decided about them: no warehouse, no figures."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from datetime import date
from pathlib import Path

from reentry.account import Account, web_account
from reentry.replies.states import begin, next_pull
from reentry.replies.workflow import State
from reentry.store import Home
from reentry.vault import Vault

VAULT = Vault(b"a made-up key of a test")
LETTER = "2025-18070184"
CLERK, SECOND_CLERK, RELEASER = web_account("dafu"), web_account("wenshu"), web_account("shenqian")
OLD_HOME = Path(__file__).parent / "data" / "home_0_1_0.json"  # made by 0.1.0 (commit cca7fba), path → text


def new_pull(home: Home, account: Account = CLERK, letter: str = LETTER) -> str:
    """A pull with a pack of four small files; its name."""
    name = next_pull(home, VAULT, letter, date(2025, 6, 19))
    place = home.replies / letter
    place.mkdir(parents=True, exist_ok=True)
    draft = place / f".{name}.{os.getpid()}-{secrets.token_hex(4)}"
    write_pack(draft, letter, name)
    state: State = begin(home, VAULT, letter, name, draft, account=account)
    return state.pull


def write_pack(folder: Path, letter: str, pull: str) -> None:
    """The files of a pack."""
    (folder / "kept").mkdir(parents=True)
    kept = json.dumps({"pulled_at": "2025-06-19T08:00:00Z", "public_cells": []})
    files = {"reply.docx": "答复", "reply-public.docx": "公开版", "figures.xlsx": "指标", "kept/pull.json": kept}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    said = {"letter": letter, "pull": pull, "figures": [], "files": hashes}
    (folder / "figures.json").write_text(json.dumps(said), encoding="utf-8")


def old_home(folder: Path) -> Home:
    """A home with the log, the states and the packs that 0.1.0 wrote: two released pulls, one waiting, one draft."""
    for name, text in json.loads(OLD_HOME.read_text(encoding="utf-8")).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Home(folder)
