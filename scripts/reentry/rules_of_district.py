"""Rules as a district wants them: the lines of its own ``rules.csv`` over the seed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path

from reentry.errors import UsageError
from reentry.nearest import nearest

OFF = "off"
_MAY_CHANGE = ("severity", "threshold", "second_threshold", "owner")
_LARGEST = Decimal(10) ** 9
_WHOLE = ("日", "次", "个月")  # units of which there are no parts


def override_rules(rules: list[dict[str, str]], changes: Iterable[dict[str, str]], path: Path) -> None:
    """Puts the filled cells of ``changes`` (read from ``path``) over the rows of the seed, in place.

    UsageError for a column or rule that does not exist, a rule twice, a severity the rule may not have, or a threshold
    that is no number or that the rule has no use for.
    """
    known = {row["rule"]: row for row in rules}
    changed: set[str] = set()
    for change in changes:
        for column in change:
            if column not in ("rule", *_MAY_CHANGE):
                raise UsageError(_unknown(path, "column", column, ("rule", *_MAY_CHANGE)))
        rule = change.get("rule", "")
        if rule not in known:
            raise UsageError(_unknown(path, "rule", rule, known))
        if rule in changed:
            raise UsageError(f"{path}: rule {rule} is there twice: keep one line.")
        changed.add(rule)
        for column in _MAY_CHANGE:
            if text := change.get(column, ""):
                known[rule][column] = _checked(path, known[rule], column, text)


def _checked(path: Path, rule: dict[str, str], column: str, text: str) -> str:
    if column == "owner":
        return text
    if column == "severity":
        allowed = rule["may_be"].split("|") if rule["may_be"] else [rule["severity"]]
        if text not in allowed:
            raise UsageError(f"{path}: rule {rule['rule']} cannot be [{text}], only {', '.join(allowed)}: correct it.")
        return text
    if not rule[column]:
        raise UsageError(f"{path}: rule {rule['rule']} has no {column}: leave that cell empty.")
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(-1)
    if number.is_nan() or not 0 <= number < _LARGEST:
        raise UsageError(f"{path}: {column} [{text}] of rule {rule['rule']} is no number of 0 or more: correct it.")
    if rule["threshold_unit"] in _WHOLE and number != number.to_integral_value():
        raise UsageError(f"{path}: {column} [{text}] of rule {rule['rule']} must be a whole number: correct it.")
    return text


def _unknown(path: Path, what: str, name: str, known: Collection[str]) -> str:
    return f"{path}: unknown {what} [{name}]; the nearest known one is {nearest(name, list(known))}: correct it."
