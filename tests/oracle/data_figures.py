"""data.*: rows, findings, unlinked rows, newest deliveries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from .contract import FEEDS
from .cross import cross_findings
from .facts import Facts
from .ingest import data_rows, late_findings
from .people import PERSONAL
from .values import text

OUTCOMES = ("read", "accepted", "quarantined", "skipped")
SEVERITIES = ("block", "quarantine", "warn", "info")


def data(facts: Facts) -> list[dict[str, Any]]:
    """All data.* figures as known at the day of ``facts``; they know no window."""
    return [*_rows(facts), *_findings(facts), *_unlinked(facts), *_newest(facts)]


def _figure(figure: str, value: object, **by: str) -> dict[str, Any]:
    return {"id": figure, "by": by, "value": value}


def _rows(facts: Facts) -> Iterable[dict[str, Any]]:
    counts = data_rows(facts.delivered, facts.known_at)
    for feed in FEEDS:
        yield _figure("data.rows", counts.get((feed, "read"), 0), feed=feed)
        for outcome in OUTCOMES:
            yield _figure("data.rows", counts.get((feed, outcome), 0), feed=feed, outcome=outcome)


def _findings(facts: Facts) -> Iterable[dict[str, Any]]:
    known = [
        finding
        for finding in facts.delivered.findings
        if finding.delivered_on is None or finding.delivered_on <= facts.known_at
    ]
    found = [(finding.rule, finding.severity, finding.feed) for finding in known]
    found += [(late.rule, late.severity, late.feed) for late in late_findings(facts.delivered, facts.known_at)]
    found += [(cross.rule, "warn", cross.feed) for cross in cross_findings(facts)]
    for rule, count in sorted(Counter(rule for rule, _, _ in found).items()):
        yield _figure("data.findings", count, rule=rule)
    by_feed = Counter(feed for _, _, feed in found)
    for feed in FEEDS:
        yield _figure("data.findings", by_feed[feed], feed=feed)
    by_severity = Counter(severity for _, severity, _ in found)
    for severity in SEVERITIES:
        yield _figure("data.findings", by_severity[severity], severity=severity)


def _unlinked(facts: Facts) -> Iterable[dict[str, Any]]:
    for feed in PERSONAL:
        unlinked = [row for row in facts.rows(feed) if facts.people.of(row) is None]
        if feed == "hr.public_posts":
            unlinked = [row for row in unlinked if text(row, "name") or text(row, "id_no")]
        yield _figure("data.unlinked", len(unlinked), feed=feed)


def _newest(facts: Facts) -> Iterable[dict[str, Any]]:
    deliveries = [(batch.feed, batch.delivered_on) for batch in facts.delivered.batches]
    deliveries += facts.delivered.duplicates
    for feed in FEEDS:
        days = (day for name, day in deliveries if name == feed and day <= facts.known_at)
        newest = max(days, default=None)
        figure = _figure("data.newest_delivery", newest.isoformat() if newest else None, feed=feed)
        yield {**figure, "age_days": (facts.known_at - newest).days if newest else None}
