with

releases as (
    select * from {{ ref('int_release_persons') }}
),

release_rows as (
    select * from {{ ref('stg_corrections__releases') }}
),

register_rows as (
    select * from {{ ref('int_register_persons') }}
),

final as (
    select
        releases.person_id || ' ' || releases.release_no as unique_id,
        releases.release_no,
        max(register_rows.register_no) as register_no,
        {{ masked_name('release_rows.name') }} as masked_name,
        release_rows.name,
        release_rows.birth_date::varchar as birth_date,
        release_rows.sex
    from releases
    inner join release_rows on releases.release_no = release_rows.release_no
    left join register_rows on releases.person_id = register_rows.person_id
    where releases.person_id is not null
    group by
        releases.person_id,
        releases.release_no,
        release_rows.name,
        release_rows.birth_date,
        release_rows.sex
)

select * from final
