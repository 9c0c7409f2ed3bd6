"""``python -m reentry.service HOME [--with-parent]``: the service alone.

``--with-parent``, as `reentry serve` starts it: it ends with the process that started it.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from reentry.errors import ReentryError
from reentry.service.server import die_with_parent, serve
from reentry.store import Home
from reentry.vault import open_vault


def main() -> int:
    """Runs until it is stopped; an expected error is one line on standard error."""
    home = Path(sys.argv[1])
    if "--with-parent" in sys.argv[2:]:
        die_with_parent(signal.SIGTERM)
    try:
        serve(Home(home), open_vault(home))
    except ReentryError as error:
        print(f"reentry: {error}", file=sys.stderr)
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
