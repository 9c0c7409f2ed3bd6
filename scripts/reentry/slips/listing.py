"""What slips say, page by page: the agencies with open findings, and those of one agency, chosen by feed and rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reentry.contract import feeds
from reentry.figures.published import Version
from reentry.land.places import shown_row
from reentry.rules import SEVERITIES, rule_texts
from reentry.slips.of_agencies import NOBODY, Finding, feed_zh_of, header_of, read_findings

UNKNOWN = "unknown"  # stands for the agency of files that lie in no agency's folder
PAGE_ROWS = 50
DATA, CASEWORK = "data", "casework"
_OPEN = "state = 'open' and coalesce(agency, ?) = ?"


@dataclass(frozen=True)
class Wanted:
    """Which open findings: of an agency or UNKNOWN; of a feed, a rule, a kind (DATA or CASEWORK) where given."""

    agency: str
    feed: str | None = None
    rule: str | None = None
    kind: str | None = None

    def where(self) -> tuple[str, list[Any]]:
        """SQL of the condition, and its values."""
        where = _OPEN
        values: list[Any] = [UNKNOWN, self.agency]
        for column, value in (("feed", self.feed), ("rule", self.rule)):
            if value is not None:
                where, values = f"{where} and {column} = ?", [*values, value]
        if self.kind is not None:
            where, values = f"{where} and list_contains(?, rule) = ?", [*values, _casework(), self.kind == CASEWORK]
        return where, values


def agencies_with_findings(version: Version) -> list[dict[str, Any]]:
    """One row an agency with open findings, in the order of the contract: how many, and of which kinds."""
    rows = version.con.execute(
        """
        select
            coalesce(agency, $1), count(*), count(*) filter (where severity = 'block'),
            count(*) filter (where severity = 'quarantine'), count(*) filter (where list_contains($2, rule)),
            count(*) filter (where days_open > 31)
        from marts.main.fct_finding_life where state = 'open' group by 1
        """,
        [UNKNOWN, _casework()],
    ).fetchall()
    keys = ("agency", "findings", "refused", "set_aside", "casework", "old")
    found = {row[0]: dict(zip(keys, row, strict=True)) for row in rows}
    names = {feed.agency: feed.agency_zh for feed in feeds()} | {UNKNOWN: NOBODY}
    return [{**found[agency], "agency_zh": name} for agency, name in names.items() if agency in found]


def open_findings(version: Version, wanted: Wanted, *, page: int) -> dict[str, Any]:
    """The open findings that are wanted, PAGE_ROWS from a page (1, 2, …), and how many there are in all."""
    where, values = wanted.where()
    counted = f"select count(*) from marts.main.fct_finding_life where {where}"
    (count,) = version.con.execute(counted, values).fetchall()[0]
    first = PAGE_ROWS * (page - 1)
    rows = read_findings(version, where, values, page=f"limit {PAGE_ROWS} offset {first}")
    return {"count": count, "first": first, "page_rows": PAGE_ROWS, "rows": [_row(finding) for finding in rows]}


def choices(version: Version, agency: str) -> dict[str, list[dict[str, Any]]]:
    """The feeds and the rules of an agency's open findings, and how many there are of each."""
    names = {feed.id: feed.name_zh for feed in feeds()}

    def counted(column: str) -> list[Any]:
        query = f"select {column}, count(*) from marts.main.fct_finding_life where {_OPEN} and {column} is not null"
        return version.con.execute(f"{query} group by all order by all", [UNKNOWN, agency]).fetchall()

    return {
        "feeds": [{"id": feed, "name": names[feed], "findings": n} for feed, n in counted("feed") if feed in names],
        "rules": [{"id": rule, "name": rule_texts()[rule].short_zh, "findings": n} for rule, n in counted("rule")],
    }


def _row(finding: Finding) -> dict[str, Any]:
    text = rule_texts()[finding.rule]
    return {
        "feed_zh": feed_zh_of(finding),
        "file_name": finding.file_name,
        "place_zh": shown_row(finding.sheet, finding.row_no),
        "key": finding.row_key,
        "header": header_of(finding),
        "message": finding.message,
        "mend_zh": text.mend_zh,
        "severity": finding.severity,
        "severity_zh": SEVERITIES[finding.severity],
        "is_casework": text.is_casework,
        "opened_on": finding.opened_on,
        "days_open": finding.days_open,
        "is_again": finding.times_opened > 1,
        "rule": finding.rule,
    }


def _casework() -> list[str]:
    return [rule for rule, text in rule_texts().items() if text.is_casework]
