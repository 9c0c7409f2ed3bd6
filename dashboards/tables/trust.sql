-- One row per place (全区 or a township) and ground on which the data are trusted or not, the verdict of all first.
-- Grounds are about data alone: casework that waits (visits overdue, terms passed) is no error of the data.
with

limits as (
    from (
        values
        -- (ground, beyond this there is a reservation, beyond this no trust)
        ('late', 0, 3), ('never', 0, 3), ('set_aside', 1.0, 5.0), ('city', 0, 3), ('own', 5.0, 20.0)
    ) as listed (ground, reserved_above, doubted_above)
),

casework as (
    select rule
    from dashboards.main.dim_rule
    where is_casework
),

feeds as (
    select
        count(*) as feeds,
        count(*) filter (where age_days > rhythm_days) as late,
        string_agg(agency_zh || feed_zh, '、' order by place) filter (where age_days > rhythm_days) as late_zh,
        count(*) filter (where age_days is null) as never,
        string_agg(agency_zh || feed_zh, '、' order by place) filter (where age_days is null) as never_zh,
        sum(rows_accepted) as accepted,
        sum(rows_quarantined) as set_aside
    from dashboards.main.quality_feeds
),

-- the last four quarters that the city published
bulletins as (
    select
        count(*) as quarters,
        count(*) filter (where differs) as differing
    from (
        select bool_or(limit_passed = 'hard') as differs
        from dashboards.main.official_returns
        group by quarter
        order by quarter desc
        limit 4
    ) as last_four
),

-- of the register's rows of each township those with an open question that is about data
dossiers as (
    select
        spells.township_code,
        count(distinct spells.register_no) as persons,
        count(distinct findings.row_key) as doubtful
    from marts.main.fct_register_spells as spells
    left join (
        from persons.main.open_findings
        anti join casework using (rule)
        where feed = 'justice.register'
    ) as findings on spells.register_no = findings.row_key
    where spells.closed_on is null
    group by spells.township_code
),

grounds as (
    select
        null as township_code,
        1 as place,
        'late' as ground,
        '报送及时' as title,
        late as measured,
        if(late = 0, feeds || '张表都按期报送', late || '张表逾期未报：' || late_zh) as said
    from feeds
    union all
    select
        null,
        2,
        'never',
        '没有缺报',
        never,
        if(never = 0, '每张表都有报送', never || '张表从未报送：' || never_zh)
    from feeds
    union all
    select
        null,
        3,
        'set_aside',
        '隔离的行',
        100.0 * set_aside / nullif(accepted + set_aside, 0),
        coalesce(
            '占' || format('{:.2f}%', 100.0 * set_aside / nullif(accepted + set_aside, 0)) || '（'
            || format('{:,}', set_aside::bigint) || '行），改正前不计入任何数字', '没有报送'
        )
    from feeds
    union all
    select
        null,
        4,
        'city',
        '与全市通报',
        differing,
        if(
            differing = 0, '最近' || quarters || '个季度没有相差过大的',
            '最近' || quarters || '个季度有' || differing || '个相差过大：重新犯罪的数字和全市排名要对照着看'
        )
    from bulletins
    union all
    select
        township_code,
        5,
        'own',
        '本镇街台账',
        100.0 * doubtful / nullif(persons, 0),
        format('{:,}', persons) || '份在册档案中' || format('{:,}', doubtful) || '份有数据问题待核实（'
        || format('{:.1f}%', 100.0 * doubtful / nullif(persons, 0)) || '）'
    from dossiers
    where township_code is not null
),

judged as (
    select
        grounds.*,
        case when grounds.measured > limits.doubted_above then 2 when grounds.measured > limits.reserved_above then 1 else 0 end as doubt
    from grounds
    inner join limits on grounds.ground = limits.ground
),

-- a township reads the grounds of the district's data, and that of its own dossiers
seen as (
    select
        places.township_code,
        places.township_name,
        judged.* exclude (township_code)
    from dashboards.main.township_choices as places
    inner join judged
        on
            judged.township_code is null
            or places.township_code = judged.township_code
),

verdicts as (
    select
        township_code,
        township_name,
        max(doubt) as doubt,
        string_agg(title, '、' order by place) filter (where doubt > 0) as doubted
    from seen
    group by township_code, township_name
),

rows_of_all as (
    select
        township_code,
        township_name,
        0 as place,
        '结论' as title,
        case doubt when 0 then '可信' when 1 then '基本可信，有保留' else '须核实后使用' end as judgement,
        case doubt
            when 0 then '各项依据都成立，页面上的数字可以引用'
            else '引用数字以前，请先看' || doubted
        end as said,
        doubt
    from verdicts
    union all
    select
        township_code,
        township_name,
        place,
        title || if(township_code is not null and ground != 'own', '（全区）', '') as title,
        case doubt when 0 then '可信' when 1 then '有保留' else '须核实' end as judgement,
        said,
        doubt
    from seen
)

select
    rows_of_all.* exclude (doubt),
    case doubt when 0 then 'good' when 1 then '' else 'bad' end as tone,
    '截至 ' || build.known_at || ' 收到的报送；已发布的数据都通过了质量关卡' as window_text
from rows_of_all
cross join (from dashboards.main.build_info) as build
