"""答复工作台: from a letter to a signed answer without a command line.

Every step is a request to the service for the account that asks: it is the service that refuses and keeps the log.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar
from urllib.parse import quote

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
STEPS = {"submit": "prepare", "recall": "open", "release": "release", "return": "release"}
REQUESTS = {"submit": "submit", "recall": "recall", "release": "release", "return": "send_back"}
SHOWN = 300  # traced rows on the page
DAYS = {"from": "starts_on", "to": "ends_on", "as_of": "as_of"}  # of a form, and of a request
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
        pulls = ask("pulls")
        by_name = {one["letter"]: one for one in letters}
        return self.page(
            "replies.html",
            letters=letters,
            chosen=chosen,
            pulls=pulls,
            by_name=by_name,
            prepares=self.may("prepare"),
            local_time=local_time,
        )

    @expose("/pull", methods=["POST"])
    @allowed("prepare")
    def pull(self) -> ResponseReturnValue:
        """Makes a pull of a letter for the window of the form."""
        letter = _name(request.form.get("letter", ""))
        days: dict[str, Any] = {field: _day(request.form.get(key, "")) for key, field in DAYS.items()}
        try:
            made = ask("make_pull", letter=letter, **days)
        except ServiceError as refused:
            return self._back(f"/replies/?letter={quote(letter)}", BAD, str(refused))
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
        return self.page("reply.html", doc=document, may=may, releases=self.may("release"), local_time=local_time)

    @expose("/<letter>/<pull>/<step>", methods=["POST"])
    @allowed("open")
    def step(self, letter: str, pull: str, step: str) -> ResponseReturnValue:
        """Hands in, takes back, releases, or sends back."""
        if step not in STEPS:
            abort(404)
        if not self.may(STEPS[step]):
            return Response("403", 403, mimetype="text/html")
        note = {"note": request.form.get("note", "")} if step == "return" else {}
        return self._then(letter, pull, REQUESTS[step], pull=_name(pull), **note)

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
            document = ask("pull", letter=_name(letter), pull=_name(pull))
            found: Any = next((f for f in document["figures"] if f["name"] == figure), None)
            if found is None:
                abort(404)
            part = "denominator" if request.args.get("part") == "denominator" else "numerator"
            days: dict[str, Any] = {field: _day(found[key]) for key, field in DAYS.items()}
            of = {"figure": found["id"], "by": found["by"], "known_at": document["known_at"]}
            traced = ask("trace", **of, **days, part=part, shown=SHOWN)
        except ServiceError as refused:
            return self._back(f"/replies/{letter}/{pull}/", BAD, str(refused))
        return self.page("trace.html", doc=document, figure=found, traced=traced, part=part)

    def _then(self, letter: str, pull: str, wanted: str, /, **values: Any) -> ResponseReturnValue:
        """Asks for a step and goes back to the pull, with what the service said."""
        back = f"/replies/{_name(letter)}/{_name(pull)}/"
        try:
            done = ask(wanted, letter=letter, **values)
        except ServiceError as refused:
            return self._back(back, BAD, str(refused))
        return self._back(back, GOOD, done.get("said") or f"现为“{done['state_zh']}”。")

    def _back(self, address: str, kind: str, said: str) -> ResponseReturnValue:
        flash(said, kind)
        return redirect(address, 303)


def _name(text: str) -> str:
    """A name out of an address or a form; 404 for what cannot be one."""
    if not NAME.fullmatch(text):
        abort(404)
    return text


def _day(day: str) -> str | None:
    """A day of a form, None for an empty field; 404 for what is no day."""
    if day and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        abort(404)
    return day or None
