"""答复工作台: letters, pulls, their steps and files."""

from __future__ import annotations

from datetime import date
from typing import Any

from reentry.audit import record
from reentry.replies import allowed, desk, states
from reentry.replies.letter import load_letter
from reentry.replies.listing import letter_rows
from reentry.replies.pack import make_pack
from reentry.replies.standing import standing_figures
from reentry.replies.workflow import STATES_ZH, State
from reentry.service.registry import Download, Name, Place, request


@request()
def letters(place: Place) -> list[dict[str, Any]]:
    """The letters there are, and the pulls made of each."""
    return letter_rows(place.home)


@request()
def letter_figures(place: Place, letter: Name) -> dict[str, Any]:
    """The figures of a letter as they stand now, beside what was printed last."""
    return standing_figures(place.home, place.vault, letter)


@request()
def pulls(place: Place) -> list[dict[str, Any]]:
    """Every pull of every letter, and where it stands."""
    return desk.pulls(place.home, place.vault)


@request()
def pull(place: Place, letter: Name, pull: Name) -> dict[str, Any]:
    """A pull: its state and steps, its figures, its text as it will be read, and what the account may do."""
    document = desk.pull_document(place.home, place.vault, letter, pull, account=place.account)
    record(place.home, place.vault, place.account, "view", letter=letter, pull=pull)
    return document


@request()
def make_pull(
    place: Place, letter: Name, starts_on: date | None = None, ends_on: date | None = None, as_of: date | None = None
) -> dict[str, Any]:
    """Makes a pull of a letter for a window, frozen, as a draft."""
    by = place.account
    pack = make_pack(place.home, place.vault, letter, account=by, starts_on=starts_on, ends_on=ends_on, as_of=as_of)
    return {"letter": letter, "pull": pack.pull}


@request()
def submit(place: Place, letter: Name, pull: Name) -> dict[str, str]:
    """Hands a draft in."""
    return _state(states.submit(place.home, place.vault, letter, pull, account=place.account))


@request()
def delete_pull(place: Place, letter: Name, pull: Name) -> dict[str, str]:
    """Deletes a draft of the account's own."""
    return _state(states.delete(place.home, place.vault, letter, pull, account=place.account))


@request()
def release(place: Place, letter: Name, pull: Name) -> dict[str, str]:
    """Releases a submitted pull; never by an account that prepared it."""
    return _state(states.release(place.home, place.vault, letter, pull, account=place.account))


@request()
def recall(place: Place, letter: Name, pull: Name) -> dict[str, str]:
    """Takes a submitted pull back to draft; by an account that prepared it."""
    return _state(states.recall(place.home, place.vault, letter, pull, account=place.account))


@request()
def send_back(place: Place, letter: Name, pull: Name, note: str) -> dict[str, str]:
    """Sends a submitted pull back with the reason; never by an account that prepared it."""
    return _state(states.send_back(place.home, place.vault, letter, pull, note, account=place.account))


@request()
def allow(place: Place, letter: Name, figure: Name, person: str, reason: str) -> dict[str, str]:
    """Allows a small district total in the public version of the pulls to come."""
    by = place.account
    allowed.allow(place.home, place.vault, load_letter(letter), figure, person=person, reason=reason, account=by)
    return {"said": f"已记录：{person} 准予公开 {letter} 的 {figure}，下次取数起生效"}


@request()
def disallow(place: Place, letter: Name, figure: Name) -> dict[str, str]:
    """Takes an allowance back, for the pulls to come."""
    allowed.withdraw(place.home, place.vault, load_letter(letter), figure, account=place.account)
    return {"said": f"已撤回 {letter} 的 {figure} 的公开许可，下次取数起生效"}


@request()
def pull_file(place: Place, letter: Name, pull: Name, name: Name) -> dict[str, Any]:
    """One file of a pull, as it was frozen."""
    content = desk.file_of(place.home, place.vault, letter, pull, name, account=place.account)
    return {"name": name, "file": Download(content)}


def _state(state: State) -> dict[str, str]:
    return {"letter": state.letter, "pull": state.pull, "state": state.state, "state_zh": STATES_ZH[state.state]}
