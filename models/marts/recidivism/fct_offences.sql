with

records as (
    select *
    from ({{ linked_rows('police.reoffences') }}) as linked
    where
        person_key is not null
        -- 1 刑事; 7 撤案, 8 不起诉, 9 无罪
        and case_kind = '1'
        and case_stage not in ('7', '8', '9')
),

first_releases as (
    select
        person_key,
        min(released_on) as released_on
    from {{ ref('int_release_persons') }}
    where person_key in (select records.person_key from records)
    group by person_key
),

deliveries as (
    select
        versions.record_no,
        min(batches.delivered_on) as first_delivered_on
    from {{ source('police', 'reoffences') }} as versions
    inner join {{ ref('stg_batches') }} as batches on versions.batch_id = batches.batch_id
    where not {{ is_quarantined('versions') }}
    group by versions.record_no
),

reach as (
    select * from {{ ref('fct_register_reach') }}
),

final as (
    select
        records.record_no,
        records.person_key,
        records.case_no,
        records.offended_on,
        deliveries.first_delivered_on,
        reach.township_code,
        records.case_stage = '4' as is_final,
        reach.person_key is not null as is_covered
    from records
    inner join deliveries on records.record_no = deliveries.record_no
    left join first_releases on records.person_key = first_releases.person_key
    left join reach
        on
            records.person_key = reach.person_key
            and {{ covers('reach', 'records.offended_on') }}
    where coalesce(records.offended_on >= first_releases.released_on, true)
)

select * from final
