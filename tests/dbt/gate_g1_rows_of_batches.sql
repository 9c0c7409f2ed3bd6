{{ config(tags=['gate']) }}
-- G1: every row read is accepted, quarantined or skipped
with

batches as (
    select * from {{ ref('stg_batches') }}
),

broken as (
    select
        batch_id,
        feed,
        file_name,
        rows_read,
        rows_accepted,
        rows_quarantined,
        rows_skipped
    from batches
    where rows_read is distinct from rows_accepted + rows_quarantined + rows_skipped
)

select * from broken
