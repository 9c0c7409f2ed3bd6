"""Settings and keys: what is wrong is said in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from reentry.errors import UsageError
from reentry.settings import Settings, load_settings
from reentry.vault import open_vault


def test_no_file_means_defaults(tmp_path: Path) -> None:
    """All keys are optional."""
    assert load_settings(tmp_path) == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("handover_day = 7", "unknown key handover_day; the nearest known one is handover_days"),
        ("[library]\ncolor = []", "unknown key library.color; the nearest known one is library.colours"),
        ("[library]\ncolours = '红'", "library.colours must be a list"),
        ("handover_days = 'seven'", "handover_days must be of type int"),
        ("[visit_days]\n'红' = -1", "visit_days.红 must be a whole number of 0 or more"),
        ("horizons = [0]", "whole numbers of days above 0"),
        ("townships = 'nowhere.csv'", "the file nowhere.csv is not beside it"),
        ("a = = 1", "is not valid TOML"),
        ("allowed_hosts = 'one.example'", "allowed_hosts must be of type list"),
        ("allowed_hosts = ['https://one.example/']", "leave out protocol, port and path"),
        ("trusted_proxies = ['proxy.example']", "trusted_proxies must be addresses or networks"),
    ],
)
def test_wrong_settings(tmp_path: Path, text: str, said: str) -> None:
    """Each names the file, the key and what to do."""
    (tmp_path / "reentry.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as error:
        load_settings(tmp_path)
    assert said in str(error.value)
    assert "reentry.toml" in str(error.value)


def test_hosts_and_proxies(tmp_path: Path) -> None:
    """Names and addresses as the web server takes them."""
    text = 'allowed_hosts = ["one.example", ".district.example", "[fd00::1]"]\ntrusted_proxies = ["10.0.0.0/8", "::1"]'
    (tmp_path / "reentry.toml").write_text(text, encoding="utf-8")
    settings = load_settings(tmp_path)
    assert settings.allowed_hosts == ("one.example", ".district.example", "[fd00::1]")
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1")


def test_named_file_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """REENTRY_CONFIG that names nothing is an error, not the defaults."""
    monkeypatch.setenv("REENTRY_CONFIG", str(tmp_path / "gone.toml"))
    with pytest.raises(UsageError, match="REENTRY_CONFIG"):
        load_settings(tmp_path)


def test_the_key_is_made_once_and_private(tmp_path: Path) -> None:
    """The second opening has the same key; a key is never made where one is expected."""
    with pytest.raises(UsageError, match="There is no key"):
        open_vault(tmp_path)
    first = open_vault(tmp_path, create=True)
    assert open_vault(tmp_path, create=True) == first
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert first.key("person") != first.key("warehouse")


def test_an_empty_key_is_no_key(tmp_path: Path) -> None:
    """It would encrypt nothing worth the name."""
    (tmp_path / "secret.key").write_text("\n", encoding="utf-8")
    with pytest.raises(UsageError, match="is empty"):
        open_vault(tmp_path)
