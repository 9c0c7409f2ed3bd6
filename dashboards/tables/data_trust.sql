-- One row per question on the data as a whole: how fresh it is, what is wrong with it. Not by period or township.
with

said as (
    select
        figure_id,
        dimension,
        member,
        feed,
        value
    from dashboards.main.figures
    where
        figure_id like 'data.%'
        and period_kind = 'year_to_date'
),

answers as (
    select
        1 as place,
        '数据截至' as question,
        known_at || '（' || batches || '个批次）' as answer,
        '' as tone
    from dashboards.main.build_info
    union all
    select
        2 as place,
        '超过报送周期未报的来源' as question,
        coalesce(sum(value), 0)::integer || '个' as answer,
        case when sum(value) > 0 then 'bad' else '' end as tone
    from said
    where
        figure_id = 'data.findings'
        and member = 'W51'
    union all
    select
        case member when 'block' then 3 when 'quarantine' then 4 else 5 end as place,
        case member when 'block' then '整表退回的文件' when 'quarantine' then '隔离待核实的问题' else '提示类问题' end as question,
        printf('%,d条', value::integer) as answer,
        case when member = 'block' and value > 0 then 'bad' else '' end as tone
    from said
    where
        figure_id = 'data.findings'
        and dimension = 'severity'
        and member in ('block', 'quarantine', 'warn')
    union all
    select
        6 as place,
        '采信的行／读到的行' as question,
        printf(
            '%,d/%,d',
            sum(value) filter (where member = 'accepted')::integer,
            sum(value) filter (where member = 'read')::integer
        ) as answer,
        '' as tone
    from said
    where
        figure_id = 'data.rows'
        and dimension = 'outcome'
    union all
    select
        7 as place,
        '关联不到人的行' as question,
        printf('%,d行', sum(value)::integer) as answer,
        '' as tone
    from said
    where figure_id = 'data.unlinked'
)

from answers
