"""The program ``reentry``: commands, options and exit statuses; the work is done in the modules it calls."""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from reentry.errors import ReentryError, UsageError

REFUSED_STATUS = 3

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Data warehouse and reporting for the resettlement of released prisoners (安置帮教).",
)
roster_app = typer.Typer(no_args_is_help=True, help="Rosters, masked.")
links_app = typer.Typer(no_args_is_help=True, help="Who is who: links that a person decides.")
dashboards_app = typer.Typer(no_args_is_help=True, help="Dashboards as code.")
users_app = typer.Typer(no_args_is_help=True, help="Accounts of the dashboards.")
app.add_typer(users_app, name="users")
app.add_typer(dashboards_app, name="dashboards")
app.add_typer(roster_app, name="roster")
app.add_typer(links_app, name="links")

HomeOption = Annotated[
    Path,
    typer.Option("--home", envvar="REENTRY_HOME", help="Folder in which the data lies.", show_default="var"),
]
TodayOption = Annotated[
    datetime | None,
    typer.Option("--today", formats=["%Y-%m-%d"], help="The day of this run; default: today."),
]
AsOfOption = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="End of this day; default: --to.")
]
KnownAtOption = Annotated[
    datetime | None,
    typer.Option("--known-at", formats=["%Y-%m-%d"], help="Only what was delivered by this day."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
PersonsOption = Annotated[int, typer.Option("--persons", min=500, max=10_000_000, help="Synthetic persons.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of the demo feeds.")]
HostOption = Annotated[str, typer.Option("--host", help="Address to listen on.")]
PortOption = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")]
HOME = Path("var")


def main() -> None:
    """Runs the program; an expected error is one line on standard error, a traceback only with ``--debug``."""
    debug = "--debug" in sys.argv
    arguments = [a for a in sys.argv[1:] if a != "--debug"]
    try:
        sys.exit(app(arguments, standalone_mode=False) or 0)
    except typer.Abort:
        sys.exit(130)
    except typer.TyperException as error:
        said = getattr(error, "format_message", error.__str__)().rstrip(". ")
        if said.startswith("Usage:"):  # a group without a command: its help
            typer.echo(said)
        else:
            _complain(f"{said}: see `reentry --help`.")
        sys.exit(2)
    except ReentryError as error:
        if debug:
            raise
        _complain(str(error))
        sys.exit(error.exit_status)
    except Exception as error:
        if debug:
            raise
        _complain(
            f"Internal error ({type(error).__name__}): run the command again with --debug and report what it prints."
        )
        sys.exit(1)


def _complain(text: str) -> None:
    typer.echo("reentry: " + " ".join(text.split()), err=True)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _today(moment: datetime | None) -> date:
    return moment.date() if moment else date.today()


def _progress(step: str) -> None:
    if sys.stderr.isatty():
        typer.echo(f"… {step}", err=True)


def _print_json(document: Any) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, default=str))


@app.command()
def refresh(inbox: Path, home: HomeOption = HOME, today: TodayOption = None, as_json: JsonOption = False) -> int:
    """Land, check, build and publish: all that a cron job needs."""
    from reentry.refresh import refresh as run
    from reentry.settings import load_settings
    from reentry.store import Home
    from reentry.vault import open_vault

    settings = load_settings(home)
    done = run(Home(home), open_vault(home, create=True), settings, _inbox(inbox), _today(today), _progress)
    _report_landing(done.landed, as_json, {"build": done.build_id})
    if not as_json:
        typer.echo(f"已发布版本 {done.build_id}" if done.build_id else "没有新内容，已发布版本不变")
    return REFUSED_STATUS if done.landed.refused else 0


@app.command()
def land(inbox: Path, home: HomeOption = HOME, today: TodayOption = None, as_json: JsonOption = False) -> int:
    """Land the files of an inbox in the warehouse, as delivered."""
    from reentry.land import land as run
    from reentry.refresh import prepare, refresh_lock
    from reentry.settings import load_settings
    from reentry.store import Home
    from reentry.vault import open_vault

    vault = open_vault(home, create=True)
    with refresh_lock(Home(home)):
        prepare(Home(home), vault, load_settings(home))
        report = run(Home(home), vault, _inbox(inbox), _today(today), _progress)
    _report_landing(report, as_json, {})
    return REFUSED_STATUS if report.refused else 0


@app.command()
def check(home: HomeOption = HOME) -> None:
    """Check the rows that have landed and were not checked yet."""
    from reentry.check import check as run
    from reentry.refresh import prepare, refresh_lock
    from reentry.settings import load_settings
    from reentry.store import Home
    from reentry.vault import open_vault

    vault, settings = open_vault(home), load_settings(home)
    with refresh_lock(Home(home)):
        prepare(Home(home), vault, settings)
        run(Home(home), vault, settings, _progress)
    typer.echo("检查完成")


@app.command()
def build(home: HomeOption = HOME, today: TodayOption = None) -> None:
    """Build all models from the checked rows, and judge the gates."""
    from reentry.build.build import build as run
    from reentry.refresh import fingerprint, refresh_lock
    from reentry.store import Home
    from reentry.vault import open_vault

    vault, known_at = open_vault(home), _today(today)
    with refresh_lock(Home(home)):
        run(Home(home), vault, known_at=known_at, fingerprint=fingerprint(Home(home), vault, known_at))
    typer.echo(f"构建完成，数据截至 {known_at}")


@app.command()
def publish(home: HomeOption = HOME) -> None:
    """Publish the finished build."""
    from reentry.publish import publish as run
    from reentry.refresh import refresh_lock
    from reentry.store import Home
    from reentry.vault import open_vault

    with refresh_lock(Home(home)):
        build_id = run(Home(home), open_vault(home))
    typer.echo(f"已发布版本 {build_id}")


@app.command()
def status(home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """What is published and from what: batches, freshness, findings."""
    from reentry.figures import show
    from reentry.figures.status import status as run
    from reentry.store import Home
    from reentry.vault import open_vault

    document = run(Home(home), open_vault(home))
    if as_json:
        _print_json(document)
    else:
        show.status(document)


@app.command()
def figures(
    starts_on: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of the window.")],
    ends_on: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of the window.")],
    home: HomeOption = HOME,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    by: Annotated[str | None, typer.Option("--by", help="township: every township's figures as well.")] = None,
    ids: Annotated[list[str] | None, typer.Option("--id", help="Only this figure; may be given again.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The figures of any window."""
    from reentry.figures import show
    from reentry.figures.document import figures_document
    from reentry.figures.published import open_version
    from reentry.figures.window import Window
    from reentry.store import Home
    from reentry.vault import open_vault

    if by not in (None, "township"):
        raise UsageError(f"--by {by} is not known: only --by township is.")
    with open_version(Home(home), open_vault(home), _day(known_at)) as version:
        window = Window.of(starts_on.date(), ends_on.date(), _day(as_of), version.known_at)
        document = figures_document(version, window, by_township=by is not None, ids=ids)
    if as_json:
        _print_json(document)
    else:
        show.figures(document)


@app.command()
def cohorts(
    home: HomeOption = HOME,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    as_json: JsonOption = False,
) -> None:
    """The cohort table: reoffending by quarter of release and time since."""
    from reentry.figures import show
    from reentry.figures.document import query_rows
    from reentry.figures.published import open_version
    from reentry.store import Home
    from reentry.vault import open_vault

    with open_version(Home(home), open_vault(home), _day(known_at)) as version:
        rows = query_rows(version, "cohorts", _day(as_of))
    if as_json:
        _print_json(rows)
    else:
        show.table("队列", rows)


@roster_app.command("dual")
def roster_dual(
    home: HomeOption = HOME,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write a workbook instead.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The roster of persons under dual management (双列管)."""
    from reentry.figures import show
    from reentry.figures.document import query_rows, write_workbook
    from reentry.figures.published import open_version
    from reentry.store import Home
    from reentry.vault import open_vault

    with open_version(Home(home), open_vault(home), _day(known_at)) as version:
        rows = query_rows(version, "dual_roster", _day(as_of))
    if out is not None:
        write_workbook(out, "双列管名册", show.in_chinese(rows))
        typer.echo(f"已写入 {out}（{len(rows)} 人）", err=as_json)
    if as_json:
        _print_json(rows)
    elif out is None:
        show.table("双列管名册", rows)


@links_app.command("propose")
def links_propose(
    out: Annotated[Path, typer.Option("--out", help="Workbook of likely links for a person to decide.")],
    home: HomeOption = HOME,
) -> None:
    """Likely links of rows that belong to nobody yet; only a line in links.csv makes one."""
    from reentry.links import propose
    from reentry.store import Home
    from reentry.vault import open_vault

    count = propose(Home(home), open_vault(home), out)
    typer.echo(f"已写入 {out}：{count} 条待核对的关联建议")


@app.command("quarantined")
def quarantined_rows(
    home: HomeOption = HOME,
    feed: Annotated[str | None, typer.Option("--feed", help="Only this feed, such as justice.register.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Every quarantined row with its reasons and its cells, for data-quality staff."""
    from reentry.check import quarantined
    from reentry.figures import show
    from reentry.store import Home
    from reentry.vault import open_vault

    rows = [asdict(row) for row in quarantined(Home(home), open_vault(home), feed)]
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        row["reasons"] = "；".join(f"{rule} {message}" for rule, message in row["reasons"])
        row["cells"] = "；".join(f"{header}={cell}" for header, cell in row["cells"].items())
    show.table("隔离行", rows)


@app.command("demo-feeds")
def demo_feeds(
    out: Annotated[Path, typer.Option("--out", help="Folder that becomes the inbox.")],
    persons: PersonsOption = 2500,
    seed: SeedOption = 1,
    through: Annotated[datetime | None, typer.Option("--through", formats=["%Y-%m-%d"], help="Last delivery.")] = None,
    clean: Annotated[bool, typer.Option("--clean", help="Without dirt.")] = False,
) -> None:
    """Make demo feeds: synthetic persons, real habits of real agencies."""
    from reentry.demo import LETTER_DAY, make_feeds

    made = make_feeds(out, persons=persons, seed=seed, through=_day(through) or LETTER_DAY, clean=clean)
    typer.echo(f"已生成 {made.files} 个演示文件于 {out}（数据均为虚构）")


@app.command()
def demo(
    home: HomeOption = HOME,
    persons: PersonsOption = 2500,
    seed: SeedOption = 1,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Serve nothing.")] = False,
    port: PortOption = 8088,
) -> int:
    """Make demo feeds, refresh, show the main figures, and serve the dashboards."""
    from reentry.demo.run import run_demo

    serve_at = None if no_serve else port
    return int(run_demo(home, persons=persons, seed=seed, progress=_progress, serve_at=serve_at))


@app.command()
def serve(home: HomeOption = HOME, host: HostOption = "127.0.0.1", port: PortOption = 8088) -> None:
    """Serve the dashboards on the published version, until stopped."""
    from reentry.dashboards.serve import serving
    from reentry.store import Home
    from reentry.vault import open_vault

    with serving(Home(home), open_vault(home), host=host, port=port) as server:
        typer.echo(f"看板：http://{host}:{port}/（按 Ctrl+C 停止）")
        with contextlib.suppress(KeyboardInterrupt):
            server.wait()


@dashboards_app.command("import")
def dashboards_import(home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """Bring the dashboards to what the files in dashboards/ say; what has no file any more goes."""
    from reentry.dashboards.superset import ask
    from reentry.store import Home
    from reentry.vault import open_vault

    done = ask(Home(home), open_vault(home), "import")
    if as_json:
        _print_json(done)
    else:
        typer.echo(f"看板已更新：{done['pages']} 个页面，{done['charts']} 张图表")


@dashboards_app.command("check")
def dashboards_check(home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """Ask every chart through Superset; fail on an error or an unknown column."""
    from reentry.dashboards.superset import ask
    from reentry.store import Home
    from reentry.vault import open_vault

    found = ask(Home(home), open_vault(home), "check")
    if as_json:
        _print_json(found)
    for failure in found["failures"]:
        typer.echo(f"{failure['file']}: {failure['wrong']}", err=True)
    if found["failures"]:
        raise UsageError(f"{len(found['failures'])} dashboard files fail: correct them, or the model they read.")
    if not as_json:
        typer.echo(f"{found['charts']} 张图表均可取数，{found['datasets']} 个数据集列名无误")


@dashboards_app.command("print")
def dashboards_print(
    out: Annotated[Path, typer.Option("--out", help="Folder for the PNG and PDF files.")],
    home: HomeOption = HOME,
    account: Annotated[str | None, typer.Option("--account", help="Print what this account may see.")] = None,
    address: Annotated[str | None, typer.Option("--address", help="A running server; default: its own.")] = None,
    pages: Annotated[list[str] | None, typer.Option("--page", help="Only this page; may be given again.")] = None,
) -> None:
    """Write each page as PNG and PDF, with the row rules of the account."""
    from reentry.dashboards.printing import print_pages
    from reentry.store import Home
    from reentry.vault import open_vault

    vault = open_vault(home)
    made = print_pages(Home(home), vault, out, account=account, address=address, only=pages or [], progress=_progress)
    typer.echo(f"已写入 {out}：{len(made)} 个文件")


@users_app.command("add")
def users_add(
    name: str,
    role: Annotated[str, typer.Option("--role", help="A role of dashboards/roles.yml.")],
    township: Annotated[str | None, typer.Option("--township", help="For roles of one township: code or name.")] = None,
    home: HomeOption = HOME,
    as_json: JsonOption = False,
) -> None:
    """Make an account; its random password is shown once."""
    from reentry.dashboards.users import change

    change(home, "users-add", as_json, {"name": name, "role": role, "township": township})


@users_app.command("list")
def users_list(home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """All accounts, with role and township."""
    from reentry.dashboards.users import change

    change(home, "users-list", as_json, {})


@users_app.command("disable")
def users_disable(name: str, home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """Close an account; it stays in the list."""
    from reentry.dashboards.users import change

    change(home, "users-disable", as_json, {"name": name})


@users_app.command("password")
def users_password(name: str, home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """Give an account a new random password, shown once, and open it again."""
    from reentry.dashboards.users import change

    change(home, "users-password", as_json, {"name": name})


@app.command()
def bench(
    persons: Annotated[list[int] | None, typer.Option("--persons", help="Sizes; may be given again.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Also write the table as Markdown.")] = None,
) -> None:
    """Measure landing, checks, build and figures; print ratios."""
    from reentry.bench import bench as run

    run(persons or [2_500, 100_000, 1_000_000], out)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False)
def dbt(context: typer.Context, home: HomeOption = HOME, today: TodayOption = None) -> int:
    """Run a dbt command on this home's warehouse, for engineers: reentry dbt -- test --select x."""
    from reentry.build.dbt import run_dbt
    from reentry.refresh import refresh_lock
    from reentry.store import Home
    from reentry.vault import open_vault

    with refresh_lock(Home(home)):
        return 0 if run_dbt(Home(home), open_vault(home), _today(today), context.args) else 1


def _inbox(path: Path) -> Path:
    if not path.is_dir():
        raise UsageError(f"The inbox {path} is no folder: give the folder that holds the agencies' folders.")
    return path


def _report_landing(report: Any, as_json: bool, more: dict[str, Any]) -> None:
    refused = [{"path": r.path, "rule": r.rule, "message": r.message} for r in report.refused]
    if as_json:
        counts = {"landed": report.landed, "repeated": report.repeated, "unchanged": report.unchanged}
        _print_json({**counts, "refused": refused, **more})
        return
    typer.echo(f"入库 {report.landed} 个文件，重复 {report.repeated} 个，退回 {len(refused)} 个")
    for entry in refused:
        typer.echo(f"退回 {entry['path']}：{entry['rule']} {entry['message']}", err=True)


if __name__ == "__main__":
    main()
