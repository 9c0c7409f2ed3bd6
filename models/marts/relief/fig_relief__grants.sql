with

periods as (
    select * from {{ ref('periods') }}
),

covered_grants as (
    select *
    from {{ ref('fct_relief_grants') }}
    where township_code is not null
),

counted as (
    select
        periods.period_id,
        covered_grants.township_code,
        covered_grants.relief_type,
        count(*) as grants_given,
        count(distinct covered_grants.person_key) as persons
    from periods
    inner join covered_grants on covered_grants.granted_on between periods.starts_on and periods.ends_on
    group by grouping sets (
        (periods.period_id),
        (periods.period_id, covered_grants.township_code),
        (periods.period_id, covered_grants.relief_type),
        (periods.period_id, covered_grants.township_code, covered_grants.relief_type)
    )
),

final as (
    {{ figure_cells('counted', 'relief.grants', 'grants_given', dimension='relief_type') }}
    union all
    {{ figure_cells('counted', 'relief.persons', 'persons', dimension='relief_type') }}
)

select * from final
