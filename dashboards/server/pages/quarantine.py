"""隔离行: the rows that were set aside, masked, with the reasons."""

from __future__ import annotations

from flask import abort
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose

from server.pages.base import PersonPage, address_with, allowed, chosen_name, chosen_page, send_workbook
from server.service import ask


class QuarantineView(PersonPage):
    """How many rows of each feed are set aside for which rule; of one feed the rows."""

    route_base = "/quarantined"
    title = "隔离行"

    @expose("/", methods=["GET"])
    @allowed("open")
    def show(self) -> str:
        """All feeds, and the rows of the one in the address."""
        feed, rule, page = chosen_name("feed"), chosen_name("rule"), chosen_page()
        found = ask("quarantined_rows", feed=feed, rule=rule, page=page)
        of_feed = next((one for one in found["feeds"] if one["feed"] == feed), None)
        count = of_feed["rules"].get(rule or "", 0) if of_feed else 0
        values = {"of_feed": of_feed, "chosen_rule": rule, "page_no": page, "count": count}
        return self.page("quarantined.html", found=found, address=address_with, **values)

    @expose("/file", methods=["GET"])
    @allowed("open")
    def file(self) -> ResponseReturnValue:
        """The rows of a feed as a workbook."""
        feed = chosen_name("feed")
        if feed is None:
            abort(404)
        return send_workbook(ask("quarantined_file", feed=feed))
