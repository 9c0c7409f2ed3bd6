"""答复取数: the figures of a letter as they stand when the page is looked at, beside what was printed last."""

from __future__ import annotations

from flask import request
from flask_appbuilder import expose

from server.pages.base import OwnPage, allowed
from server.service import ServiceError, ask


class LetterFiguresView(OwnPage):
    """One letter at a time: figures now and as last printed, what they mean and come from."""

    route_base = "/letter-figures"
    title = "答复取数"

    @expose("/", methods=["GET"])
    @allowed("open")
    def show(self) -> str:
        """The letter that is asked for, else the first."""
        letters = ask("letters")
        chosen = next((one for one in letters if one["letter"] == request.args.get("letter")), letters[0])
        try:
            standing, problem = ask("letter_figures", letter=chosen["letter"]), None
        except ServiceError as refused:
            standing, problem = None, str(refused)
        return self.page("letter_figures.html", letters=letters, chosen=chosen, standing=standing, problem=problem)
