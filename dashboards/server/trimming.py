"""What viewers are told of the machinery: nothing. No SQL text, no accounts, no roles, no message of the database.

The browser of a viewer is not told a chart's SQL conditions either: the guard adds them to its queries.
"""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Flask, Response, g, request

from server import account_files
from server.guard import BROKEN, FIRST_ERROR, SENTENCE, is_held, refused

PLACES = ("/api/v1/dashboard", "/api/v1/chart", "/api/v1/dataset")
DATA = re.compile(r"/api/v1/chart/(data|\d+/data/?)")
JSON = "application/json"
FORBIDDEN = 403
# what is left of a key's value
EMPTY: dict[str, Any] = {
    **dict.fromkeys(("query", "sql", "select_star", "expression", "fetch_values_predicate"), ""),
    **{key: [] for key in ("owners", "roles", "editors", "viewers")},
    **dict.fromkeys(("changed_by", "created_by", "last_saved_by", "changed_by_name", "created_by_name"), None),
}
OUR_SENTENCES = [
    re.compile(re.escape(sentence).replace(re.escape("{part}"), "[^（）]{1,40}"))
    for sentence in (SENTENCE, account_files.NO_PERSONS, account_files.NO_TOWNSHIP, account_files.NO_ROLE)
]


def trim_answers(app: Flask) -> None:
    """Takes out of Superset's answers to viewers what is not about figures."""

    @app.after_request
    def trimmed(answer: Response) -> Response:
        if answer.mimetype != JSON or not request.path.startswith(PLACES) or not is_held():
            return answer
        document = answer.get_json(silent=True)
        if answer.status_code < FIRST_ERROR:
            answer.set_data(json.dumps(_trimmed(document), ensure_ascii=False))
        elif DATA.fullmatch(request.path) and answer.status_code != FORBIDDEN:
            answer.set_data(json.dumps({"message": _sentence(document)}, ensure_ascii=False))
        return answer


def _trimmed(said: Any) -> Any:
    if isinstance(said, list):
        return [_trimmed(one) for one in said if not _is_sql(one)]
    if not isinstance(said, dict):
        return said
    return {key: EMPTY[key] if key in EMPTY else _trimmed(value) for key, value in said.items()}


def _is_sql(said: Any) -> bool:
    """Whether this is a condition of a chart in SQL."""
    return isinstance(said, dict) and said.get("expressionType") == "SQL" and said.get("clause") == "WHERE"


def _sentence(document: Any) -> str:
    message = str(document.get("message")) if isinstance(document, dict) else ""
    if found := [one[0] for one in (sentence.search(message) for sentence in OUR_SENTENCES) if one]:
        return found[0]
    return BROKEN if g.get("passed_guard") else refused("格式不对")
