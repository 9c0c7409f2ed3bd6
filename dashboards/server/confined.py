"""What this process must not reach, tried at its start: announced walls that do not hold are no walls."""

from __future__ import annotations

import os
import sys
from pathlib import Path

KEPT_FROM = "REENTRY_KEPT_FROM"  # set by `reentry serve`: paths, when it says that we are shut in
OPEN = "看板进程本应被隔离，却能打开 {paths}：已停止启动，请管理员检查系统用户的权限或内核。"
HELD = "看板进程的隔离已核实：{count} 处均打不开。"


def refuse_open_walls() -> None:
    """Ends the process with one sentence when it can open what it should be kept from."""
    kept = [Path(text) for text in os.environ.get(KEPT_FROM, "").split(os.pathsep) if text]
    if not kept:
        return
    if found := [str(path) for path in kept if opens(path)]:
        sys.exit(OPEN.format(paths="、".join(found)))
    print(HELD.format(count=len(kept)), file=sys.stderr)


def opens(path: Path) -> bool:
    """Whether this process can read a file, or list a folder."""
    try:
        if path.is_dir():
            next(path.iterdir(), None)
        else:
            os.close(os.open(path, os.O_RDONLY))
    except OSError:
        return False
    return True
