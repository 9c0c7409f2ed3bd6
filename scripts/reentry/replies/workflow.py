"""What becomes of a pull, and who may take which step: prepared by one account, released or sent back by another.

draft → submitted → released → superseded; until it is decided its preparers may recall a submitted one, and its maker
deletes a draft.

Each step has a pair: ``check_can_…`` raises a sentence when it may not be taken, ``can_…`` says whether it may.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from reentry.account import Account
from reentry.errors import UsageError
from reentry.replies.decisions import DELETED, SUPERSEDED
from reentry.replies.past import pull_order

DRAFT, SUBMITTED, RELEASED = "draft", "submitted", "released"
STATES_ZH = {DRAFT: "草稿", SUBMITTED: "待审签", RELEASED: "已审签", SUPERSEDED: "已被取代", DELETED: "已删除"}
OUT = (RELEASED, SUPERSEDED)  # has left the bureau


@dataclass(frozen=True)
class Step:
    """A step that can be taken: its name, from which state, to which."""

    zh: str
    before: str | None
    after: str


STEPS = {
    "pull": Step("取数", None, DRAFT),
    "submit": Step("送审", DRAFT, SUBMITTED),
    "recall": Step("撤回", SUBMITTED, DRAFT),
    "return": Step("退回", SUBMITTED, DRAFT),
    "release": Step("审签", SUBMITTED, RELEASED),
    "supersede": Step("被取代", RELEASED, SUPERSEDED),
    "delete": Step("删除", DRAFT, DELETED),
}


@dataclass(frozen=True)
class State:
    """Where a pull stands; ``steps`` are what was done, by whom and when, oldest first."""

    letter: str
    pull: str
    state: str = DRAFT
    steps: list[dict[str, Any]] = field(default_factory=list)

    @property
    def preparers(self) -> set[str]:
        """The accounts that made or submitted it: none of them decides about it."""
        return {step["who"] for step in self._prepared()}

    def is_prepared_by(self, account: Account) -> bool:
        """Whether the account may be the person who made or submitted it."""
        return any(account.is_same(step) for step in self._prepared())

    def _prepared(self) -> list[dict[str, Any]]:
        return [step for step in self.steps if step["step"] in ("pull", "submit")]


def check_can_submit(state: State) -> None:
    """UsageError unless the pull can be handed in."""
    _expect(state, "submit")


def can_submit(state: State) -> bool:
    """Whether the pull can be handed in."""
    return _holds(check_can_submit, state)


def check_can_recall(state: State, account: Account) -> None:
    """UsageError unless the account prepared the pull and nobody has decided about it yet."""
    _expect(state, "recall")
    if not state.is_prepared_by(account):
        raise UsageError(f"取数 {state.pull} 不是由 {account.name} 办理的，不能撤回：只有取数人、送审人可以撤回。")


def can_recall(state: State, account: Account) -> bool:
    """Whether the account can take the pull back."""
    return _holds(check_can_recall, state, account)


def check_can_send_back(state: State, account: Account) -> None:
    """UsageError unless the account can send the pull back."""
    _expect(state, "return")
    if state.is_prepared_by(account):
        raise UsageError(
            f"取数 {state.pull} 由 {account.name} 办理，不能由同一账号退回：请由另一账号退回，或者由办理人撤回。"
        )


def can_send_back(state: State, account: Account) -> bool:
    """Whether the account can send the pull back."""
    return _holds(check_can_send_back, state, account)


def check_can_release(state: State, account: Account, others: list[State]) -> None:
    """UsageError unless the account can release the pull; ``others`` are the letter's other pulls."""
    _expect(state, "release")
    if state.is_prepared_by(account):
        raise UsageError(f"取数 {state.pull} 由 {account.name} 办理，不能由同一账号审签：请由另一账号审签。")
    if any(other.state == RELEASED and pull_order(other.pull) > pull_order(state.pull) for other in others):
        raise UsageError(f"答复 {state.letter} 已有更新的取数审签，不能再审签 {state.pull}：请重新取数。")


def can_release(state: State, account: Account, others: list[State]) -> bool:
    """Whether the account can release the pull."""
    return _holds(check_can_release, state, account, others)


def check_can_delete(state: State, account: Account) -> None:
    """UsageError unless the pull is a draft that the account made."""
    _expect(state, "delete")
    if not any(account.is_same(step) for step in state.steps if step["step"] == "pull"):
        raise UsageError(f"取数 {state.pull} 不是 {account.name} 取的，不能删除：只有取数人可以删除草稿。")


def can_delete(state: State, account: Account) -> bool:
    """Whether the account can delete the pull."""
    return _holds(check_can_delete, state, account)


def _expect(state: State, step: str) -> None:
    wanted = STEPS[step].before
    if state.state != wanted:
        raise UsageError(
            f"取数 {state.pull} 现为“{STATES_ZH[state.state]}”，不能{STEPS[step].zh}："
            f"只有“{STATES_ZH[wanted or DRAFT]}”的可以。"
        )


def _holds(check: Callable[..., None], *values: Any) -> bool:
    try:
        check(*values)
    except UsageError:
        return False
    return True
