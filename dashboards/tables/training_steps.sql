-- one row per period, township (全区 too) and step from training to work
with

chains as (
    select
        choices.period_label,
        choices.window_text,
        townships.township_code,
        townships.township_name,
        coalesce(chain.trained, 0) as trained,
        coalesce(chain.certified, 0) as certified,
        coalesce(chain.certified_employed, 0) as certified_employed,
        coalesce(chain.employed, 0) as employed
    from dashboards.main.period_choices as choices
    cross join dashboards.main.township_choices as townships
    left join dashboards.main.training_chain as chain
        on
            choices.period_id = chain.period_id
            and townships.township_code is not distinct from chain.township_code
),

steps as (
    select chains.*, 1 as place, '期内参加培训' as step, trained as persons from chains
    union all
    select chains.*, 2 as place, '其中截止日已持证' as step, certified as persons from chains
    union all
    select chains.*, 3 as place, '持证且在业' as step, certified_employed as persons from chains
    union all
    select chains.*, 4 as place, '全部学员在业' as step, employed as persons from chains
)

select
    period_label,
    window_text,
    township_code,
    township_name,
    place,
    step,
    persons::integer as persons,
    case when trained > 0 then round(100.0 * persons / trained, 1)::double end as share,
    case when trained > 0 then format('{:.1f}%', round(100.0 * persons / trained, 1)::double) end as share_text
from steps
