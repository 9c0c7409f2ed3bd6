with

posts as (
    select
        *,
        coalesce(ended_on, {{ open_end() }}) as held_to
    from {{ ref('fct_posts') }}
),

register_days as (
    select * from {{ ref('fct_register_days') }}
),

final as (
    select
        posts.post_no,
        posts.person_key,
        register_days.township_code,
        greatest(posts.started_on, register_days.valid_from) as valid_from,
        least(posts.held_to, register_days.valid_to) as valid_to
    from posts
    inner join register_days
        on
            posts.person_key = register_days.person_key
            and posts.started_on < register_days.valid_to
            and posts.held_to > register_days.valid_from
    where posts.started_on < posts.held_to
)

select * from final
