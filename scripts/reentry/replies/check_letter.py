"""A letter judged before anyone pulls it: its file, its template, and, where something is published, its figures."""

from __future__ import annotations

from pathlib import Path

from reentry.figures.published import open_version
from reentry.replies.document import check_template
from reentry.replies.figures import pull_figures
from reentry.replies.letter import REPLIES, load_letter, template_path
from reentry.replies.periods import letter_windows
from reentry.store import Home
from reentry.vault import open_vault


def check_letter(home: Home, name: str, folder: Path = REPLIES) -> int:
    """The number of the letter's figures; UsageError says the first thing that is wrong, and on which line."""
    letter = load_letter(name, folder)
    check_template(letter, template_path(letter, folder).read_bytes())
    if home.current.exists():
        with open_version(home, open_vault(home.path)) as version:
            windows = letter_windows(letter, version.known_at, starts_on=None, ends_on=None, as_of=None)
            pull_figures(version, letter, windows)
    return len(letter.figures)
