"""What is done to Superset's application when it starts, and what each page is told about itself."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, g, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DisconnectionError

from server import (
    accounts,
    answers,
    bad_requests,
    chinese,
    connections,
    exports,
    frame,
    guard,
    headers,
    limiter,
    offline,
    passwords,
    refusals,
    sessions,
    trimming,
)
from server.confined import refuse_open_walls
from server.menu import pages_of_user, with_pages
from server.pages import PAGES
from server.pages.account import AccountView
from server.pages.precheck import limit_uploads
from server.service import ServiceError

STATIC = Path(__file__).resolve().parent / "static"
HOME_PATHS = ("/", "/superset/welcome/")
ACCOUNT_PATH = "/user_info/"  # Superset's page about the account: ours is in its place

COLOURS = re.compile(r"/api/v1/dashboard/\d+/colors")


def prepare(app: Flask) -> None:
    """Adds our static files, our pages, the Chinese pack, and a first page that is the account's own."""
    from superset.extensions import appbuilder, db

    refuse_open_walls()
    _let_readers_pass_writers(db.engine)
    _ask_the_machine_once()
    static = Blueprint("reentry_static", __name__, static_folder=str(STATIC), static_url_path="/reentry-static")
    app.register_blueprint(static)

    @app.before_request
    def own_account() -> ResponseReturnValue | None:
        return redirect("/account/") if request.path == ACCOUNT_PATH else None

    headers.keep_nothing(app)  # of what all others answer: the last word
    sessions.keep_sessions(app)
    chinese.speak(app)
    offline.stay_inside(app)
    limiter.hold_off(app)
    limit_uploads(app)
    connections.keep_connections(app)
    guard.stand_guard(app)
    passwords.guard_passwords(app)
    accounts.forget_first_passwords(app)
    bad_requests.answer_bad_requests(app)
    frame.frame_pages(app)
    answers.keep_answers(app)
    exports.name_and_trim(app)
    trimming.trim_answers(app)  # after what is above: so before answers are kept
    for view in (AccountView, *PAGES):
        appbuilder.add_view_no_menu(view)

    @app.before_request
    def first_page() -> ResponseReturnValue | None:
        if request.path not in HOME_PATHS:
            return None
        if g.user is None or g.user.is_anonymous:
            return redirect("/login/")
        pages = pages_of_user()
        return redirect(pages[0]["address"]) if pages else refusals.page(refusals.NOWHERE, 200)

    @app.before_request
    def colours_stay() -> ResponseReturnValue | None:
        # the browser of whoever leaves a page wants to write its colours into it; they are what its file says
        if request.method != "PUT" or not COLOURS.fullmatch(request.path):
            return None
        return jsonify(result={})

    refusals.speak_chinese(app)

    @app.errorhandler(ServiceError)
    def service_failed(error: ServiceError) -> ResponseReturnValue:
        # what no page of ours has said itself: the service is not there
        return refusals.page(str(error), 503)

    @app.get("/reentry/pages")
    def own_pages() -> ResponseReturnValue:
        """The pages this account may see, for `reentry dashboards print`."""
        return jsonify(pages_of_user())


def _let_readers_pass_writers(engine: Engine) -> None:
    """SQLite: readers do not wait for writers, and a write not for the disk's last word.

    Its connections are kept: to open one costs as much as what a tile asks it for.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def prepare_connection(connection: Any, record: Any) -> None:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")
        record.info["process"] = os.getpid()

    @event.listens_for(engine, "checkout")
    def own_connection(connection: Any, record: Any, proxy: Any) -> None:
        del connection
        # a worker must not use what the process it was forked from had opened
        if record.info.get("process") != os.getpid():
            record.dbapi_connection = proxy.dbapi_connection = None
            raise DisconnectionError("opened by another process")


def _ask_the_machine_once() -> None:
    """Which drivers are installed, and which version this is: Superset looks both up twice a page, half of its time."""
    from superset.views import base

    base.get_available_engine_specs = cache(base.get_available_engine_specs)
    base.get_version_metadata = cache(base.get_version_metadata)


def bootstrap(data: dict[str, Any]) -> dict[str, Any]:
    """Changes to what the browser is told at the start of a page."""
    return {"menu_data": with_pages(data["menu_data"])}
