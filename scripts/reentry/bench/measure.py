"""Seconds and peak memory of one piece of work in a process of its own."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Measured:
    """``seconds`` of wall time, ``cpu`` seconds of all its threads, ``gigabytes`` of peak resident memory."""

    seconds: float
    cpu: float
    gigabytes: float


def measure(work: Callable[[], Any]) -> Measured:
    """Runs ``work`` in a forked child; RuntimeError when it fails."""
    sys.stdout.flush()
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            sys.stdout.flush()
            os._exit(status)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise RuntimeError(f"the measured work failed with status {os.waitstatus_to_exitcode(status)}")
    return Measured(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024**2)


def measure_command(arguments: list[str]) -> Measured:
    """Runs ``reentry`` with these arguments, start-up included; its output goes to nowhere."""
    program = str(Path(sys.executable).with_name("reentry"))

    def run() -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.execv(program, [program, *arguments])  # noqa: S606 (our own program)

    return measure(run)
