"""A letter as data: ``replies/<letter>.yml``, read and judged; a wrong one is refused with line and reason."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from reentry.errors import UsageError
from reentry.nearest import nearest
from reentry.plain_yaml import read_yaml
from reentry.project import MODELS, ROOT
from reentry.replies.marked_yaml import Marked, Place, read_marked
from reentry.replies.printing import ALL_SAID, CHANGES, STYLES

REPLIES = ROOT / "replies"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][\w.]*)\s*\}\}")
BRACES = re.compile(r"\{\{.*?\}\}|\{\{|\}\}")
KINDS = ("人大代表建议", "政协提案")
CLASSES = ("A", "B", "C")
TEXTS = (
    "kind",
    "number",
    "session",
    "deputy",
    "title",
    "class",
    "issuer",
    "document_number",
    "heading",
    "template",
    "text",
)
REQUIRED = (*TEXTS, "date", "windows", "figures")
KNOWN = (*REQUIRED, "note")


@dataclass(frozen=True)
class Figure:
    """One placeholder of the text: which cell of which figure, in which window, printed how."""

    name: str
    id: str
    by: dict[str, str]
    window: str
    style: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class Days:
    """A window as the letter gives it; ``as_of`` is its last day unless given."""

    starts_on: date
    ends_on: date
    as_of: date


@dataclass(frozen=True)
class Letter:
    """One letter; ``source`` is its file, word for word, and ``place`` gives the error for a key of it."""

    name: str
    kind: str
    number: str
    session: str
    deputy: str
    title: str
    answer_class: str
    issuer: str
    document_number: str
    heading: str
    date: date
    note: str
    template: str
    windows: dict[str, Days]
    figures: dict[str, Figure]
    text: str
    source: str
    marked: Marked = field(repr=False, compare=False)

    @property
    def main_window(self) -> str:
        """The window that --from, --to and --as-of replace: the first."""
        return next(iter(self.windows))


def letter_names(folder: Path = REPLIES) -> list[str]:
    """The letters there are."""
    return sorted(path.stem for path in folder.glob("*.yml"))


def load_letter(name: str, folder: Path = REPLIES) -> Letter:
    """The letter of that name; UsageError names the file, the line and the reason when it is wrong or missing."""
    path = folder / f"{name}.yml"
    if not NAME.fullmatch(name) or not path.is_file():
        known = letter_names(folder)
        hint = f"最接近的是 {nearest(name, known)}" if known else "还没有建立任何答复"
        raise UsageError(f"没有答复 {name}：{hint}（reentry letters list 列出全部）。")
    return parse_letter(name, path.read_text(encoding="utf-8"), file=_shown(path))


def template_path(letter: Letter, folder: Path = REPLIES) -> Path:
    """Where the letter's Word template lies; UsageError when it is not there."""
    path = folder / letter.template
    if path.parent != folder or path.suffix != ".docx" or not path.is_file():
        raise letter.marked.wrong(("template",), f"replies/ 中没有模板 {letter.template}，请改正文件名。")
    return path


def parse_letter(name: str, source: str, *, file: str) -> Letter:
    """The letter that ``source`` describes; ``file`` is what errors call it."""
    marked = read_marked(file, source)
    said = marked.values
    _check_keys(marked)
    windows = {key: _window(marked, key, value) for key, value in said["windows"].items()}
    figures = {key: _figure(marked, key, value, windows) for key, value in said["figures"].items()}
    _check_text(marked, windows, figures)
    texts = {key: str(said[key]).strip("\n") for key in TEXTS}
    return Letter(
        name=name,
        answer_class=texts.pop("class"),
        date=said["date"],
        note=str(said.get("note", "")),
        windows=windows,
        figures=figures,
        source=source,
        marked=marked,
        **texts,
    )


@cache
def known_figures() -> dict[str, dict[str, Any]]:
    """Every figure of the project by its id: unit, breakdowns, name, as the models' files say."""
    figures: dict[str, dict[str, Any]] = {}
    for path in sorted(MODELS.glob("marts/*/fig_*.yml")):
        for model in read_yaml(path, _shown(path))["models"]:
            figures |= {f["id"]: f for f in model["config"]["meta"]["figures"]}
    return figures


def _shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def _check_keys(marked: Marked) -> None:
    said = marked.values
    for key, value in said.items():
        if key not in KNOWN:
            raise marked.wrong((key,), f"不认识 {key}，最接近的是 {nearest(key, KNOWN)}：请改名或删去。")
        kind = {"date": date, "windows": dict, "figures": dict}.get(key)
        if kind is not None and not isinstance(value, kind):
            raise marked.wrong(
                (key,), f"{key} 应为{'日期，如 2025-06-19' if kind is date else '“名称: 内容”的列表'}，请改正。"
            )
        if kind is None and (not isinstance(value, str | int) or not str(value).strip()):
            raise marked.wrong((key,), f"{key} 应为文字且不能为空，请填写。")
    for key in REQUIRED:
        if key not in said:
            raise marked.wrong((), f"缺少 {key}：请补上（可参照 reentry letters new 生成的样式）。")
    for key, allowed in (("kind", KINDS), ("class", CLASSES)):
        if said[key] not in allowed:
            raise marked.wrong((key,), f"{key} 只能是 {'、'.join(allowed)}，不能是 {said[key]}：请改正。")
    for key in ("windows",):
        if not said[key]:
            raise marked.wrong((key,), f"{key} 为空：至少写一个时间段。")


def _window(marked: Marked, name: str, raw: Any) -> Days:
    place = ("windows", name)
    if not isinstance(raw, dict) or not {"from", "to"} <= set(raw) <= {"from", "to", "as_of"}:
        raise marked.wrong(place, f"时间段 {name} 应写 from、to，可加 as_of：请改正。")
    for key, value in raw.items():
        if not isinstance(value, date):
            raise marked.wrong(
                (*place, key), f"时间段 {name} 的 {key} 应为日期，如 2025-01-01，不能是 {value}：请改正。"
            )
    if raw["to"] < raw["from"]:
        raise marked.wrong((*place, "to"), f"时间段 {name} 的止日 {raw['to']} 早于起日 {raw['from']}：请对调。")
    return Days(raw["from"], raw["to"], raw["as_of"] if "as_of" in raw else raw["to"])


def _figure(marked: Marked, name: str, raw: Any, windows: dict[str, Days]) -> Figure:
    place: Place = ("figures", name)
    if not re.fullmatch(r"[A-Za-z_]\w*", name) or name == "window":
        raise marked.wrong(place, f"指标名称 {name} 只能用英文字母、数字和下划线，且不能是 window：请改名。")
    if not isinstance(raw, dict) or "id" not in raw or "print" not in raw:
        raise marked.wrong(place, f"指标 {name} 应写明 id 和 print（怎样印）：请补上。")
    said = dict(raw)
    figure_id, style = said.pop("id"), said.pop("print")
    by, window = said.pop("by", {}), said.pop("window", next(iter(windows)))
    figures = known_figures()
    if figure_id not in figures:
        near = nearest(str(figure_id), list(figures))
        raise marked.wrong((*place, "id"), f"没有指标 {figure_id}，最接近的是 {near}：请改正。")
    if window not in windows:
        raise marked.wrong((*place, "window"), f"没有时间段 {window}，现有 {'、'.join(windows)}：请改正。")
    cuts = [sorted(cut) for cut in figures[figure_id]["breakdowns"]]
    if not isinstance(by, dict) or sorted(by) not in cuts:
        can = "、".join("+".join(cut) if cut else "不分项" for cut in cuts)
        asked = "+".join(by) if isinstance(by, dict) and by else "不分项" if by == {} else str(by)
        raise marked.wrong((*place, "by"), f"指标 {figure_id} 不能按 {asked} 取数，可以 {can}：请改正。")
    _check_style(marked, place, figures[figure_id], style, said)
    return Figure(name, figure_id, {k: str(v) for k, v in by.items()}, window, style, said)


def _check_style(marked: Marked, place: Place, figure: dict[str, Any], name: str, settings: dict[str, Any]) -> None:
    if name not in STYLES:
        raise marked.wrong((*place, "print"), f"没有印法 {name}，现有 {'、'.join(STYLES)}：请改正。")
    style = STYLES[name]
    if style.units is not None and figure["unit"] not in style.units:
        raise marked.wrong(
            (*place, "print"), f"印法 {name} 不适用于单位为 {figure['unit']} 的 {figure['id']}：请换一种。"
        )
    if name in CHANGES and figure["id"].startswith("data."):
        raise marked.wrong((*place, "print"), f"{figure['id']} 没有同比，不能用 {name}：请换一种。")
    for key in style.needs:
        if key not in settings:
            raise marked.wrong(place, f"印法 {name} 需要 {key}：请补上。")
    known = (*style.needs, *style.may, "none")
    for key, value in settings.items():
        if key not in known:
            raise marked.wrong((*place, key), f"不认识 {key}，最接近的是 {nearest(key, known)}：请改名或删去。")
        if key == "step" and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            raise marked.wrong((*place, key), f"step 应为正整数，不能是 {value}：请改正。")
        if key == "front" and (not isinstance(value, int | float | str) or not _is_share(value)):
            raise marked.wrong((*place, key), f"front 应为 0 到 1 之间的比例，如 1/10，不能是 {value}：请改正。")
        if key != "complete" and any(word in str(value) for word in ALL_SAID):
            raise marked.wrong((*place, key), f"{key} 中不能写“全部”“100%”：只有 complete 可以，请改写。")
        _check_format(marked, (*place, key), name, value)


def _is_share(value: Any) -> bool:
    from fractions import Fraction

    try:
        return 0 < Fraction(str(value)) <= 1
    except (ValueError, ZeroDivisionError):
        return False


def _check_format(marked: Marked, place: Place, style: str, value: Any) -> None:
    fields = {"all": ("numerator", "denominator", "percent"), "rank": ("rank", "of")}.get(style, ())
    try:
        str(value).format(**dict.fromkeys(fields, ""))
    except (KeyError, IndexError, ValueError) as error:
        raise marked.wrong(
            place, f"{place[-1]} 里只能用 {' '.join('{' + f + '}' for f in fields)}：请改正。"
        ) from error
    if (
        style == "all"
        and place[-1] == "otherwise"
        and not {"{numerator}", "{denominator}"} <= set(re.findall(r"\{\w+\}", str(value)))
    ):
        raise marked.wrong(place, "otherwise 必须写出 {numerator} 和 {denominator} 两个数：请补上。")


def _check_text(marked: Marked, windows: dict[str, Days], figures: dict[str, Figure]) -> None:
    known = [*figures, *(f"window.{name}" for name in windows)]
    used = set()
    first = marked.lines[("text",)] + 1  # a block of text begins on the line below its key
    for number, line in enumerate(str(marked.values["text"]).split("\n"), first):
        for found in BRACES.findall(line):
            match = PLACEHOLDER.fullmatch(found)
            if match is None:
                raise marked.wrong_line(number, f"占位符 {found} 写得不完整，应如 {{{{ 名称 }}}}：请改正。")
            if match[1] not in known:
                near = nearest(match[1], known)
                raise marked.wrong_line(
                    number, f"占位符 {match[1]} 没有对应的指标，最接近的是 {near}：请改正或在 figures 中补上。"
                )
            used.add(match[1])
        for word in ALL_SAID:
            if word in PLACEHOLDER.sub("", line):
                raise marked.wrong_line(number, f"正文不能直接写“{word}”：请用印法 all 的指标，数据相符时才印出。")
    for name in figures:
        if name not in used:
            raise marked.wrong(
                ("figures", name), f"指标 {name} 没有用到，正文缺少占位符 {{{{ {name} }}}}：请补上或删去该指标。"
            )
