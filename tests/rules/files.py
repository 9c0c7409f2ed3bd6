"""Pairs for the rules that refuse or note a whole file: what is refused, and its twin that just is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from desk import REGISTER, RELEASES, RELIEF, TODAY, VISIT, VISITS, csv_bytes

_TOMORROW = f"{TODAY + timedelta(days=1):%Y%m%d}"


@dataclass(frozen=True)
class FilePair:
    """The place in the inbox and content of a file that is refused, and of one that is not; ``before`` lands first."""

    bad: tuple[str, bytes]
    good: tuple[str, bytes]
    before: tuple[str, bytes] | None = None


def _visits(*rows: list[str], header: list[str] = VISITS) -> bytes:
    return csv_bytes(header, *rows)


def _register(rows: int) -> bytes:
    return csv_bytes(REGISTER, *[[f"D{n}", "张三", "安居镇", "2025-01-01"] for n in range(rows)])


def _relief(total: str) -> bytes:
    rows = [[f"F{n}", "S1", "张三", "低保", "2025-05-01", "100.25", "1"] for n in range(2)]
    return csv_bytes(RELIEF, *rows, ["合计", "", "", "", "", total, ""])


def _sealed(flag: str) -> bytes:
    return csv_bytes([*RELEASES, "未成年封存"], ["S1", "张三", "2025-05-01", "刑满释放", flag])


_NAME = "justice/visits_20250401.csv"
FILE_PAIRS: dict[str, FilePair] = {
    # no character in any of the encodings; and one that only GB18030 has
    "B1": FilePair((_NAME, _visits(VISIT) + b"\xff\xff,D1,2025-03-01,1\n"), (_NAME, _visits(["走", *VISIT[1:]]))),
    "B2": FilePair((_NAME, csv_bytes(VISITS[1:], VISIT[1:])), (_NAME, csv_bytes(["题"], [], VISITS, VISIT))),
    # a footer is no data; one row is
    "B3": FilePair((_NAME, _visits(["合计", "", "", ""])), (_NAME, _visits(VISIT, ["合计", "", "", ""]))),
    # 200.50 is printed as 201 or 200.5; 200 is off by as much as half of the last digit, 202 by more
    "B4": FilePair(
        ("civil_affairs/relief_20250601.csv", _relief("202")), ("civil_affairs/relief_20250601.csv", _relief("200"))
    ),
    "B5": FilePair(
        (f"justice/visits_{_TOMORROW}.csv", _visits(VISIT)), (f"justice/visits_{TODAY:%Y%m%d}.csv", _visits(VISIT))
    ),
    "B6": FilePair(
        ("justice/register_20250430.csv", _register(4)),
        ("justice/register_20250430.csv", _register(5)),
        before=("justice/register_20250331.csv", _register(10)),
    ),
    "B7": FilePair(
        ("corrections/releases_20250601.csv", _sealed("是")), ("corrections/releases_20250601.csv", _sealed("否"))
    ),
    "B9": FilePair(("justice/visit_20250401.csv", _visits(VISIT)), ("司法局/走访记录_20250401.CSV", _visits(VISIT))),
    "D1": FilePair(
        ("justice/visits_20250402.csv", _visits(VISIT)),
        ("justice/visits_20250402.csv", _visits(VISIT, ["V2", *VISIT[1:]])),
        before=(_NAME, _visits(VISIT)),
    ),
}  # fmt: skip
