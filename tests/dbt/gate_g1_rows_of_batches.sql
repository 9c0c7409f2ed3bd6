{{ config(tags=['gate']) }}
-- G1: every row read is accepted, quarantined or skipped
with

batches as (
    select * from {{ ref('stg_batches') }}
),

broken as (
    select *
    from batches
    where rows_read is distinct from rows_accepted + rows_quarantined + rows_skipped
)

select * from broken
