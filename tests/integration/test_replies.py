"""Replies on a refreshed home: numbers of the letter, frozen packs, rebuilds byte for byte, causes of changes."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from openpyxl import load_workbook

from conftest import Made, MakeHome, run_refresh
from reentry.basis import read_basis
from reentry.cli.replies import _report
from reentry.definition import figures_of
from reentry.demo import LETTER_DAY
from reentry.errors import GateError, UsageError
from reentry.figures.document import figures_document
from reentry.figures.published import open_version
from reentry.figures.pull import pull
from reentry.figures.window import Window
from reentry.refresh import gates_on_record
from reentry.replies import pack as pack_module
from reentry.replies import states
from reentry.replies.again import rebuild
from reentry.replies.cells import Cell
from reentry.replies.check_letter import check_letter
from reentry.replies.disclosure import SMALLEST_SHOWN
from reentry.replies.letter import REPLIES
from reentry.replies.pack import Pack, copy_out, make_pack, outgoing
from reentry.replies.past import KEPT, PULL_FILE, list_pulls
from reentry.replies.pdf import WITHOUT_OFFICE, office
from reentry.replies.public import PERSON_UNITS, Verdict, catalogue_of, judge, said_cells
from reentry.replies.standing import standing_figures
from reentry.store import Home, open_warehouse
from replies_made import (
    CLERK,
    CORRECTION,
    LETTER,
    RAISED,
    Answered,
    answer_three_times,
    refreshed_beside,
    without_office,
)

LETTERS_SIZE = 2500  # persons: the size at which the demo's figures are those of the public letter
MOST_WITHHELD = 0.2
SPANS = {
    "year": ("01-01", "12-31"),
    "H1": ("01-01", "06-30"),
    "H2": ("07-01", "12-31"),
    "Q1": ("01-01", "03-31"),
    "Q2": ("04-01", "06-30"),
    "Q3": ("07-01", "09-30"),
    "Q4": ("10-01", "12-31"),
    "from April": ("04-01", "12-31"),
}
SEQUENCES = {
    f"{year}: {', '.join(order)}": [(f"{year}-{SPANS[o][0]}", f"{year}-{SPANS[o][1]}") for o in order]
    for year, order in (
        (2024, ("year", "from April", "Q1")),
        (2024, ("year", "H2", "H1")),
        (2023, ("year", "H2", "Q4", "Q3", "H1", "Q2", "Q1")),
        (2024, ("year", "H2", "Q4", "Q3", "H1", "Q2", "Q1")),
        (2023, ("Q1", "Q2", "Q3", "Q4", "year")),
        (2024, ("Q1", "Q2", "Q3", "Q4", "year")),
    )
} | {"2025": [("2025-01-01", "2025-06-19"), ("2025-04-01", "2025-06-19"), ("2025-01-01", "2025-03-31")]}
GOES_OUT = {"reply.docx", "reply-public.docx", "figures.xlsx", "figures.json"}


@pytest.fixture(scope="module")
def answered(made_home: MakeHome, tmp_path_factory: pytest.TempPathFactory) -> Answered:
    """The home in which everything below was answered."""
    return answer_three_times(made_home(1), tmp_path_factory.mktemp("answered"))


def _printed(pack: Pack) -> dict[str, str]:
    return {f["name"]: f["printed"] for f in pack.document["figures"]}


def _figure(pack: Pack, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(f for f in pack.document["figures"] if f["name"] == name)
    return found


def _text(pack: Pack, file: str = "reply.docx") -> str:
    return "\n".join(p.text for p in Document(BytesIO((pack.folder / file).read_bytes())).paragraphs)


@pytest.fixture(scope="module")
def letters_home(made_home: MakeHome, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A home of the size of the public letter."""
    folder = tmp_path_factory.mktemp("letters")
    return refreshed_beside(made_home(1), folder, persons=LETTERS_SIZE, today=LETTER_DAY)


def test_every_number_as_in_the_public_letter(letters_home: Made) -> None:
    """铜司函〔2025〕9号: what it says of its figures, with the note that small numbers demand."""
    with without_office():
        text = _text(make_pack(letters_home.home, letters_home.vault, LETTER, account=CLERK))
    for said in (
        "2025年以来，全区刑满释放人员均已全部衔接到位",
        "重点帮教对象均已全部落实必接必送",
        "在册安置帮教对象2000余人",
        "2025年一季度，安置帮教对象重新犯罪率居全市前列，同比下降55.3%（人数较少，变化不具统计显著性）",
        "最低生活保障7人次、住房救助1人次、临时救助37人次，其中临时救助金额3.28万元",
        "“双列管”36人",
        "公益性岗位44个",
    ):
        assert said in text
    assert "{{" not in text


@pytest.mark.parametrize("letter", [LETTER, "2025-zx-0126"])
def test_few_counts_of_a_public_letter_are_withheld(letters_home: Made, letter: str) -> None:
    """Less than a fifth of the counts of 5 and more, so that a public letter still says something."""
    with without_office():
        pack = make_pack(letters_home.home, letters_home.vault, letter, account=CLERK)
    hidden = json.loads((pack.folder / KEPT / PULL_FILE).read_text(encoding="utf-8"))["hidden"]
    counts = [f for f in pack.document["figures"] if f["unit"] in PERSON_UNITS and f["value"] >= SMALLEST_SHOWN]
    withheld = [f["name"] for f in counts if f["name"] in hidden]
    print(f"{letter}: {len(withheld)} of {len(counts)} counts of {SMALLEST_SHOWN} and more withheld")
    assert len(withheld) / len(counts) < MOST_WITHHELD


@pytest.mark.parametrize("at_once", [True, False], ids=["one letter", "a letter a window"])
def test_few_counts_of_overlapping_windows_are_withheld(letters_home: Made, at_once: bool) -> None:
    """Years, halves and quarters, in all and by member: each sequence printed whole, as nobody would but in a test."""
    ids = ["relief.grants", *(f"register.{word}" for word in ("opened", "closed", "entered", "left", "on_register"))]
    with open_version(letters_home.home, letters_home.vault) as version:
        catalogue = catalogue_of([figure for figure, _ in figures_of(version.definitions).values()], [])
        for name, windows in SEQUENCES.items():
            documents: list[dict[str, Any]] = [
                {"from": a, "to": b, "as_of": b, "figures": pull(version, _window(a, b, version.known_at), ids=ids)}
                for a, b in windows
            ]
            verdicts: dict[Cell, Verdict] = {}
            earlier: list[dict[str, Any]] = []
            for letter in [documents] if at_once else [[document] for document in documents]:
                cells = [Cell.of(d, f["id"], f["by"]) for d in letter for f in d["figures"]]
                judged = judge(letter, cells, catalogue, earlier=earlier)
                earlier += said_cells(letter, judged, catalogue)
                verdicts |= judged
            values = {Cell.of(d, f["id"], f["by"]): f["value"] for d in documents for f in d["figures"]}
            counts = [cell for cell in verdicts if values[cell] >= SMALLEST_SHOWN]
            withheld = [cell for cell in counts if not verdicts[cell].is_shown]
            print(f"{name}: {len(withheld)} of {len(counts)} counts of {SMALLEST_SHOWN} and more withheld")
            assert len(withheld) / len(counts) < MOST_WITHHELD, name


def _window(first: str, last: str, known_at: date) -> Window:
    return Window(date.fromisoformat(first), date.fromisoformat(last), date.fromisoformat(last), known_at)


def test_figures_are_those_of_the_command(answered: Answered) -> None:
    """Each cell of figures.json is the cell that `reentry figures` gives for the window, to the last digit."""
    made, document = answered.made, answered.corrected.document
    with open_version(made.home, made.vault) as version:
        for figure in document["figures"]:
            days = document["windows"][figure["window"]]
            starts_on, ends_on, as_of = (date.fromisoformat(days[k]) for k in ("from", "to", "as_of"))
            window = Window.of(starts_on, ends_on, as_of, version.known_at)
            cells = figures_document(version, window, ids=[figure["id"]])["figures"]
            cell = next(c for c in cells if c["by"] == figure["by"])
            assert {key: figure[key] for key in cell} == json.loads(json.dumps(cell))


def test_pack_is_whole(answered: Answered) -> None:
    """The four files, the hash of every other file, the batches behind the figures, and no id number."""
    pack = answered.letter_day
    assert set(outgoing(pack)) >= GOES_OUT
    there = {p.relative_to(pack.folder).as_posix() for p in pack.folder.rglob("*") if p.is_file()}
    assert set(pack.document["files"]) == there - {"figures.json"}
    for name, sha256 in pack.document["files"].items():
        assert hashlib.sha256((pack.folder / name).read_bytes()).hexdigest() == sha256
    feeds = {feed for figure in pack.document["figures"] for feed in figure["feeds"]}
    assert {batch["feed"] for batch in pack.document["batches"]} == feeds
    assert "police.residence" not in feeds
    assert feeds >= {"justice.register", "corrections.releases", "civil_affairs.relief", "housing.relief"}


def test_workbook_has_every_figure_exact(answered: Answered) -> None:
    """One row a figure: as printed and exact, window, numerator, denominator, definition, sources, change."""
    book = load_workbook(answered.letter_day.folder / "figures.xlsx")
    sheet = book["指标"]
    rows = [dict(zip([c.value for c in sheet[1]], [c.value for c in row], strict=True)) for row in sheet.iter_rows(2)]
    by_name = {row["占位符"]: row for row in rows}
    assert {n: row["印作"] for n, row in by_name.items()} == _printed(answered.letter_day)
    rate, amount = _figure(answered.letter_day, "reoffending"), _figure(answered.letter_day, "emergency_amount")
    assert by_name["reoffending"]["准确值"] == pytest.approx(rate["value"], rel=1e-15)  # workbooks keep 16 digits
    assert (by_name["reoffending"]["分子"], by_name["reoffending"]["分母"]) == (rate["numerator"], rate["denominator"])
    assert f"{by_name['emergency_amount']['准确值']:.2f}" == amount["value"]
    assert by_name["reoffending"]["截至"] == "2025-03-31"
    assert "民政 社会救助发放" in str(by_name["emergency"]["来源"])
    assert book["来源文件"].max_row == 1 + len(answered.letter_day.document["batches"])


@pytest.mark.parametrize("pull", ["spring", "corrected"])
def test_again_byte_for_byte(answered: Answered, pull: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After more months, a correction, a raised definition, the version's end, another letter: the same bytes."""
    for name in ("load_letter", "template_path"):  # the letter's file and template of today are not even looked at
        monkeypatch.setattr(pack_module, name, None)
    pack: Pack = getattr(answered, pull)
    with nullcontext() if pull == "spring" else without_office():
        made = rebuild(answered.made.home, answered.made.vault, LETTER, pack.pull)
    assert made.reasons == []
    assert set(made.identical) == set(made.files) == set(outgoing(pack))
    assert made.files == outgoing(pack)
    assert ("reply.pdf" in made.files) == (pull == "spring" and office() is not None)


def test_without_libreoffice_one_sentence_says_so(answered: Answered, capsys: pytest.CaptureFixture[str]) -> None:
    """The Word files are there, the PDFs are not, and what the command says names the package."""
    pack = answered.letter_day
    assert {"reply.docx", "reply-public.docx"} <= set(outgoing(pack))
    assert not list(pack.folder.glob("*.pdf"))
    _report(pack, pack.folder, as_json=False)
    said = capsys.readouterr()
    assert said.err.splitlines() == [WITHOUT_OFFICE]
    assert "LibreOffice" in WITHOUT_OFFICE and str(pack.folder) in said.out


def test_changes_are_walked_step_by_step(answered: Answered) -> None:
    """From spring to the letter's day: each figure's causes lead from the old value to the new one without a gap."""
    for figure in answered.letter_day.document["figures"]:
        then = _figure(answered.spring, figure["name"])
        assert figure["changed"]["since"]["pull"] == answered.spring.pull
        assert figure["changed"]["printed_before"] == then["printed"]
        value = then["value"]
        for cause in figure["changed"]["causes"]:
            assert cause["before"] == value, figure["name"]
            value = cause["after"]
        assert value == figure["value"], figure["name"]
    causes = {f["name"]: f["changed"]["causes"] for f in answered.letter_day.document["figures"]}
    kinds = {name: [cause["kind"] for cause in said] for name, said in causes.items()}
    assert kinds["emergency"][:2] == ["window", "new_deliveries"]
    assert kinds["rank"] == ["new_deliveries"]
    brought = _figure(answered.letter_day, "rank")["changed"]["causes"][0]["batches"]
    assert {b["delivered_on"] > "2025-03-31" for b in brought} == {True}


def test_each_cause_is_named(answered: Answered) -> None:
    """After the correction: its file for the one figure it concerns, the version for the other, no more."""
    causes = {f["name"]: f["changed"]["causes"] for f in answered.corrected.document["figures"]}
    (correction,) = causes.pop("emergency_amount")
    before = _figure(answered.letter_day, "emergency_amount")["value"]
    assert correction["kind"] == "corrections"
    assert [(b["file_name"], b["new_rows"], b["corrected_rows"]) for b in correction["batches"]] == [(CORRECTION, 0, 1)]
    assert float(correction["after"]) - float(before) == answered.corrected_by
    raised = next(f for f in answered.corrected.document["figures"] if f["id"] == RAISED)
    (definition,) = causes.pop(raised["name"])
    assert (definition["kind"], definition["from"], definition["to"]) == ("definition", "1", "2")
    assert (definition["before"], definition["after"]) == (raised["value"] - 1, raised["value"])
    assert set(map(len, causes.values())) == {0}


def test_page_shows_now_and_last_printed(answered: Answered) -> None:
    """What the page 答复取数 says when it is looked at: as a pull would print it, beside what the last pull printed."""
    said = standing_figures(answered.made.home, answered.made.vault, LETTER)
    last = answered.corrected.document["figures"]
    assert len(said["figures"]) == len(last) > 0
    for row, current in zip(said["figures"], last, strict=True):
        assert row["name_zh"].startswith(current["name_zh"]) and row["window"].startswith(current["from"])
        assert (row["last_printed"], row["last_pull"]) == (current["printed"], answered.corrected.pull)
        if current["id"] != RAISED:  # raised for that pull alone
            assert (row["printed"], row["change"], row["is_changed"]) == (current["printed"], "没有变化", False)
    assert said["changed"] == sum(row["is_changed"] for row in said["figures"])


def test_never_over_a_pull_and_never_half(answered: Answered, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash while a pack is written leaves no pull; what is there keeps its bytes; no folder is written over."""
    home, vault = answered.made.home, answered.made.vault
    pulls, before = list_pulls(home, LETTER), _bytes_of(home)
    with monkeypatch.context() as patch:
        patch.setattr(pack_module, "write_files", _crash)
        with without_office(), pytest.raises(RuntimeError, match="power cut"):
            make_pack(home, vault, LETTER, account=CLERK)
    assert list_pulls(home, LETTER) == pulls
    assert {n: d for n, d in _bytes_of(home).items() if n in before} == before
    with monkeypatch.context() as patch:
        patch.setattr(states, "next_pull", lambda *_: pulls[-1])
        with without_office(), pytest.raises(UsageError, match="不会覆盖"):
            make_pack(home, vault, LETTER, account=CLERK)
    assert {n: d for n, d in _bytes_of(home).items() if n in before} == before
    with pytest.raises(UsageError, match="不会覆盖"):
        copy_out({"a": b""}, home.path)


def _crash(*_: object) -> None:
    raise RuntimeError("power cut")


def _bytes_of(home: Home) -> dict[str, str]:
    files = (p for p in home.replies.rglob("*") if p.is_file() and "/." not in p.as_posix())
    return {p.as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_no_pack_while_a_gate_is_broken(answered: Answered) -> None:
    """The pack waits, and names the gate, until a refresh finds all gates held."""
    made = answered.made
    with pytest.raises(GateError, match="one row"), gates_on_record(made.home):
        raise GateError("Gate G1: one row")
    with pytest.raises(GateError, match=r"质量关卡未通过.*Gate G1: one row"):
        make_pack(made.home, made.vault, LETTER, account=CLERK)
    run_refresh(made.home.path, made.inbox, LETTER_DAY)
    assert not made.home.broken_gate.exists()


def test_a_letter_is_judged_on_what_is_published(answered: Answered, tmp_path: Path) -> None:
    """A member that a breakdown does not have, and a window that is not over, are found before anyone pulls."""
    source = (REPLIES / f"{LETTER}.yml").read_text(encoding="utf-8")
    shutil.copy(REPLIES / "letter.docx", tmp_path)
    for name, change, words in (
        ("good", ("", ""), ""),
        ("member", ("relief_type: 住房救助", "relief_type: 住房"), "relief.grants 没有分项 住房，现有 .*、住房救助、"),
        ("future", ("to: 2025-06-19", "to: 2025-12-31"), "截至 2025-12-31，晚于已发布数据的截至日 2025-06-19"),
    ):
        (tmp_path / f"{name}.yml").write_text(source.replace(*change) if change[0] else source, encoding="utf-8")
        if words:
            with pytest.raises(UsageError, match=rf"{name}\.yml 第 \d+ 行：.*{words}"):
                check_letter(answered.made.home, name, tmp_path)
        else:
            assert check_letter(answered.made.home, name, tmp_path) == source.count("print:")


def test_again_says_what_prevents_it(answered: Answered, tmp_path: Path) -> None:
    """A file altered after freezing, no LibreOffice, what is kept altered, deliveries that are gone."""
    home, vault, pack = answered.made.home, answered.made.vault, answered.spring
    with _altered(pack.folder / "reply.docx"), without_office():
        made = rebuild(home, vault, LETTER, pack.pull)
        assert made.reasons[0] == "reply.docx 在封存后被改动"
        assert "reply.docx" not in made.identical
        assert "figures.xlsx" in made.identical
        if (pack.folder / "reply.pdf").exists():
            assert made.reasons[1].startswith("PDF 未重建：封存时由 LibreOffice")
    with (
        _altered(pack.folder / "kept" / "letter.yml"),
        pytest.raises(UsageError, match=r"kept/letter\.yml 与封存时不同"),
    ):
        rebuild(home, vault, LETTER, pack.pull)
    other = Home(tmp_path / "home")
    shutil.copytree(home.replies, other.replies)
    shutil.copy(answered.made.inbox.parent / "home" / "secret.key", other.path / "secret.key")
    _empty_warehouse(other, answered)
    with pytest.raises(UsageError, match="不在数据仓库中"):
        rebuild(other, vault, LETTER, pack.pull)
    with pytest.raises(UsageError, match=f"没有取数 1999-01-01-1：现有 {pack.pull}"):
        rebuild(home, vault, LETTER, "1999-01-01-1")


@contextmanager
def _altered(path: Path) -> Iterator[None]:
    whole = path.read_bytes()
    path.chmod(0o640)
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        yield
    finally:
        path.write_bytes(whole)


def _empty_warehouse(home: Home, answered: Answered) -> None:
    home.building.mkdir()
    with open_warehouse(home, answered.made.vault, write=True) as con:
        con.execute("checkpoint warehouse")


def test_what_is_kept_holds_no_person(answered: Answered) -> None:
    """The basis is encrypted; of the pull's other files none names a person or an id number."""
    pack = answered.letter_day
    basis = pack.folder / "kept" / "basis.duckdb"
    assert read_basis(answered.made.home, basis, answered.made.vault).build_id == pack.document["build"]["id"]
    assert b"links" not in basis.read_bytes()
    with pytest.raises(UsageError, match="another key"):
        read_basis(answered.made.home, basis, type(answered.made.vault)(b"another secret"))
