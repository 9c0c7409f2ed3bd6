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
        links.batch_id,
        links.row_no
    from links
    left join posts
        on
            links.feed = 'hr.public_posts'
            and links.row_key = posts.post_no
    where
        not links.is_linked
        -- a post that nobody holds cannot be linked
        and (posts.post_no is null or posts.name is not null or posts.id_no is not null)
)

select * from final
