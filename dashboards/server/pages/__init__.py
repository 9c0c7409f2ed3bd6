"""Pages of our own inside Superset. To add one: docs/dashboards.md, "A page of our own"."""

from __future__ import annotations

from server.pages.base import OwnPage
from server.pages.checks import ChecksView
from server.pages.handbook import HandbookView
from server.pages.letter_figures import LetterFiguresView
from server.pages.precheck import PrecheckView
from server.pages.quarantine import QuarantineView
from server.pages.replies import RepliesView
from server.pages.slips import SlipsView

# one line a page, in the order of the menu; who may open it is said in roles.yml (`own_pages`)
PAGES: tuple[type[OwnPage], ...] = (
    LetterFiguresView,
    RepliesView,
    PrecheckView,
    SlipsView,
    QuarantineView,
    HandbookView,
    ChecksView,
)
