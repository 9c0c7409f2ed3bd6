"""A pull that is released late: its public version, once more, beside those that went out after it was pulled."""

from __future__ import annotations

from collections.abc import Sequence

from reentry.errors import UsageError
from reentry.figures.published import open_version
from reentry.replies.public import given_away
from reentry.replies.public_letter import catalogue_now, public_cells
from reentry.replies.workflow import State
from reentry.store import Home
from reentry.vault import Vault


def check_gives_nothing_away(home: Home, vault: Vault, state: State, out: Sequence[State]) -> None:
    """UsageError when a number that is withheld follows from the pull's public version and those in ``out``.

    ``out``: all pulls that have left the bureau. A pull knows those that were out when it was made; for later ones its
    figures are bound to theirs anew, by the definitions in force. Nothing is opened when there are none.
    """
    later = [other for other in out if _left_after(other, state)]
    if not later:
        return
    earlier = [cell for other in out for cell in public_cells(home, other)]
    with open_version(home, vault) as version:
        found = given_away(public_cells(home, state), catalogue_now(version), earlier)
    if found:
        named = "、".join(f"{other.letter} 取数 {other.pull}" for other in later)
        raise UsageError(
            f"取数 {state.pull} 生成以后又审签了 {named}，两者对照会推算出不予公开的数字，不能审签：请重新取数。"
        )


def _left_after(other: State, state: State) -> bool:
    """Whether a pull was released after another was made, by the audit log; where that is not known, it was."""
    made = next((step for step in state.steps if step["step"] == "pull"), {})
    released = next((step for step in reversed(other.steps) if step["step"] == "release"), {})
    if "audit" not in made or "audit" not in released:
        return True
    return bool(released["audit"]["entries"] >= made["audit"]["entries"])
