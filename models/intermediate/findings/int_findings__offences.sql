with

batches as (
    select * from {{ ref('stg_batches') }}
),

offences as (
    select *
    from ({{ linked_rows('police.reoffences') }}) as linked
    where person_key is not null
),

first_releases as (
    select
        person_key,
        min(released_on) as released_on
    from {{ ref('fct_releases') }}
    group by person_key
),

never_registered as (
    select *
    from offences
    where
        record_no in (select counted.record_no from {{ ref('fct_offences') }} as counted)
        and person_key not in (
            select spells.person_key
            from {{ ref('fct_register_spells') }} as spells
            where spells.person_key is not null
        )
),

before_release as (
    select offences.*
    from offences
    inner join first_releases on offences.person_key = first_releases.person_key
    where offences.offended_on < first_releases.released_on
),

repeated as (
    select *
    from offences
    where offence is not null
    qualify count(*) over (partition by person_key, offended_on, offence) > 1
),

versions as (
    select
        versions.*,
        lag(versions.case_stage) over (
            partition by versions.record_no
            order by batches.delivery_order, versions.row_no
        ) as stage_before
    from {{ source('police', 'reoffences') }} as versions
    inner join batches on versions.batch_id = batches.batch_id
    where
        not {{ is_quarantined('versions') }}
        and not coalesce(versions.withdrawn, false)
),

set_back as (
    select *
    from versions
    where
        -- 1 立案, 2 批捕, 3 起诉, 4 判决生效; the others end a case
        case_stage < stage_before
        and stage_before in ('2', '3', '4')
),

final as (
    {{ finding('W30', "'police.reoffences'", 'never_registered', 'record_no') }}
    union all
    {{ finding('W31', "'police.reoffences'", 'before_release', 'record_no', column='offended_on') }}
    union all
    {{ finding('W32', "'police.reoffences'", 'repeated', 'record_no') }}
    union all
    {{ finding('W33', "'police.reoffences'", 'set_back', 'record_no', column='case_stage') }}
)

select * from final
