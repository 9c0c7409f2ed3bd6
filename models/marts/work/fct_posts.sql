with

posts as (
    select * from {{ ref('stg_hr__public_posts') }}
),

links as (
    select *
    from {{ ref('int_person_links') }}
    where
        feed = 'hr.public_posts'
        and is_linked
),

final as (
    select
        posts.post_no,
        links.person_key,
        posts.developed_on,
        posts.started_on,
        posts.ended_on
    from posts
    left join links on posts.post_no = links.row_key
)

select * from final
