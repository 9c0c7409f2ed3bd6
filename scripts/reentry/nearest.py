"""What a mistyped word may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection


def nearest(word: str, known: Collection[str]) -> str:
    """The known word that is most like another; ``known`` is not empty."""
    return difflib.get_close_matches(word, known, n=1, cutoff=0)[0]
