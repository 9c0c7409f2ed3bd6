"""A new letter from a form: a file that is right as it stands, to be filled in."""

from __future__ import annotations

from pathlib import Path

from reentry.errors import UsageError
from reentry.replies.letter import KINDS, NAME, REPLIES

FORM = REPLIES / "new.txt"
BLANKS = ("第〇", "〕〇号", "某某区", "某司函")  # what the form leaves to be filled in
OF_KIND = {  # where it was put, and who put it
    "人大代表建议": ("区第〇届人民代表大会第〇次会议", "尊敬的代表"),
    "政协提案": ("区政协第〇届委员会第〇次会议", "尊敬的委员"),
}


def new_letter(name: str, *, number: str, title: str, kind: str = KINDS[0], folder: Path = REPLIES) -> Path:
    """Writes ``<name>.yml`` from the form and gives its place; UsageError when it is there or the name is no name."""
    if not NAME.fullmatch(name):
        raise UsageError(f"答复名称 {name} 只能用英文字母、数字、点和短横：请换一个。")
    if kind not in KINDS:
        raise UsageError(f"类别只能是 {'、'.join(KINDS)}，不能是 {kind}：请改正 --kind。")
    path = folder / f"{name}.yml"
    text = FORM.read_text(encoding="utf-8")
    session, deputy = OF_KIND[kind]
    about = {"NUMBER": number, "TITLE": title, "KIND": kind, "THING": kind[-2:], "SESSION": session, "DEPUTY": deputy}
    for field, value in about.items():
        text = text.replace(f"@{field}@", value)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path} 已经存在，不会覆盖：请换一个名称。") from error
    return path


def unfilled(name: str, folder: Path = REPLIES) -> list[int]:
    """The numbers of the lines in which something of the form has not been filled in yet."""
    lines = (folder / f"{name}.yml").read_text(encoding="utf-8").splitlines()
    return [number for number, line in enumerate(lines, 1) if any(blank in line for blank in BLANKS)]
