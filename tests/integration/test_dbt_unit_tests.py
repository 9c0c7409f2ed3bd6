"""The models' own unit tests (in the yml beside each model), run by dbt on a refreshed home; a refresh has none."""

from __future__ import annotations

import shutil
from pathlib import Path

from conftest import MakeHome
from reentry.build.build import build
from reentry.build.dbt import run_dbt
from reentry.store import Home


def test_unit_tests_of_the_models_pass(made_home: MakeHome, tmp_path: Path) -> None:
    """Every unit test; dbt ran the models, their data tests and the gates when it made the first home.

    The periods are in memory, so they are made once more.
    """
    made = made_home(1)
    shutil.copytree(made.home.path, tmp_path / "home", symlinks=True)
    home = Home(tmp_path / "home")
    build(home, made.vault, known_at=made.today, fingerprint="of a test")  # dbt asks what columns there are
    assert run_dbt(home, made.vault, made.today, ["build", "--select", "periods", "test_type:unit", "--quiet"])
