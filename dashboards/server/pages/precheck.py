"""报送预检: choose a file, see what landing would do with it, take its slip, hand it in.

Nothing is kept but what is handed in: an upload lies in a nameless file that ends with the request, and the service
reads it through its descriptor.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import tempfile
import unicodedata
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, Response, render_template, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from werkzeug.datastructures import FileStorage

from server.pages.base import OwnPage, day_or_none, local_time
from server.service import LONG_TIMEOUT_SECONDS, ServiceError, ask

LIMIT_MB = int(os.environ.get("REENTRY_UPLOAD_MB", "200"))
SHOWN = 200  # findings on the page; the slip has all
USAGE_STATUS = 2
TOO_LARGE_STATUS = 413
TOO_LARGE = f"文件超过 {LIMIT_MB} MB，页面不能接收：请分成几份，用序号 _2、_3 分别报送，或者请管理员直接放进收件目录。"
NOT_NOW = "现在不能检查：如果没有选择报表，请选择报表并填写报送日期；否则是数据正在刷新，请过几分钟再试。"
NAME_BYTES = 255  # what file systems take
BAD_NAME = f"文件名不能用：最多 {NAME_BYTES} 个字节（约 80 个汉字），不能有换行等控制字符。请改名后再交。"
ADDRESS = "/precheck/file"
DO = ("check", "hand_in")
_SLACK = 1 << 20  # what a form holds beside its file


class PrecheckView(OwnPage):
    """The form, and what the service says to the file that was sent."""

    route_base = "/precheck"
    title = "报送预检"
    known_feeds: ClassVar[list[dict[str, Any]]] = []

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def show(self) -> str:
        """The form."""
        return self._form()

    @expose("/file", methods=["POST"])
    @has_access
    @permission_name("open")
    def file(self) -> str:
        """The result of one file: a piece of page for our script, the whole page for a browser without scripts."""
        result = self._result()
        if request.headers.get("X-Requested-With") == "XMLHttpRequest":
            return render_template("precheck_result.html", **result)
        return self._form(**result)

    def _form(self, **result: Any) -> str:
        values = {"feeds": self._feeds(), "limit_mb": LIMIT_MB, "too_large": TOO_LARGE, "local_time": local_time}
        return self.page("precheck.html", received=ask("files_received"), **values, **result)

    @expose("/received", methods=["GET"])
    @has_access
    @permission_name("open")
    def received(self) -> str:
        """The list of what has come in: a piece of page for our script, after something was handed in."""
        return render_template("precheck_received.html", received=ask("files_received"), local_time=local_time)

    def _feeds(self) -> list[dict[str, Any]]:
        """Those of the contract: asked once by each of the server's processes, whichever request comes first."""
        if not self.known_feeds:
            self.known_feeds.extend(ask("feeds"))
        return self.known_feeds

    def _result(self) -> dict[str, Any]:
        upload, said = request.files.get("file"), request.form
        if upload is None or not upload.filename or said.get("do") not in DO:
            return {"error": "请先选择文件。"}
        named = Path(upload.filename.replace("\\", "/")).name
        if not named.isprintable() or not 0 < len(named.encode()) <= NAME_BYTES:
            return {"error": BAD_NAME}
        try:
            if said.get("feed"):
                feed = next((f for f in self._feeds() if f["feed"] == said["feed"]), None)
                day = day_or_none(said.get("delivered_on", ""))
                if feed is None or day is None:
                    return {"error": "请选择报表，并填写报送日期。"}
                named = f"{feed['agency_zh']}/{feed['feed_zh']}_{day:%Y%m%d}{Path(named).suffix}"
            elif (asking := self._which_agency(named)) is not None:
                return {"error": asking}
            found, slip = self._ask(upload, named, dry_run=said["do"] == "check")
        except ServiceError as refused:
            return {"error": NOT_NOW if refused.status == USAGE_STATUS else str(refused) or NOT_NOW}
        return {"found": found, "slip": base64.b64encode(slip).decode(), "shown": SHOWN, "stem": Path(named).stem}

    def _which_agency(self, named: str) -> str | None:
        """A sentence that asks for the agency, where several have a feed of that name."""
        stem = re.split(r"[_＿]", unicodedata.normalize("NFC", named))[0]
        of = [f["agency_zh"] for f in self._feeds() if stem in (f["feed_zh"], f["name"])]
        return (
            f"{'、'.join(of)}都报送“{stem}”：请在“报表”里选择是哪一个部门的，并填写报送日期。" if len(of) > 1 else None
        )

    def _ask(self, upload: FileStorage, named: str, *, dry_run: bool) -> tuple[dict[str, Any], bytes]:
        with tempfile.TemporaryFile() as held:
            shutil.copyfileobj(upload.stream, held, 1 << 20)
            held.flush()
            # it has no name: who holds its descriptor, the service under another system user, may open it again
            os.fchmod(held.fileno(), 0o444)
            done = ask("hand_in", timeout=LONG_TIMEOUT_SECONDS, file=held, named=named, dry_run=dry_run)
        with done["slip"] as slip:
            return done["found"], slip.read()


def limit_uploads(app: Flask) -> None:
    """Answers an upload that is too large before anything reads it: the check of the form's token would."""

    def limit() -> Response | None:
        if request.path != ADDRESS or request.method != "POST":
            return None
        length = request.content_length
        if length is not None and length <= (LIMIT_MB << 20) + _SLACK:
            return None
        return Response(TOO_LARGE, TOO_LARGE_STATUS, mimetype="text/plain")

    app.before_request_funcs.setdefault(None, []).insert(0, limit)
