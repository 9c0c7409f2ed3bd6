"""Rows that deliveries since a pull brought: new ones, and ones that say something else than before."""

from __future__ import annotations

from typing import Any

import duckdb

from reentry.contract import Feed, feeds, key_of

# Every accepted row with a key, with what the same key said in the delivery before. `landed` is the warehouse,
# `basis` what is known now, `since` what the earlier pull knew.
_VERSIONS = """
    select
        rows.batch_id,
        rows.row_no,
        {key} as row_key,
        hash({columns}) as said,
        lag(hash({columns})) over (
            partition by {key} order by batches.delivered_on, batches.delivery_no, rows.batch_id, rows.row_no
        ) as said_before,
        rows.batch_id not in (select batch_id from since.landing.batches) as is_since
    from landed.checked.{table} as rows
    inner join basis.landing.batches as batches on rows.batch_id = batches.batch_id
    where
        not rows.is_quarantined and coalesce(rows.set_aside_on > memory.main.known_at(), true)
        and {key} is not null
"""


def batches_since(con: duckdb.DuckDBPyConnection, feed_ids: list[str]) -> list[dict[str, Any]]:
    """One entry a delivery of these feeds since the pull: how many of its rows are new, and how many say otherwise."""
    found = []
    for feed in feeds():
        if feed.id not in feed_ids:
            continue
        found += con.execute(
            f"""
            with versions as ({_versions(feed)})
            select
                batches.batch_id,
                batches.file_name,
                batches.delivered_on,
                count(*) filter (where versions.row_key is not null and said_before is null) as new_rows,
                count(*) filter (where said_before != said) as corrected_rows
            from basis.landing.batches as batches
            left join versions on batches.batch_id = versions.batch_id and versions.is_since
            where
                batches.batch_id not in (select batch_id from since.landing.batches)
                and batches.agency = '{feed.agency}' and batches.feed = '{feed.name}'
                and batches.delivered_on <= memory.main.known_at()
            group by all
            order by batches.batch_id
            """
        ).fetchall()
    names = ("batch_id", "file_name", "delivered_on", "new_rows", "corrected_rows")
    return [dict(zip(names, row, strict=True)) | {"delivered_on": str(row[2])} for row in found]


def hold_corrections_back(con: duckdb.DuckDBPyConnection, feed_ids: list[str]) -> None:
    """Makes the rows of these feeds in ``warehouse`` say what they said at the pull, or when they first came since."""
    for feed in feeds():
        if feed.id in feed_ids:
            said = ", ".join(f"first_said.{name}" for name in (*feed.column_names, "withdrawn"))
            con.execute(
                f"""
                create or replace view warehouse.checked.{feed.table} as
                with versions as ({_versions(feed)}),
                ranked as (
                    select
                        versions.*,
                        case when is_since then 1 else -1 end as sign,
                        row_number() over (
                            partition by row_key
                            order by
                                is_since,
                                sign * datediff('day', date '2000-01-01', delivered_on),
                                sign * delivery_no,
                                sign * batch_id,
                                sign * row_no
                        ) as place
                    from versions
                    inner join basis.landing.batches as batches using (batch_id)
                ),
                first_said as (
                    select ranked.row_key, rows.*
                    from ranked
                    inner join landed.checked.{feed.table} as rows using (batch_id, row_no)
                    where ranked.place = 1
                )
                select rows.*
                from landed.checked.{feed.table} as rows
                where
                    batch_id in (select batch_id from basis.landing.batches)
                    and not exists (
                        select 1 from versions
                        where versions.batch_id = rows.batch_id and versions.row_no = rows.row_no and is_since
                    )
                union all by name
                select versions.batch_id, versions.row_no, false as is_quarantined, null::date as set_aside_on, {said}
                from versions
                inner join first_said using (row_key)
                where is_since
                """
            )


def _versions(feed: Feed) -> str:
    columns = ", ".join(f"rows.{name}" for name in (*feed.column_names, "withdrawn"))
    return _VERSIONS.format(key=f"({key_of(feed)})", columns=columns, table=feed.table)
