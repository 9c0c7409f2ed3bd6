"""Likely links for rows that belong to nobody yet: Splink proposes, a person decides in ``links.csv``.

Nothing here changes a figure. The workbook names rows and candidates by number, and never an id or a full name.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from reentry.figures.document import write_workbook
from reentry.figures.published import open_version, rebuild_beside
from reentry.store import Home
from reentry.vault import Vault

if TYPE_CHECKING:
    import pandas as pd

LIKELY = 0.3  # the same name alone, where a row has no birth date, is worth a look
MOST_PER_ROW = 3

# Probabilities that a level is seen, among true pairs (m) and among random ones (u). Set by judgement from the size of
# Chinese surnames and the habits of the feeds; too few true pairs exist for them to be estimated.
NAME_LEVELS = {
    "same": (0.80, 0.0005),
    "same sound": (0.10, 0.001),
    "one character apart": (0.07, 0.01),
    "else": (0.03, 0.9885),
}
BIRTH_LEVELS = {
    "same": (0.80, 0.00005),
    "one digit apart": (0.12, 0.001),
    "same year": (0.05, 0.02),
    "else": (0.03, 0.97895),
}
SEX_LEVELS = {"same": (0.98, 0.8), "else": (0.02, 0.2)}


def propose(home: Home, vault: Vault, out: Path) -> int:
    """Writes a workbook of likely links, best first, up to MOST_PER_ROW candidates a row; returns how many.

    UsageError when nothing is published.
    """
    with (
        open_version(home, vault) as version,
        rebuild_beside(home, vault, version.known_at, version.definitions) as con,
    ):
        rows = con.execute("from work.main.int_rows_to_link").df()
        persons = con.execute("from work.main.int_known_persons").df()
    pairs = likely_pairs(rows, persons) if len(rows) and len(persons) else []
    write_workbook(out, "关联建议", pairs)
    return len(pairs)


def likely_pairs(rows: pd.DataFrame, persons: pd.DataFrame) -> list[dict[str, Any]]:
    """Scores rows against persons; each pair with its probability.

    ``rows``: unique_id, agency, feed, row_key, name, birth_date, sex. ``persons``: unique_id, register_no, release_no,
    name, birth_date, sex. Dates as text or null.
    """
    from splink import Linker
    from splink.internals.duckdb.database_api import DuckDBAPI

    database = DuckDBAPI()
    left = database.register(_with_sound(rows), dataset_display_name="rows")
    right = database.register(_with_sound(persons), dataset_display_name="persons")
    linker = Linker([left, right], _settings(), log_level="ERROR")
    found = linker.inference.predict(threshold_match_probability=LIKELY).as_pandas_dataframe()  # type: ignore[no-untyped-call]  # splink has no types
    if found.empty:
        return []
    # Splink orders the two sides by name: persons before rows
    found = found.rename(columns={"unique_id_l": "person", "unique_id_r": "row"})
    found = found.sort_values(["row", "match_probability", "person"], ascending=[True, False, True])
    found = found.groupby("row").head(MOST_PER_ROW)
    of_rows, of_persons = rows.set_index("unique_id"), persons.set_index("unique_id")
    return [
        {
            "机构": of_rows.at[row, "agency"],
            "来源": of_rows.at[row, "feed"],
            "记录编号": of_rows.at[row, "shown_key"],
            "记录姓名": of_rows.at[row, "masked_name"],
            "档案编号": of_persons.at[person, "register_no"],
            "释放证明书编号": of_persons.at[person, "release_no"],
            "对象姓名": of_persons.at[person, "masked_name"],
            "可能性": round(float(probability), 4),
        }
        for row, person, probability in zip(found["row"], found["person"], found["match_probability"], strict=True)
    ]


def _with_sound(frame: pd.DataFrame) -> pd.DataFrame:
    """Adds what names are compared by: pinyin, and the characters (DuckDB's edit distance counts bytes)."""
    from pypinyin import lazy_pinyin

    unique = {name: " ".join(lazy_pinyin(name)) for name in frame["name"].dropna().unique()}
    frame = frame[["unique_id", "name", "birth_date", "sex"]].copy()
    frame["pinyin"] = frame["name"].map(unique)
    frame["first_character"] = frame["name"].str[:1]
    return frame


def _settings() -> Any:
    import splink.comparison_level_library as levels
    import splink.comparison_library as comparisons
    from splink import SettingsCreator, block_on

    def level(kind: Any, probabilities: tuple[float, float]) -> Any:
        return kind.configure(m_probability=probabilities[0], u_probability=probabilities[1])

    one_character = levels.CustomLevel(
        "length(name_l) = length(name_r) and list_sum(list_transform(range(1, length(name_l) + 1),"
        " i -> (name_l[i] != name_r[i])::int)) = 1",
        label_for_charts="one character apart",
    )
    same_year = levels.CustomLevel("birth_date_l[:4] = birth_date_r[:4]", label_for_charts="same year")
    name = comparisons.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            levels.NullLevel("name"),
            level(levels.ExactMatchLevel("name"), NAME_LEVELS["same"]),
            level(levels.ExactMatchLevel("pinyin"), NAME_LEVELS["same sound"]),
            level(one_character, NAME_LEVELS["one character apart"]),
            level(levels.ElseLevel(), NAME_LEVELS["else"]),
        ],
    )
    birth = comparisons.CustomComparison(
        output_column_name="birth_date",
        comparison_levels=[
            levels.NullLevel("birth_date"),
            level(levels.ExactMatchLevel("birth_date"), BIRTH_LEVELS["same"]),
            level(levels.DamerauLevenshteinLevel("birth_date", 1), BIRTH_LEVELS["one digit apart"]),
            level(same_year, BIRTH_LEVELS["same year"]),
            level(levels.ElseLevel(), BIRTH_LEVELS["else"]),
        ],
    )
    sex = comparisons.CustomComparison(
        output_column_name="sex",
        comparison_levels=[
            levels.NullLevel("sex"),
            level(levels.ExactMatchLevel("sex"), SEX_LEVELS["same"]),
            level(levels.ElseLevel(), SEX_LEVELS["else"]),
        ],
    )
    return SettingsCreator(
        link_type="link_only",
        comparisons=[name, birth, sex],
        blocking_rules_to_generate_predictions=[
            block_on("pinyin"),
            block_on("birth_date", "sex"),
            block_on("first_character", "birth_date"),
        ],
        probability_two_random_records_match=0.0005,
    )
