"""The windows of a letter: which days a pull asks for, and what the text calls them."""

from __future__ import annotations

from datetime import date, timedelta

from reentry.errors import UsageError
from reentry.figures.window import Window
from reentry.replies.letter import Letter

SPANS = {3: ("一季度", "二季度", "三季度", "四季度"), 6: ("上半年", "下半年")}


def letter_windows(
    letter: Letter, known_at: date, *, starts_on: date | None, ends_on: date | None, as_of: date | None
) -> dict[str, Window]:
    """The windows of the letter, the first with the days given in place of its own.

    UsageError when one is reversed, or its as-of lies after ``known_at``: nothing is known of a later day.
    """
    windows = {}
    for name, days in letter.windows.items():
        first, last, day = days.starts_on, days.ends_on, days.as_of
        if name == letter.main_window and (starts_on or ends_on or as_of):
            first, last = starts_on or first, ends_on or last
            day = as_of or (last if ends_on else day)
            if last < first:
                raise UsageError(f"止日 {last} 早于起日 {first}：请改正起日或止日。")
        if day > known_at:
            said = f"{day}，晚于已发布数据的截至日 {known_at}：请先刷新数据，或改早"
            if name == letter.main_window and (ends_on or as_of):
                raise UsageError(f"截至日 {said}截至日。")
            raise letter.marked.wrong(("windows", name), f"时间段 {name} 截至 {said}。")
        windows[name] = Window(first, last, day, known_at)
    return windows


def window_label(window: Window) -> str:
    """What a letter calls a window: 2025年一季度, 2025年3月, 2025年以来, or its days."""
    first, last = window.starts_on, window.ends_on
    whole_months = first.day == 1 and (last + timedelta(days=1)).day == 1 and first.year == last.year
    months = last.month - first.month + 1
    if whole_months and months == 12:
        return f"{first.year}年"
    if whole_months and months == 1:
        return f"{first.year}年{first.month}月"
    if whole_months and months in SPANS and (first.month - 1) % months == 0:
        return f"{first.year}年{SPANS[months][(first.month - 1) // months]}"
    if (first.month, first.day) == (1, 1) and first.year == last.year and window.as_of <= last:
        return f"{first.year}年以来"
    end = f"{last.month}月{last.day}日" if first.year == last.year else f"{last.year}年{last.month}月{last.day}日"
    return f"{first.year}年{first.month}月{first.day}日至{end}"
