"""What our own pages share: a frame with the menu, and the program `reentry` as a subprocess."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import IO, Any, ClassVar

from flask import Response, g, redirect, render_template
from flask_appbuilder import BaseView

from server.appearance import NAME

TEMPLATES = Path(__file__).resolve().parent / "templates"
PROGRAM = Path(__file__).resolve().parents[3] / ".venv" / "bin" / "reentry"
PRIVATE = ("SUPERSET_SECRET_KEY", "PYTHONPATH", "SUPERSET_CONFIG_PATH", "FLASK_APP")
TIMEOUT_SECONDS = 300
FORBIDDEN = 403


class ReentryRefusedError(Exception):
    """`reentry` ended with an error: its text is the one sentence it said, ``status`` its exit status."""

    def __init__(self, said: str, status: int) -> None:
        """``said``: what stood on standard error."""
        super().__init__(said)
        self.status = status


def allowed(permission: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """For a method of a page: whoever may not gets 403 (`@has_access` would send them to their first page)."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def checked(self: OwnPage, *values: Any, **named: Any) -> Any:
            if g.user is None or g.user.is_anonymous:
                return redirect("/login/")
            if not self.may(permission):
                return Response("403", FORBIDDEN, mimetype="text/html")
            return method(self, *values, **named)

        return checked

    return decorate


class OwnPage(BaseView):
    """One page. Its methods carry ``@expose``, and ``@allowed("open")`` or ``@has_access`` with a permission's name."""

    title: ClassVar[str]
    route_base: ClassVar[str]
    # Flask-AppBuilder would look beside its own templates
    template_folder = str(TEMPLATES)
    base_permissions: ClassVar[list[str]] = ["can_open"]

    def may(self, permission: str) -> bool:
        """Whether the account of this request has a permission of this page, such as ``open``."""
        from superset import security_manager

        return bool(security_manager.can_access(f"can_{permission}", type(self).__name__))

    def page(self, template: str, **values: Any) -> str:
        """A template of ``server/pages/templates`` inside our frame; it extends ``frame.html``."""
        from server.menu import pages_of_user

        here = type(self).__name__
        return render_template(template, name=NAME, title=self.title, menu=pages_of_user(), here=here, **values)

    def reentry(
        self, *arguments: str, said: str = "", stdin: IO[bytes] | None = None, accepted: tuple[int, ...] = (0,)
    ) -> Any:
        """Runs ``reentry ARGUMENTS`` on this home and gives the JSON document it prints (None when nothing).

        Its standard input is the text ``said`` or the open file ``stdin``. ReentryRefusedError unless its exit status
        is one of ``accepted``, or when it takes longer than TIMEOUT_SECONDS.
        """
        variables = {k: v for k, v in os.environ.items() if k not in PRIVATE} | {"REENTRY_ACCOUNT": g.user.username}
        source: dict[str, Any] = {"input": said} if stdin is None else {"stdin": stdin}
        try:
            ran = subprocess.run(  # noqa: S603 (our own program)
                [str(PROGRAM), *arguments],
                **source,
                capture_output=True,
                text=True,
                env=variables,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ReentryRefusedError(f"超过 {TIMEOUT_SECONDS} 秒没有完成：请稍后再试。", 1) from error
        if ran.returncode not in accepted:
            raise ReentryRefusedError(ran.stderr.strip().removeprefix("reentry: "), ran.returncode)
        return json.loads(ran.stdout) if ran.stdout.strip() else None
