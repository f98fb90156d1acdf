"""Which module may know which (the contracts stand in pyproject.toml), and what importing the pipeline costs."""

import ast
import subprocess
import sys
from pathlib import Path

from arrears.settings import ROOT

PACKAGE = ROOT / "arrears"
CLOCKS = {"now", "today", "utcnow"}
PEOPLE = ("cli", "service", "web", "pipeline.py", "casebook")
"""What people and schedulers start, and the casebook, which says when they did, may read the clock."""
HEAVY = ("airflow", "alembic", "duckdb", "numpy", "pandas", "psycopg", "pyarrow", "sqlalchemy", "sqlglot")


def test_imports_keep_the_contracts() -> None:
    checked = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    assert "0 broken" in checked.stdout


def test_importing_the_pipeline_loads_no_engine() -> None:
    asked = f"import sys, arrears.pipeline; print([name for name in {HEAVY!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_only_what_people_start_reads_the_clock() -> None:
    paths = [path for path in sorted(PACKAGE.rglob("*.py")) if path.relative_to(PACKAGE).parts[0] not in PEOPLE]
    assert len(paths) > 50
    assert [place for path in paths for place in _clocks(path)] == []


def _clocks(path: Path) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS
    ]
