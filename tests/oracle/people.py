"""Who is who (FEEDS §5): the person of every row, or nobody.

A person is a text: ``id:<18 characters>`` where a valid id says who, ``release:<no>`` or
``register:<no>`` for a person who is known by a document alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from .contract import FEEDS
from .shapes import Delivered, Row
from .values import day, need_text, text

RELEASES = "corrections.releases"
REGISTER = "justice.register"
RESIDENCE = "police.residence"
_OTHERS = [feed for feed in FEEDS.values() if feed.id not in (RELEASES, REGISTER)]
WITH_ID = tuple(feed.id for feed in _OTHERS if "id_no" in feed.kinds())
OF_A_DOSSIER = tuple(feed.id for feed in _OTHERS if "register_no" in feed.kinds())
PERSONAL = (RELEASES, REGISTER, *OF_A_DOSSIER, *WITH_ID)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_FEED_NAMES = {
    (agency, name): feed.id for feed in FEEDS.values() for agency in feed.agency_names for name in feed.feed_names
}


@dataclass(frozen=True)
class Decision:
    """What a line of links.csv decides for a row: a person, or None for nobody of ours."""

    person: str | None


def with_check_character(seventeen: str) -> str:
    """Append the check character of ISO 7064 MOD 11-2."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, seventeen, strict=True))
    return seventeen + "10X98765432"[total % 11]


def eighteen(written: str) -> str:
    """An id number as it is compared: no white space, upper case, 15 digits brought to 18."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", written)).upper()
    if re.fullmatch(r"[0-9]{15}", plain):
        return with_check_character(plain[:6] + "19" + plain[6:])
    return plain


def birth_of(person: str) -> date | None:
    """Birth date in the id of a person; None for a person without a readable one."""
    if not re.fullmatch(r"id:[0-9]{17}[0-9X]", person):
        return None
    digits = person.removeprefix("id:")
    try:
        return date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return None


def sex_of(person: str) -> str | None:
    """Sex code in the id of a person: the 17th digit is odd for men."""
    if not re.fullmatch(r"id:[0-9]{17}[0-9X]", person):
        return None
    return "1" if int(person.removeprefix("id:")[16]) % 2 else "2"


def decisions(links: list[dict[str, str]], known_at: date) -> dict[tuple[str, str], Decision]:
    """(agency.feed, key) to the decision in force: the last line decided by ``known_at`` wins."""
    found: dict[tuple[str, str], Decision] = {}
    for line in links:
        if date.fromisoformat(line["decided_on"]) > known_at:
            continue
        feed = _FEED_NAMES.get((line["agency"].strip(), line["feed"].strip()), "")
        key = line["key"].strip()
        number = eighteen(line["id_no"] or "")
        decision = Decision(f"id:{number}" if number else None)
        found[feed, eighteen(key) if feed == RESIDENCE else key] = decision
    return found


class People:
    """The persons of all rows as known on a day."""

    def __init__(self, delivered: Delivered, known_at: date, rows: Callable[[str], list[Row]]) -> None:
        """``rows`` gives the rows in force of a feed."""
        self._decided = decisions(delivered.links, known_at)
        self._releases: dict[str, str | None] = {}
        self._register: dict[str, str | None] = {}
        self._look_alikes: dict[tuple[str, date, str], set[str]] = {}
        self._find_releases(rows(RELEASES), rows(REGISTER))
        self._find_register(rows(REGISTER))
        self.known = {p for p in (*self._releases.values(), *self._register.values()) if p is not None}

    def of(self, row: Row) -> str | None:
        """The linked person of a row, or None when it counts for nobody."""
        person = self.found(row)
        return person if person in self.known else None

    def found(self, row: Row) -> str | None:
        """Whom rules 1 to 5 give, whether or not that person is one of ours."""
        if row.feed == RELEASES:
            return self._releases.get(need_text(row, "release_no"))
        if row.feed == REGISTER:
            return self._register.get(need_text(row, "register_no"))
        decision = self._decision(row)
        if decision is not None:
            return decision.person
        if row.feed in OF_A_DOSSIER:
            return self._register.get(need_text(row, "register_no"))
        if row.feed not in WITH_ID:
            return None
        return self._by_id(row) or self._by_likeness(row)

    def decided_nobody(self, row: Row) -> bool:
        """Whether links.csv says that the row is not one of ours."""
        decision = self._decision(row)
        return decision is not None and decision.person is None

    def knows_dossier(self, register_no: str) -> bool:
        """Whether the register has the dossier."""
        return register_no in self._register

    def _decision(self, row: Row) -> Decision | None:
        if row.key is None:
            return None
        return self._decided.get((row.feed, "|".join(str(part) for part in row.key)))

    @staticmethod
    def _by_id(row: Row) -> str | None:
        id_no = text(row, "id_no")
        return None if id_no is None else f"id:{id_no}"

    def _by_likeness(self, row: Row) -> str | None:
        name, birth_date, sex = text(row, "name"), day(row, "birth_date"), text(row, "sex")
        if name is None or birth_date is None or sex is None:
            return None
        alike = self._look_alikes.get((name, birth_date, sex), set())
        return next(iter(alike)) if len(alike) == 1 else None

    def _find_releases(self, releases: list[Row], register: list[Row]) -> None:
        lent: dict[str, set[str]] = {}
        for row in register:
            release_no, id_no = text(row, "release_no"), text(row, "id_no")
            if release_no is not None and id_no is not None:
                lent.setdefault(release_no, set()).add(id_no)
        undecided: list[Row] = []
        for row in releases:
            release_no = need_text(row, "release_no")
            decision = self._decision(row)
            ids = lent.get(release_no, set())
            if decision is not None:
                self._releases[release_no] = decision.person
            elif self._by_id(row) is not None:
                self._releases[release_no] = self._by_id(row)
            elif len(ids) == 1:
                self._releases[release_no] = f"id:{next(iter(ids))}"
            else:
                undecided.append(row)
                continue
            self._remember_likeness(row, self._releases[release_no])
        for row in undecided:
            release_no = need_text(row, "release_no")
            self._releases[release_no] = self._by_likeness(row) or f"release:{release_no}"

    def _remember_likeness(self, row: Row, person: str | None) -> None:
        if person is None:
            return
        name = text(row, "name")
        birth_date = day(row, "birth_date") or birth_of(person)
        sex = text(row, "sex") or sex_of(person)
        if name is not None and birth_date is not None and sex is not None:
            self._look_alikes.setdefault((name, birth_date, sex), set()).add(person)

    def _find_register(self, register: list[Row]) -> None:
        for row in register:
            register_no, release_no = need_text(row, "register_no"), text(row, "release_no")
            decision = self._decision(row)
            if decision is not None:
                person = decision.person
            elif release_no is not None and release_no in self._releases:
                person = self._releases[release_no]
            else:
                person = self._by_id(row) or f"register:{register_no}"
            self._register[register_no] = person
