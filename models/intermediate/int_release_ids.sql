with

releases as not materialized (
    select * from {{ ref('stg_corrections__releases') }}
),

register as (
    select * from {{ ref('stg_justice__register') }}
),

decisions as (
    select *
    from {{ ref('int_link_decisions') }}
    where feed = 'corrections.releases'
),

without_id as (
    select release_no
    from releases
    where id_no is null
),

-- the id that register rows lend to a release without one that they name, when they agree on one
lent as (
    select
        release_no,
        min(id_no) as id_no
    from register
    where
        id_no is not null
        and release_no in (select without_id.release_no from without_id)
    group by release_no
    having min(id_no) = max(id_no)
),

final as (
    select
        releases.release_no,
        releases.name,
        releases.birth_date,
        releases.sex,
        releases.released_on,
        case
            when decisions.row_key is not null then 1
            when releases.id_no is not null then 3
            when lent.id_no is not null then 2
        end as link_rule,
        case
            when decisions.row_key is not null then decisions.person_id
            else 'id:' || coalesce(releases.id_no, lent.id_no)
        end as person_id
    from releases
    left join decisions on releases.release_no = decisions.row_key
    left join lent on releases.release_no = lent.release_no
)

select * from final
