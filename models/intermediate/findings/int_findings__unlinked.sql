with

links as (
    select * from {{ ref('int_person_links') }}
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
    where
        not links.is_linked
        and links.feed not in ('justice.visits', 'justice.risk_assessments')
        -- decided by hand to be nobody's
        and not (links.rule = 1 and links.person_id is null)
        and (links.rule != 3 or links.feed = 'police.reoffences')
        and (posts.post_no is null or posts.name is not null)
),

final as (
    {{ finding('W48', 'feed', 'unlinked', 'row_key') }}
)

select * from final
