with

links as (
    select * from {{ ref('int_person_links') }}
),

posts as (
    select * from {{ ref('stg_hr__public_posts') }}
),

final as (
    select
        links.feed,
        count(*) filter (where not links.is_linked) as rows_unlinked
    from links
    left join posts
        on
            links.feed = 'hr.public_posts'
            and links.row_key = posts.post_no
    -- a post that nobody holds cannot be linked
    where posts.post_no is null or posts.name is not null or posts.id_no is not null
    group by links.feed
)

select * from final
