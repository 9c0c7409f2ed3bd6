"""The process that reads files, one after the other: what a library does to it happens to one file only.

Started by ``reader`` with a socket as its standard input and the limit of its memory as its argument. It is asked with
a JSON document and an open file, and answers with JSON documents; each slice comes with a file of its own.
"""

from __future__ import annotations

import os
import resource
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

from reentry.contract import feeds
from reentry.land.channel import Channel, header_document, slice_document
from reentry.land.discover import Reading
from reentry.land.kinds import is_table
from reentry.land.limits import Limits
from reentry.land.prepare import prepare
from reentry.land.refusal import RefusedError
from reentry.land.text import OtherEncodingError


def main() -> None:
    """Answers until the other end hangs up."""
    memory = int(sys.argv[1]) << 20
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    channel = Channel(socket.socket(fileno=0))
    by_id = {feed.id: feed for feed in feeds()}
    channel.send({"is": "ready"})
    while (asked := channel.receive()) is not None:
        descriptor = channel.receive_file()
        with os.fdopen(descriptor, "rb") as file:
            try:
                if asked["do"] == "look":
                    refused = is_table(file)
                    channel.send(_refusal(refused) if refused else {"is": "table"})
                else:
                    _read(channel, asked, file, by_id[asked["feed"]])
            except RefusedError as refused:
                channel.send(_refusal(refused))
            except OtherEncodingError:
                channel.send({"is": "other encoding"})
            except MemoryError:
                channel.send(_refusal(RefusedError("B8")) | {"is_over": True})
                return  # what is left of memory may be in pieces: the next file gets a new process
            except (BrokenPipeError, KeyboardInterrupt, SystemExit):
                return
            except BaseException:  # a panic of a library in Rust is no Exception
                channel.send({"is": "failed", "trace": traceback.format_exc()})


def _refusal(refused: RefusedError) -> dict[str, Any]:
    return {"is": "refused", "rule": refused.rule, "message": refused.message}


def _read(channel: Channel, asked: dict[str, Any], file: Any, feed: Any) -> None:
    prepared = prepare(
        file,
        feed,
        folder=Path(asked["folder"]),
        how=Reading(asked["encoding"], asked["exactly"]),
        limits=Limits(**asked["limits"]),
    )
    channel.send(header_document(prepared))
    pieces = iter(prepared.slices)
    while True:
        try:
            piece = next(pieces, None)
        except BaseException:
            channel.receive_word()  # of which the answer is the refusal
            raise
        if channel.receive_word() != "more":
            return
        if piece is None:
            channel.send({"is": "end"})
            return
        channel.send(slice_document(piece))
        channel.send_file(piece.data.descriptor)
        piece.data.close()


if __name__ == "__main__":
    main()
