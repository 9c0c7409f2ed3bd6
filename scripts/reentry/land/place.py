"""The place of a file in the inbox, ``<agency>/<name>``, when it does not lie there yet."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from reentry.errors import UsageError
from reentry.land.discover import agency_named, feeds_named

_WRITE = "write --as AGENCY/FEED_YYYYMMDD"


def place_of(file: Path, named: str | None = None) -> str:
    """Where the file would lie below the inbox.

    ``named`` says it, with or without the ending of the file, or is the file's name alone; else the file's own folder
    is its agency. A name alone must be that of a feed which one agency has; one that fits no feed keeps its folder, and
    landing refuses it (B9). UsageError when ``named`` is no place, or several agencies have such a feed.
    """
    folder, name = file.absolute().parent.name, file.name
    if named is not None:
        parts = PurePosixPath(named).parts
        if not 1 <= len(parts) <= 2 or ".." in parts or parts[0] == "/":
            raise UsageError(f"--as {named} is no place in the inbox: {_WRITE}.")
        folder, name = ("", *parts)[-2:]
        name += "" if name.lower().endswith(file.suffix.lower()) else file.suffix
    if folder and (named is not None or agency_named(folder)):
        return f"{folder}/{name}"
    found = feeds_named(name)
    if len(found) > 1:
        agencies = "、".join(feed.agency_zh for feed in found)
        raise UsageError(f"{name} may be of {agencies}: {_WRITE}.")
    return f"{found[0].agency_zh if found else folder or 'inbox'}/{name}"
