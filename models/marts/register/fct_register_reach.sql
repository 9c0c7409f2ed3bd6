with

spells as (
    select
        *,
        coalesce(closed_on, {{ open_end() }}) as covered_to,
        row_number() over (partition by person_key order by registered_on, register_no) as spell_number,
        lead(registered_on, 1, {{ open_end() }}) over (
            partition by person_key
            order by registered_on, register_no
        ) as next_registered_on
    from {{ ref('fct_register_spells') }}
),

-- for windows that end between two openings: how far the spells opened after this one reach
steps as (
    select
        spells.*,
        later.registered_on as ends_from,
        later.next_registered_on as ends_before,
        max(case when later.spell_number > spells.spell_number then later.covered_to end) over (
            partition by spells.person_key, spells.spell_number
            order by later.spell_number
        ) as outdone_to
    from spells
    inner join spells as later
        on
            spells.person_key = later.person_key
            and spells.spell_number <= later.spell_number
),

final as (
    select
        person_key,
        register_no,
        township_code,
        is_key,
        placement,
        ends_from,
        ends_before,
        covered_to as starts_to,
        coalesce(outdone_to + 1, date '0001-01-01') as starts_from
    from steps
    where
        ends_from < ends_before
        and coalesce(outdone_to < covered_to, true)
)

select * from final
