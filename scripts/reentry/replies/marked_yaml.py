"""YAML that remembers on which line each value stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from reentry.errors import UsageError

Place = tuple[str, ...]


@dataclass(frozen=True)
class Marked:
    """A document and the line (from 1) of every key in it, by its path."""

    name: str
    values: dict[str, Any]
    lines: dict[Place, int]

    def wrong(self, place: Place, said: str) -> UsageError:
        """The error that names the file and the line of ``place``, or of the nearest key above it."""
        return self.wrong_line(
            next(self.lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in self.lines), said
        )

    def wrong_line(self, line: int, said: str) -> UsageError:
        """The error that names the file and a line."""
        return UsageError(f"{self.name} 第 {line} 行：{said}")


def read_marked(name: str, text: str) -> Marked:
    """The mapping that ``text`` holds; UsageError, with the line, when it is no YAML or no mapping."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{name} 第 {line} 行：不是有效的 YAML（{error.problem}），请改正该行。") from error
    if not isinstance(node, yaml.MappingNode):
        raise UsageError(f"{name} 第 1 行：应为“键: 值”的形式，请参照 docs/add-a-letter.md。")
    lines: dict[Place, int] = {(): 1}
    values = _value(name, node, (), lines)
    return Marked(name, values, lines)


def _value(name: str, node: yaml.Node, place: Place, lines: dict[Place, int]) -> Any:
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            if key.value in found:
                raise UsageError(f"{name} 第 {key.start_mark.line + 1} 行：{key.value} 重复，请只保留一处。")
            lines[(*place, key.value)] = key.start_mark.line + 1
            found[key.value] = _value(name, value, (*place, key.value), lines)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(name, item, place, lines) for item in node.value]
    if node.tag == "tag:yaml.org,2002:timestamp" and len(node.value) == len("2025-01-01"):
        try:
            return date.fromisoformat(node.value)
        except ValueError as error:
            raise UsageError(f"{name} 第 {node.start_mark.line + 1} 行：{node.value} 不是日期，请改正。") from error
    return yaml.safe_load(yaml.serialize(node))
