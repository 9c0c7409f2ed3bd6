"""Why a file is refused (QUALITY, rules B): the rule and its message in Chinese."""

from __future__ import annotations

import errno

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
_WHY_NOT_OPENED = {
    errno.EACCES: "没有读取权限，请管理员检查权限后再报",
    errno.EPERM: "没有读取权限，请管理员检查权限后再报",
    errno.ELOOP: "链接指向自身，请放入文件本身",
    errno.ENAMETOOLONG: "名称过长，请缩短后再报",
    errno.EIO: "磁盘读取出错，请管理员检查磁盘",
}


class RefusedError(Exception):
    """A file breaks a block rule; ``places`` are sheet and row of the rows that do (B7 only)."""

    def __init__(self, rule: str, detail: str = "", places: tuple[tuple[str | None, int], ...] = ()) -> None:
        """``detail`` fills the message: why a file cannot be read, or which columns."""
        super().__init__(rule)
        self.rule = rule
        self.message = _MESSAGES[rule].format(detail)
        self.places = places

    @classmethod
    def of(cls, rule: str, message: str) -> RefusedError:
        """The refusal with a whole message."""
        made = cls(rule)
        made.message = message
        return made

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


def why_not_opened(error: OSError, *, is_folder: bool = False) -> RefusedError:
    """B1 for a file or folder that the system does not open."""
    why = _WHY_NOT_OPENED.get(error.errno or 0, "系统无法打开，请检查后再报")
    return RefusedError("B1", f"文件夹{why}" if is_folder else why)


def internal(error: BaseException) -> RefusedError:
    """B1 for a file at which the program itself fails: the traceback is for ``--debug``."""
    del error
    return RefusedError("B1", "程序处理这份文件时出错，请另存为 xlsx 后再报；仍不行请联系管理员")
