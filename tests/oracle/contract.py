"""The contract of every feed, FEEDS.md §4, in a table of the oracle's own.

One line per column: ``column type header (other header, …)``. A ``*`` after the column marks a part of the
natural key (always required), a ``!`` any other required column. A type ``code:x`` names a list of CODES.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

WITHDRAWN = "withdrawn"  # the column 作废, which any incremental feed may have
WITHDRAWN_HEADER = "作废"
SEALED_WORD = "封存"
FILLED_DOWN = ("unit", "facility", "provider")  # a cell merged downwards holds for all its rows, as of places


@dataclass(frozen=True)
class Column:
    """One column of a feed: its name, type, headers, and whether a null in it quarantines the row."""

    name: str
    kind: str
    headers: tuple[str, ...]
    required: bool
    is_key: bool


@dataclass(frozen=True)
class Feed:
    """One feed: its id ``agency.feed``, names, delivery semantics and columns."""

    id: str
    agency_names: tuple[str, str]
    feed_names: tuple[str, str]
    is_snapshot: bool
    columns: tuple[Column, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the natural key's columns, in order."""
        return tuple(column.name for column in self.columns if column.is_key)

    def kinds(self) -> dict[str, str]:
        """Type of each column, by column name."""
        return {column.name: column.kind for column in self.columns}


CODES: dict[str, dict[str, tuple[str, ...]]] = {
    name: {entry.split()[0]: tuple(entry.split()[1:]) for entry in entries.split(",")}
    for name, entries in {
        "sex": "1 男, 2 女",
        "release_type": "1 刑满释放, 2 假释期满, 3 解除社区矫正, 4 特赦",
        "assessed_level": "01 重点, 02 一般",
        "handover_mode": (
            "01 基层政府接回, 02 监所送回, 03 司法所接回, 04 公安落实管控, 05 基层组织接回, 06 自返, 99 其他"
        ),
        "close_reason": "1 期满, 2 死亡, 3 重新犯罪, 4 迁出, 5 错列, 9 其他",
        "dual_direction": "1 流出, 2 流入",
        "placement": (
            "00 未就业, 01 责任田, 02 公益性岗位, 03 企业基地, 04 政府基地, 05 个体, 06 企业吸纳, 07 自主创业, 99 其他"
        ),
        "visitor": "1 司法所, 2 派出所, 3 帮教小组, 4 村社区",
        "visit_mode": "1 上门, 2 电话, 3 视频",
        "conduct": "1 好, 2 一般, 3 差",
        "colour": "1 红, 2 橙, 3 黄, 4 蓝",
        "case_kind": "1 刑事, 2 行政",
        "case_stage": "1 立案, 2 批捕, 3 起诉, 4 判决生效, 7 撤案, 8 不起诉, 9 无罪",
        "residence_status": "1 在控, 2 失联, 3 死亡",
        "relief_type": (
            "1 最低生活保障 低保, 2 特困人员供养 特困, 3 受灾救助, 4 医疗救助, 5 教育救助, 6 住房救助, "
            "7 就业救助, 8 临时救助"
        ),
        "relief_status": "1 已发放, 2 退回",
        "employment_kind": "1 就业, 2 失业, 3 创业",
    }.items()
}

ID_NO = "证件号码 (身份证号, 身份证号码)"

RELIEF = f"""
payment_no* text 发放编号
grant_no! text 审批编号
name! name 姓名
id_no id {ID_NO}
township township 镇街
relief_type! code:relief_type 救助类别
granted_on! date 批准日期
paid_on date 发放日期
amount_yuan money 金额 (发放金额)
status! code:relief_status 发放状态
"""

_FEEDS: tuple[tuple[str, str, str, str], ...] = (
    ("corrections.releases", "监狱 刑满释放人员信息", "incremental", """
release_no* text 释放证明书编号 (释放证编号)
name! name 姓名
sex code:sex 性别
id_no id 证件号码 (身份证号, 身份证号码, 公民身份号码)
birth_date date 出生日期 (出生年月日)
household_district district 户籍地区县
household_township township 户籍地镇街 (户籍镇街)
offence text 罪名 (案由)
sentence_months duration 原判刑期 (刑期)
admitted_on date 收监日期 (入监日期)
released_on! date 释放日期 (刑满日期)
release_type! code:release_type 释放类型
facility text 关押单位 (监所名称)
prior_convictions integer 前科次数
assessed_level code:assessed_level 危险性评估
notified_on date 预释放通知日期
sealed flag 未成年封存 (犯罪记录封存)
"""),
    ("justice.register", "司法局 安置帮教台账", "snapshot", f"""
register_no* text 档案编号
name! name 姓名
id_no id {ID_NO}
release_no text 释放证明书编号 (释放证编号)
township! office 司法所 (镇街, 所属镇街)
handed_over_on date 衔接日期
handover_mode code:handover_mode 衔接方式
registered_on! date 列管日期
closed_on date 撤管日期
close_reason code:close_reason 撤管原因
is_key flag 重点对象
dual_direction code:dual_direction 双列管方向
dual_from date 双列管起始日
dual_to date 双列管终止日
counterpart_district text 对方区县
counterpart_office text 对方司法所
counterpart_ack_on date 对方回执日期
placement code:placement 就业安置
"""),
    ("justice.visits", "司法局 走访记录", "incremental", """
visit_no* text 走访编号
register_no! text 档案编号
visited_on! date 走访日期
visitor code:visitor 走访单位
mode code:visit_mode 走访方式
conduct code:conduct 现实表现
counselled flag 心理疏导
"""),
    ("justice.risk_assessments", "司法局 风险评估", "incremental", """
assessment_no* text 评估编号
register_no! text 档案编号
assessed_on! date 评估日期
colour! code:colour 风险等级 (颜色, 赋色)
reason text 风险原因
approver text 审批人
plan_on date 一人一策日期
"""),
    ("justice.sweeps", "司法局 动态排查", "incremental", """
township* township 镇街
month* month 月份
checked_persons! integer 排查人数
risks_found integer 发现风险
completed_on date 完成日期
"""),
    ("police.reoffences", "公安 重新犯罪信息", "incremental", f"""
record_no* text 记录编号
case_no! text 案件编号
name! name 姓名
id_no id {ID_NO}
birth_date date 出生日期
sex code:sex 性别
offended_on! date 发案日期 (作案日期)
filed_on date 立案日期
case_kind! code:case_kind 案件性质
offence text 涉嫌罪名 (罪名)
case_stage! code:case_stage 案件阶段
unit text 办案单位
"""),
    ("police.residence", "公安 实有人口核查", "snapshot", f"""
id_no* id {ID_NO}
name! name 姓名
household_district district 户籍地区县
household_township township 户籍地镇街
residence_district district 现居住地区县
residence_township township 现居住地镇街
checked_on! date 核查日期
status! code:residence_status 状态
"""),
    ("civil_affairs.relief", "民政 社会救助发放", "incremental", RELIEF),
    ("housing.relief", "住建 社会救助发放", "incremental", RELIEF),
    ("hr.training", "人社 职业技能培训", "incremental", f"""
enrolment_no* text 培训编号
name! name 姓名
id_no id {ID_NO}
course! text 课程 (培训课程)
started_on! date 开班日期
finished_on date 结业日期
passed flag 是否合格
certificate_no text 证书编号
subsidy_yuan money 补贴金额
subsidy_paid_on date 补贴发放日期
"""),
    ("hr.public_posts", "人社 公益性岗位", "snapshot", f"""
post_no* text 岗位编号
category! text 岗位类别
unit text 开发单位
township township 镇街
developed_on! date 开发日期
name name 安置人员
id_no id {ID_NO}
started_on date 上岗日期
ended_on date 离岗日期
"""),
    ("hr.employment", "人社 就业失业登记", "incremental", f"""
record_no* text 登记编号
name! name 姓名
id_no id {ID_NO}
kind! code:employment_kind 登记类型
recorded_on! date 登记日期
employer text 用人单位
"""),
    ("health.counselling", "卫健 心理疏导", "incremental", f"""
record_no* text 记录编号
name! name 姓名
id_no id {ID_NO}
counselled_on! date 疏导日期
provider text 机构
"""),
    ("city.benchmarks", "市局 全市通报", "incremental", """
district* district 区县
quarter* quarter 季度
at_risk_persons! integer 在册人数
reoffenders! integer 重新犯罪人数
document_no text 通报文号
"""),
    ("finance.budget", "财政 专项经费", "snapshot", """
year* integer 年度
item* text 项目
budget_yuan! money 预算金额
spent_yuan money 支出金额
as_of date 截至日期
"""),
)  # fmt: skip


def _column(line: str) -> Column:
    match = re.fullmatch(r"(\w+)([*!]?) (\S+) ([^ (]+)(?: \((.+)\))?", line)
    assert match is not None, line
    name, mark, kind, header, others = match.groups()
    headers = (header, *(other.strip() for other in (others or "").split(",") if other.strip()))
    return Column(name, kind, headers, required=mark != "", is_key=mark == "*")


def _feed(feed_id: str, chinese: str, semantics: str, lines: str) -> Feed:
    agency, name = feed_id.split(".")
    agency_zh, name_zh = chinese.split()
    columns = tuple(_column(line) for line in lines.strip().splitlines())
    return Feed(feed_id, (agency, agency_zh), (name, name_zh), semantics == "snapshot", columns)


FEEDS: dict[str, Feed] = {entry[0]: _feed(*entry) for entry in _FEEDS}

# Rules judged column by column, QUALITY.md.
COUNT_COLUMNS = ("checked_persons", "risks_found", "at_risk_persons", "reoffenders")
DATE_ORDER: dict[str, tuple[str, str]] = {  # Q2: the second may not lie before the first
    "corrections.releases": ("admitted_on", "released_on"),
    "justice.register": ("registered_on", "closed_on"),
    "hr.training": ("started_on", "finished_on"),
    "hr.public_posts": ("started_on", "ended_on"),
}
NOT_AFTER_DELIVERY: dict[str, tuple[str, ...]] = {  # Q3
    "justice.register": ("handed_over_on", "registered_on"),
    "justice.visits": ("visited_on",),
    "justice.risk_assessments": ("assessed_on",),
    "justice.sweeps": ("completed_on",),
    "police.reoffences": ("offended_on", "filed_on"),
    "police.residence": ("checked_on",),
    "civil_affairs.relief": ("granted_on", "paid_on"),
    "housing.relief": ("granted_on", "paid_on"),
    "hr.training": ("started_on",),
    "hr.employment": ("recorded_on",),
    "health.counselling": ("counselled_on",),
}
NOT_NEGATIVE: dict[str, tuple[str, ...]] = {  # Q5
    "hr.training": ("subsidy_yuan",),
    "finance.budget": ("budget_yuan", "spent_yuan"),
    "justice.sweeps": ("checked_persons", "risks_found"),
    "city.benchmarks": ("reoffenders",),
}
POSITIVE: dict[str, tuple[str, ...]] = {  # Q5
    "civil_affairs.relief": ("amount_yuan",),
    "housing.relief": ("amount_yuan",),
    "city.benchmarks": ("at_risk_persons",),
}
