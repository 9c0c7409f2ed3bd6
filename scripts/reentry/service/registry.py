"""The fixed list of requests. A request is a function with ``@request()``: its name is the request's, its parameters
are what may be asked with it.

The first parameter is the ``Place``: home, vault, and the account that asks. All others are named and typed, and what
does not have the type is refused before the function runs: ``str`` (at most LONGEST characters), ``Name`` (of a letter,
a pull, a figure), ``date``, ``int``, ``bool``, ``list[str]``, ``dict[str, str]``, ``dict[str, Any]``, ``Upload`` (an
open file); each of them ``| None``. The function gives what JSON can say; a member of a dict may be a ``Download``.
An expected failure is a ReentryError: its sentence and status are the answer.
"""

from __future__ import annotations

import inspect
import os
import re
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NewType

from reentry.account import Account
from reentry.errors import UsageError
from reentry.store import Home
from reentry.vault import Vault

Name = NewType("Name", str)
NAME = re.compile(r"[\w][\w.\-]{0,119}")
LONGEST = 2_000
SECONDS = 300
HEAVY_SECONDS = 900


@dataclass(frozen=True)
class Place:
    """Where a request is answered, and for whom."""

    home: Home
    vault: Vault
    account: Account


@dataclass(frozen=True)
class Upload:
    """A file that came with a request."""

    descriptor: int

    @property
    def path(self) -> Path:
        """A path under which this process and those that it starts read it."""
        return Path(f"/proc/{os.getpid()}/fd/{self.descriptor}")


@dataclass(frozen=True)
class Download:
    """A file that goes out with an answer: its bytes, or where it lies."""

    content: bytes | Path


@dataclass(frozen=True)
class Request:
    """A request by its name. ``heavy`` ones take gigabytes: a few at once, the others wait for their turn."""

    name: str
    answer: Callable[..., Any]
    heavy: bool
    anonymous: bool  # needs no account
    parameters: dict[str, tuple[Any, bool]]  # name → type, and whether it may be left out

    @property
    def seconds(self) -> int:
        """How long it may take."""
        return HEAVY_SECONDS if self.heavy else SECONDS

    def values(self, said: dict[str, Any]) -> dict[str, Any]:
        """The values of a request in their types; UsageError for an unknown, missing or wrong one."""
        for name in said:
            if name not in self.parameters:
                raise UsageError(f"请求 {self.name} 没有参数 {name}。")
        for name, (_, optional) in self.parameters.items():
            if name not in said and not optional:
                raise UsageError(f"请求 {self.name} 缺少参数 {name}。")
        return {name: typed(self.parameters[name][0], value, name) for name, value in said.items()}


_REQUESTS: dict[str, Request] = {}


def request(*, heavy: bool = False, anonymous: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Puts a function on the list of requests."""

    def listed(function: Callable[..., Any]) -> Callable[..., Any]:
        types_of = typing.get_type_hints(function)
        said = list(inspect.signature(function).parameters.values())[1:]
        parameters = {p.name: (types_of[p.name], p.default is not inspect.Parameter.empty) for p in said}
        name = function.__name__
        if name in _REQUESTS:
            raise ValueError(f"there is a request {name} already")
        if unknown := [n for n, (t, _) in parameters.items() if _plain(t) not in _TYPES]:
            raise ValueError(f"request {name}: parameter {unknown[0]} has a type that no request can bring")
        _REQUESTS[name] = Request(name, function, heavy, anonymous, parameters)
        return function

    return listed


def requests() -> dict[str, Request]:
    """All requests by name. To add one: a function in a module of ``reentry.service.requests``."""
    import reentry.service.requests  # noqa: F401 (its modules put their functions on the list)

    return dict(_REQUESTS)


def typed(wanted: Any, value: Any, name: str) -> Any:
    """A value of JSON in the type of its parameter; UsageError when it is none."""
    plain = _plain(wanted)
    if value is None and plain is not wanted:
        return None
    try:
        return _TYPES[plain](value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"参数 {name} 的值不对：{error}。") from error


def _plain(wanted: Any) -> Any:
    """``X`` of ``X | None``; other types as they are."""
    parts = typing.get_args(wanted)
    if typing.get_origin(wanted) in (types.UnionType, typing.Union) and type(None) in parts:
        (plain,) = (part for part in parts if part is not type(None))
        return plain
    return wanted


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("应为文字")
    if len(value) > LONGEST:
        raise ValueError(f"文字超过 {LONGEST} 个字，请缩短")
    if "\0" in value:
        raise ValueError("文字里有不能使用的字符")
    return value


def _name(value: Any) -> Name:
    if not NAME.fullmatch(_text(value)):
        raise ValueError("不是一个名称")
    return Name(value)


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(_text(value))
    except ValueError as error:
        raise ValueError("应为日期，例如 2025-06-19") from error


def _exact(kind: type) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"应为 {kind.__name__}")
        return value

    return check


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError("应为一列文字")
    return [_text(one) for one in value]


def _pairs(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError("应为名称与文字的对应")
    return {_text(name): _text(one) for name, one in value.items()}


_TYPES: dict[Any, Callable[[Any], Any]] = {
    str: _text,
    Name: _name,
    date: _day,
    int: _exact(int),
    bool: _exact(bool),
    list[str]: _texts,
    dict[str, str]: _pairs,
    dict[str, Any]: _exact(dict),
    Upload: _exact(Upload),
}
