with

releases as (
    select * from {{ ref('int_release_persons') }}
),

register as (
    select * from {{ ref('int_register_persons') }}
),

look_alikes as (
    select * from {{ ref('int_look_alikes') }}
),

decisions as (
    select * from {{ ref('int_link_decisions') }}
),

persons as (
    select * from {{ ref('int_persons') }}
),

person_rows as (
    select * from {{ ref('int_person_rows') }}
),

rows_with_id as (
    select * from person_rows
    where register_no is null
),

rows_of_dossiers as (
    select * from person_rows
    where register_no is not null
),

found as (
    select
        'corrections.releases' as feed,
        release_no as row_key,
        batch_id,
        row_no,
        link_rule,
        person_id
    from releases
    union all
    select
        'justice.register' as feed,
        register_no as row_key,
        batch_id,
        row_no,
        link_rule,
        person_id
    from register
    union all
    select
        rows_with_id.feed,
        rows_with_id.row_key,
        rows_with_id.batch_id,
        rows_with_id.row_no,
        case
            when rows_with_id.id_no is not null then 3
            when look_alikes.person_id is not null then 4
            else 6
        end as link_rule,
        coalesce('id:' || rows_with_id.id_no, look_alikes.person_id) as person_id
    from rows_with_id
    left join look_alikes
        on
            rows_with_id.name = look_alikes.name
            and rows_with_id.birth_date = look_alikes.birth_date
            and rows_with_id.sex = look_alikes.sex
    union all
    select
        rows_of_dossiers.feed,
        rows_of_dossiers.row_key,
        rows_of_dossiers.batch_id,
        rows_of_dossiers.row_no,
        coalesce(register.link_rule, 6) as link_rule,
        register.person_id
    from rows_of_dossiers
    left join register on rows_of_dossiers.register_no = register.register_no
),

decided as (
    select
        found.feed,
        found.row_key,
        found.batch_id,
        found.row_no,
        case when decisions.row_key is not null then 1 else found.link_rule end as link_rule,
        case when decisions.row_key is not null then decisions.person_id else found.person_id end as person_id
    from found
    left join decisions
        on
            found.feed = decisions.feed
            and found.row_key = decisions.row_key
),

final as (
    select
        decided.feed,
        decided.row_key,
        decided.batch_id,
        decided.row_no,
        decided.person_id,
        -- (a keyword, and the word FEEDS has for it)
        decided.link_rule as rule,  -- noqa: RF04
        persons.person_key,
        persons.person_id is not null as is_linked
    from decided
    left join persons on decided.person_id = persons.person_id
)

select * from final
