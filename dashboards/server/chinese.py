"""The Chinese pack: Superset's own without the entries its translators marked as guesses, with ours over it."""

from __future__ import annotations

import ast
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from flask import Flask, Response, request

PATH = "/superset/language_pack/zh/"
WORDS = Path(__file__).with_name("chinese.yml")
MSGID = re.compile(r'^msgid ((?:".*"\n?)+)', re.MULTILINE)


def speak(app: Flask) -> None:
    """Serves the corrected pack to everyone: the log-in page needs it before anybody has logged in."""

    @app.before_request
    def corrected() -> Response | None:
        if request.path != PATH:
            return None
        answer = Response(_pack(), mimetype="application/json")
        answer.cache_control.max_age = 3600
        return answer


@lru_cache(maxsize=1)
def _pack() -> str:
    import superset

    folder = Path(superset.__file__).parent / "translations" / "zh" / "LC_MESSAGES"
    return json.dumps(corrected_pack(folder), ensure_ascii=False)


def corrected_pack(folder: Path) -> dict[str, Any]:
    """The pack of a folder with ``messages.json`` and ``messages.po``; a guess falls back to English, ours win."""
    pack: dict[str, Any] = json.loads((folder / "messages.json").read_text(encoding="utf-8"))
    words: dict[str, list[str]] = pack["locale_data"]["superset"]
    for guessed in _guesses((folder / "messages.po").read_text(encoding="utf-8")):
        words.pop(guessed, None)
    words.update({said: [chinese] for said, chinese in our_words().items()})
    return pack


@lru_cache(maxsize=1)
def our_words() -> dict[str, str]:
    """What Superset says in English → what we say."""
    words: dict[str, str] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return words


def _guesses(catalogue: str) -> set[str]:
    found = set()
    for entry in catalogue.split("\n\n")[1:]:
        flags = [line for line in entry.splitlines() if line.startswith("#,")]
        said = MSGID.search(entry)
        if said and any("fuzzy" in line for line in flags):
            found.add("".join(ast.literal_eval(line) for line in said.group(1).splitlines()))
    return found
