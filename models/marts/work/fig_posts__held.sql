with

periods as (
    select * from {{ ref('periods') }}
),

post_days as (
    select * from {{ ref('fct_post_days') }}
),

changes as (
    {{ changes_of('post_days', ['township_code'], counts_as='posts') }}
),

standing as (
    {{ standing_at('changes', counts=['posts']) }}
),

final as (
    {{ figure_cells('standing', 'posts.held', 'posts') }}
)

select * from final
