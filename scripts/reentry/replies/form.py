"""The Word template of a letter, in the letter form (信函格式) of GB/T 9704-2012.

``python -m reentry.replies.form FILE`` writes it; ``replies/letter.docx`` is what it wrote. All measures are here.
Lengths in Word are twips, a twentieth of a point; the widths of borders are eighths of a point, sizes half points.
"""

from __future__ import annotations

import sys
from math import floor
from pathlib import Path

from reentry.replies.frozen_zip import pack_parts

PAGE_MM = (210, 297)
TOP_MM, LEFT_MM = 37, 28
TEXT_MM = (156, 225)
LINES, CHARS = 22, 28
MARK_MM = 30  # from the page's upper edge to the name of the issuer
MARK_GAP_MM = 4  # from the name to the first double line
RULE_MM = 170  # length of both double lines, in the middle of the page
RULE_BOTTOM_MM = 20  # from the second double line to the page's lower edge
NUMBER_GAP_MM = 7  # from the text block to the page number

XIAOBIAOSONG, FANGSONG, HEITI, KAITI, SONGTI = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312", "宋体"
ERHAO, SANHAO, SIHAO, MARK = 22, 16, 14, 42  # points: 2号, 3号, 4号
RED = "FF0000"

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def twips(mm: float) -> int:
    """A length in twips."""
    return round(mm / 25.4 * 1440)


LINE = twips(TEXT_MM[1]) // LINES
CHAR = twips(TEXT_MM[0]) / CHARS
# 28 characters of 3号 are 448 points, 6 more than the text is wide. Word's own way, a negative charSpace of the grid,
# LibreOffice 7 reads as a wide one; so each character is set closer instead, which both lay out alike.
CLOSER = floor(CHAR - SANHAO * 20)


def build_form() -> bytes:
    """The template: same bytes every time."""
    parts = {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relations(
            {"rId1": ("officeDocument", "word/document.xml"), "rId2": ("core", "docProps/core.xml")}
        ),
        "docProps/core.xml": _core(),
        "word/document.xml": _document(),
        "word/styles.xml": _styles(),
        "word/settings.xml": _settings(),
        "word/_rels/document.xml.rels": _relations(
            {"rId1": ("styles", "styles.xml"), "rId2": ("settings", "settings.xml")}
            | {f"rId{i}": ("header", f"header{i}.xml") for i in (3, 4, 5)}
            | {f"rId{i}": ("footer", f"footer{i}.xml") for i in (6, 7, 8)}
        ),
        "word/header3.xml": _header(_letterhead()),
        "word/header4.xml": _header(_paragraph("Nothing")),
        "word/header5.xml": _header(_paragraph("Nothing")),
        "word/footer6.xml": _footer(_paragraph("LastRule")),
        "word/footer7.xml": _footer(_page_number("PageOdd") + _paragraph("UnderPage")),
        "word/footer8.xml": _footer(_page_number("PageEven") + _paragraph("UnderPage")),
    }
    return pack_parts({name: (_HEAD + text).encode() for name, text in parts.items()})


def _run(text: str, style: str = "") -> str:
    properties = f'<w:rPr><w:rStyle w:val="{style}"/></w:rPr>' if style else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{text}</w:t></w:r>'


def _paragraph(style: str, *runs: str) -> str:
    inner = "".join(r if r.startswith("<") else _run(r) for r in runs)
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{inner}</w:p>'


def _document() -> str:
    body = [
        _paragraph("Blank"),
        _paragraph("Blank"),
        _paragraph("LetterTitle", "{%p for line in heading %}"),
        _paragraph("LetterTitle", "{{ line }}"),
        _paragraph("LetterTitle", "{%p endfor %}"),
        _paragraph("Blank"),
        _paragraph("Salutation", "{{ deputy }}："),
        _paragraph("Normal", "{%p for p in paragraphs %}"),
        _paragraph("Normal", "{%p if p.level == 1 %}"),
        _paragraph("HeadingOne", "{{ p.text }}"),
        _paragraph("Normal", "{%p elif loop.last or not p.text %}"),
        _paragraph("Together", _run("{{ p.lead }}", "HeadingTwo"), _run("{{ p.text }}")),
        _paragraph("Normal", "{%p else %}"),
        _paragraph("Normal", _run("{{ p.lead }}", "HeadingTwo"), _run("{{ p.text }}")),
        _paragraph("Normal", "{%p endif %}"),
        _paragraph("Normal", "{%p endfor %}"),
        _paragraph("Blank"),
        _paragraph("Signature", "{{ signature }}"),
        _paragraph("SignatureDate", "{{ date }}"),
        _paragraph("Normal", "{%p if note %}"),
        _paragraph("Note", "（{{ note }}）"),
        _paragraph("Normal", "{%p endif %}"),
    ]
    return f'<w:document xmlns:w="{_W}" xmlns:r="{_R}"><w:body>{"".join(body)}{_section()}</w:body></w:document>'


def _letterhead() -> str:
    """The head of the first page. All of it in its header: the distances in it are then the same in every program."""
    number = ("{{ answer_class }}类", "<w:r><w:tab/></w:r>", "{{ document_number }}")
    return _paragraph("IssuerMark", "{{r issuer }}") + _paragraph("DocumentNumber", *number)


def _section() -> str:
    right, bottom = (PAGE_MM[0] - LEFT_MM - TEXT_MM[0], PAGE_MM[1] - TOP_MM - TEXT_MM[1])
    kinds = {3: "first", 4: "default", 5: "even", 6: "first", 7: "default", 8: "even"}
    references = "".join(
        f'<w:{"header" if i < 6 else "footer"}Reference w:type="{kind}" r:id="rId{i}"/>' for i, kind in kinds.items()
    )
    return (
        f"<w:sectPr>{references}"
        f'<w:pgSz w:w="{twips(PAGE_MM[0])}" w:h="{twips(PAGE_MM[1])}"/>'
        f'<w:pgMar w:top="{twips(TOP_MM)}" w:right="{twips(right)}" w:bottom="{twips(bottom)}"'
        f' w:left="{twips(LEFT_MM)}" w:header="{twips(MARK_MM)}" w:footer="{twips(RULE_BOTTOM_MM)}" w:gutter="0"/>'
        f'<w:titlePg/><w:docGrid w:type="linesAndChars" w:linePitch="{LINE}"/></w:sectPr>'
    )


def _styles() -> str:
    left = twips(LEFT_MM) - twips((PAGE_MM[0] - RULE_MM) / 2)
    right = twips(PAGE_MM[0] - LEFT_MM - TEXT_MM[0]) - twips((PAGE_MM[0] - RULE_MM) / 2)
    rule_indent = f'<w:ind w:left="-{left}" w:right="-{right}" w:firstLineChars="0" w:firstLine="0"/>'
    gap = round(MARK_GAP_MM / 25.4 * 72)
    flush = '<w:ind w:firstLineChars="0" w:firstLine="0"/>'
    below = twips(PAGE_MM[1] - TOP_MM - TEXT_MM[1] - NUMBER_GAP_MM - RULE_BOTTOM_MM) - SIHAO * 20
    seven_eighths = SANHAO * 20 * 7 // 8
    styles = [
        _style("Normal", "正文", FANGSONG, SANHAO, _exactly(LINE) + _indent(2) + _align("both"), default=True),
        _style("Blank", "空行", FANGSONG, SANHAO, flush, together=True),
        _style("Nothing", "无", FANGSONG, 1, _exactly(20) + flush),
        _style(
            "IssuerMark", "发文机关标志", XIAOBIAOSONG, MARK,
            _rule("thickThinSmallGap", gap) + _exactly(MARK * 20) + rule_indent + _align("center"), colour=RED,
        ),
        _style("LastRule", "末线", FANGSONG, 1, _rule("thinThickSmallGap", 0) + _exactly(20) + rule_indent),
        _style(
            "DocumentNumber", "发文字号", FANGSONG, SANHAO,
            f'<w:tabs><w:tab w:val="right" w:pos="{twips(TEXT_MM[0])}"/></w:tabs>'
            + _exactly(LINE, before=max(0, seven_eighths - (LINE - SANHAO * 20) // 2)) + flush,
        ),
        _style("LetterTitle", "公文标题", XIAOBIAOSONG, ERHAO, _exactly(LINE * 6 // 5) + flush + _align("center")),
        _style("Salutation", "主送机关", FANGSONG, SANHAO, flush),
        _style("HeadingOne", "一级标题", HEITI, SANHAO, "", together=True),
        _style("HeadingTwo", "二级标题", KAITI, SANHAO, "", kind="character"),
        # some text always stands on the page of the signature, and below a heading
        _style("Together", "与下段同页", FANGSONG, SANHAO, "<w:keepLines/>", together=True),
        _style("Signature", "发文机关署名", FANGSONG, SANHAO, flush + _align("right"), together=True),
        _style(
            "SignatureDate", "成文日期", FANGSONG, SANHAO,
            f'<w:ind w:right="{round(4 * CHAR)}" w:firstLineChars="0" w:firstLine="0"/>' + _align("right"),
        ),
        _style("Note", "附注", FANGSONG, SANHAO, ""),
        _style(
            "PageOdd", "单页码", SONGTI, SIHAO,
            _exactly(SIHAO * 20) + f'<w:ind w:right="{SIHAO * 20}" w:firstLineChars="0" w:firstLine="0"/>'
            + _align("right"),
        ),
        _style(
            "PageEven", "双页码", SONGTI, SIHAO,
            _exactly(SIHAO * 20) + f'<w:ind w:left="{SIHAO * 20}" w:firstLineChars="0" w:firstLine="0"/>'
            + _align("left"),
        ),
        _style("UnderPage", "页码下", FANGSONG, 1, _exactly(below) + flush),
    ]  # fmt: skip
    return (
        f'<w:styles xmlns:w="{_W}"><w:docDefaults><w:rPrDefault><w:rPr>{_fonts(FANGSONG)}'
        f'<w:sz w:val="{SANHAO * 2}"/><w:szCs w:val="{SANHAO * 2}"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/>'
        f"</w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>{''.join(styles)}</w:styles>"
    )


def _fonts(name: str) -> str:
    return f'<w:rFonts w:ascii="{name}" w:hAnsi="{name}" w:eastAsia="{name}" w:cs="{name}" w:hint="eastAsia"/>'


def _style(
    style: str, name: str, font: str, size: int, paragraph: str, *,
    kind: str = "paragraph", default: bool = False, colour: str = "", together: bool = False,
) -> str:  # fmt: skip
    mark = ' w:default="1"' if default else ' w:customStyle="1"'
    based = "" if default or kind == "character" else '<w:basedOn w:val="Normal"/>'
    shown = "Normal" if default else name
    tint = f'<w:color w:val="{colour}"/>' if colour else ""
    if together:  # with the paragraph below
        paragraph = "<w:keepNext/>" + paragraph
    closer = f'<w:spacing w:val="{CLOSER if size == SANHAO else 0}"/>'
    properties = f"<w:pPr>{paragraph}</w:pPr>" if paragraph else ""
    return (
        f'<w:style w:type="{kind}"{mark} w:styleId="{style}"><w:name w:val="{shown}"/>{based}<w:qFormat/>{properties}'
        f'<w:rPr>{_fonts(font)}{tint}{closer}<w:sz w:val="{size * 2}"/><w:szCs w:val="{size * 2}"/></w:rPr></w:style>'
    )


def _exactly(height: int, *, before: int = 0) -> str:
    return f'<w:spacing w:before="{before}" w:after="0" w:line="{height}" w:lineRule="exact"/>'


def _align(where: str) -> str:
    return f'<w:jc w:val="{where}"/>'


def _indent(chars: int) -> str:
    return f'<w:ind w:firstLineChars="{chars * 100}" w:firstLine="{round(chars * CHAR)}"/>'


def _rule(kind: str, space: int) -> str:
    return f'<w:pBdr><w:bottom w:val="{kind}" w:sz="24" w:space="{space}" w:color="{RED}"/></w:pBdr>'


def _page_number(style: str) -> str:
    field = "".join(
        f"<w:r>{inner}</w:r>"
        for inner in (
            '<w:fldChar w:fldCharType="begin"/>',
            '<w:instrText xml:space="preserve">PAGE</w:instrText>',
            '<w:fldChar w:fldCharType="separate"/>',
            "<w:t>2</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
        )
    )
    return _paragraph(style, _run("— "), field, _run(" —"))


def _header(inner: str) -> str:
    return f'<w:hdr xmlns:w="{_W}" xmlns:r="{_R}">{inner}</w:hdr>'


def _footer(inner: str) -> str:
    return f'<w:ftr xmlns:w="{_W}" xmlns:r="{_R}">{inner}</w:ftr>'


def _settings() -> str:
    return (
        f'<w:settings xmlns:w="{_W}"><w:evenAndOddHeaders/><w:characterSpacingControl w:val="compressPunctuation"/>'
        '<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word"'
        ' w:val="15"/></w:compat></w:settings>'
    )


def _content_types() -> str:
    kinds = {"document": "document.main", "styles": "styles", "settings": "settings"}
    kinds |= {f"header{i}": "header" for i in (3, 4, 5)} | {f"footer{i}": "footer" for i in (6, 7, 8)}
    parts = "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="{_TYPE}.{kind}+xml"/>' for part, kind in kinds.items()
    )
    core = "application/vnd.openxmlformats-package.core-properties+xml"
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{parts}'
        f'<Override PartName="/docProps/core.xml" ContentType="{core}"/></Types>'
    )


def _relations(targets: dict[str, tuple[str, str]]) -> str:
    core = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
    inner = "".join(
        f'<Relationship Id="{key}" Type="{core if kind == "core" else f"{_R}/{kind}"}" Target="{target}"/>'
        for key, (kind, target) in targets.items()
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}</Relationships>'
    )


def _core() -> str:
    return (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
        ' xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<dcterms:created xsi:type="dcterms:W3CDTF">2000-01-01T00:00:00Z</dcterms:created>'
        '<dcterms:modified xsi:type="dcterms:W3CDTF">2000-01-01T00:00:00Z</dcterms:modified></cp:coreProperties>'
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(build_form())
