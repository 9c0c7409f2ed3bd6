"""What a public version shows: small counts, sums, rates, releases by name, and what earlier packs have said."""

from __future__ import annotations

from typing import Any

import pytest

from reentry.errors import UsageError
from reentry.replies.cells import Cell
from reentry.replies.public import PROTECTING, SMALL, Release, catalogue_of, given_away, judge, said_cells

FIGURES: list[dict[str, Any]] = [
    {"id": "relief.grants", "unit": "人次", "adds_over_time": True},
    {"id": "relief.persons", "unit": "人", "townships_overlap": True},
    {"id": "relief.amount_yuan", "unit": "元", "rests_on": ["relief.persons"]},
    {"id": "register.on_register", "unit": "人"},
    {"id": "visits.up_to_date", "unit": "人", "within": ["register.on_register"]},
    {"id": "visits.rate", "unit": "ratio", "rests_on": ["visits.up_to_date", "register.on_register"]},
    {"id": "risk.colour", "unit": "人", "equals": ["register.on_register"]},
    {
        "id": "risk.in_library",
        "unit": "人",
        "adds_up": [{"figure": "risk.colour", "dimension": "colour", "members": "library"}],
    },
]
CATALOGUE = catalogue_of(FIGURES, ["红", "橙"])
WINDOW = {"from": "2025-01-01", "to": "2025-03-31", "as_of": "2025-03-31"}


def document(figures: list[tuple[str, dict[str, str], Any]], **window: str) -> dict[str, Any]:
    """A figures document of one window."""
    return {**WINDOW, **window, "figures": [{"id": i, "by": by, "value": v} for i, by, v in figures]}


def grants(counts: dict[str, int], **window: str) -> dict[str, Any]:
    """Grants in all and by kind."""
    kinds = [("relief.grants", {"relief_type": kind}, count) for kind, count in counts.items()]
    return document([("relief.grants", {}, sum(counts.values())), *kinds], **window)


def shown(doc: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Verdicts on everything in a document, by figure and member."""
    cells = [Cell.of(doc, f["id"], f["by"]) for f in doc["figures"]]
    verdicts = judge([doc], cells, CATALOGUE, **more)
    return {" ".join([c.figure_id, *(m for _, m in c.by)]): v for c, v in verdicts.items()}


def test_a_small_kind_and_one_that_gives_it_away() -> None:
    """1 of 7 + 1 + 37 = 45 is withheld, and the 7 beside it."""
    found = shown(grants({"低保": 7, "住房": 1, "临时": 37}))
    assert found["relief.grants 住房"].reason == SMALL
    assert found["relief.grants 低保"].reason == PROTECTING
    assert found["relief.grants 临时"].is_shown and found["relief.grants"].is_shown


def test_a_total_that_is_not_printed_gives_nothing_away() -> None:
    """Without the total beside it the 7 may stay."""
    doc = grants({"低保": 7, "住房": 1, "临时": 37})
    cells = [Cell.of(doc, "relief.grants", {"relief_type": kind}) for kind in ("低保", "住房", "临时")]
    verdicts = judge([doc], cells, CATALOGUE)
    assert [verdicts[c].is_shown for c in cells] == [True, False, True]


def test_a_district_total_is_released_by_name() -> None:
    """A person and a reason are on record; then nothing else need be withheld."""
    release = Release("relief.grants", (("relief_type", "住房"),), "李某", "代表建议直接问及，已征得本人同意")
    found = shown(grants({"低保": 7, "住房": 1, "临时": 37}), releases=[release])
    assert all(v.is_shown for v in found.values())
    assert found["relief.grants 住房"].released_by == "李某"


def test_townships_are_never_released() -> None:
    """Nor is anything without a name and a reason."""
    with pytest.raises(UsageError, match="township"):
        Release("relief.grants", (("township", "安居镇"),), "李某", "代表建议直接问及")
    with pytest.raises(UsageError, match="name of a person"):
        Release("relief.grants", (), "", "代表建议直接问及")


def test_amounts_and_rates_go_with_their_counts() -> None:
    """What one household was paid, or the two persons missing from a rate, are as telling as the count."""
    doc = document(
        [
            ("relief.persons", {"township": "安居镇"}, 1),
            ("relief.amount_yuan", {"township": "安居镇"}, "5000.00"),
            ("register.on_register", {"township": "安居镇"}, 40),
            ("visits.up_to_date", {"township": "安居镇"}, 38),
            ("visits.rate", {"township": "安居镇"}, 0.95),
        ]
    )
    found = shown(doc)
    assert not found["relief.amount_yuan 安居镇"].is_shown
    assert not found["visits.rate 安居镇"].is_shown
    assert sum(found[f"{name} 安居镇"].is_shown for name in ("register.on_register", "visits.up_to_date")) == 1


def test_figures_that_sum_across() -> None:
    """In the library 10 = 红 3 + 橙 7, and all colours together are the register: the 3 cannot be computed."""
    colours = {"红": 3, "橙": 7, "黄": 30, "蓝": 60}
    doc = document(
        [
            ("risk.in_library", {}, 10),
            ("register.on_register", {}, 100),
            ("risk.colour", {}, 100),
            *[("risk.colour", {"colour": colour}, n) for colour, n in colours.items()],
        ]
    )
    found = shown(doc)
    hidden = {name for name, verdict in found.items() if not verdict.is_shown}
    assert "risk.colour 红" in hidden
    assert not {"risk.in_library", "risk.colour 橙"} <= set(found) - hidden  # else 10 - 7
    assert len(hidden & {f"risk.colour {colour}" for colour in colours}) >= 2  # else 100 less the others


def test_difference_to_an_earlier_public_pack() -> None:
    """18 grants up to April and 16 up to March are 2 in April; a revised 18 for 16 is 2 found late."""
    first = grants({"低保": 16, "临时": 50})
    verdicts = judge([first], [Cell.of(first, "relief.grants", {"relief_type": "低保"})], CATALOGUE)
    earlier = said_cells([first], verdicts, CATALOGUE)
    assert [(e["id"], e["value"]) for e in earlier if e["seen"] == "shown"] == [("relief.grants", 16)]
    for doc in (
        grants({"低保": 18, "临时": 70}, to="2025-04-30", as_of="2025-04-30"),
        grants({"低保": 18, "临时": 70}),
    ):
        assert not shown(doc, earlier=earlier)["relief.grants 低保"].is_shown
    later = grants({"低保": 26, "临时": 70}, to="2025-04-30", as_of="2025-04-30")
    assert shown(later, earlier=earlier)["relief.grants 低保"].is_shown


def test_two_versions_that_were_judged_apart() -> None:
    """18 grants up to April beside 16 up to March give the 2 of April away; 26 do not, nor does what is withheld."""

    def said(count: int, **window: str) -> list[dict[str, Any]]:
        doc = grants({"低保": count, "临时": 70}, **window)
        cell = Cell.of(doc, "relief.grants", {"relief_type": "低保"})
        return said_cells([doc], judge([doc], [cell], CATALOGUE), CATALOGUE)

    april = {"to": "2025-04-30", "as_of": "2025-04-30"}
    assert given_away(said(18, **april), CATALOGUE, said(16))
    assert given_away(said(18, **april), CATALOGUE, []) == set()
    assert given_away(said(26, **april), CATALOGUE, said(16)) == set()
    assert given_away(said(3, **april), CATALOGUE, said(2)) == set()
    both = [*said(18, **april), *said(16)]
    assert given_away(said(18, **april), CATALOGUE, both) == set()  # that has been given away before


def test_what_was_released_once_is_not_released_for_ever() -> None:
    """A small total that an earlier pack showed needs its own release again."""
    doc = grants({"低保": 7, "住房": 1, "临时": 37})
    earlier = [{**WINDOW, "id": "relief.grants", "by": {"relief_type": "住房"}, "value": 1}]
    found = shown(doc, earlier=earlier)
    assert not found["relief.grants 住房"].is_shown
    assert found["relief.grants 低保"].is_shown  # it protects nothing any more
