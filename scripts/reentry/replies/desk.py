"""What the desk shows: pulls with their states, one pull with figures and text, and its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reentry.account import Account
from reentry.audit import record
from reentry.errors import UsageError
from reentry.figures.show import shown
from reentry.replies.allowed import releases_of
from reentry.replies.decisions import DELETED, deciding
from reentry.replies.letter import Letter, known_figures, load_letter, parse_letter
from reentry.replies.pack import LETTER_FILE, Pack, outgoing, read_pack
from reentry.replies.past import KEPT
from reentry.replies.report import changes_said
from reentry.replies.states import changed_files, list_states, read_state
from reentry.replies.workflow import (
    STATES_ZH,
    STEPS,
    State,
    can_delete,
    can_recall,
    can_release,
    can_send_back,
    can_submit,
)
from reentry.sources import feed_names
from reentry.store import Home
from reentry.vault import Vault

BARE = ("ratio", "rate", "日期")  # printed without their unit
SHOWN = ("step", "who", "at", "note")  # of a step


def pulls(home: Home, vault: Vault) -> list[dict[str, Any]]:
    """Every pull, newest first; deleted ones are on the log only."""
    found = reversed(list_states(home, vault))
    return [{**_line(one.state), "flaw": one.flaw} for one in found if one.state.state != DELETED]


def pull_document(home: Home, vault: Vault, letter: str, pull: str, *, account: Account) -> dict[str, Any]:
    """A pull: state, steps, figures with what was printed before, both texts, files, and what the account may do."""
    with deciding(home, vault) as register:
        state, pack = read_state(home, vault, register, letter, pull), read_pack(home, letter, pull)
        others = [State(*key, stands) for key, stands in register.states.items() if key[0] == letter and key[1] != pull]
        changed = changed_files(home, register, state)
    allowed = releases_of(home, vault, load_letter(letter))
    document = pack.document
    return {
        **_line(state),
        **{name: document[name] for name in ("number", "title", "document_number", "known_at", "build", "windows")},
        "steps": [_step(step) for step in state.steps],
        "figures": [_figure(figure, allowed) for figure in document["figures"]],
        "issuer": kept_letter(pack).issuer,
        "texts": {name: paragraphs(pack.folder / name) for name in ("reply.docx", "reply-public.docx")},
        "files": sorted(outgoing(pack)),
        "changed_files": list(changed.values()),
        "may": {
            "submit": can_submit(state),
            "release": can_release(state, account, others),
            "return": can_send_back(state, account),
            "recall": can_recall(state, account),
            "delete": can_delete(state, account),
        },
    }


def file_of(home: Home, vault: Vault, letter: str, pull: str, name: str, *, account: Account) -> bytes:
    """A file that goes out, as it was frozen, put on record; UsageError when there is none, or it was changed since."""
    with deciding(home, vault) as register:
        state, there = read_state(home, vault, register, letter, pull), outgoing(read_pack(home, letter, pull))
        if name not in there:
            raise UsageError(f"取数 {pull} 没有文件 {name}：现有 {'、'.join(sorted(there))}。")
        if name in changed_files(home, register, state):
            raise UsageError(f"取数 {pull} 的文件 {name} 被改动，不予下载：请重新取数。")
        record(home, vault, account, "export", letter=letter, pull=pull, file=name)
        return there[name]


def kept_letter(pack: Pack) -> Letter:
    """The letter as it was when the pull was made."""
    source = (pack.folder / KEPT / LETTER_FILE).read_text(encoding="utf-8")
    return parse_letter(pack.letter, source, file=f"{pack.pull}/{LETTER_FILE}")


def paragraphs(path: Path) -> list[dict[str, Any]]:
    """The text of a letter, paragraph by paragraph, with its alignment and size in points, for a preview."""
    from docx import Document

    out = []
    for paragraph in Document(str(path)).paragraphs:
        sizes = [run.font.size.pt for run in paragraph.runs if run.font.size is not None]
        out.append(
            {
                "text": paragraph.text,
                "style": paragraph.style.name if paragraph.style is not None else "",
                "align": str(paragraph.alignment).split(" ")[0].lower() if paragraph.alignment is not None else "",
                "size": max(sizes, default=None),
            }
        )
    return out


def _line(state: State) -> dict[str, Any]:
    last = {step["step"]: step for step in state.steps}
    return {
        "letter": state.letter,
        "pull": state.pull,
        "state": state.state,
        "state_zh": STATES_ZH[state.state],
        "prepared_by": "、".join(sorted(state.preparers)),
        "pulled_at": last.get("pull", {}).get("at", ""),
        "released_by": last.get("release", {}).get("who", ""),
        "released_at": last.get("release", {}).get("at", ""),
    }


def _step(step: dict[str, Any]) -> dict[str, Any]:
    return {name: step[name] for name in SHOWN} | {"step_zh": STEPS[step["step"]].zh}


def _figure(figure: dict[str, Any], allowed: dict[str, Any]) -> dict[str, Any]:
    changed = figure["changed"]
    return {
        **figure,
        "value_zh": shown(figure["unit"], figure["value"]) + ("" if figure["unit"] in BARE else figure["unit"]),
        "printed_before": changed["printed_before"] if changed else None,
        "changes_zh": changes_said(changed, figure["unit"]),
        "sources_zh": "、".join(feed_names(figure["feeds"])),
        "is_allowed": figure["name"] in allowed,
        "has_denominator": "out_of" in known_figures()[figure["id"]],
    }
