"""Why a file is refused (QUALITY, rules B): the rule and its message in Chinese."""

from __future__ import annotations

_MESSAGES = {
    "B1": "文件无法读取：{}",
    "B2": "缺少列：{}",
    "B3": "没有数据行",
    "B4": "合计与明细不符：{}",
    "B5": "报送日期有误",
    "B6": "行数骤减，疑似不完整",
    "B7": "封存记录不得入库",
    "B8": "文件过大",
    "B9": "无法识别的文件：{}",
}
REPEATED = "重复报送"


class RefusedError(Exception):
    """A file breaks a block rule; ``places`` are sheet and row of the rows that do (B7 only)."""

    def __init__(self, rule: str, detail: str = "", places: tuple[tuple[str | None, int], ...] = ()) -> None:
        """``detail`` fills the message: why a file cannot be read, or which columns."""
        super().__init__(rule)
        self.rule = rule
        self.message = _MESSAGES[rule].format(detail)
        self.places = places

    @property
    def rows(self) -> tuple[int, ...]:
        """The numbers of the rows."""
        return tuple(row for _, row in self.places)

    @property
    def action(self) -> str:
        """What the agency is asked to do: return the whole file, or hand it to the security officer."""
        return "R6" if self.rule == "B7" else "R1"


class StillWritingError(Exception):
    """A file changed while it was read: it waits for the next run."""
