"""Identity numbers and names as they are really typed: rules W02 to W10."""

from __future__ import annotations

import numpy as np

from reentry.demo.days import Bools
from reentry.demo.draft import Cell, Value
from reentry.demo.ids import check_character
from reentry.demo.scene import Decision, Work

_DOTS = ("•", "・", "‧", "∙", ".")
_TYPO = "明名民鸣敏红洪鸿志治"


def valid(number: str) -> bool:
    """Whether the check character is right."""
    return len(number) == 18 and number[:17].isdigit() and check_character(number[:17]) == number[17]


def _missing(work: Work, number: str) -> Value | None:
    del number
    return str(work.rng.choice(["", "", "无", "-", "不详", "暂无"]))


def _misshapen(work: Work, number: str) -> Value | None:
    place = int(work.rng.integers(1, 17))
    forms = [number[:place] + number[place + 1 :], number[:place] + "0" + number[place:], number[:6] + "O" + number[7:]]
    return str(work.rng.choice([*forms, "护照E12345678", number + number[:3]]))


def _excel(work: Work, number: str) -> Value | None:
    cut = number[:15] + "000"
    if valid(cut):
        return None
    if work.layout.is_workbook and work.rng.random() < 0.6:
        return Cell("n", f"{int(cut):.14E}".replace("E+17", "E17"))
    return str(work.rng.choice([f"{int(cut):.2E}", f"{int(cut):.4E}".replace("E+", "e+"), cut, cut]))


def _wrong_check(work: Work, number: str) -> Value | None:
    others = [c for c in "0123456789X" if c != number[17]]
    changed = number[:17] + str(work.rng.choice(others))
    return None if changed.endswith("000") else changed


def _impossible_birth(work: Work, number: str) -> Value | None:
    birth = str(work.rng.choice(["19801301", "19790230", "20990101", "18770505", "19850001"]))
    body = number[:6] + birth + number[14:17]
    made = body + (check_character(body) if work.rng.random() < 0.5 else number[17])
    return None if made.endswith("000") else made


def _fifteen(work: Work, number: str) -> Value | None:
    del work
    return number[:6] + number[8:17] if number[6:8] == "19" else None


_DAMAGE = (
    ("id missing", "W02", _missing, 1.0),
    ("id misshapen", "W03", _misshapen, 0.35),
    ("id spoilt by Excel", "W04", _excel, 0.4),
    ("id with wrong check character", "W05", _wrong_check, 0.4),
    ("id with impossible birth date", "W06", _impossible_birth, 0.3),
)


def plant_ids(work: Work) -> None:
    """Plants bad identity numbers where no planned figure rests on them; in the register they stay."""
    if not work.has("id_no"):
        return
    feed = work.scene.feed.id
    if feed == "justice.register":
        _lasting(work)
    elif feed != "police.residence":
        for kind, rule, spoil, mean in _DAMAGE:
            for row in work.rows(work.times(mean), _holders(work)):
                value = spoil(work, work.true_id(row))
                if value is None:
                    continue
                _plant(work, row, kind, rule, value)
                _decide(work, row)
        _planned(work)
    for row in work.rows(work.times(0.4), _holders(work), fragile=True):
        value = _fifteen(work, work.true_id(row))
        if value is not None:
            _plant(work, row, "15-digit id", "W07", value)
    _harmless(work)


def _plant(work: Work, row: int, kind: str, rule: str, value: Value) -> None:
    work.draft.set(row, "id_no", value)
    work.draft.mark(kind, rule, row, "id_no")


def _holders(work: Work) -> Bools | None:
    """Posts without a holder have no id to spoil."""
    if work.scene.feed.id != "hr.public_posts":
        return None
    return np.asarray(work.draft.table.columns["id_no"].values >= 0)


def _lasting(work: Work) -> None:
    """Each dossier's own fate: its id is bad in every list, or it names no release."""
    table = work.draft.table
    fate = work.scene.world.stream("fate").random(int(table.base.max()) + 1)[table.base]
    linked = ~table.fragile & (table.columns["release_no"].values >= 0)
    for row in np.flatnonzero(linked & (fate < 0.045))[:400]:
        kind, rule, spoil, _ = _DAMAGE[int(fate[row] / 0.045 * len(_DAMAGE))]
        # The form of the damage stays the same too.
        steady = Work(work.scene, work.draft, work.layout, work.scene.world.stream("form", int(table.base[row])))
        value = spoil(steady, work.true_id(int(row)))
        if value is not None:
            _plant(work, int(row), kind, rule, value)
    if work.has("release_no"):
        for row in np.flatnonzero(linked & (fate > 0.93))[:2000]:
            work.draft.set(int(row), "release_no", "" if fate[row] < 0.99 else f"渝释{int(table.base[row]):012}")


def _decide(work: Work, row: int) -> None:
    """Someone looks into some of the rows that nothing links and decides."""
    scene, chance = work.scene, work.rng.random()
    if chance > 0.3 or scene.feed.is_snapshot:
        return
    when = scene.delivered + int(work.rng.integers(5, 60))
    agency, name, key = scene.feed.agency, scene.feed.name, work.key_text(row)
    releases = name == "releases"  # a real release stays somebody's, and its dossier with it
    if chance < 0.06 and not releases:
        scene.decisions.append(Decision(agency, name, key, "", when - 3))
    scene.decisions.append(Decision(agency, name, key, work.true_id(row) if chance < 0.25 or releases else "", when))


def _planned(work: Work) -> None:
    """An offence that the letter counts may come without a readable id, when someone has decided whose it is."""
    scene = work.scene
    if scene.feed.id != "police.reoffences" or scene.delivered > scene.world.plan.end - 40:
        return
    for row in work.rows(int(work.rng.random() < 0.2), work.draft.table.fragile, fragile=True):
        value = _wrong_check(work, work.true_id(row))
        if value is not None:
            _plant(work, row, "id with wrong check character", "W05", value)
            if work.has("birth_date"):
                work.draft.set(row, "birth_date", "")
            when = scene.delivered + 12
            scene.decisions.append(Decision("police", "reoffences", work.key_text(row), work.true_id(row), when))


def _harmless(work: Work) -> None:
    """Forms that must read as the same number or name."""
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    for row in work.rows(work.times(1.5), _holders(work), fragile=True):
        number = work.true_id(row)
        forms = [
            number.lower(),
            f"{number[:6]} {number[6:14]} {number[14:]}",
            number.translate(wide),
            f"\u00a0{number}　",
        ]
        work.draft.set(row, "id_no", str(work.rng.choice(forms)))
        work.draft.mark("id in another form", "", row, "id_no")


def plant_names(work: Work) -> None:
    """Plants spaces, dots, second names, and sexes and birth dates that disagree with the id."""
    if not work.has("name"):
        return
    draft, feed = work.draft, work.scene.feed.id
    table = draft.table.columns["name"]
    for row in work.rows(work.times(1.2), _holders(work), fragile=True):
        name = draft.text(row, "name")
        if name and not any(c.isascii() for c in name):
            space = str(work.rng.choice([" ", "　", "\u00a0", "  "]))
            draft.set(row, "name", name[:1] + space + name[1:])
            draft.mark("name with spaces", "", row, "name")
    sample = work.rng.integers(0, max(1, work.natural), min(work.natural, 400))
    for row in {int(r) for r in sample} - draft.used:
        name = draft.text(row, "name")
        if "·" in name and table.values[row] >= 0:
            draft.set(row, "name", name.replace("·", str(work.rng.choice(_DOTS))))
            draft.mark("name with another dot", "", row, "name")
    for row in work.rows(work.times(0.15), _holders(work)):
        name = draft.text(row, "name")
        if len(name) > 1 and "·" not in name:
            draft.set(row, "name", name[:-1] + str(work.rng.choice([c for c in _TYPO if c != name[-1]])))
            draft.mark("one id, two names", "W08", row, "name")
    if feed in ("corrections.releases", "police.reoffences"):
        _disagree(work)
    if feed == "corrections.releases":
        _namesakes(work)


def _disagree(work: Work) -> None:
    for row in work.rows(work.times(0.4)):
        if work.rng.random() < 0.5 and work.has("sex"):
            work.draft.set(row, "sex", "2" if work.value(row, "sex") == 1 else "1")
            work.draft.mark("sex disagrees with id", "W09", row, "sex")
        elif work.has("birth_date"):
            work.draft.set(row, "birth_date", work.day_text(work.value(row, "birth_date") + 1))
            work.draft.mark("birth date disagrees with id", "W09", row, "birth_date")


def _namesakes(work: Work) -> None:
    """Another person of the same name and birth date, from elsewhere."""
    if not work.has("household_district"):
        return
    for row in work.rows(work.times(0.25)):
        number = work.true_id(row)
        body = number[:14] + f"{(int(number[14:17]) + 2) % 1000:03}"
        twin = work.ghost(row)
        work.draft.set(twin, "id_no", body + check_character(body))
        place = work.scene.world.place
        elsewhere = [name for i, name in enumerate(place.district_names) if i != place.own]
        if not elsewhere:
            continue
        work.draft.set(twin, "household_district", str(work.rng.choice(elsewhere)))
        if work.has("household_township"):
            work.draft.set(twin, "household_township", "")
        work.draft.mark("same name and birth date, other id", "W10", twin, "id_no")
