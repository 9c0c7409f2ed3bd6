"""The demo: feeds, refresh, and the figures of the public letter on the terminal."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import typer

from reentry.dashboards.printing import first_accounts
from reentry.dashboards.serve import refuse_taken, serving
from reentry.dashboards.superset import ask
from reentry.demo import LETTER_DAY, make_feeds
from reentry.figures import show
from reentry.figures.document import figures_document
from reentry.figures.published import open_version
from reentry.figures.window import Window
from reentry.refresh import refresh
from reentry.settings import load_settings
from reentry.store import Home
from reentry.vault import Vault, open_vault

YEAR_START = date(2025, 1, 1)
LETTER = ("register.on_register", "handover.rate", "handover.key_rate", "dual.listed", "posts.developed")
RELIEF = ("relief.grants", "relief.amount_yuan")
QUARTER = ("recidivism.rate", "city.rank")
LETTER_REPLIED = "2025-18070184"
SETTINGS = """# 演示区的设置：命令行以环境变量 REENTRY_ACCOUNT 为账号（正式使用时不设，账号即系统用户）
command_line_accounts = true

# 市局通报每季度一份，不按缺省的 35 天催报
[rhythm_days]
"city.benchmarks" = 100
"""


def run_demo(home: Path, *, persons: int, seed: int, progress: Callable[[str], None], serve_at: int | None) -> int:
    """Makes the inbox anew, refreshes as on the day of the letter, prints its figures; the exit status.

    ``serve_at``: then imports the dashboards and serves them at this port until stopped; None serves nothing.
    """
    place = Home(home)
    if not (home / "reentry.toml").exists() and "REENTRY_CONFIG" not in os.environ:
        home.mkdir(parents=True, exist_ok=True)
        (home / "reentry.toml").write_text(SETTINGS, encoding="utf-8")
    settings = load_settings(home)
    if serve_at is not None:
        refuse_taken("127.0.0.1", serve_at)
    # beside the home, never in it: what agencies send is not encrypted
    inbox = home.resolve().with_name(f"{home.resolve().name}-demo-inbox")
    shutil.rmtree(inbox, ignore_errors=True)
    progress("feeds")
    made = make_feeds(inbox, persons=persons, seed=seed, through=LETTER_DAY)
    typer.echo(f"演示数据（均为虚构）：{made.files} 个文件，{inbox}")
    vault = open_vault(home, create=True)
    with _preparing(place, vault, wanted=serve_at is not None):
        # the demo's day is not the machine's: whatever was published here before is replaced
        done = refresh(place, vault, settings, inbox, LETTER_DAY, progress, allow_older=True, demo_day=LETTER_DAY)
    for refusal in done.landed.refused:
        typer.echo(f"退回 {refusal.path}：{refusal.rule} {refusal.message}", err=True)
    with open_version(place, vault) as version:
        year = Window.of(YEAR_START, LETTER_DAY, None, version.known_at)
        show.figures(figures_document(version, year, ids=[*LETTER, *RELIEF]))
        quarter = Window.of(YEAR_START, date(2025, 3, 31), None, version.known_at)
        show.figures(figures_document(version, quarter, ids=list(QUARTER)))
    typer.echo(f"数据仓库：{place.warehouse}\n已发布版本：{place.published}\n质量检查：{place.checks / 'index.html'}")
    typer.echo(f"答复公开信：.venv/bin/reentry reply {LETTER_REPLIED} --home {home}")
    typer.echo(f"更多指标：.venv/bin/reentry figures --home {home} --from 2025-01-01 --to 2025-06-19 --by township")
    if serve_at is not None:
        progress("dashboards")
        os.environ["REENTRY_INBOX"] = str(inbox)  # where the page puts what is handed in
        _serve(place, vault, serve_at)
    return 3 if done.landed.refused else 0


@contextmanager
def _preparing(home: Home, vault: Vault, *, wanted: bool) -> Iterator[None]:
    """Superset makes its own tables while the refresh runs: it takes as long, and they share nothing."""
    if not wanted:
        yield
        return
    with ThreadPoolExecutor(1) as beside:
        prepared = beside.submit(ask, home, vault, "prepare")
        yield
        prepared.result()


def _serve(home: Home, vault: Vault, port: int) -> None:
    ask(home, vault, "import")
    with serving(home, vault, host="127.0.0.1", port=port) as running:
        typer.echo(running.held.sentence)
        rows = [
            {"账号": name, "密码": password, "角色": role, "镇街": township}
            for name, role, township, password in first_accounts(home)
        ]
        show.table("看板账号", rows)
        typer.echo(f"看板：http://127.0.0.1:{port}/（按 Ctrl+C 停止）")
        with suppress(KeyboardInterrupt):
            running.wait()
