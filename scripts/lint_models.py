"""Lints the dbt project: parses it, runs dbt-bouncer on the manifest, and asks for one .yml beside each .sql."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from reentry.build.dbt import run_dbt
from reentry.project import MODELS, ROOT
from reentry.store import Home
from reentry.vault import Vault


def main() -> int:
    """0 when all is well; prints what is not."""
    lonely = [p for p in sorted(MODELS.rglob("*.sql")) if not p.with_suffix(".yml").exists()]
    for path in lonely:
        print(f"{path.relative_to(ROOT)} has no .yml of the same name beside it: describe its grain there.")
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        if not run_dbt(home, Vault(b"lint"), date(2000, 1, 1), ["parse", "--quiet"]):
            return 1
        # the bouncer's config names no folder: the manifest lies in this run's own
        config = Path(folder) / "dbt-bouncer.yml"
        rules = (ROOT / "dbt-bouncer.yml").read_text(encoding="utf-8")
        config.write_text(f"dbt_artifacts_dir: {folder}/dbt\n{rules}", encoding="utf-8")
        bouncer = Path(sys.executable).with_name("dbt-bouncer")
        judged = subprocess.run([bouncer, "--config-file", config], cwd=ROOT, check=False)  # noqa: S603 (own tool)
    return 1 if lonely else judged.returncode


if __name__ == "__main__":
    sys.exit(main())
