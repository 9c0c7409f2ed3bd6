"""The models' own unit tests (in the yml beside each model), run by dbt on a refreshed home."""

from __future__ import annotations

import shutil
from pathlib import Path

from conftest import MakeHome
from reentry.build.dbt import run_dbt
from reentry.store import Home


def test_unit_tests_of_the_models_pass(made_home: MakeHome, tmp_path: Path) -> None:
    """Every unit test, data test and gate: the whole build once more, with what a refresh leaves out."""
    made = made_home(1)
    shutil.copytree(made.home.path, tmp_path / "home", symlinks=True)
    home = Home(tmp_path / "home")
    assert run_dbt(home, made.vault, made.today, ["build", "--exclude-resource-types", "seed", "--quiet"])
