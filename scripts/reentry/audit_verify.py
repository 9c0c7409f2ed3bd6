"""What is found in the audit log: entries changed, removed, moved, cut off, and an old copy of log and head.

The log is compared with its own head, with the heads kept elsewhere (``audit_head``), and with those that the states of
replies keep (``anchors``).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from reentry.audit import is_sound, locked_log, log_path, parse_entry, reached, read_lines
from reentry.audit_head import START, Head, head_path, heads_in, read_head, version_heads
from reentry.errors import ReentryError
from reentry.settings import load_settings
from reentry.store import Home
from reentry.vault import Vault

Anchors = list[tuple[str, Head]]  # heads, each with the place where it is kept


@dataclass(frozen=True)
class Flaw:
    """Something that is not as it was written; ``number`` is the entry's, 0 where it is none's."""

    number: int
    kind: str  # changed | removed | moved | cut | head | state | pack
    text: str


def verify(home: Home, vault: Vault, anchors: Anchors | None = None, *, given: Path | None = None) -> list[Flaw]:
    """Every flaw of the log; none when it is whole. ``given``: a file of heads that were handed on, one a line.

    An entry written just before a crash may be missing from the head: it is whole all the same. What stood before
    `reentry audit recover` is as it was accepted then, or every flaw of it is named again.
    """
    found, known = _judged(home, vault, anchors or [], given)
    return [flaw for flaw in found if flaw.number not in known]


def sound_entries(vault: Vault, lines: list[bytes]) -> list[dict[str, Any]]:
    """The entries whose seals are their own, in the order of their numbers."""
    found = {e["n"]: e for e in map(parse_entry, lines) if e is not None and is_sound(vault, e)}
    return [found[n] for n in sorted(found)]


def kept_heads(home: Home, vault: Vault, given: Path | None = None) -> tuple[Anchors, list[Flaw]]:
    """The heads kept outside the log's folder, and what is wrong with them."""
    copy = load_settings(home.path).audit_head_copy
    found = version_heads(home, vault)
    flaws = []
    if copy is not None and not copy.exists() and read_lines(home):
        flaws.append(Flaw(0, "head", f"第二处封条 {copy} 不存在（刚设置的，登记下一条后再查）"))
    for place, file in ((f"第二处封条 {copy}", copy if copy and copy.exists() else None), ("送出的封条", given)):
        found += [(place, head) for head in heads_in(file, vault)] if file else []
    flaws += [Flaw(0, "head", f"{place}被改动") for place, head in found if head is None]
    return [(place, head) for place, head in found if head is not None], flaws


def _judged(home: Home, vault: Vault, anchors: Anchors, given: Path | None) -> tuple[list[Flaw], range]:
    """All flaws, and the numbers up to which they were accepted."""
    with locked_log(home) as log:
        lines, head, is_there = read_lines(home), read_head(home, vault), head_path(home).exists()
        elsewhere, flaws_elsewhere = kept_heads(home, vault, given)
        flaws, seals = _judge_lines(vault, lines)
        if head is None and (lines or is_there):
            flaws.append(Flaw(0, "head", "日志的封条 head.json 缺失或被改动"))
        own = [("封条", head)] if head is not None else []
        for place, kept in [*own, *elsewhere, *anchors]:
            if kept.entries and seals.get(kept.entries) != kept.seal and not _is_named(flaws, kept.entries):
                kind = "cut" if kept.entries > max(seals, default=0) else "changed"
                said = "缺失，日志末尾被删" if kind == "cut" else "被替换"
                flaws.append(Flaw(kept.entries, kind, f"第 {kept.entries} 条{said}（与{place}不符）"))
        if not flaws:
            flaws += _refused(home, vault, log)
    known = _accepted_before(vault, log_path(home), lines)
    return sorted({*flaws, *flaws_elsewhere}, key=lambda f: (f.number, f.kind, f.text)), range(1, known)


def _refused(home: Home, vault: Vault, log: Any) -> list[Flaw]:
    """What keeps entries from being written though every line is sound."""
    try:
        reached(home, vault, log)
    except ReentryError as error:
        return [Flaw(0, "head", str(error).partition("，")[0])]
    return []


def _accepted_before(vault: Vault, path: Path, lines: list[bytes]) -> int:
    """The number before which the log is as `reentry audit recover` accepted it; 0 where it never was."""
    found = sound_entries(vault, [line for line in lines if b'"action":"recover"' in line])
    if not found:
        return 0
    about = found[-1]["about"]
    before = path.read_bytes()[: about["log_bytes"]]
    return found[-1]["n"] if hashlib.sha256(before).hexdigest() == about["log_sha256"] else 0


def _judge_lines(vault: Vault, lines: list[bytes]) -> tuple[list[Flaw], dict[int, str]]:
    """Flaws of the lines, and the seals of the sound entries by number."""
    flaws: list[Flaw] = []
    seals: dict[int, str] = {}
    order: list[int] = []
    links: dict[int, str] = {}
    for position, line in enumerate(lines, 1):
        entry = parse_entry(line)
        if entry is None or not is_sound(vault, entry):
            number = entry["n"] if entry and 0 < entry["n"] <= 2 * len(lines) else position
            flaws.append(Flaw(number, "changed", f"第 {number} 条被改动"))
            order.append(number)
            continue
        if entry["n"] in seals:
            flaws.append(Flaw(entry["n"], "moved", f"第 {entry['n']} 条重复出现"))
            continue
        seals[entry["n"]], links[entry["n"]] = entry["seal"], entry["before"]
        order.append(entry["n"])
    for number in sorted(set(range(1, max(order, default=0) + 1)) - set(order)):
        flaws.append(Flaw(number, "removed", f"第 {number} 条被删除"))
    for before, after in pairwise(order):
        if after < before:
            flaws.append(Flaw(after, "moved", f"第 {after} 条被移到第 {before} 条之后"))
    for number, link in links.items():
        if link != seals.get(number - 1, START if number == 1 else link) and not _is_named(flaws, number - 1):
            flaws.append(Flaw(number - 1, "changed", f"第 {number - 1} 条被替换"))
    return flaws, seals


def _is_named(flaws: list[Flaw], number: int) -> bool:
    return any(f.number == number for f in flaws)
