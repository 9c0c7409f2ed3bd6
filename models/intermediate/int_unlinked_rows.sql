{%- set feeds = {
    'police.reoffences': ('record_no', 'birth_date', 'sex'),
    'civil_affairs.relief': ('payment_no', 'null', 'null'),
    'housing.relief': ('payment_no', 'null', 'null'),
    'hr.training': ('enrolment_no', 'null', 'null'),
    'hr.public_posts': ('post_no', 'null', 'null'),
    'hr.employment': ('record_no', 'null', 'null'),
    'health.counselling': ('record_no', 'null', 'null'),
} -%}
with

rows_with_name as (
    {%- for feed, (key, birth_date, sex) in feeds.items() %}
        select
            '{{ feed }}' as feed,
            {{ key }} as row_key,
            name,
            {{ birth_date }}::date as birth_date,
            {{ sex }}::varchar as sex
        from {{ ref('stg_' ~ feed.replace('.', '__')) }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}
),

links as (
    select * from {{ ref('int_person_links') }}
),

final as (
    select
        links.feed || ' ' || links.row_key as unique_id,
        split_part(links.feed, '.', 1) as agency,
        split_part(links.feed, '.', 2) as feed,
        links.row_key as shown_key,
        {{ masked_name('rows_with_name.name') }} as masked_name,
        rows_with_name.name,
        rows_with_name.birth_date::varchar as birth_date,
        rows_with_name.sex
    from links
    inner join rows_with_name
        on
            links.feed = rows_with_name.feed
            and links.row_key = rows_with_name.row_key
    where
        links.rule = 6
        and rows_with_name.name is not null
)

select * from final
