"""What stands in Superset's folder is of its making: whoever starts it, root too, follows no link in there."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from reentry.dashboards import serve, shut_in
from reentry.dashboards.superset import LOG, new_log
from reentry.errors import UsageError
from reentry.private import tighten
from reentry.store import Home

LONG_AGO = (1_600_000_000, 1_600_000_000)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with Superset's folder, beside a folder that is nobody's business there."""
    home = Home(tmp_path / "home")
    home.superset.mkdir(parents=True)
    other = tmp_path / "other"
    other.mkdir()
    (other / "file").write_text("as it was", encoding="utf-8")
    (other / "file").chmod(0o644)
    other.chmod(0o755)
    os.utime(other / "file", LONG_AGO)
    return home


def is_untouched(home: Home) -> bool:
    """Whether the other folder is as it was."""
    file = home.path.parent / "other" / "file"
    modes = [file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777]
    return (file.read_text(encoding="utf-8"), modes, file.stat().st_uid) == ("as it was", [0o644, 0o755], os.geteuid())


@pytest.mark.parametrize("place", ["superset", "superset/tmp"])
def test_a_link_for_a_folder_is_refused(home: Home, place: str) -> None:
    """One sentence; its target keeps its mode."""
    path = home.path / place
    if path.exists():
        path.rmdir()
    path.symlink_to(home.path.parent / "other")
    with pytest.raises(UsageError, match="is no folder"):
        shut_in.shut_in(home)
    assert is_untouched(home)


def test_the_log_is_no_link(home: Home) -> None:
    """A link in its place is replaced, not written through."""
    (home.superset / LOG).symlink_to(home.path.parent / "other" / "file")
    with new_log(home) as log:
        log.write(b"said")
    assert (home.superset / LOG).read_bytes() == b"said"
    assert not (home.superset / LOG).is_symlink()
    assert is_untouched(home)


def test_what_is_swept_lies_in_the_folder(home: Home) -> None:
    """Old files and folders go, links to others with them; what they lead to stays."""
    place = home.superset / shut_in.TEMPORARY
    (place / "folder").mkdir(parents=True)
    (place / "folder" / "file").touch()
    (place / "link").symlink_to(home.path.parent / "other")
    (place / "new").touch()
    for name in ("folder", "link"):
        os.utime(place / name, LONG_AGO, follow_symlinks=False)
    serve._sweep(home)
    assert [path.name for path in place.iterdir()] == ["new"]
    assert is_untouched(home)


def test_what_is_handed_over_lies_in_the_folder(home: Home) -> None:
    """Superset's folder and all in it, links themselves, and nothing that they lead to; what is another's stays so."""
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())  # only root gives files away
    (home.superset / "folder").mkdir()
    (home.superset / "folder" / "file").touch()
    (home.superset / "link").symlink_to(home.path.parent / "other")
    shut_in._hand_over(home, user)
    owners = {path.lstat().st_uid for path in (home.superset, *home.superset.rglob("*"))}
    assert owners == {user.pw_uid}
    (home.superset / "folder" / "file").chmod(0o666)
    tighten(home.path)
    assert (home.superset / "folder" / "file").stat().st_mode & 0o777 == (
        0o600 if user.pw_uid == os.geteuid() else 0o666
    )
    assert is_untouched(home)
