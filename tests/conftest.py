"""Nothing a test does may reach the checkout's own state, or a casebook that somebody works with."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from arrears.settings import ROOT, Settings
from tests.drill import IS_LONG

_STATE = pytest.StashKey[Path]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="accept the notices as they are now")


def pytest_configure(config: pytest.Config) -> None:
    for name in [name for name in os.environ if name.startswith(("ARREARS_", "AIRFLOW_"))]:
        del os.environ[name]
    if "PYTEST_XDIST_WORKER" in os.environ:
        # DuckDB 2.0 counts its own functions as leaked when the interpreter ends, in hundreds of lines behind the summary.
        atexit.register(lambda: os.dup2(os.open(os.devnull, os.O_WRONLY), 2))
    own = ROOT / "arrears.toml"
    if own.exists() and "casebook_url" in own.read_text():
        pytest.exit(f"{own} names a casebook, which tests must not touch: move the file away.", returncode=4)
    Settings.model_config["toml_file"] = None
    config.stash[_STATE] = Path(tempfile.mkdtemp(prefix="arrears-tests-"))
    os.environ["ARREARS_STATE"] = str(config.stash[_STATE])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What starts Airflow waits more than it works: begun first, it does not keep everybody waiting at the end. What is
    marked `drill` is for `make drill`."""
    if not IS_LONG:
        kept = [item for item in items if item.get_closest_marker("drill") is None]
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("drill") is not None])
        items[:] = kept
    slow = ("tests/test_service.py", "tests/dags/")
    items.sort(key=lambda item: not item.nodeid.startswith(slow))


def pytest_unconfigure(config: pytest.Config) -> None:
    if _STATE in config.stash:
        shutil.rmtree(config.stash[_STATE], ignore_errors=True)
