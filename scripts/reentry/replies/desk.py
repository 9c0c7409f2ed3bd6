"""What the desk shows: pulls with their states, one pull with figures and text, and its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reentry.audit import who
from reentry.errors import UsageError
from reentry.figures.show import shown
from reentry.replies.allowed import releases_of
from reentry.replies.letter import Letter, known_figures, load_letter, parse_letter
from reentry.replies.pack import LETTER_FILE, Pack, outgoing, read_pack
from reentry.replies.past import KEPT
from reentry.replies.report import changes_said, feed_names
from reentry.replies.states import DRAFT, STATES_ZH, SUBMITTED, State, all_states, changed_files, state_of
from reentry.store import Home
from reentry.vault import Vault

BARE = ("ratio", "rate", "日期")  # printed without their unit
STEPS_ZH = {"pull": "取数", "submit": "送审", "return": "退回", "release": "审签", "supersede": "被取代"}


def pulls(home: Home, vault: Vault) -> list[dict[str, Any]]:
    """Every pull, newest first."""
    return [_line(state) for state in reversed(all_states(home, vault))]


def pull_document(home: Home, vault: Vault, letter: str, pull: str) -> dict[str, Any]:
    """A pull: state, steps, figures with what was printed before, both texts, files, and what the account may do."""
    state, pack = state_of(home, vault, letter, pull), read_pack(home, letter, pull)
    allowed = releases_of(home, vault, load_letter(letter))
    document = pack.document
    return {
        **_line(state),
        **{name: document[name] for name in ("number", "title", "document_number", "known_at", "build", "windows")},
        "steps": [{**step, "step_zh": STEPS_ZH[step["step"]]} for step in state.steps],
        "figures": [_figure(figure, allowed) for figure in document["figures"]],
        "issuer": kept_letter(pack).issuer,
        "texts": {name: paragraphs(pack.folder / name) for name in ("reply.docx", "reply-public.docx")},
        "files": sorted(outgoing(pack)),
        "changed_files": changed_files(home, letter, pull),
        "may": {"submit": state.state == DRAFT, "release": _may_release(state), "return": state.state == SUBMITTED},
    }


def file_of(home: Home, letter: str, pull: str, name: str) -> bytes:
    """A file that goes out, as it was frozen; UsageError when there is none, or it was changed since."""
    pack = read_pack(home, letter, pull)
    there = outgoing(pack)
    if name not in there:
        raise UsageError(f"取数 {pull} 没有文件 {name}：现有 {'、'.join(sorted(there))}。")
    if name in changed_files(home, letter, pull):
        raise UsageError(f"取数 {pull} 的文件 {name} 被改动，不予下载：请重新取数。")
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


def _may_release(state: State) -> bool:
    return state.state == SUBMITTED and who() not in state.preparers


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
