with

posts as (
    {{ linked_rows('hr.public_posts') }}
),

final as (
    select
        post_no,
        person_key,
        developed_on,
        started_on,
        ended_on
    from posts
)

select * from final
