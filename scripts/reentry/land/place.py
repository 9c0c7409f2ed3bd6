"""The place of a file in the inbox, ``<agency>/<name>``, when it does not lie there yet."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from reentry.errors import UsageError
from reentry.land.discover import agency_named, feeds_named

_WRITE = "write --as AGENCY/FEED_YYYYMMDD"


def place_of(file: Path, named: str | None = None) -> str:
    """Where the file would lie below the inbox.

    ``named`` says it, with or without the ending of the file; else the file's folder is its agency; else its name is
    a feed's that only one agency has. A name that fits nothing keeps its folder, and landing refuses it (B9).
    UsageError when ``named`` is no place, or several agencies have such a feed.
    """
    if named is not None:
        parts = PurePosixPath(named).parts
        if len(parts) != 2 or ".." in parts or parts[0] == "/":
            raise UsageError(f"--as {named} is no place in the inbox: {_WRITE}.")
        return named if named.lower().endswith(file.suffix.lower()) and file.suffix else named + file.suffix
    folder = file.absolute().parent.name
    if agency_named(folder):
        return f"{folder}/{file.name}"
    found = feeds_named(file.name)
    if len(found) > 1:
        agencies = "、".join(feed.agency_zh for feed in found)
        raise UsageError(f"{file.name} may be of {agencies}: {_WRITE}.")
    return f"{found[0].agency if found else folder or 'inbox'}/{file.name}"
