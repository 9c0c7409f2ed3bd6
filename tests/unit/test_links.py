"""Likely links: alike enough is proposed, masked; never made."""

from __future__ import annotations

import pandas as pd

from reentry.links import MOST_PER_ROW, likely_pairs


def rows(*people: tuple[str, str | None, str | None]) -> pd.DataFrame:
    """Rows that belong to nobody."""
    return pd.DataFrame(
        [
            {
                **{"unique_id": f"r{n}", "agency": "police", "feed": "reoffences", "shown_key": f"K{n}"},
                **{"masked_name": name[:1] + "*", "name": name, "birth_date": born, "sex": sex},
            }
            for n, (name, born, sex) in enumerate(people)
        ]
    )


def persons(*people: tuple[str, str, str]) -> pd.DataFrame:
    """Known persons."""
    return pd.DataFrame(
        [
            {
                **{"unique_id": f"p{n}", "register_no": f"D{n}", "release_no": f"S{n}"},
                **{"masked_name": name[:1] + "*", "name": name, "birth_date": born, "sex": sex},
            }
            for n, (name, born, sex) in enumerate(people)
        ]
    )


def proposed(pairs: list[dict[str, object]]) -> set[tuple[object, object]]:
    """Which row with which release."""
    return {(pair["记录编号"], pair["释放证明书编号"]) for pair in pairs}


def test_a_name_of_the_same_sound_and_birthday() -> None:
    """By pinyin: 张三丰 and 张三峰 sound alike; 李四 does not."""
    known = persons(("张三峰", "1980-01-02", "1"), ("李四", "1980-01-03", "1"))
    assert proposed(likely_pairs(rows(("张三丰", "1980-01-02", "1")), known)) == {("K0", "S0")}


def test_one_digit_wrong_in_the_birth_date() -> None:
    """The same name and a birthday one digit off."""
    known = persons(("王小明", "1975-11-20", "1"))
    assert proposed(likely_pairs(rows(("王小明", "1975-11-21", "1")), known)) == {("K0", "S0")}


def test_another_person_is_not_proposed() -> None:
    """Same sex is nothing; the same birthday alone is not enough."""
    known = persons(("赵六", "1990-05-05", "2"))
    assert likely_pairs(rows(("钱七", "1990-05-05", "2"), ("孙八", None, None)), known) == []


def test_no_more_than_a_few_a_row_and_nobody_in_full() -> None:
    """A common name does not flood the workbook; names are masked."""
    known = persons(*(("刘洋", f"198{n}-01-01", "1") for n in range(6)))
    pairs = likely_pairs(rows(("刘洋", None, "1")), known)
    assert len(pairs) == MOST_PER_ROW
    assert "刘洋" not in str(pairs)
