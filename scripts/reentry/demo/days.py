"""Days as int32 counts since 1970-01-01; ``NONE`` stands for no day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]

NONE = int(np.iinfo(np.int32).min)
_EPOCH = date(1970, 1, 1)


def day(when: date) -> int:
    """The count of a date."""
    return (when - _EPOCH).days


def to_date(count: int) -> date:
    """The date of a count."""
    return _EPOCH + timedelta(days=int(count))


def months_of(days: Ints) -> Ints:
    """Months since 1970-01, shape as given."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def add_years(days: Ints, years: Ints | int) -> Ints:
    """The same day some years later; 29 February becomes the 28th where there is none. int32, shape as given."""
    months = months_of(days)
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    target = months + 12 * np.asarray(years)
    start = target.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    last = (target + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - 1
    return np.asarray(np.minimum(start + (days - first), last), dtype=np.int32)
