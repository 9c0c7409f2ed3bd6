with

in_force as (
    {{ in_force_incremental(source('police', 'reoffences'), ['record_no']) }}
),

final as (
    select
        record_no,
        case_no,
        name,
        id_no,
        birth_date,
        sex,
        offended_on,
        filed_on,
        case_kind,
        offence,
        case_stage,
        unit,
        batch_id,
        row_no,
        delivered_on,
        delivery_order
    from in_force
)

select * from final
