"""The ledger of findings across feeds: what each published version judged new, and what gone.

What a row or file says is there to be read again; whether two feeds contradicted each other last month is not. So
publishing writes it down, day by day, and adds to it only.
"""

from __future__ import annotations

from datetime import date

from reentry.store import Home, attach, open_warehouse
from reentry.vault import Vault


def write_ledger(home: Home, vault: Vault, known_at: date) -> None:
    """Adds the changes that the finished build found as of ``known_at``; the same day again replaces its own.

    A build for a day before the last one adds nothing: what was judged after it stays as it was judged.
    """
    with open_warehouse(home, vault, write=True) as con:
        if con.execute("select 1 from warehouse.ledger.days where known_at > ? limit 1", [known_at]).fetchone():
            return
        attach(con, home.scratch_work, "work", vault, write=False)
        con.execute("begin")
        con.execute("delete from warehouse.ledger.changes where known_at = ?", [known_at])
        con.execute("insert into warehouse.ledger.changes by name from work.main.int_across_changes")
        con.execute("insert or ignore into warehouse.ledger.days values (?)", [known_at])
        con.execute("commit")
