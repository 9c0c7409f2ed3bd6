"""Id numbers in names of files and other short texts of ours that are shown."""

from __future__ import annotations

import re

_ID_NUMBER = re.compile(r"(?<![0-9])([0-9]{3})[0-9]{11}([0-9]{3}(?:[Xx]|[0-9](?![0-9])))")


def masked_ids(text: str) -> str:
    """A text in which at most ``500***********1234`` is left of an id number, as the macro ``masked_id`` does."""
    return _ID_NUMBER.sub(r"\1***********\2", text)
