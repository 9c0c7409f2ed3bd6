"""One slip an agency: its open findings, the same by rule, and what it has mended since its last slip."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from reentry.contract import Feed, feeds
from reentry.fates import Fates
from reentry.figures.published import Version
from reentry.land.places import shown_row
from reentry.rules import SEVERITIES, rule_texts
from reentry.workbook import Cell, Column, Sheet, workbook_bytes

MOST_ROWS = 100_000  # of a sheet
NOBODY = "来源不明"  # files that lie in no agency's folder
_NAME = re.compile(r"问题清单_(.+)_([0-9]{8})\.xlsx")

_CENTRE = "center"
_OPEN = (
    Column("序号", 6, _CENTRE),
    Column("报表", 16),
    Column("文件", 26),
    Column("行号", 14, _CENTRE),
    Column("编号", 22),
    Column("栏目", 13),
    Column("问题", 27),
    Column("怎么办", 38),
    Column("处理", 9, _CENTRE),
    Column("何时起", 11, _CENTRE),
    Column("已历天数", 9, _CENTRE),
    Column("规则", 7, _CENTRE),
)
_BY_RULE = (
    Column("报表", 18),
    Column("规则", 8, _CENTRE),
    Column("问题", 24),
    Column("件数", 8, _CENTRE),
    Column("最早何时起", 12, _CENTRE),
    Column("最长天数", 9, _CENTRE),
    Column("处理", 10, _CENTRE),
    Column("含义", 42),
    Column("怎么办", 42),
)
_MENDED = (
    Column("序号", 6, _CENTRE),
    Column("报表", 16),
    Column("编号", 22),
    Column("栏目", 13),
    Column("问题", 30),
    Column("何时起", 11, _CENTRE),
    Column("整改日期", 11, _CENTRE),
    Column("整改文件", 28),
    Column("用时天数", 9, _CENTRE),
    Column("规则", 7, _CENTRE),
)


@dataclass(frozen=True)
class Finding:
    """One finding of ``fct_finding_life``; no id number and no full name is in it."""

    agency: str | None
    feed: str | None
    rule: str
    severity: str
    file_name: str | None
    sheet: str | None
    row_no: int | None
    row_key: str | None
    column_name: str | None
    message: str
    opened_on: date
    days_open: int
    times_opened: int
    closed_on: date | None
    closed_by_file: str | None


@dataclass(frozen=True)
class Slip:
    """A slip that was written; ``since`` is the day of the one before it."""

    agency: str | None
    agency_zh: str
    path: Path
    open: int
    mended: int
    since: date | None


def write_slips(version: Version, folder: Path, *, since: date | None = None) -> list[Slip]:
    """Writes ``问题清单_<agency>_<known-at>.xlsx`` for each agency with open or lately mended findings.

    OneFailedError, after the others are written, when one or more cannot be: ``made`` are those that were.
    Mended since ``since``, by default since the agency's newest earlier slip in ``folder``; without one, ever.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = {feed.agency: feed.agency_zh for feed in feeds()}
    # lapsed ones have nobody to mend them
    findings = read_findings(version, "state in ('open', 'mended')")
    agencies: list[str | None] = [a for a in names if any(f.agency == a for f in findings)]
    agencies += [None] * any(f.agency is None for f in findings)
    slips: list[Slip] = []
    fates = Fates("slip")
    for agency in agencies:
        name = names[agency] if agency else NOBODY
        last = since or _last_slip(folder, name, before=version.known_at)
        still, mended = _parted([f for f in findings if f.agency == agency], last)
        if not still and not mended:
            continue
        path = folder / f"问题清单_{name}_{version.known_at:%Y%m%d}.xlsx"
        with fates.of(name):
            draft = path.with_suffix(".tmp")
            draft.write_bytes(_workbook(name, still, mended, known_at=version.known_at, since=last))
            draft.replace(path)
            slips.append(Slip(agency, name, path, len(still), len(mended), last))
    fates.settle(slips)
    return slips


def slip_of_agency(version: Version, agency: str | None, *, since: date | None) -> tuple[bytes, int]:
    """The slip of one agency (None: of files in no agency's folder), with what was mended since, and its findings."""
    name = next((feed.agency_zh for feed in feeds() if feed.agency == agency), NOBODY)
    own = read_findings(version, "state in ('open', 'mended') and agency is not distinct from ?", [agency])
    still, mended = _parted(own, since)
    return _workbook(name, still, mended, known_at=version.known_at, since=since), len(still) + len(mended)


def _parted(own: Sequence[Finding], since: date | None) -> tuple[list[Finding], list[Finding]]:
    """Those that are open, and those that were mended since a day."""
    still = [f for f in own if f.closed_on is None]
    return still, [f for f in own if f.closed_on is not None and (since is None or f.closed_on > since)]


def read_findings(version: Version, where: str, values: Sequence[object] = (), *, page: str = "") -> list[Finding]:
    """Findings for which the SQL ``where`` holds, those first that cost most; ``page``: a limit and an offset."""
    rows = version.con.execute(
        f"""
        select
            agency, feed, rule, severity, file_name, sheet, row_no, row_key, column_name, message, opened_on, days_open,
            times_opened, closed_on, closed_by_file
        from marts.main.fct_finding_life
        where {where}
        order by
            list_position(['block', 'quarantine', 'warn'], severity), feed nulls first, rule, opened_on,
            file_name nulls first, sheet nulls first, row_no nulls first,
            row_key nulls first, column_name nulls first, finding_id
        {page}
        """,
        list(values),
    ).fetchall()
    return [Finding(*row) for row in rows]


def _last_slip(folder: Path, agency_zh: str, *, before: date) -> date | None:
    days = []
    for path in folder.iterdir():
        found = _NAME.fullmatch(path.name)
        if found and found[1] == agency_zh:
            days.append(date.fromisoformat(found[2]))
    return max((day for day in days if day < before), default=None)


def _workbook(
    agency_zh: str, still: list[Finding], mended: list[Finding], *, known_at: date, since: date | None
) -> bytes:
    set_aside = sum(f.severity == "quarantine" for f in still)
    cut = f"只列出前 {MOST_ROWS} 件，全部件数见“按规则汇总”。" if len(still) > MOST_ROWS else ""
    notes = [
        f"截至 {known_at}：待整改 {len(still)} 件，其中隔离 {set_aside} 件（改正前不计入任何数字）。"
        f"改正后按原表名、新的报送日期重新报送即可；编号中的证件号已遮盖。{cut}",
    ]
    past = f"{since} 以来" if since else "截至目前"
    none_open, none_mended = "没有待整改的问题", "没有已整改的问题"
    return workbook_bytes(
        [
            Sheet("问题清单", f"{agency_zh}　报送数据问题清单", _OPEN, _open_rows(still), notes, none_open),
            Sheet("按规则汇总", f"{agency_zh}　待整改问题汇总", _BY_RULE, _rule_rows(still), (), none_open),
            Sheet(
                "已整改",
                f"{agency_zh}　已整改的问题",
                _MENDED,
                _mended_rows(mended),
                [f"{past}已整改 {len(mended)} 件。"],
                none_mended,
            ),
        ],
        day=known_at,
    )


def _open_rows(still: Sequence[Finding]) -> Iterator[list[Cell]]:
    for number, f in enumerate(still[:MOST_ROWS], 1):
        again = "（再次出现）" if f.times_opened > 1 else ""
        yield [
            number,
            feed_zh_of(f),
            f.file_name,
            shown_row(f.sheet, f.row_no),
            f.row_key,
            header_of(f),
            f.message + again,
            rule_texts()[f.rule].mend_zh,
            SEVERITIES[f.severity],
            f.opened_on,
            f.days_open,
            f.rule,
        ]


def _rule_rows(still: Sequence[Finding]) -> Iterator[list[Cell]]:
    groups: dict[tuple[str | None, str, str], list[Finding]] = {}
    for f in still:
        groups.setdefault((feed_zh_of(f), f.rule, f.severity), []).append(f)
    for (feed_zh, rule, severity), found in groups.items():
        text = rule_texts()[rule]
        oldest = min(f.opened_on for f in found)
        longest = max(f.days_open for f in found)
        yield [
            feed_zh,
            rule,
            text.short_zh,
            len(found),
            oldest,
            longest,
            SEVERITIES[severity],
            text.meaning_zh,
            text.mend_zh,
        ]


def _mended_rows(mended: Sequence[Finding]) -> Iterator[list[Cell]]:
    newest_first = sorted(mended, key=lambda f: f.closed_on or date.min, reverse=True)
    for number, f in enumerate(newest_first[:MOST_ROWS], 1):
        by = f.closed_by_file or "经其他报送核对消除"
        yield [
            number,
            feed_zh_of(f),
            f.row_key,
            header_of(f),
            f.message,
            f.opened_on,
            f.closed_on,
            by,
            f.days_open,
            f.rule,
        ]


def _feed(finding: Finding) -> Feed | None:
    return next((feed for feed in feeds() if feed.id == finding.feed), None)


def feed_zh_of(finding: Finding) -> str | None:
    feed = _feed(finding)
    return feed.name_zh if feed else None


def header_of(finding: Finding) -> str | None:
    """The column as the agency calls it; an unknown column is called as in the file."""
    feed = _feed(finding)
    known = {c.name: c.headers[0] for c in feed.columns} if feed else {}
    return known.get(finding.column_name or "", finding.column_name)
