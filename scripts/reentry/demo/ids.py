"""Synthetic resident identity numbers with valid check characters. None belongs to anybody by design."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reentry.demo.days import Ints

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
_CHECK = "10X98765432"
_TONGLIANG = (510228, 500224, 500151)  # 铜梁县 under Sichuan, 铜梁县 under Chongqing, 铜梁区
_ELSEWHERE = (
    510211, 510215, 510229, 510230, 510231, 512221, 512301, 512322, 512324, 513521, 500221, 500222, 500231,
    500235, 511023, 511025, 510622, 522121, 522422, 532128, 422825, 430524, 433127, 652901, 653121,
)  # fmt: skip


def check_character(body: str) -> str:
    """The last character for 17 digits (ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * int(weight) for digit, weight in zip(body, _WEIGHTS, strict=True))
    return _CHECK[total % 11]


def _assemble(prefix: Ints, births: Ints, sequence: Ints) -> Ints:
    when = births.astype("datetime64[D]")
    years = when.astype("datetime64[Y]").astype(np.int64) + 1970
    months = when.astype("datetime64[M]").astype(np.int64) % 12 + 1
    dates = (when - when.astype("datetime64[M]")).astype(np.int64) + 1
    number = years * 10_000 + months * 100 + dates
    return np.asarray(prefix.astype(np.int64) * 100_000_000_000 + number * 1000 + sequence)


def make_ids(rng: np.random.Generator, births: Ints, sexes: Ints, own: Ints, *, district_code: str) -> pa.Array:
    """Identity numbers, all different.

    ``births`` days, ``sexes`` 1 男 or 2 女, ``own`` true where the person comes from the own district; all shape (n,).
    Returns n strings of 18 characters.
    """
    n = len(births)
    tongliang = district_code == "500151"
    home = np.array(_TONGLIANG if tongliang else (int(district_code),) * 3, dtype=np.int64)
    year = births.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    era = np.where(year < 1997, 0, np.where(year < 2015, 1, 2))
    # A few carry a number that was issued before or after the usual time.
    era = np.where(rng.random(n) < 0.08, rng.integers(0, 3, n), era)
    away = np.array(_ELSEWHERE, dtype=np.int64)[rng.integers(0, len(_ELSEWHERE), n)]
    prefix = np.where(np.asarray(own) & (rng.random(n) < 0.93), home[era], away)
    sequence = rng.integers(0, 500, n) * 2 + (np.asarray(sexes) == 1)
    bodies = _assemble(prefix, births, sequence)
    while True:
        order = np.argsort(bodies, kind="stable")
        again = order[1:][bodies[order[1:]] == bodies[order[:-1]]]
        if not len(again):
            break
        prefix[again] = np.array(_ELSEWHERE, dtype=np.int64)[rng.integers(0, len(_ELSEWHERE), len(again))]
        sequence[again] = rng.integers(0, 500, len(again)) * 2 + (np.asarray(sexes)[again] == 1)
        bodies[again] = _assemble(prefix[again], births[again], sequence[again])
    total = np.zeros(n, dtype=np.int64)
    rest = bodies.copy()
    for weight in _WEIGHTS[::-1]:
        rest, digit = np.divmod(rest, 10)
        total += digit * weight
    check = pa.array(list(_CHECK)).take(pa.array(total % 11))
    return pc.binary_join_element_wise(pa.array(bodies).cast(pa.string()), check, "")
