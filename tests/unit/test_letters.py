"""A letter's file: what is wrong with it is said in one sentence, with the line."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document

from reentry.errors import UsageError
from reentry.figures.window import Window
from reentry.replies.document import check_template
from reentry.replies.letter import REPLIES, letter_names, load_letter, parse_letter, template_path
from reentry.replies.new_letter import new_letter, unfilled
from reentry.replies.periods import letter_windows, window_label
from reentry.replies.printing import STYLES

GOOD = """\
kind: 政协提案
number: "7"
session: 区政协会议
deputy: 尊敬的委员
title: 关于就业的提案
class: B
issuer: 某某区司法局
document_number: 某司函〔2025〕1号
date: 2025-06-19
heading: 关于第7号提案的复函
template: letter.docx
windows:
  year: {from: 2025-01-01, to: 2025-03-31}
figures:
  people: {id: register.on_register, print: about, step: 100}
  handed_over:
    id: handover.rate
    print: all
    complete: 全部衔接
    otherwise: 应衔接{denominator}，已衔接{numerator}
text: |
  现答复如下：
  {{ window.year }}，在册{{ people }}人。
  {{ handed_over }}。
"""
# what is wrong, what replaces what, the line that is named, words of the reason
WRONG = [
    ("unknown figure", ("id: register.on_register", "id: register.on_registr"), 15, "最接近的是 register.on_register"),
    (
        "placeholder without a figure",
        ("{{ people }}", "{{ peple }}"),
        23,
        "占位符 peple 没有对应的指标，最接近的是 people",
    ),
    ("figure without a placeholder", ("在册{{ people }}人", "在册若干人"), 15, "正文缺少占位符 {{ people }}"),
    ("half a placeholder", ("{{ people }}", "{{ people }"), 23, "写得不完整"),
    ("window reversed", ("to: 2025-03-31", "to: 2024-12-31"), 13, "止日 2024-12-31 早于起日 2025-01-01"),
    ("no such day", ("to: 2025-03-31", "to: 2025-02-30"), 13, "2025-02-30 不是日期"),
    ("no such window", ("print: about", "window: quarter, print: about"), 15, "没有时间段 quarter"),
    ("no such way to print", ("print: about", "print: round"), 15, "没有印法 round"),
    ("a way for other units", ("print: about, step: 100", "print: wan"), 15, "不适用于单位为 人"),
    ("no step", ("about, step: 100", "about"), 15, "印法 about 需要 step"),
    ("a step of nothing", ("step: 100", "step: 0"), 15, "step 应为正整数"),
    (
        "a breakdown it does not have",
        ("id: handover.rate", "id: handover.rate\n    by: {colour: 红}"),
        18,
        "不能按 colour",
    ),
    ("all, said of a part", ("otherwise: 应", "otherwise: 全部应"), 20, "只有 complete 可以"),
    ("a part without its numbers", ("otherwise: 应衔接{denominator}，", "otherwise: "), 20, "两个数"),
    ("all, written in the text", ("{{ handed_over }}。", "{{ handed_over }}，全部到位。"), 24, "正文不能直接写“全部”"),
    ("unknown key", ("session:", "sesion:"), 3, "最接近的是 session"),
    ("missing key", ("class: B\n", ""), 1, "缺少 class"),
    ("a key twice", ("class: B\n", "class: B\nclass: A\n"), 7, "class 重复"),
    ("unknown class", ("class: B", "class: D"), 6, "class 只能是 A、B、C"),
    ("no YAML", ("class: B", "class: B: C"), 6, "不是有效的 YAML"),
]


@pytest.mark.parametrize(("change", "line", "words"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_wrong_letter_is_one_sentence_with_its_line(change: tuple[str, str], line: int, words: str) -> None:
    """Each names the file, the line and the reason."""
    assert parse_letter("good", GOOD, file="replies/good.yml").figures
    assert GOOD.count(change[0]) >= 1
    with pytest.raises(UsageError) as said:
        parse_letter("bad", GOOD.replace(change[0], change[1], 1), file="replies/bad.yml")
    assert f"replies/bad.yml 第 {line} 行" in str(said.value)
    assert words in str(said.value)
    assert "\n" not in str(said.value)


def test_as_of_in_the_future() -> None:
    """A window that is not over on the day of the data is refused; so is one given on the command line."""
    letter = parse_letter("good", GOOD, file="replies/good.yml")
    known_at = date(2025, 3, 30)
    with pytest.raises(UsageError, match="第 13 行：时间段 year 截至 2025-03-31，晚于已发布数据的截至日 2025-03-30"):
        letter_windows(letter, known_at, starts_on=None, ends_on=None, as_of=None)
    with pytest.raises(UsageError, match="截至日 2025-12-31，晚于"):
        letter_windows(letter, known_at, starts_on=None, ends_on=None, as_of=date(2025, 12, 31))
    with pytest.raises(UsageError, match="早于起日"):
        letter_windows(letter, known_at, starts_on=date(2025, 3, 2), ends_on=date(2025, 3, 1), as_of=None)
    windows = letter_windows(letter, known_at, starts_on=None, ends_on=date(2025, 2, 28), as_of=None)
    assert windows == {"year": Window(date(2025, 1, 1), date(2025, 2, 28), date(2025, 2, 28), known_at)}


def test_template_without_a_field() -> None:
    """A template that would leave something out is refused by name; so is what is no Word file."""
    letter = parse_letter("good", GOOD, file="replies/good.yml")
    template = template_path(letter).read_bytes()
    check_template(letter, template)
    document = Document(BytesIO(template))
    next(p for p in document.paragraphs if "{{ date }}" in p.text).runs[0].text = "某年某月某日"
    changed = BytesIO()
    document.save(changed)
    with pytest.raises(UsageError, match=r"第 11 行：模板 letter.docx 缺少字段 \{\{ date \}\}"):
        check_template(letter, changed.getvalue())
    with pytest.raises(UsageError, match="不是 Word 文件"):
        check_template(letter, b"no archive")
    missing = parse_letter("good", GOOD.replace("letter.docx", "other.docx"), file="replies/good.yml")
    with pytest.raises(UsageError, match=r"第 11 行：replies/ 中没有模板 other\.docx"):
        template_path(missing)


def test_shipped_letters_are_right() -> None:
    """Two are shipped, to a deputy and to a CPPCC member; every way to print is used or known."""
    letters = [load_letter(name) for name in letter_names()]
    assert {letter.kind for letter in letters} == {"人大代表建议", "政协提案"}
    for letter in letters:
        check_template(letter, template_path(letter).read_bytes())
        assert {figure.style for figure in letter.figures.values()} <= set(STYLES)


def test_unknown_letter_names_the_nearest() -> None:
    """A wrong name is no file to read."""
    with pytest.raises(UsageError, match="没有答复 2025-1807018：最接近的是 2025-18070184"):
        load_letter("2025-1807018")
    with pytest.raises(UsageError, match="没有答复"):
        load_letter("../replies/2025-18070184")


def test_new_letter_is_right_as_it_stands(tmp_path: Path) -> None:
    """The form gives a letter that passes; it is never written over one that is there."""
    path = new_letter("2026-1", number="12", title="关于“双列管”的提案", kind="政协提案", folder=tmp_path)
    letter = parse_letter("2026-1", path.read_text(encoding="utf-8"), file=path.name)
    assert (letter.number, letter.kind, letter.deputy) == ("12", "政协提案", "尊敬的委员")
    assert letter.session.startswith("区政协")
    lines = path.read_text(encoding="utf-8").splitlines()
    blank = {lines[number - 1].split(":")[0].strip() for number in unfilled("2026-1", tmp_path)}
    assert blank == {"session", "issuer", "document_number", "关于区政协第〇届委员会第〇次会议"}
    assert not unfilled("2025-zx-0126")
    assert letter.heading.endswith("第12号提案的复函")
    with pytest.raises(UsageError, match="已经存在"):
        new_letter("2026-1", number="13", title="x", folder=tmp_path)
    with pytest.raises(UsageError, match="只能用英文字母"):
        new_letter("../x", number="13", title="x", folder=tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["2026-1.yml"]
    assert (REPLIES / letter.template).exists()


@pytest.mark.parametrize(
    ("days", "label"),
    [
        (("2025-01-01", "2025-03-31"), "2025年一季度"),
        (("2025-10-01", "2025-12-31"), "2025年四季度"),
        (("2025-07-01", "2025-12-31"), "2025年下半年"),
        (("2024-02-01", "2024-02-29"), "2024年2月"),
        (("2024-01-01", "2024-12-31"), "2024年"),
        (("2025-01-01", "2025-06-19"), "2025年以来"),
        (("2025-02-01", "2025-04-30"), "2025年2月1日至4月30日"),
        (("2024-12-01", "2025-01-31"), "2024年12月1日至2025年1月31日"),
    ],
)
def test_windows_are_named_as_in_letters(days: tuple[str, str], label: str) -> None:
    """Quarters, halves, years, months; from New Year to the day of the letter; else the days."""
    first, last = (date.fromisoformat(day) for day in days)
    assert window_label(Window(first, last, last, last)) == label
