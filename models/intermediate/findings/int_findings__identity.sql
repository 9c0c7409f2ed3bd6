with

batches as (
    select * from {{ ref('stg_batches') }}
),

accepted as not materialized (
    {{ accepted_with_id() }}
),

known as not materialized (
    select accepted.*
    from accepted
    inner join batches on accepted.batch_id = batches.batch_id
),

-- one id_no, two names, over all feeds and deliveries
ids_of_two_names as (
    select id_no
    from known
    group by id_no
    having min(name) != max(name)
),

two_names as (
    select known.*
    from known
    semi join ids_of_two_names on known.id_no = ids_of_two_names.id_no
),

-- same name and birth date, other id_no
releases as not materialized (
    select *
    from known
    where
        feed = 'corrections.releases'
        and birth_date is not null
),

persons_of_two_ids as (
    select
        name,
        birth_date
    from releases
    group by name, birth_date
    having min(id_no) != max(id_no)
),

two_ids as (
    select releases.*
    from releases
    semi join persons_of_two_ids
        on
            releases.name = persons_of_two_ids.name
            and releases.birth_date = persons_of_two_ids.birth_date
),

final as (
    {{ finding('W08', 'feed', 'two_names', 'row_key', column='id_no') }}
    union all
    {{ finding('W10', 'feed', 'two_ids', 'row_key', column='id_no') }}
)

select * from final
