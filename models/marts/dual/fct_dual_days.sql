with

spells as (
    select * from {{ ref('fct_register_spells') }}
),

settings as (
    select * from {{ ref('settings') }}
),

listed_spells as (
    select
        person_key,
        register_no,
        registered_on,
        greatest(registered_on, dual_from) as valid_from,
        least(coalesce(closed_on, {{ open_end() }}), coalesce(dual_to, {{ open_end() }})) as valid_to
    from spells
    where
        dual_from is not null
        and person_key is not null
),

pieces as (
    {{ pieces_of(['listed_spells']) }}
),

qualifying as (
    select
        pieces.person_key,
        pieces.valid_from,
        pieces.valid_to,
        listed_spells.register_no,
        row_number() over (
            partition by pieces.person_key, pieces.valid_from
            order by listed_spells.registered_on desc, listed_spells.register_no desc
        ) as place
    from pieces
    inner join listed_spells
        on
            pieces.person_key = listed_spells.person_key
            and pieces.valid_from >= listed_spells.valid_from
            and pieces.valid_to <= listed_spells.valid_to
),

final as (
    select
        qualifying.person_key,
        spells.register_no,
        spells.township_code,
        spells.dual_direction,
        spells.dual_from,
        spells.counterpart_district,
        spells.counterpart_office,
        spells.counterpart_ack_on,
        qualifying.valid_from,
        qualifying.valid_to,
        spells.dual_from + settings.one_sided_days + 1 as one_sided_from
    from qualifying
    inner join spells on qualifying.register_no = spells.register_no
    cross join settings
    where qualifying.place = 1
)

select * from final
