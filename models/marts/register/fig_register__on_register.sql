with

periods as (
    select * from {{ ref('periods') }}
),

register_days as (
    select * from {{ ref('fct_register_days') }}
),

key_days as (
    select *
    from register_days
    where is_key_person
),

changes as (
    {{ changes_of('register_days', ['township_code']) }}
    union all by name
    {{ changes_of('key_days', ['township_code'], counts_as='key_persons') }}
),

standing as (
    {{ standing_at('changes', counts=['persons', 'key_persons']) }}
),

final as (
    {{ figure_cells('standing', 'register.on_register', 'persons') }}
    union all
    {{ figure_cells('standing', 'register.key_persons', 'key_persons') }}
)

select * from final
