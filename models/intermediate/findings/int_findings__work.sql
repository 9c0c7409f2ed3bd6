with

posts as (
    select * from {{ ref('stg_hr__public_posts') }}
),

training as (
    select * from {{ ref('stg_hr__training') }}
),

too_long as (
    select *
    from posts
    where
        {{ add_months('started_on', threshold('W46')) }}
        < least(coalesce(ended_on, {{ known_at() }}), {{ known_at() }})
),

uncertified as (
    select *
    from training
    where
        passed
        and certificate_no is null
),

certified_twice as (
    select *
    from training
    where certificate_no is not null
    qualify count(*) over (partition by certificate_no) > 1
),

final as (
    {{ finding(
        'W46', "'hr.public_posts'", 'too_long', 'post_no',
        column='started_on', since=add_months('started_on', threshold('W46')) ~ ' + 1'
    ) }}
    union all
    {{ finding('W47', "'hr.training'", 'uncertified', 'enrolment_no', column='certificate_no') }}
    union all
    {{ finding(
        'W47', "'hr.training'", 'certified_twice', 'enrolment_no',
        column='certificate_no'
    ) }}
)

select * from final
