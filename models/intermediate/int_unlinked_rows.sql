with

links as (
    select * from {{ ref('int_person_links') }}
),

final as (
    select
        feed,
        row_key,
        batch_id,
        row_no,
        id_no,
        name,
        birth_date,
        sex,
        link_rule
    from links
    where
        person_key is null
        -- a post that nobody holds cannot be linked
        and (feed != 'hr.public_posts' or name is not null or id_no is not null)
)

select * from final
