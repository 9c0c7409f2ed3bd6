"""Replies to deputies: packs, and the letters that they are made from."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reentry.cli.options import HOME, AsOfOption, HomeOption, JsonOption, audited, day_of, print_json
from reentry.errors import UsageError

if TYPE_CHECKING:
    from reentry.replies.again import Again
    from reentry.replies.pack import Pack

app = typer.Typer()
letters_app = typer.Typer(no_args_is_help=True, help="Letters as data: replies/<letter>.yml.")
app.add_typer(letters_app, name="letters")


@app.command()
def reply(
    letter: str,
    home: HomeOption = HOME,
    starts_on: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of the letter's first window.")
    ] = None,
    ends_on: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of the letter's first window.")
    ] = None,
    as_of: AsOfOption = None,
    again: Annotated[str | None, typer.Option("--again", help="Rebuild this pull and compare it.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Also write the files to this new folder.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make the pack of a letter: the reply, its public version, its figures; frozen in the home."""
    from reentry.account import command_line_account
    from reentry.replies.again import rebuild
    from reentry.replies.decisions import deciding
    from reentry.replies.pack import copy_out, make_pack, outgoing
    from reentry.store import Home
    from reentry.vault import open_vault

    place, vault = Home(home), open_vault(home)
    if again is not None:
        if starts_on or ends_on or as_of:
            raise UsageError("--again rebuilds a pull with its own window: leave out --from, --to and --as-of.")
        audited(home, "view" if out is None else "export", letter=letter, pull=again, rebuilt=True)
        with deciding(place, vault):  # what a killed decision left is finished first
            pass
        _report_again(rebuild(place, vault, letter, again), out, as_json)
        return
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} 已有内容，不会覆盖：请换一个目录。")
    account, first, last, day = command_line_account(home), day_of(starts_on), day_of(ends_on), day_of(as_of)
    pack = make_pack(place, vault, letter, account=account, starts_on=first, ends_on=last, as_of=day)
    if out is not None:
        audited(home, "export", letter=letter, pull=pack.pull)
        copy_out(outgoing(pack), out)
    _report(pack, out or pack.folder, as_json)


@letters_app.command("list")
def letters_list(home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """The letters there are, and the pulls made of each."""
    from reentry.figures import show
    from reentry.replies.listing import letter_rows
    from reentry.store import Home

    rows = letter_rows(Home(home))
    if as_json:
        print_json(rows)
    else:
        show.table(
            "答复",
            [{**row, "pulls": "、".join(row["pulls"]), "windows": "、".join(row["windows"])} for row in rows],
        )


@letters_app.command("new")
def letters_new(
    letter: str,
    number: Annotated[str, typer.Option("--number", help="Number of the suggestion or proposal.")],
    title: Annotated[str, typer.Option("--title", help="Its title.")],
    kind: Annotated[str, typer.Option("--kind", help="人大代表建议 or 政协提案.")] = "人大代表建议",
) -> None:
    """Start a letter from a form."""
    from reentry.replies.new_letter import new_letter

    path = new_letter(letter, number=number, title=title, kind=kind)
    typer.echo(f"已生成 {path}，请填写后运行 reentry letters check {letter}")


@letters_app.command("check")
def letters_check(letter: Annotated[str | None, typer.Argument()] = None, home: HomeOption = HOME) -> None:
    """Judge a letter, or all: keys, figures, placeholders, template; and its pull, where something is published."""
    from reentry.fates import Fates
    from reentry.replies.check_letter import check_letter
    from reentry.replies.letter import letter_names
    from reentry.replies.new_letter import unfilled
    from reentry.store import Home

    fates = Fates("letter")
    for name in [letter] if letter else letter_names():
        with fates.of(name):
            count, lines = check_letter(Home(home), name), unfilled(name)
            blank = f"；第 {'、'.join(map(str, lines))} 行还没有填写" if lines else ""
            typer.echo(f"{name}：{count} 个指标，没有问题{blank}")
    fates.settle([])


def _report(pack: Pack, folder: Path, as_json: bool) -> None:
    from reentry.figures import show
    from reentry.replies.pdf import WITHOUT_OFFICE
    from reentry.replies.report import causes_said

    if not list(pack.folder.glob("*.pdf")):
        typer.echo(WITHOUT_OFFICE, err=True)
    if as_json:
        print_json({"folder": str(folder), **pack.document})
        return
    rows = [
        {"占位符": f["name"], "名称": f["name_zh"], "分项": "，".join(f["by"].values()), "印作": f["printed"]}
        | {"准确值": show.shown(f["unit"], f["value"])}
        | {"上次印作": f["changed"]["printed_before"] if f["changed"] else "（首次取数）"}
        for f in pack.document["figures"]
    ]
    show.table(f"答复 {pack.letter}，取数 {pack.pull}，数据截至 {pack.document['known_at']}", rows)
    for figure in pack.document["figures"]:
        if figure["changed"] and figure["changed"]["causes"]:
            typer.echo(f"{figure['name']} 与 {figure['changed']['since']['pull']} 相比：")
            for cause in causes_said(figure["changed"], figure["unit"]):
                typer.echo(f"  {cause}")
    typer.echo(f"已生成 {folder}")


def _report_again(again: Again, out: Path | None, as_json: bool) -> None:
    from reentry.replies.pack import copy_out

    if out is not None:
        copy_out(again.files, out)
    differing = sorted(set(again.files) - set(again.identical))
    if as_json:
        print_json(
            {"pull": again.pack.pull, "identical": again.identical, "differing": differing, "reasons": again.reasons}
        )
    else:
        for name in again.identical:
            typer.echo(f"{name}：逐字节一致")
        for reason in again.reasons:
            typer.echo(reason)
    if differing:
        raise UsageError(
            f"取数 {again.pack.pull} 未能逐字节重建（{'、'.join(differing)}）：{'；'.join(again.reasons)}。"
        )
