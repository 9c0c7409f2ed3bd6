"""Page times: what a browser asked for a page, asked again by twenty viewers; and the server's memory at rest.

A browser on this machine would measure itself: twenty of them need more than two cores. So one browser records what a
page asks the server for; viewers ask the same, six requests at a time as browsers do, until the last tile is there.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reentry.dashboards.browser import Session, browsing, log_in, open_page, wait_for_tiles
from reentry.dashboards.printing import first_accounts, free_port
from reentry.dashboards.serve import serving
from reentry.dashboards.superset import ask
from reentry.store import Home
from reentry.vault import Vault

if TYPE_CHECKING:
    from playwright._impl._api_structures import ViewportSize

VIEWERS = 20
LOADS_EACH = 3
READING_SECONDS = 10.0  # what a viewer looks at a page before the next
AT_ONCE = 6  # what a browser asks of one server at the same time
WHOLE: ViewportSize = {"width": 1366, "height": 4000}
P95 = 0.95


@dataclass(frozen=True)
class PageTime:
    """Seconds until a page's last tile: alone; at VIEWERS who read between loads; of VIEWERS in the same instant."""

    title: str
    tiles: int
    alone: float
    p95: float
    p95_at_once: float


@dataclass(frozen=True)
class _Request:
    path: str
    body: bytes | None
    headers: dict[str, str]


def page_times(home: Home, vault: Vault) -> Iterator[PageTime | float]:
    """Imports and serves the pages on this home: memory of the server at rest in GB, then each page.

    Each as the first account that may see it. Memory is that of all processes, once every page has been asked for.
    """
    ask(home, vault, "import")
    port = free_port()
    with serving(home, vault, host="127.0.0.1", port=port) as running:
        recorded: dict[str, tuple[Session, list[_Request]]] = {}
        for name, _, _, password in first_accounts(home):
            session = log_in(f"http://127.0.0.1:{port}", name, password)
            for slug, title in session.pages():
                if title not in recorded:
                    recorded[title] = session, _record(session, slug)
        yield _gigabytes(running.superset.pid)
        for title, (session, requests) in recorded.items():
            yield _measured(session, title, requests)


def _record(session: Session, slug: str) -> list[_Request]:
    """What a page asks the server for, without what a browser keeps from the page before."""
    asked: list[_Request] = []
    with browsing(session) as context:
        open_page(context, session, slug).close()  # scripts and pictures are kept from here on
        page = context.new_page()
        page.set_viewport_size(WHOLE)  # tiles out of view are not asked for
        page.on(
            "request",
            lambda r: asked.append(
                _Request(
                    r.url.removeprefix(session.address),
                    r.post_data_buffer,
                    {k: v for k, v in r.headers.items() if k in ("content-type", "accept", "x-csrftoken", "referer")},
                )
            ),
        )
        page.goto(f"{session.address}/superset/dashboard/{slug}/?standalone=3")
        wait_for_tiles(page)
    wanted = re.compile(r"^/(superset/dashboard|api/v1/(chart/data|dashboard))")
    return [r for r in asked if wanted.match(r.path)]


def _measured(session: Session, title: str, requests: list[_Request]) -> PageTime:
    alone = min(_load(session, requests) for _ in range(LOADS_EACH))
    tiles = sum(r.body is not None for r in requests)
    reading = _p95(session, requests, loads=LOADS_EACH, pause=READING_SECONDS)
    return PageTime(title, tiles, alone, reading, _p95(session, requests, loads=1, pause=0.0))


def _p95(session: Session, requests: list[_Request], *, loads: int, pause: float) -> float:
    """Of VIEWERS, who start spread over a pause, and wait as long after each of their loads."""

    def view(number: int) -> list[float]:
        time.sleep(pause * number / VIEWERS)
        times = []
        for _ in range(loads):
            times.append(_load(session, requests))
            time.sleep(pause)
        return times

    with ThreadPoolExecutor(VIEWERS) as viewers:
        times = sorted(seconds for loaded in viewers.map(view, range(VIEWERS)) for seconds in loaded)
    return times[math.ceil(P95 * len(times)) - 1]


def _load(session: Session, requests: list[_Request]) -> float:
    """Seconds of one load: the page, then everything it asks for; an error status raises."""
    start = time.perf_counter()
    first, *rest = requests
    session.read(first.path, first.body, first.headers)
    with ThreadPoolExecutor(AT_ONCE) as connections:
        for answer in [connections.submit(session.read, r.path, r.body, r.headers) for r in rest]:
            answer.result()
    return time.perf_counter() - start


def _gigabytes(pid: int) -> float:
    """Memory of a process and its children, what they share counted once (PSS)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    own = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8"), re.MULTILINE)
    kilobytes = int(own.group(1)) if own else 0
    return kilobytes / 1e6 + sum(_gigabytes(int(child)) for child in children)
