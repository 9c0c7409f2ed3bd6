"""Where the parts of the project lie: the dbt project, the seeds, the expectations."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"
SEEDS = ROOT / "seeds"
EXPECTATIONS = ROOT / "expectations"
DASHBOARDS = ROOT / "dashboards"
SUPERSET_PYTHON = ROOT / ".venv-superset" / "bin" / "python"
