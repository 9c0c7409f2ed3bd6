"""The models' own unit tests (in the yml beside each model), run by dbt on a refreshed home."""

from __future__ import annotations

from conftest import MakeHome
from reentry.build.dbt import run_dbt


def test_unit_tests_of_the_models_pass(made_home: MakeHome) -> None:
    """Every unit test, data test and gate: the whole build once more, with what a refresh leaves out."""
    made = made_home(1)
    assert run_dbt(made.home, made.vault, made.today, ["build", "--exclude-resource-types", "seed", "--quiet"])
