"""反馈单: what each agency has to mend, on the page and as the workbook that goes back to it."""

from __future__ import annotations

from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose

from server.pages.base import PersonPage, address_with, allowed, chosen_name, chosen_page, day_or_none, send_workbook
from server.service import ask

KINDS = {"data": "数据问题", "casework": "工作事项"}


class SlipsView(PersonPage):
    """The agencies with open findings; of one of them the findings, by feed, rule and kind."""

    route_base = "/slips"
    title = "反馈单"

    @expose("/", methods=["GET"])
    @allowed("open")
    def show(self) -> str:
        """All agencies, and the findings of the one in the address."""
        found = ask("slip_agencies")
        agency = chosen_name("agency")
        if agency is not None and agency not in {one["agency"] for one in found["agencies"]}:
            agency = None  # it has mended everything since
        chosen: dict[str, Any] = {name: chosen_name(name) for name in ("feed", "rule")}
        chosen["kind"] = request.args.get("kind") if request.args.get("kind") in KINDS else None
        page = chosen_page()
        slip = ask("slip", agency=agency, page=page, **chosen) if agency else None
        values = {"agency": agency, "chosen": chosen, "page_no": page, "kinds": KINDS}
        return self.page("slips.html", found=found, slip=slip, address=address_with, **values)

    @expose("/file", methods=["GET"])
    @allowed("open")
    def file(self) -> ResponseReturnValue:
        """The slip of an agency as a workbook."""
        agency = chosen_name("agency")
        if agency is None:
            abort(404)
        return send_workbook(ask("slip_file", agency=agency, since=day_or_none(request.args.get("since", ""))))
