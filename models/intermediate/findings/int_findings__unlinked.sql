with

links as (
    select * from {{ ref('int_person_links') }}
),

with_id as (
    {{ accepted_with_id() }}
),

posts as (
    select * from {{ ref('stg_hr__public_posts') }}
),

-- visits and assessments have W49; of rows with the valid id of one who is not ours only offences count
unlinked as (
    select links.*
    from links
    left join posts
        on
            links.feed = 'hr.public_posts'
            and links.row_key = posts.post_no
    left join with_id
        on
            links.feed = with_id.feed
            and links.batch_id = with_id.batch_id
            and links.row_no = with_id.row_no
    where
        not links.is_linked
        and links.feed not in ('justice.visits', 'justice.risk_assessments')
        -- decided by hand to be nobody's
        and not (links.rule = 1 and links.person_id is null)
        and (with_id.row_no is null or links.feed = 'police.reoffences')
        and (posts.post_no is null or posts.name is not null)
),

final as (
    {{ finding('W48', 'feed', 'unlinked', 'row_key') }}
)

select * from final
