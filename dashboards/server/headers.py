"""What answers say about being kept: data is kept by nobody, the program's own files by every browser."""

from __future__ import annotations

from flask import Flask, Response, request

KEPT = ("/static/", "/reentry-static/", "/superset/language_pack/")
FIRST_ERROR = 400


def keep_nothing(app: Flask) -> None:
    """No browser and no proxy keeps a page or an answer."""

    @app.after_request
    def no_store(answer: Response) -> Response:
        if answer.status_code >= FIRST_ERROR or not request.path.startswith(KEPT):
            answer.headers["Cache-Control"] = "no-store"
        return answer
