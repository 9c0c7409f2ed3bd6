with

in_force as (
    {{ in_force_incremental(source('corrections', 'releases'), ['release_no']) }}
),

final as (
    select
        release_no,
        name,
        sex,
        id_no,
        birth_date,
        household_district,
        household_township,
        offence,
        sentence_months,
        admitted_on,
        released_on,
        release_type,
        facility,
        prior_convictions,
        assessed_level,
        notified_on,
        batch_id,
        row_no,
        delivered_on,
        delivery_order
    from in_force
)

select * from final
