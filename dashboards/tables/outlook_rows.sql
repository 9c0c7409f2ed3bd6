-- one row per period, township (全区 too), milestone and stretch of thirty days ahead, empty ones too
with

steps as (
    select
        listed.*
    from (values (30, '30日内'), (60, '31—60日'), (90, '61—90日')) as listed (within_days, stretch)
),

milestones as (
    select
        listed.*
    from (values ('释放', '已通知、将释放'), ('期满', '帮教期满')) as listed (milestone, title)
)

select
    choices.period_label,
    choices.window_text,
    townships.township_code,
    townships.township_name,
    milestones.title as milestone,
    steps.within_days,
    steps.stretch,
    coalesce(outlook.persons, 0)::integer as persons
from dashboards.main.period_choices as choices
cross join dashboards.main.township_choices as townships
cross join steps
cross join milestones
left join dashboards.main.outlook
    on
        choices.period_id = outlook.period_id
        and townships.township_code is not distinct from outlook.township_code
        and steps.within_days = outlook.within_days
        and milestones.milestone = outlook.milestone
