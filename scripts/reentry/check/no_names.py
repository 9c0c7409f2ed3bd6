"""Words that are no person's name: places, codes, offices (rule Q8)."""

from __future__ import annotations

from reentry.contract import feeds

# How names of offices and units end. A person's name that ends so is shorter.
OFFICE = (
    "..+(司法所|派出所|监狱|看守所|戒毒所|公安局|司法局|民政局|分局|法院|检察院|医院|卫生院|学校|中心|公司|合作社|社区"
    "|街道|村委会|居委会|基地|办公室|街道办|委员会)|...+[局厂区县市]"
)


def words_of(reference: str) -> str:
    """SQL of the words (column ``word``) of the reference tables in a schema, such as ``warehouse.reference``.

    Townships and districts in full, and what codes and their further words are, one character left out.
    """
    lists = sorted({c.code_list for feed in feeds() for c in feed.columns if c.code_list})
    parts = [
        f"select township_name as word from {reference}.townships",
        f"select district_name from {reference}.districts",
    ]
    for name in lists:
        parts.append(f"select name from {reference}.{name}")
        parts.append(f"select unnest(regexp_split_to_array(words, '[|;；、,，]')) from {reference}.{name}")
    return f"select distinct trim(word) as word from ({' union all '.join(parts)}) where length(trim(word)) > 1"
