"""What a file is, by its content; its ending is not asked."""

from __future__ import annotations

import re
import zipfile
from typing import BinaryIO

from reentry.land.refusal import RefusedError

TEXT, XLSX = "text", "xlsx"
_HEAD_BYTES = 4096

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURES = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")
_ARCHIVES = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")
_BIFF = (b"\x09\x08\x10\0", b"\x09\x08\x08\0", b"\x09\x04\x06\0", b"\x09\x02\x06\0", b"\x09\0\x04\0")
_MARKUP = re.compile(
    rb"(?><\?xml[^>]{0,200}>)?+\s*+(?>(?><!--.{0,2000}?-->)\s*+)*+<(?:!doctype\s+html|html|head|meta|body|table)\b",
    re.IGNORECASE | re.DOTALL,
)
_SPREADSHEET_XML = b"urn:schemas-microsoft-com:office:spreadsheet"

_SAVE = "请用 Excel 或 WPS 打开后另存为 xlsx 再报"
WHY_NAME = "文件名不对应任何报表"
WHY_NUMBER = "文件名不对应任何报表（报送序号过大）"
WHY_BYTES = "文件名不是有效文字"
WHY_WORD = "是 Word 文档，请把表格另存为 Excel 后再报"
WHY_PICTURE = "是 PDF/图片，请报送原表"
WHY_ARCHIVE = "是压缩包 rar/7z，请改用 ZIP"
_WHY_SLIDES = "是演示文稿，请报送原表"
WHY_CONTENT = (WHY_WORD, WHY_PICTURE, WHY_ARCHIVE, _WHY_SLIDES)  # beside a name that fits
_OLD = f"是旧版 XLS 或 ET 格式，{_SAVE}"
_XLSB = f"是 XLSB 格式，{_SAVE}"
_ODS = f"是 ODS 格式，{_SAVE}"
_HTML = f"是网页（HTML）格式的表格，{_SAVE}"
_XML = f"是 XML 表格 2003 格式，{_SAVE}"
_OTHER_XML = "是 XML 文件，不是可读的表格，请另存为 xlsx 再报"
_ZIP = "是 ZIP 压缩包，请解压后逐份报送"
ENCRYPTED = "工作簿已加密，请取消密码后另存再报"
EMPTY = "文件是空的，请重新导出后再报"


def kind_of(file: BinaryIO) -> str:
    """TEXT or XLSX; RefusedError B9 for what is no table at all, B1 for a table in a form that is not read, B3 none."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if not head:
        raise RefusedError("B1", EMPTY)
    if head.startswith(_PICTURES) or _is_bitmap(head):
        raise RefusedError("B9", WHY_PICTURE)
    if head.startswith(_ARCHIVES):
        raise RefusedError("B9", WHY_ARCHIVE)
    if head.startswith(b"{\\rtf"):
        raise RefusedError("B9", WHY_WORD)
    if head.startswith(_OLE):
        raise _of_compound(file)
    if head.startswith(_BIFF):
        raise RefusedError("B1", _OLD)
    if head.startswith(b"PK\x03\x04"):
        return _of_zip(file)
    if head.startswith(b"PK\x05\x06"):
        raise RefusedError("B3")
    _refuse_markup(head)
    return TEXT


def is_table(file: BinaryIO) -> RefusedError | None:
    """The refusal (B9) of what is no table at all; None for all else, damaged or not."""
    try:
        kind_of(file)
    except RefusedError as refused:
        return refused if refused.rule == "B9" else None
    return None


def _is_bitmap(head: bytes) -> bool:
    return head.startswith(b"BM") and head[6:10] == b"\0\0\0\0"


def _refuse_markup(head: bytes) -> None:
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = text.replace(b"\0", b"")[2:]
    text = text.lstrip()
    if _MARKUP.match(text) or text[:13].lower() == b"mime-version:":
        raise RefusedError("B1", _HTML)
    if text.startswith(b"<?xml") or text.startswith(b"<Workbook"):
        raise RefusedError(
            "B1", _XML if _SPREADSHEET_XML in text else "是 XML 文件，不是可读的表格，请另存为 xlsx 再报"
        )


def _of_compound(file: BinaryIO) -> RefusedError:
    """What an OLE file is: its directory holds the names of its streams in UTF-16."""
    file.seek(0)
    content = file.read(64 << 20)

    def has(name: str) -> bool:
        return name.encode("utf-16-le") in content

    if has("EncryptedPackage"):
        return RefusedError("B1", ENCRYPTED)
    if has("Workbook") or has("Book"):
        return RefusedError("B1", _OLD)
    if has("WordDocument"):
        return RefusedError("B9", WHY_WORD)
    if has("PowerPoint Document"):
        return RefusedError("B9", _WHY_SLIDES)
    return RefusedError("B1", _OLD)


def _of_zip(file: BinaryIO) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            names = {name.replace("\\", "/").lower() for name in archive.namelist()}
            mimetype = archive.read("mimetype")[:200] if "mimetype" in names else b""
    except Exception as error:
        raise RefusedError("B1", "压缩结构已损坏，请用 Excel 打开检查后另存再报") from error
    if "xl/workbook.xml" in names:
        return XLSX
    if "xl/workbook.bin" in names:
        raise RefusedError("B1", _XLSB)
    if any(name.startswith("word/") for name in names) or b"opendocument.text" in mimetype:
        raise RefusedError("B9", WHY_WORD)
    if any(name.startswith("ppt/") for name in names) or b"opendocument.presentation" in mimetype:
        raise RefusedError("B9", _WHY_SLIDES)
    if "ofd.xml" in names:
        raise RefusedError("B9", WHY_PICTURE)
    if b"opendocument.spreadsheet" in mimetype:
        raise RefusedError("B1", _ODS)
    if "[content_types].xml" in names:
        return XLSX  # a workbook that lacks parts: its reader says so
    if not names:
        raise RefusedError("B3")
    raise RefusedError("B1", _ZIP)
