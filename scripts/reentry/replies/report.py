"""The figures of a pull for people (a workbook) and for machines (JSON), and what is said of their changes."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

from reentry.definition import figure_of
from reentry.figures.show import shown
from reentry.replies.fonts import fonts_said
from reentry.replies.frozen_zip import frozen_zip
from reentry.sources import feed_names, feeds_of, files_of

if TYPE_CHECKING:
    from reentry.replies.figures import Printed
    from reentry.replies.pack import Content

FILES_NAMED = 3


def figures_json(content: Content, hashes: dict[str, str]) -> bytes:
    """The document of ``figures.json``; ``hashes`` are those of the other files of the pack."""
    basis = content.basis
    document = {
        "letter": content.letter.name,
        "number": content.letter.number,
        "document_number": content.letter.document_number,
        "title": content.letter.title,
        "pull": content.pull,
        "district_code": basis.district_code,
        "known_at": str(basis.known_at),
        "build": {
            "id": basis.build_id,
            "published_at": f"{basis.published_at.isoformat()}Z",
            "batches": len(basis.batches),
        },
        "windows": {
            name: {"from": str(w.starts_on), "to": str(w.ends_on), "as_of": str(w.as_of)}
            for name, w in content.windows.items()
        },
        "figures": [_figure(content, printed) for printed in content.figures],
        "batches": _batches(content),
        "files": hashes,
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def changes_said(changed: dict[str, Any] | None, unit: str) -> str:
    """The causes of a change in one line; that there is none, or that nothing was printed before."""
    if changed is None:
        return "首次取数"
    if not changed["causes"]:
        return f"与 {changed['since']['pull']} 相同"
    return f"{changed['since']['pull']} 印作“{changed['printed_before']}”；{'；'.join(causes_said(changed, unit))}"


def causes_said(changed: dict[str, Any], unit: str) -> list[str]:
    """Each cause of a change, with the value before and after it."""
    return [f"{_cause(c)}：{_step(c, unit)}" for c in changed["causes"]]


def _step(cause: dict[str, Any], unit: str) -> str:
    before, after = shown(unit, cause["before"]), shown(unit, cause["after"])
    return f"{before} → {after}" if cause["before"] != cause["after"] else f"数值不变（{after}）"


def _cause(cause: dict[str, Any]) -> str:
    kind = cause["kind"]
    if kind == "window":
        was, now = (f"{w['from']} 至 {w['to']}、截至 {w['as_of']}" for w in (cause["from"], cause["to"]))
        return f"时间段由 {was} 改为 {now}"
    if kind == "definition":
        if cause["from"] == cause["to"]:
            return f"口径所依据的处理有调整（版本仍为 {cause['to']}）"
        return f"口径由版本 {cause['from']} 改为 {cause['to']}"
    if kind == "settings":
        return f"参数或人员认定有调整（{'、'.join(cause['tables'])}）"
    column, word = {"new_deliveries": ("new_rows", "新报送"), "corrections": ("corrected_rows", "更正")}[kind]
    named = "、".join(f"{b['file_name']}（{b[column]}行）" for b in cause["batches"][:FILES_NAMED])
    more = f"等{len(cause['batches'])}个文件" if len(cause["batches"]) > FILES_NAMED else ""
    return f"{word} {named}{more}"


def _batches(content: Content) -> list[dict[str, Any]]:
    wanted = {feed for printed in content.figures for feed in feeds_of(printed.figure.id, content.basis.definitions)}
    batches = files_of(sorted(wanted), content.basis.batches)
    return [{**batch, "delivered_on": str(batch["delivered_on"])} for batch in batches]


def _figure(content: Content, printed: Printed) -> dict[str, Any]:
    hidden = content.public.hidden.get(printed.name)
    public = {"public": hidden.text if hidden else printed.text}
    if hidden and hidden.released_by:
        public |= {"released_by": hidden.released_by, "released_because": hidden.reason}
    elif hidden:
        public["hidden_because"] = hidden.reason
    return {
        "name": printed.name,
        "printed": printed.text,
        "style": printed.figure.style,
        **public,
        "window": printed.figure.window,
        "from": str(printed.window.starts_on),
        "to": str(printed.window.ends_on),
        "as_of": str(printed.window.as_of),
        **printed.cell,
        "definition_zh": _definition(content, printed),
        "feeds": feeds_of(printed.figure.id, content.basis.definitions),
        "changed": _changed(content, printed),
    }


def _changed(content: Content, printed: Printed) -> dict[str, Any] | None:
    return next((c for c in content.changes if c["name"] == printed.name), None)


def _definition(content: Content, printed: Printed) -> str:
    about, _ = figure_of(printed.figure.id, content.basis.definitions)
    return str(about["definition_zh"])


def figures_workbook(content: Content) -> bytes:
    """The workbook ``figures.xlsx``: what it is, the figures, the causes of changes, the source files."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    _sheet(book, "指标", FIGURE_COLUMNS, [_figure_row(content, printed) for printed in content.figures])
    _sheet(book, "与上次相比", CHANGE_COLUMNS, _change_rows(content))
    _sheet(book, "来源文件", FILE_COLUMNS, _file_rows(content))
    _sheet(book, "本次取数", ABOUT_COLUMNS, _about_rows(content))
    out = BytesIO()
    book.save(out)
    return frozen_zip(out.getvalue())


# heading and width of each column
FIGURE_COLUMNS = {
    **{"占位符": 17, "指标": 24, "名称": 20, "分项": 14, "印作": 30, "公开版印作": 30, "公开与否的理由": 30},
    **{"准确值": 16, "单位": 8, "分子": 10, "分母": 12, "上年同期": 16, "同比": 10, "说明": 26},
    **{"起": 12, "止": 12, "截至": 12, "数据截至": 12, "口径": 48, "口径版本": 9, "来源": 30, "与上次相比": 60},
}
CHANGE_COLUMNS = {"占位符": 17, "名称": 20, "上次取数": 30, "原因": 16, "之前": 16, "之后": 16, "说明": 90}
FILE_COLUMNS = {"批次": 8, "来源": 26, "文件": 44, "报送日": 12, "读取行数": 10, "接收行数": 10, "SHA-256": 68}
ABOUT_COLUMNS = {"项目": 16, "内容": 70}
KINDS = {
    "window": "时间段",
    "settings": "参数",
    "new_deliveries": "新报送",
    "corrections": "更正",
    "definition": "口径",
}


def _figure_row(content: Content, printed: Printed) -> list[Any]:
    figure, cell = _figure(content, printed), printed.cell
    return [
        *(printed.name, printed.figure.id, cell["name_zh"], "，".join(cell["by"].values())),
        *(printed.text, figure["public"], _public_reason(figure)),
        *(_number(cell["value"]), "" if cell["unit"] == "ratio" else cell["unit"]),
        *(cell.get("numerator"), cell.get("denominator"), _number(cell.get("previous")), cell.get("change")),
        *(cell.get("note_zh", ""), figure["from"], figure["to"], figure["as_of"], str(content.basis.known_at)),
        *(figure["definition_zh"], cell["definition_version"], "，".join(feed_names(figure["feeds"]))),
        changes_said(figure["changed"], cell["unit"]),
    ]


def _public_reason(figure: dict[str, Any]) -> str:
    """Why the public version does not print a figure, or who allowed a small one and why."""
    if "released_by" in figure:
        return f"{figure['released_by']}准予公开：{figure['released_because']}"
    return str(figure.get("hidden_because", ""))


def _change_rows(content: Content) -> list[list[Any]]:
    rows = []
    for printed in content.figures:
        changed = _changed(content, printed)
        if changed is None:
            rows.append(
                [printed.name, printed.cell["name_zh"], "无", "首次取数", None, _number(printed.cell["value"]), ""]
            )
            continue
        since = f"{changed['since']['letter']} {changed['since']['pull']}"
        start = [printed.name, printed.cell["name_zh"], since]
        if not changed["causes"]:
            value = _number(printed.cell["value"])
            rows.append([*start, "没有变化", value, value, ""])
        for cause in changed["causes"]:
            files = "、".join(
                f"{b['file_name']}（新{b['new_rows']}行，更正{b['corrected_rows']}行）"
                for b in cause.get("batches", [])
            )
            ends = (_number(cause["before"]), _number(cause["after"]))
            rows.append([*start, KINDS[cause["kind"]], *ends, files or _cause(cause)])
    return rows


def _file_rows(content: Content) -> list[list[Any]]:
    return [
        [
            *(b["batch_id"], feed_names([b["feed"]])[0], b["file_name"], b["delivered_on"]),
            *(b["rows_read"], b["rows_accepted"], b["sha256"]),
        ]
        for b in _batches(content)
    ]


def _about_rows(content: Content) -> list[list[Any]]:
    basis, letter = content.basis, content.letter
    rows = [
        ["答复", f"{letter.document_number}　{letter.heading.replace(chr(10), '')}"],
        ["取数", content.pull],
        ["数据截至", str(basis.known_at)],
        ["发布版本", f"{basis.build_id}（{len(basis.batches)} 个批次）"],
        ["区划", basis.district_code],
    ]
    if content.fonts:
        rows.append(["PDF 字体", fonts_said(content.fonts)])
    windows = content.windows.items()
    return [*rows, *([f"时间段 {name}", f"{w.starts_on} 至 {w.ends_on}，截至 {w.as_of}"] for name, w in windows)]


def _number(value: Any) -> Any:
    """Money as a number that can be added up; what is no number as it is."""
    from decimal import Decimal, InvalidOperation

    if not isinstance(value, str):
        return value
    try:
        return Decimal(value)
    except InvalidOperation:
        return value


def _sheet(book: Any, title: str, columns: dict[str, int], rows: list[list[Any]]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(title)
    sheet.append(list(columns))
    for row in rows:
        sheet.append(row)
    for number, (name, width) in enumerate(columns.items(), 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
        for cell in sheet[get_column_letter(number)]:
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            if name == "同比":
                cell.number_format = "0.0%"
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E8EDF3")
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"
