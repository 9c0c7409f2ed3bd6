with

relief_rows as (
    select * from {{ ref('int_relief_rows') }}
),

payments as (
    select * from {{ ref('fct_relief_payments') }}
),

-- too much or too little
odd_amounts as (
    select *
    from relief_rows
    where
        amount_yuan > {{ threshold('W42', type='decimal(18, 2)') }}
        or amount_yuan < {{ threshold('W42', column='second_threshold', type='decimal(18, 2)') }}
),

repeated as (
    select *
    from relief_rows
    where
        person_key is not null
        and paid_on is not null
        and amount_yuan is not null
    qualify count(*) over (partition by person_key, relief_type, paid_on, amount_yuan) > 1
),

uncovered as (
    select relief_rows.*
    from relief_rows
    inner join payments
        on
            relief_rows.agency = payments.agency
            and relief_rows.payment_no = payments.payment_no
    where
        payments.person_key is not null
        and payments.township_code is null
),

too_early as (
    select *
    from relief_rows
    where paid_on < granted_on
),

final as (
    {{ finding('W42', "agency || '.relief'", 'odd_amounts', 'payment_no', column='amount_yuan') }}
    union all
    {{ finding('W43', "agency || '.relief'", 'repeated', 'payment_no') }}
    union all
    {{ finding('W44', "agency || '.relief'", 'uncovered', 'payment_no', column='paid_on') }}
    union all
    {{ finding('W45', "agency || '.relief'", 'too_early', 'payment_no', column='paid_on') }}
)

select * from final
