with

identified as (
    select * from {{ ref('int_release_ids') }}
),

look_alikes as (
    select * from {{ ref('int_look_alikes') }}
),

persons as (
    select
        identified.release_no,
        identified.released_on,
        case
            when identified.link_rule is not null then identified.link_rule
            when look_alikes.person_id is not null then 4
            else 5
        end as link_rule,
        case
            when identified.link_rule is not null then identified.person_id
            else coalesce(look_alikes.person_id, 'release:' || identified.release_no)
        end as person_id
    from identified
    left join look_alikes
        on
            identified.name = look_alikes.name
            and identified.birth_date = look_alikes.birth_date
            and identified.sex = look_alikes.sex
),

final as (
    select
        *,
        {{ person_key('person_id') }} as person_key
    from persons
)

select * from final
