-- From the text of one cell to a typed value (FEEDS §2). Every macro cell_x(text) takes the cell as delivered; the macros
-- word_x(word) take a word that cell_clean has cleaned already, so that a caller with several uses cleans once.
-- A value that does not parse is null; `word is not null and value is null` tells it from an empty cell
-- (but for durations, where 无期 means null: use word_is_unparsed_duration).

-- white space of every kind, zero-width included
create or replace macro memory.main.space() as
'[\s\v\x{1c}-\x{1f}\x{85}\x{a0}\x{1680}\x{180e}\x{2000}-\x{200d}\x{2028}\x{2029}\x{202f}\x{205f}\x{2060}\x{3000}\x{feff}]+';

-- what is never part of a value: control characters, soft hyphens, direction marks, variation selectors
create or replace macro memory.main.never() as
'[\x{0}-\x{8}\v\f\x{e}-\x{1f}\x{7f}-\x{9f}\x{ad}\x{180b}-\x{180d}\x{180f}\x{200e}\x{200f}\x{202a}-\x{202e}'
|| '\x{2066}-\x{2069}\x{fe00}-\x{fe0f}\x{e0100}-\x{e01ef}]+';

-- characters that NFKC leaves alone and that are no white space: ASCII, Han, and · — ‘ ’ “ ” 、 。 《 》 【 】
create or replace macro memory.main.plain() as
'!-~\x{4E00}-\x{9FFF}\x{B7}\x{2014}\x{2018}\x{2019}\x{201C}\x{201D}\x{3001}\x{3002}\x{300A}\x{300B}\x{3010}\x{3011}';

-- the same without = and ', with which a number begins that is kept from Excel
create or replace macro memory.main.plain_first() as
'!-&(-<>-~\x{4E00}-\x{9FFF}\x{B7}\x{2014}\x{2018}\x{2019}\x{201C}\x{201D}\x{3001}\x{3002}\x{300A}\x{300B}\x{3010}\x{3011}';

-- NFKC, today's characters, nothing invisible, trimmed (reentry/characters.py), cheapest first: the Python function
-- costs as much for one cell as for a thousand
create or replace macro memory.main.cell_normal(text) as
case
    when
        text is null
        or regexp_full_match(text, '([' || memory.main.plain_first() || '][' || memory.main.plain() || ']*)?')
        then text
    when regexp_full_match(text, ' *([' || memory.main.plain_first() || '][ ' || memory.main.plain() || ']*)?')
        then trim(text)
    else cell_full_normal(text)
end;

-- (patterns, not `in`, which the optimiser turns into one join for each column)
create or replace macro memory.main.word_or_null(normal) as
case
    when strlen(normal) > 6 then normal
    when regexp_full_match(normal, '--?|——?|/|\\|无|暂无|不详|未知|NULL|null|None|N/A|#N/A|') then null
    else normal
end;

create or replace macro memory.main.cell_clean(text) as memory.main.word_or_null(memory.main.cell_normal(text));

create or replace macro memory.main.word_is_excel_error(word) as
starts_with(word, '#') and regexp_full_match(
    word,
    '#(REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|BUSY!|UNKNOWN!|GETTING_DATA)'
);

create or replace macro memory.main.word_text(word) as
case when memory.main.word_is_excel_error(word) then null else word end;
create or replace macro memory.main.cell_text(text) as memory.main.word_text(memory.main.cell_clean(text));

create or replace macro memory.main.remove_space(word) as
regexp_replace(word, memory.main.space(), '', 'g');

-- Dates -----------------------------------------------------------------------------------------------------------------

create or replace macro memory.main.date_in_range(value) as
case when value between date '1900-01-01' and date '2100-12-31' then value end;

create or replace macro memory.main.word_excel_serial(word) as
case
    when regexp_full_match(word, '[2-6][0-9]{4}(\.[0-9]+)?')
        and (left(word, 5)::integer < 60000 or regexp_full_match(word, '60000(\.0+)?'))
        then date '1899-12-30' + left(word, 5)::integer
end;

create or replace macro memory.main.word_date(word) as
case
    when word is null then null
    when regexp_full_match(word, '[0-9]{4}-[0-9]{2}-[0-9]{2}')
        then memory.main.date_in_range(try_cast(word as date))
    when regexp_full_match(word, '[2-6][0-9]{4}(\.[0-9]+)?') then memory.main.word_excel_serial(word)
    when regexp_full_match(
        word,
        '([0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日(\s*|T)'
        || '|[0-9]{4}(-[0-9]{1,2}-[0-9]{1,2}|/[0-9]{1,2}/[0-9]{1,2}|\.[0-9]{1,2}\.[0-9]{1,2}|[0-9]{4})(\s+|T))'
        || '(([01]?[0-9]|2[0-3])(:[0-5]?[0-9](:[0-5]?[0-9](\.[0-9]+)?)?|[时点][0-5]?[0-9]分([0-5]?[0-9]秒)?)'
        || '|24(:00?(:00?(\.0+)?)?|[时点]00?分(00?秒)?))' -- the end of that day
        || '|[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日'
        || '|[0-9]{4}(-[0-9]{1,2}-[0-9]{1,2}|/[0-9]{1,2}/[0-9]{1,2}|\.[0-9]{1,2}\.[0-9]{1,2}|[0-9]{4})'
    ) then memory.main.date_in_range(try_cast(
        regexp_replace(word, '^([0-9]{4})[-/.年]?([0-9]{1,2})[-/.月]?([0-9]{1,2})[\s\S]*$', '\1-\2-\3') as date
    ))
end;
create or replace macro memory.main.cell_date(text) as memory.main.word_date(memory.main.cell_clean(text));

create or replace macro memory.main.word_month(word) as
case
    when word is null then null
    when regexp_full_match(word, '[0-9]{4}([-/.][0-9]{1,2}|年[0-9]{1,2}月|[0-9]{2})')
        then memory.main.date_in_range(try_cast(
            regexp_replace(word, '^([0-9]{4})[-/.年]?([0-9]{1,2})月?$', '\1-\2-1') as date
        ))
    else date_trunc('month', memory.main.word_date(word))::date
end;
create or replace macro memory.main.cell_month(text) as memory.main.word_month(memory.main.cell_clean(text));

create or replace macro memory.main.word_quarter(word) as
case
    when regexp_full_match(word, '(19[0-9]{2}|20[0-9]{2}|2100)(-?Q[1-4]|年第?[1-4一二三四]季度)')
        then make_date(
            left(word, 4)::bigint,
            translate(regexp_extract(word, '^[0-9]{4}(?:-?Q|年第?)(.)', 1), '一二三四', '1234')::bigint * 3 - 2,
            1
        )
end;
create or replace macro memory.main.cell_quarter(text) as memory.main.word_quarter(memory.main.cell_clean(text));

-- Numbers ---------------------------------------------------------------------------------------------------------------

create or replace macro memory.main.word_integer(word) as
case when regexp_full_match(word, '-?[0-9]+(\.0)?') then try_cast(split_part(word, '.', 1) as bigint) end;
create or replace macro memory.main.cell_integer(text) as memory.main.word_integer(memory.main.cell_clean(text));

-- 一二…九十九, 两, or digits; null for '' (a missing part)
create or replace macro memory.main.numeral(word) as try_cast(
    case
        when word not like '%十%' then translate(word, '一二两三四五六七八九', '1223456789')
        else case when starts_with(word, '十') then '1' else '' end
            || translate(replace(word, '十', ''), '一二三四五六七八九', '123456789')
            || case when ends_with(word, '十') then '0' else '' end
    end as integer
);

create or replace macro memory.main.word_duration(word) as
case
    when word is null then null
    when regexp_full_match(word, '[0-9]+(\.0)?') then try_cast(split_part(word, '.', 1) as integer)
    when regexp_full_match(
        word,
        '([0-9]+|[一二三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])'
        || '(个?月|年(零?([0-9]+|[一二三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])个?月)?)'
    ) then try_cast(
        coalesce(memory.main.numeral(nullif(regexp_extract(word, '^(.+)年', 1), ''))::bigint, 0) * 12
        + case
            when word not like '%月' then 0
            else memory.main.numeral(regexp_extract(word, '^(?:.+年)?零?(.+?)个?月$', 1))::bigint
        end as integer
    )
end;
create or replace macro memory.main.cell_duration(text) as memory.main.word_duration(memory.main.cell_clean(text));

-- 无期 is a duration without a length, not an error
create or replace macro memory.main.word_is_unparsed_duration(word) as
word is not null and word not in ('无期', '无期徒刑') and memory.main.word_duration(word) is null;

-- Yuan. 万元 moves the decimal point in the text, so nothing is rounded before the last step; the cast rounds half away
-- from zero. unit: of the column ('万元' or null); a unit in the cell beats it.
create or replace macro memory.main.word_money(word, unit) as
case
    when word is null then null
    when not regexp_full_match(word, '(-?¥?|¥-)([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?(元|万元)?') then null
    when ends_with(word, '万元') or (unit = '万元' and not ends_with(word, '元'))
        then try_cast(
            case when contains(word, '-') then '-' else '' end
            || translate(split_part(word, '.', 1), '-¥,万元', '')
            || left(rpad(translate(split_part(word, '.', 2), '万元', ''), 4, '0'), 4)
            || '.' || substr(translate(split_part(word, '.', 2), '万元', ''), 5) || '0'
            as decimal(18, 2)
        )
    else try_cast(translate(word, '¥,元', '') as decimal(18, 2))
end;
create or replace macro memory.main.cell_money(text, unit) as
memory.main.word_money(memory.main.cell_clean(text), unit);

-- Words -----------------------------------------------------------------------------------------------------------------

-- takes the normal text, for 无 means no here and is not a null word
create or replace macro memory.main.normal_flag(normal) as
case
    when regexp_full_match(normal, '是|有|√|1|[Yy]|(?i:true)') then true
    when regexp_full_match(normal, '否|无|×|0|[Nn]|(?i:false)') then false
end;
create or replace macro memory.main.cell_flag(text) as memory.main.normal_flag(memory.main.cell_normal(text));

-- two passes, for the replacement takes both neighbours: 阿.买.提
create or replace macro memory.main.word_person_name(word) as
case
    when word is null or regexp_full_match(word, '[\x{4E00}-\x{9FFF}]*') then word
    when memory.main.word_is_excel_error(word) then null
    else regexp_replace(
        regexp_replace(
            case when regexp_matches(word, '\p{Latin}') then word else memory.main.remove_space(word) end,
            '(\p{Han})[•・‧∙⋅⸱.](\p{Han})', '\1·\2', 'g'
        ),
        '(\p{Han})[•・‧∙⋅⸱.](\p{Han})', '\1·\2', 'g'
    )
end;
create or replace macro memory.main.cell_person_name(text) as
memory.main.word_person_name(memory.main.cell_clean(text));

create or replace macro memory.main.word_drop_suffix(word, suffix) as
case when ends_with(word, suffix) then trim(left(word, length(word) - length(suffix))) else word end;

-- Damage -------------------------------------------------------------------------------------------------------------

-- a number as a spreadsheet shows long ones; 2025E0001 and 12E3 may be numbers that somebody gave
create or replace macro memory.main.word_is_scientific(word) as
(contains(word, 'E') or contains(word, 'e')) and regexp_full_match(
    memory.main.remove_space(word), '[0-9]+\.[0-9]*[Ee]\+?[0-9]+|[0-9]+[Ee]\+[0-9]+|[0-9][Ee][1-9][0-9]'
);

-- a character that nobody can read: private use, or what a converter puts for one it does not know
create or replace macro memory.main.word_is_damaged(word) as
case
    when word is null or regexp_full_match(word, '[ ->@-~\x{4E00}-\x{9FFF}\x{B7}]*') then false
    else regexp_matches(word, '[\x{E000}-\x{F8FF}\x{FFFD}\x{F0000}-\x{10FFFF}]')
        or (regexp_matches(word, '[?□■▯]') and regexp_matches(word, '\p{Han}'))
end;

-- of a name also pinyin for a Han character (马zhan; but Maria 李 is called so), and nothing but marks for what was lost
create or replace macro memory.main.word_is_damaged_name(word) as
case
    when word is null or regexp_full_match(word, '[\x{4E00}-\x{9FFF}\x{B7}]*') then false
    else memory.main.word_is_damaged(word)
        or regexp_matches(word, '\p{Han}\p{Latin}|\p{Latin}\p{Han}|\p{Han}\s+\p{Ll}|(^|\s)\p{Ll}+\s+\p{Han}')
        or regexp_full_match(word, '[?□■▯\s]+')
end;

-- Resident ids ----------------------------------------------------------------------------------------------------------

-- ISO 7064 MOD 11-2 over 17 digits
create or replace macro memory.main.check_character(digits) as substr(
    '10X98765432',
    1 + ((
        (ascii(digits[1]) - 48) * 7 + (ascii(digits[2]) - 48) * 9 + (ascii(digits[3]) - 48) * 10
        + (ascii(digits[4]) - 48) * 5 + (ascii(digits[5]) - 48) * 8 + (ascii(digits[6]) - 48) * 4
        + (ascii(digits[7]) - 48) * 2 + (ascii(digits[8]) - 48) + (ascii(digits[9]) - 48) * 6
        + (ascii(digits[10]) - 48) * 3 + (ascii(digits[11]) - 48) * 7 + (ascii(digits[12]) - 48) * 9
        + (ascii(digits[13]) - 48) * 10 + (ascii(digits[14]) - 48) * 5 + (ascii(digits[15]) - 48) * 8
        + (ascii(digits[16]) - 48) * 4 + (ascii(digits[17]) - 48) * 2
    ) % 11),
    1
);

-- what remove_space left of a word, upper case; 15 digits become 18. A lambda binds what is used more than once:
-- a macro's argument would be computed at every use
create or replace macro memory.main.squeezed_id_18(squeezed) as
case
    when regexp_full_match(squeezed, '[0-9]{15}')
        then list_transform(
            [left(squeezed, 6) || '19' || right(squeezed, 9)],
            lambda digits: digits || memory.main.check_character(digits)
        )[1]
    else upper(squeezed)
end;
create or replace macro memory.main.word_id_18(word) as
case
    when regexp_full_match(word, '[0-9]{17}[0-9X]') then word
    else list_transform(
        [memory.main.remove_space(word)], lambda squeezed: memory.main.squeezed_id_18(squeezed)
    )[1]
end;

create or replace macro memory.main.id_birth_date(id_18) as
memory.main.date_in_range(try_cast(
    substr(id_18, 7, 4) || '-' || substr(id_18, 11, 2) || '-' || substr(id_18, 13, 2) as date
));

-- W03 … W06 of an id of word_id_18, in the order W04, W03, W06, W05; null when valid
create or replace macro memory.main.id_18_problem(id_18, delivered_on) as
case
    when id_18 is null then null
    when not regexp_full_match(id_18, '[0-9]{17}[0-9X]')
        then case when regexp_full_match(id_18, '[0-9]+(\.[0-9]*)?E\+?[0-9]+') then 'W04' else 'W03' end
    when ends_with(id_18, '000') and id_18[18] != memory.main.check_character(id_18) then 'W04'
    when coalesce(memory.main.id_birth_date(id_18) > delivered_on, true) then 'W06'
    when id_18[18] != memory.main.check_character(id_18) then 'W05'
end;

create or replace macro memory.main.word_id_is_raised(word) as
not regexp_full_match(word, '[0-9]{17}[0-9X]')
    and regexp_full_match(memory.main.remove_space(word), '[0-9]{15}');

create or replace macro memory.main.cell_resident_id(text, delivered_on) as list_transform(
    [memory.main.cell_text(text)],
    lambda word: list_transform(
        [memory.main.word_id_18(word)],
        lambda id_18: case when memory.main.id_18_problem(id_18, delivered_on) is null then id_18 end
    )[1]
)[1];

-- W03 … W07 or null
create or replace macro memory.main.cell_resident_problem(text, delivered_on) as list_transform(
    [memory.main.cell_text(text)],
    lambda word: list_transform(
        [memory.main.word_id_18(word)],
        lambda id_18: coalesce(
            memory.main.id_18_problem(id_18, delivered_on),
            case when memory.main.word_id_is_raised(word) then 'W07' end
        )
    )[1]
)[1];
