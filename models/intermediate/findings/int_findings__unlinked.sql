with

unlinked_rows as (
    select * from {{ ref('int_unlinked_rows') }}
),

decided as (
    select * from {{ ref('int_decided_rows') }}
),

-- visits and assessments have W49; of rows with the valid id of one who is not ours only offences count
unlinked as (
    select unlinked_rows.*
    from unlinked_rows
    left join decided
        on
            unlinked_rows.feed = decided.feed
            and unlinked_rows.row_key = decided.row_key
    where
        unlinked_rows.feed not in ('justice.visits', 'justice.risk_assessments')
        and (unlinked_rows.id_no is null or unlinked_rows.feed = 'police.reoffences')
        -- decided by hand to be nobody's
        and not (unlinked_rows.link_rule = 1 and decided.person_id is null)
),

final as (
    {{ finding('W48', 'feed', 'unlinked', 'row_key') }}
)

select * from final
