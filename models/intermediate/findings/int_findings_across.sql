with

found as (
    {{ union_models([
        'int_findings__identity', 'int_findings__releases', 'int_findings__register', 'int_findings__on_register',
        'int_findings__offences', 'int_findings__contacts', 'int_findings__relief', 'int_findings__work',
        'int_findings__unlinked', 'int_findings__city', 'int_findings__late',
    ]) }}
),

final as (
    select
        rule_id,
        feed,
        batch_id,
        row_no,
        column_name,
        {{ masked_id('row_key') }} as row_key
    from found
)

select * from final
