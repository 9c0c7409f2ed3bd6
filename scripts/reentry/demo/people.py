"""The persons of the demo, and a few who are nobody's business: all invented."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from reentry.demo.days import Ints
from reentry.demo.ids import make_ids
from reentry.demo.names import make_names
from reentry.demo.place import Place

AWAY_SHARE = 0.05  # of those released: household in another district


@dataclass(frozen=True)
class People:
    """n persons: the first ``ours`` have a release or a dossier, the rest are strangers that other agencies list.

    ``birth`` days; ``sex`` 1 男, 2 女; ``township`` position in the place, -1 away; ``district`` position in the place;
    ``lives`` the district they live in.
    """

    ours: int
    names: pa.Array
    ids: pa.Array
    sex: Ints
    birth: Ints
    district: Ints
    township: Ints
    lives: Ints

    def __len__(self) -> int:
        return len(self.names)


def make_people(rng: np.random.Generator, ours: int, strangers: int, firsts: Ints, *, place: Place) -> People:
    """Persons whose age fits their first release ``firsts`` (days, shape (ours,)); strangers after them."""
    n = ours + strangers
    when = np.concatenate([firsts, rng.integers(17_500, 20_000, strangers)])
    age = np.clip(np.exp(rng.normal(3.58, 0.30, n)), 18.2, 84)
    birth = (when - age * 365.25).astype(np.int32)
    sex = np.where(rng.random(n) < 0.09, 2, 1).astype(np.int8)
    home = rng.random(n) >= AWAY_SHARE
    others = np.array([i for i in range(len(place.district_codes)) if i != place.own] or [place.own])
    district = np.where(home, place.own, others[rng.integers(0, len(others), n)]).astype(np.int16)
    sizes = 1 / (np.arange(len(place.township_codes)) + 2.0) ** 0.8
    township = rng.choice(len(sizes), n, p=sizes / sizes.sum()).astype(np.int16)
    lives = np.where(rng.random(n) < 0.045, others[rng.integers(0, len(others), n)], district).astype(np.int16)
    ids = make_ids(rng, birth, sex, home, district_code=place.district_code)
    township = np.where(home, township, -1).astype(np.int16)
    return People(ours, make_names(rng, n), ids, sex, birth, district, township, lives)
