"""The desk of replies: a pull is looked at, handed in, released by another; small totals are allowed by name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reentry.cli.options import HOME, HomeOption, JsonOption, audited, print_json, read_text

if TYPE_CHECKING:
    from reentry.replies.workflow import State

app = typer.Typer()
replies_app = typer.Typer(no_args_is_help=True, help="Pulls of letters: states, release by another person, files.")
app.add_typer(replies_app, name="replies")


@replies_app.command("list")
def replies_list(home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """Every pull of every letter, and where it stands."""
    from reentry.figures import show
    from reentry.replies.desk import pulls
    from reentry.store import Home
    from reentry.vault import open_vault

    rows = pulls(Home(home), open_vault(home))
    if as_json:
        print_json(rows)
        return
    columns = {"letter": "答复", "pull": "取数", "state_zh": "状态", "prepared_by": "办理", "released_by": "审签"}
    columns |= {"flaw": "问题"} if any(row["flaw"] for row in rows) else {}
    show.table("答复的取数", [{zh: row[name] for name, zh in columns.items()} for row in rows])


@replies_app.command("show")
def replies_show(letter: str, pull: str, home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """A pull: its state and steps, its figures, its text as it will be read."""
    from reentry.account import command_line_account
    from reentry.figures import show
    from reentry.replies.desk import pull_document
    from reentry.store import Home
    from reentry.vault import open_vault

    document = pull_document(Home(home), open_vault(home), letter, pull, account=command_line_account(home))
    audited(home, "view", letter=letter, pull=pull)
    if as_json:
        print_json(document)
        return
    show.table(
        f"答复 {letter} 取数 {pull}：{document['state_zh']}",
        [{"时间": s["at"], "账号": s["who"], "步骤": s["step_zh"], "说明": s["note"]} for s in document["steps"]],
    )


@replies_app.command("submit")
def replies_submit(letter: str, pull: str, home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """Hand a draft in; another account releases it."""
    from reentry.account import command_line_account
    from reentry.replies.states import submit
    from reentry.store import Home
    from reentry.vault import open_vault

    _done(submit(Home(home), open_vault(home), letter, pull, account=command_line_account(home)), as_json)


@replies_app.command("delete")
def replies_delete(letter: str, pull: str, home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """Delete a draft that the account made; what was done with it stays on the log."""
    from reentry.account import command_line_account
    from reentry.replies.states import delete
    from reentry.store import Home
    from reentry.vault import open_vault

    _done(delete(Home(home), open_vault(home), letter, pull, account=command_line_account(home)), as_json)


@replies_app.command("release")
def replies_release(letter: str, pull: str, home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """Release a submitted pull; never by an account that prepared it."""
    from reentry.account import command_line_account
    from reentry.replies.states import release
    from reentry.store import Home
    from reentry.vault import open_vault

    _done(release(Home(home), open_vault(home), letter, pull, account=command_line_account(home)), as_json)


@replies_app.command("recall")
def replies_recall(letter: str, pull: str, home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """Take a submitted pull back to draft, until it is decided; by an account that prepared it."""
    from reentry.account import command_line_account
    from reentry.replies.states import recall
    from reentry.store import Home
    from reentry.vault import open_vault

    _done(recall(Home(home), open_vault(home), letter, pull, account=command_line_account(home)), as_json)


@replies_app.command("return")
def replies_return(
    letter: str,
    pull: str,
    note_file: Annotated[str, typer.Option("--note-file", help="File with the reason; - reads standard input.")],
    home: HomeOption = HOME,
    as_json: JsonOption = False,
) -> None:
    """Send a submitted pull back with the reason; never by an account that prepared it."""
    from reentry.account import command_line_account
    from reentry.replies.states import send_back
    from reentry.store import Home
    from reentry.vault import open_vault

    account, note = command_line_account(home), read_text(note_file)
    _done(send_back(Home(home), open_vault(home), letter, pull, note, account=account), as_json)


@replies_app.command("allow")
def replies_allow(
    letter: str,
    figure: Annotated[str, typer.Argument(help="The placeholder of the figure.")],
    person_file: Annotated[
        str, typer.Option("--person-file", help="File with the name of who allows it; - reads standard input.")
    ],
    reason_file: Annotated[
        str, typer.Option("--reason-file", help="File with why a count of 1 to 4 may be printed in public; - likewise.")
    ],
    home: HomeOption = HOME,
    as_json: JsonOption = False,
) -> None:
    """Allow a small district total in the public version of the pulls to come.

    With - for both files the first line of standard input is the name, the rest the reason.
    """
    from reentry.account import command_line_account
    from reentry.replies.allowed import allow
    from reentry.replies.letter import load_letter
    from reentry.store import Home
    from reentry.vault import open_vault

    if person_file == reason_file == "-":
        person, _, reason = read_text("-").partition("\n")
    else:
        person, reason = read_text(person_file), read_text(reason_file)
    account, person = command_line_account(home), person.strip()
    allow(Home(home), open_vault(home), load_letter(letter), figure, person=person, reason=reason, account=account)
    _said(f"已记录：{person} 准予公开 {letter} 的 {figure}，下次取数起生效", as_json)


@replies_app.command("disallow")
def replies_disallow(letter: str, figure: str, home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """Take an allowance back, for the pulls to come."""
    from reentry.account import command_line_account
    from reentry.replies.allowed import withdraw
    from reentry.replies.letter import load_letter
    from reentry.store import Home
    from reentry.vault import open_vault

    withdraw(Home(home), open_vault(home), load_letter(letter), figure, account=command_line_account(home))
    _said(f"已撤回 {letter} 的 {figure} 的公开许可，下次取数起生效", as_json)


@replies_app.command("file")
def replies_file(
    letter: str,
    pull: str,
    name: Annotated[str, typer.Argument(help="Such as reply.docx.")],
    home: HomeOption = HOME,
    out: Annotated[Path | None, typer.Option("--out", help="Write it here; default: standard output.")] = None,
) -> None:
    """One file of a pull, as it was frozen."""
    from reentry.account import command_line_account
    from reentry.replies.desk import file_of
    from reentry.store import Home
    from reentry.vault import open_vault

    content = file_of(Home(home), open_vault(home), letter, pull, name, account=command_line_account(home))
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        out.write_bytes(content)


def _done(state: State, as_json: bool) -> None:
    from reentry.replies.workflow import STATES_ZH

    said: dict[str, Any] = {"letter": state.letter, "pull": state.pull, "state": state.state}
    if as_json:
        print_json(said | {"state_zh": STATES_ZH[state.state]})
    else:
        typer.echo(f"答复 {state.letter} 取数 {state.pull}：{STATES_ZH[state.state]}")


def _said(text: str, as_json: bool) -> None:
    if as_json:
        print_json({"said": text})
    else:
        typer.echo(text)
