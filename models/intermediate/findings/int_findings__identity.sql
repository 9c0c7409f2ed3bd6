with

batches as (
    select * from {{ ref('stg_batches') }}
),

accepted as (
    {{ accepted_with_id() }}
),

known as (
    select accepted.*
    from accepted
    inner join batches on accepted.batch_id = batches.batch_id
),

-- one id_no, two names, over all feeds and deliveries
two_names as (
    select *
    from known
    qualify min(name) over (partition by id_no) != max(name) over (partition by id_no)
),

-- same name and birth date, other id_no
two_ids as (
    select *
    from known
    where
        feed = 'corrections.releases'
        and birth_date is not null
    qualify
        min(id_no) over (partition by name, birth_date) != max(id_no) over (partition by name, birth_date)
),

final as (
    {{ finding('W08', 'feed', 'two_names', 'row_key', column='id_no') }}
    union all
    {{ finding('W10', 'feed', 'two_ids', 'row_key', column='id_no') }}
)

select * from final
