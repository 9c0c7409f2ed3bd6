"""An honest pandas implementation of some figures, as a peer to measure against.

It is written as a good pandas user would: the columns it needs from Parquet, column operations, joins and group-bys, no
loops over rows. What the comparison does not level, in pandas' favour: Parquet of rows that are typed and checked
already, with their delivery, unencrypted; six numbers of the whole district, where the models answer by township too
and link the persons of all feeds. In ours: DuckDB uses all cores, pandas one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

_PERSON = ("name", "birth_date", "sex", "id_no")
COLUMNS = {
    "corrections__releases": ("release_no", *_PERSON, "released_on", "withdrawn"),
    "justice__register": ("register_no", "release_no", "id_no", "registered_on", "closed_on", "close_reason"),
    "police__reoffences": ("record_no", *_PERSON, "offended_on", "case_kind", "case_stage", "withdrawn"),
}
_ROW = ("batch_id", "row_no", "is_quarantined", "delivered_on", "delivery_no", "path")
FIGURES = (
    *("register.on_register", "register.opened", "register.closed", "recidivism.at_risk"),
    *("recidivism.reoffenders", "recidivism.person_years"),
)


@dataclass(frozen=True)
class Question:
    """A window, as of its end, known at its end or later."""

    starts_on: date
    ends_on: date
    known_at: date


def export(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Writes the checked rows that the peer needs, with their delivery, as Parquet."""
    for table in COLUMNS:
        con.execute(
            f"copy (select rows.*, batches.delivered_on, batches.delivery_no, batches.path"
            f" from warehouse.checked.{table} as rows join warehouse.landing.batches as batches using (batch_id))"
            f" to '{folder / table}.parquet' (format parquet)"
        )


def figures(folder: Path, question: Question) -> dict[str, float]:
    """FIGURES for the whole district, in the order of their names above."""
    releases = _newest(_read(folder, "corrections__releases"), "release_no", question)
    register = _in_force(_read(folder, "justice__register"), question)
    reoffences = _newest(_read(folder, "police__reoffences"), "record_no", question)
    releases, register = _link_register(releases, register)
    reoffences = _link_reoffences(reoffences, releases, register)
    spells = register[register["close_reason"].ne("5")].copy()
    start, end = pd.Timestamp(question.starts_on), pd.Timestamp(question.ends_on)
    far = pd.Timestamp(2200, 1, 1)
    closed = spells["closed_on"].fillna(far)
    on_register = spells[(spells["registered_on"] <= end) & (closed > end)]["person"].nunique()
    opened = spells[spells["registered_on"].between(start, end)]["person"].nunique()
    ended = spells[spells["closed_on"].between(start, end)]["person"].nunique()
    at_risk = spells[(spells["registered_on"] <= end) & (closed >= start)]["person"].nunique()
    counted = _counted(reoffences, releases)
    counted = counted[counted["offended_on"].between(start, end)]
    covered = counted.merge(spells[["person", "registered_on", "closed_on"]], on="person")
    covered = covered[
        (covered["registered_on"] <= covered["offended_on"])
        & (covered["offended_on"] <= covered["closed_on"].fillna(far))
    ]
    years = _person_days(spells, start, end) / 365.25
    values = (on_register, opened, ended, at_risk, covered["person"].nunique(), years)
    return dict(zip(FIGURES, map(float, values), strict=True))


def _read(folder: Path, table: str) -> pd.DataFrame:
    """The table's columns that are needed; dates as pandas' own, not as Python objects."""
    path, columns = folder / f"{table}.parquet", [*_ROW, *COLUMNS[table]]
    return pd.read_parquet(path, engine="pyarrow", columns=columns, to_pandas_kwargs={"date_as_object": False})


def _known(frame: pd.DataFrame, question: Question) -> pd.DataFrame:
    return frame[frame["delivered_on"] <= pd.Timestamp(question.known_at)].sort_values(
        ["delivered_on", "delivery_no", "path", "batch_id", "row_no"], kind="stable"
    )


def _newest(frame: pd.DataFrame, key: str, question: Question) -> pd.DataFrame:
    rows = _known(frame, question)
    rows = rows[~rows["is_quarantined"]].drop_duplicates(key, keep="last")
    return rows[~rows["withdrawn"].fillna(False).astype(bool)]


def _in_force(frame: pd.DataFrame, question: Question) -> pd.DataFrame:
    """The newest snapshot; a key quarantined in it, and in all since it was accepted, keeps its version before."""
    rows = _known(frame, question)
    order = rows.groupby(["delivered_on", "delivery_no", "path", "batch_id"], sort=True).ngroup()
    rows = rows.assign(order=order)
    newest = int(order.max())
    rows = rows[rows["register_no"].notna()]
    accepted = rows[~rows["is_quarantined"]].drop_duplicates("register_no", keep="last")
    present = rows[["register_no", "order"]].drop_duplicates()
    present = present.merge(accepted[["register_no", "order"]], on="register_no", suffixes=("", "_accepted"))
    since = present[present["order"] > present["order_accepted"]].groupby("register_no").size()
    missed = newest - accepted["order"]
    return accepted[missed.eq(accepted["register_no"].map(since).fillna(0))]


def _link_register(releases: pd.DataFrame, register: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    named = register[register["release_no"].notna() & register["id_no"].notna()]
    ids = named.groupby("release_no")["id_no"].agg(["nunique", "first"])
    single = ids[ids["nunique"].eq(1)]["first"]
    releases = releases.assign(id_no=releases["id_no"].fillna(releases["release_no"].map(single)))
    by_id = "id:" + releases["id_no"]
    known = releases[releases["id_no"].notna()].assign(person=by_id)
    unique = _by_name(known)
    releases = releases.assign(
        person=by_id.fillna(_matched(releases, unique)).fillna("release:" + releases["release_no"])
    )
    of_release = releases.set_index("release_no")["person"]
    person = register["release_no"].map(of_release).fillna("id:" + register["id_no"])
    return releases, register.assign(person=person.fillna("register:" + register["register_no"]))


def _by_name(known: pd.DataFrame) -> pd.Series:
    """Name, birth date and sex that belong to exactly one person; null columns are read from the id."""
    birth = known["birth_date"].fillna(pd.to_datetime(known["id_no"].str[6:14], format="%Y%m%d", errors="coerce"))
    odd = known["id_no"].str[16].astype("Int64") % 2 == 1
    sex = known["sex"].fillna(odd.map({True: "1", False: "2"}))
    people = known.assign(birth_date=birth, sex=sex)[["name", "birth_date", "sex", "person"]].dropna().drop_duplicates()
    counts = people.groupby(["name", "birth_date", "sex"])["person"].agg(["nunique", "first"])
    return counts[counts["nunique"].eq(1)]["first"]


def _matched(frame: pd.DataFrame, unique: pd.Series) -> pd.Series:
    keys = pd.MultiIndex.from_frame(frame[["name", "birth_date", "sex"]])
    return pd.Series(unique.reindex(keys).to_numpy(), index=frame.index)


def _link_reoffences(reoffences: pd.DataFrame, releases: pd.DataFrame, register: pd.DataFrame) -> pd.DataFrame:
    unique = _by_name(releases[releases["id_no"].notna()])
    person = ("id:" + reoffences["id_no"]).fillna(_matched(reoffences, unique))
    ours = set(releases["person"]) | set(register["person"])
    return reoffences.assign(person=person.where(person.isin(ours)))


def _counted(reoffences: pd.DataFrame, releases: pd.DataFrame) -> pd.DataFrame:
    kept = reoffences[
        reoffences["person"].notna() & reoffences["case_kind"].eq("1") & ~reoffences["case_stage"].isin(["7", "8", "9"])
    ]
    first = kept["person"].map(releases.groupby("person")["released_on"].min())
    return kept[first.isna() | (kept["offended_on"] >= first)]


def _person_days(spells: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> int:
    """Days within the window on which a person is covered, each once: overlapping spells are merged first."""
    closed = spells["closed_on"].fillna(end)
    closed = closed.where(closed <= end, end)
    first = spells["registered_on"].where(spells["registered_on"] >= start, start)
    rows = spells.assign(first=first, last=closed)
    rows = rows[rows["last"] >= rows["first"]].sort_values(["person", "first", "last"])
    reach = rows.groupby("person")["last"].cummax().groupby(rows["person"]).shift()
    begin = rows["first"].where(reach.isna() | (rows["first"] > reach), reach + pd.Timedelta(days=1))
    return int(((rows["last"] - begin).dt.days + 1).clip(lower=0).sum())
