with

civil_affairs as (
    select
        'civil_affairs' as agency,
        *
    from ({{ linked_rows('civil_affairs.relief') }}) as linked
),

housing as (
    select
        'housing' as agency,
        *
    from ({{ linked_rows('housing.relief') }}) as linked
),

relief_rows as (
    select * from civil_affairs
    union all by name
    select * from housing
),

relief_types as (
    select * from {{ ref('relief_type') }}
),

final as (
    select
        relief_rows.agency,
        relief_rows.payment_no,
        relief_rows.grant_no,
        relief_rows.person_key,
        relief_types.name as relief_type,
        relief_rows.granted_on,
        relief_rows.paid_on,
        relief_rows.amount_yuan,
        relief_rows.batch_id,
        relief_rows.row_no
    from relief_rows
    inner join relief_types on relief_rows.relief_type = relief_types.code
    -- 2 退回: taken back
    where relief_rows.status != '2'
)

select * from final
