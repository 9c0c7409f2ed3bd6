"""答复工作台: from a letter to a signed answer without a command line.

Every step is a request to the service for the account that asks: it is the service that refuses and keeps the log.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from flask import Response, abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose

from server.pages.base import OwnPage, allowed, local_time
from server.service import ServiceError, ask

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
MIME = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "pdf": "application/pdf",
}
# the steps, and the permission that each takes; whose own pull it is the service judges
STEPS = {"submit": "prepare", "recall": "open", "delete": "prepare", "release": "release", "return": "release"}
REQUESTS = {
    "submit": "submit",
    "recall": "recall",
    "delete": "delete_pull",
    "release": "release",
    "return": "send_back",
}
SHOWN = 100  # traced rows on a page
DAYS = {"from": "starts_on", "to": "ends_on", "as_of": "as_of"}  # of a form, and of a request
DAYS_ZH = {"from": "起日", "to": "止日", "as_of": "截至日"}
GOOD, BAD = "good", "error"


class RepliesView(OwnPage):
    """Pulls of letters: made, looked at, handed in, released by another account."""

    route_base = "/replies"
    title = "答复工作台"
    base_permissions: ClassVar[list[str]] = ["can_open", "can_prepare", "can_release"]

    @expose("/", methods=["GET"])
    @allowed("open")
    def show(self) -> str:
        """The letters, the form for a new pull, and all pulls with their states."""
        letters = ask("letters")
        chosen = next((one for one in letters if one["letter"] == request.args.get("letter")), letters[0])
        window = next(iter(chosen["windows"].values()))
        days = {key: request.args.get(key, window[field]) for key, field in DAYS.items()}
        return self.page(
            "replies.html",
            letters=letters,
            chosen=chosen,
            days=days,
            pulls=ask("pulls"),
            by_name={one["letter"]: one for one in letters},
            prepares=self.may("prepare"),
            releases=self.may("release"),
            local_time=local_time,
            person=_person(),
        )

    @expose("/pull", methods=["POST"])
    @allowed("prepare")
    def pull(self) -> ResponseReturnValue:
        """Makes a pull of the letter and the days that the form shows; a refusal keeps both."""
        letter = _name(request.form.get("letter", ""))
        typed = {key: request.form.get(key, "").strip() for key in DAYS}
        try:
            days: dict[str, Any] = {field: _typed_day(key, typed[key]) for key, field in DAYS.items()}
            made = ask("make_pull", letter=letter, **days)
        except (ServiceError, ValueError) as refused:
            return self._back(f"/replies/?{urlencode({'letter': letter, **typed})}", BAD, str(refused))
        return self._back(f"/replies/{letter}/{made['pull']}/", GOOD, "已取数，生成草稿。请核对后送审。")

    @expose("/<letter>/<pull>/", methods=["GET"])
    @allowed("open")
    def one(self, letter: str, pull: str) -> ResponseReturnValue:
        """A pull: figures, changes, both texts, files, steps."""
        try:
            document = ask("pull", letter=_name(letter), pull=_name(pull))
        except ServiceError as refused:
            return self._back("/replies/", BAD, str(refused))
        may = {step: document["may"][step] and self.may(needs) for step, needs in STEPS.items()}
        return self.page(
            "reply.html",
            doc=document,
            may=may,
            releases=self.may("release"),
            local_time=local_time,
            person=_person(),
        )

    @expose("/<letter>/<pull>/<step>", methods=["POST"])
    @allowed("open")
    def step(self, letter: str, pull: str, step: str) -> ResponseReturnValue:
        """Hands in, takes back, deletes, releases, or sends back."""
        if step not in STEPS:
            abort(404)
        if not self.may(STEPS[step]):
            return Response("403", 403, mimetype="text/html")
        note = {"note": request.form.get("note", "")} if step == "return" else {}
        to = "/replies/" if step == "delete" else ""
        return self._then(letter, pull, REQUESTS[step], to=to, pull=_name(pull), **note)

    @expose("/<letter>/<pull>/allow/<figure>", methods=["POST"])
    @allowed("release")
    def allow(self, letter: str, pull: str, figure: str) -> ResponseReturnValue:
        """Allows a small district total in public, by name and with a reason; or takes that back."""
        if request.form.get("do") == "withdraw":
            return self._then(letter, pull, "disallow", figure=_name(figure))
        said = {name: request.form.get(name, "") for name in ("person", "reason")}
        return self._then(letter, pull, "allow", figure=_name(figure), **said)

    @expose("/<letter>/<pull>/file/<name>", methods=["GET"])
    @allowed("open")
    def file(self, letter: str, pull: str, name: str) -> ResponseReturnValue:
        """One file, as it was frozen."""
        try:
            found = ask("pull_file", letter=_name(letter), pull=_name(pull), name=_name(name))
        except ServiceError as refused:
            return self._back(f"/replies/{letter}/{pull}/", BAD, str(refused))
        with found["file"] as file:
            content = file.read()
        headers = {"Content-Disposition": f"attachment; filename={letter}_{pull}_{name}"}
        return Response(
            content, mimetype=MIME.get(name.rpartition(".")[2], "application/octet-stream"), headers=headers
        )

    @expose("/<letter>/<pull>/trace/<figure>", methods=["GET"])
    @allowed("open")
    def trace(self, letter: str, pull: str, figure: str) -> ResponseReturnValue:
        """The rows of the agencies' files behind a figure; their cells only for who may see persons."""
        try:
            document, found, asked = _traced(letter, pull, figure)
            number = max(request.args.get("page", 1, type=int), 1)
            traced = ask("trace", **asked, skip=(number - 1) * SHOWN, shown=SHOWN)
        except ServiceError as refused:
            return self._back(f"/replies/{letter}/{pull}/", BAD, str(refused))
        pages = -(-traced["row_count"] // SHOWN)
        place = {"part": asked["part"], "number": number, "pages": pages, "first": (number - 1) * SHOWN + 1}
        return self.page("trace.html", doc=document, figure=found, traced=traced, **place)

    @expose("/<letter>/<pull>/trace/<figure>/file", methods=["GET"])
    @allowed("open")
    def trace_file(self, letter: str, pull: str, figure: str) -> ResponseReturnValue:
        """All of these rows as a workbook."""
        try:
            _, found, asked = _traced(letter, pull, figure)
            made = ask("trace_file", **asked)
        except ServiceError as refused:
            return self._back(f"/replies/{letter}/{pull}/", BAD, str(refused))
        with made["file"] as file:
            content = file.read()
        name = quote(f"逐行追溯_{found['name_zh']}_{pull}.xlsx")
        headers = {"Content-Disposition": f"attachment; filename=trace.xlsx; filename*=UTF-8''{name}"}
        return Response(content, mimetype=MIME["xlsx"], headers=headers)

    def _then(self, letter: str, pull: str, wanted: str, /, *, to: str = "", **values: Any) -> ResponseReturnValue:
        """Asks for a step and goes back to the pull, or where it is done ``to`` another page, with what was said."""
        back = f"/replies/{_name(letter)}/{_name(pull)}/"
        try:
            done = ask(wanted, letter=letter, **values)
        except ServiceError as refused:
            return self._back(back, BAD, str(refused))
        return self._back(to or back, GOOD, done.get("said") or f"现为“{done['state_zh']}”。")

    def _back(self, address: str, kind: str, said: str) -> ResponseReturnValue:
        flash(said, kind)
        return redirect(address, 303)


def _name(text: str) -> str:
    """A name out of an address or a form; 404 for what cannot be one."""
    if not NAME.fullmatch(text):
        abort(404)
    return text


def _typed_day(key: str, text: str) -> date:
    """A day that was typed as yyyy-mm-dd; ValueError with a sentence for the page."""
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as error:
        said = f"“{text}”不是日期" if text else "没有填写"
        raise ValueError(f"{DAYS_ZH[key]}{said}：请按“年-月-日”填写，例如 2025-06-19。") from error


def _traced(letter: str, pull: str, figure: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A pull, one of its figures, and what to ask a trace of it with; 404 when there is no such figure."""
    document = ask("pull", letter=_name(letter), pull=_name(pull))
    found: Any = next((f for f in document["figures"] if f["name"] == figure), None)
    if found is None:
        abort(404)
    part = "denominator" if request.args.get("part") == "denominator" else "numerator"
    days = {field: found[key] for key, field in DAYS.items()}
    of = {"figure": found["id"], "by": found["by"], "known_at": document["known_at"]}
    return document, found, {**of, **days, "part": part}


def _person() -> Callable[[str], str]:
    """A function that gives the person's name of an account, or the account where there is none."""
    from superset import security_manager
    from superset.extensions import db

    known = security_manager.user_model
    rows = db.session.query(known.username, known.first_name, known.last_name)
    names = {account: f"{first or ''}{last or ''}".strip() for account, first, last in rows}

    def person(accounts: str) -> str:
        return "、".join(names.get(one) or one for one in accounts.split("、"))

    return person
