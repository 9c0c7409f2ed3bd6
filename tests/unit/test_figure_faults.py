"""What is wrong in a figure's file is said in one sentence, before anything is published of it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from reentry.build.figure_faults import faults_of_figures
from reentry.definition import Definition

GOOD = {
    "id": "contact.calls",
    "name_zh": "通话次数",
    "unit": "次",
    "breakdowns": [[], ["township"]],
    "empty": "zero",
    "counts": {"of": "fct_calls"},
    "version": "1",
    "definition_zh": "期内通话的次数。",
}


def faults(*figures: dict[str, Any], kind: str = "figure") -> list[str]:
    """What is said of figures in one file, beside a fact."""
    fact = Definition("fct_calls", "marts.main.fct_calls", "table", is_view=False, sql="", figures=[], tags=[])
    given = Definition("fig_contact__calls", "", kind, is_view=True, sql="", figures=list(figures), tags=[])
    return list(faults_of_figures([fact, given], ["fig_contact__calls"]))


def test_a_figure_that_says_all_has_no_fault() -> None:
    assert not faults(GOOD)


@pytest.mark.parametrize("key", GOOD)
def test_nothing_may_be_left_out(key: str) -> None:
    (fault,) = faults({k: v for k, v in GOOD.items() if k != key})
    assert re.fullmatch(
        rf"fig_contact__calls\.yml: figure .* has no {key}: (add it|give it in seeds/labels.csv)", fault
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"breakdown": []}, "unknown entry breakdown; the nearest known one is breakdowns"),
        ({"unit": "位"}, "has the unit 位: write one of 人, "),
        ({"empty": 0}, "has the empty 0: write one of zero, none"),
        ({"worse": "more"}, "has the worse more: write one of up, down"),
        ({"unit": "ratio"}, "is a ratio and has no out_of"),
        ({"counts": {"of": "fct_call"}}, "has counts of fct_call, which is no model: the nearest one is fct_calls"),
    ],
)
def test_a_wrong_entry(more: dict[str, Any], said: str) -> None:
    (fault,) = faults(GOOD | more)
    assert re.search(f"figure contact.calls .*{said}", fault)


def test_a_file_of_figures_says_that_it_is_one_and_an_id_is_given_once() -> None:
    assert faults(kind="figure") == faults(GOOD, kind="table") != []
    assert faults(GOOD, GOOD) == ["2 figures have the id contact.calls: give each its own"]
