{{ config(tags=['gate']) }}
-- G7: no feed that every figure depends on is missing altogether
with

needed as (
    select listed.feed
    from (
        values ('justice.register'), ('corrections.releases'), ('police.reoffences')
    ) as listed (feed)
),

batches as (
    select * from {{ ref('stg_batches') }}
),

missing as (
    select needed.feed
    from needed
    left join batches on needed.feed = batches.feed
    where batches.batch_id is null
)

select * from missing
