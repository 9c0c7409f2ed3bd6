"""The search for Latin letters on pages can fail, and its list of names is short."""

from __future__ import annotations

from latin import ALLOWED, latin_in

MOST = 25


def test_the_list_of_names_is_short() -> None:
    """One entry a name, or a kind of names."""
    assert len(ALLOWED) <= MOST


def test_words_are_found_beside_names() -> None:
    """Names go, what is left is told; full-width letters count."""
    said = ["导出 CSV", "2024Q3", "W12", "走访_20250401.xlsx", "Total", "Ｔ", "incidence", "CSV export"]
    assert latin_in(said) == ["CSV export", "Total", "incidence", "Ｔ"]
