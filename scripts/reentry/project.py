"""Where the parts of the project lie: the dbt project, the seeds, the expectations; and whether they have changed."""

import hashlib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"
SEEDS = ROOT / "seeds"
EXPECTATIONS = ROOT / "expectations"
DASHBOARDS = ROOT / "dashboards"
SUPERSET_PYTHON = ROOT / ".venv-superset" / "bin" / "python"


def files_hash(*folders: str) -> str:
    """A hash of all files of these folders of the project, their names included, and of dbt_project.yml."""
    digest = hashlib.sha256((ROOT / "dbt_project.yml").read_bytes())
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file():
                digest.update(path.relative_to(ROOT).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def code_fingerprint() -> str:
    """A hash of all that the compiled SQL depends on: models, macros, tests, and the programs that compile it."""
    programs = [f"{name} {version(name)}" for name in ("dbt-core", "dbt-duckdb", "duckdb")]
    return f"{files_hash('models', 'macros', 'tests/dbt')} {', '.join(programs)}"
