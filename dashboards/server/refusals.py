"""What somebody reads who may not see a page, asks for one that is not there, or meets an error.

One sentence in Chinese, inside the frame with the menu.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from flask import Flask, Response, g, jsonify, render_template, request
from sqlalchemy.exc import SQLAlchemyError

from server.appearance import NAME
from server.frame import head

FIRST_ERROR, BROKEN = 400, 500
TITLE, NOWHERE = "提示", "这个账号还没有可看的页面，请联系管理员。"
ERRORS = {
    400: "请求不完整，或者不对：请回到页面上再试。",
    401: "请先登录。",
    403: "没有权限看这个页面。",
    404: "没有这个页面，或者没有权限看它。",
    405: "这个地址不能这样使用：请回到页面上再试。",
    413: "发送的内容过大。",
    429: "密码输错的次数太多：请 15 分钟后再试。",
    500: "系统出错了。请稍后再试；仍然出错时请告诉管理员。",
}
# for an error that came before the templates and the database could be used
BARE = Path(__file__).resolve().parent / "static" / "error.html"


def speak_chinese(app: Flask) -> None:
    """Superset's own pages about errors are English and ask for a font from outside: ours are in their place."""

    @app.after_request
    def ours(answer: Response) -> Response:
        if answer.status_code < FIRST_ERROR or g.get("is_our_refusal"):
            return answer
        if answer.mimetype != "text/html" and not _is_navigation():
            return _in_chinese(answer) if answer.status_code >= BROKEN else answer
        wrong = ERRORS[FIRST_ERROR] if answer.status_code < BROKEN else ERRORS[BROKEN]
        return page(ERRORS.get(answer.status_code, wrong), answer.status_code)


def _in_chinese(answer: Response) -> Response:
    """An answer to a script that names what broke in English: the sentence instead; the log has the rest."""
    said = answer.get_json(silent=True) if answer.is_json else None
    text = (said.get("message") or said.get("error")) if isinstance(said, dict) else None
    if not isinstance(text, str) or not text.isascii():
        return answer
    ours = jsonify(message=ERRORS[BROKEN])
    ours.status_code = answer.status_code
    return ours


def _is_navigation() -> bool:
    """Whether somebody looks at the answer, not a script."""
    wants_page = any(kind == "text/html" for kind, _ in request.accept_mimetypes)  # by its name: scripts take all kinds
    return request.method == "GET" and not request.path.startswith("/api/") and wants_page


def page(words: str, status: int) -> Response:
    """A sentence with the menu of the account, and the way back."""
    g.is_our_refusal = True
    with suppress(SQLAlchemyError):
        above = head(title=TITLE, here="") if g.get("user") is not None else ""
        html = render_template("refusal.html", name=NAME, title=TITLE, head=above, words=words)
        return Response(html, status, mimetype="text/html")
    html = BARE.read_text(encoding="utf-8").replace("{{words}}", words)
    return Response(html, status, mimetype="text/html")
