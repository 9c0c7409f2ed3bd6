-- one row per person under dual management and choice (全区, their township): masked
with

roster as (
    select
        masked_name,
        register_no,
        township_code,
        township_name as township,
        dual_direction,
        concat_ws(' ', counterpart_district, counterpart_office) as counterpart,
        dual_from::varchar as dual_from,
        colour,
        days_overdue,
        '截至 ' || as_of as window_text,
        case
            when is_acknowledged then '已回执'
            when is_one_sided then '单边 ' || (as_of - dual_roster.dual_from) || ' 天'
            else '待回执'
        end as acknowledged_text,
        case when is_one_sided then 'bad' else '' end as acknowledged_tone,
        coalesce(last_visited_on::varchar, '从未走访') as visited_text,
        case when days_overdue is null then '从未走访' when days_overdue > 0 then days_overdue || ' 天' else '未超期' end
            as overdue_text,
        case when days_overdue is null or days_overdue > 0 then 'bad' else '' end as overdue_tone,
        case colour
            when '红' then 'dot red' when '橙' then 'dot orange' when '黄' then 'dot yellow' when '蓝' then 'dot blue'
            else 'dot'
        end as colour_tone,
        case when is_one_sided then 2 else 0 end + case when coalesce(days_overdue, 1) > 0 then 1 else 0 end as trouble
    from persons.main.dual_roster
)

select '全区' as township_name, roster.* from roster
union all
select township as township_name, roster.* from roster
