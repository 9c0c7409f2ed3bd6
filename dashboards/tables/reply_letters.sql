-- one row per letter: how many figures it has, how many of them are not as they were printed last
select
    letter,
    letter_label,
    count(*) filter (where place > 0)::integer as figures,
    count(last_pull)::integer as printed_before,
    count(*) filter (where tone = 'bad')::integer as changed,
    coalesce(max(last_pull), '尚未取数') as last_pull,
    coalesce(max(case when place = 0 then note_zh end), '—') as problem_text,
    case when count(*) filter (where tone = 'bad' or place = 0) > 0 then 'bad' end as tone,
    '截至 ' || (select known_at from dashboards.main.build_info) as known_text
from dashboards.main.reply_figures
group by letter, letter_label
