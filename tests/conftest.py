"""Nothing a test does may reach the checkout's own state, or a casebook that somebody works with."""

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from arrears.casebook import server
from arrears.settings import ROOT, Settings
from tests.drill import IS_LONG, short_or_long

_STATE = pytest.StashKey[Path]()
FIRST = (
    "tests/test_service.py",
    "tests/dags/",
    "tests/end_to_end/",
    "tests/nights/",
    "tests/outcomes/",
    "tests/sources/test_bad_input_",
    "tests/properties/",
    "tests/review/",
    "tests/casebook/test_server.py",
)
"""What takes longest is begun first, so that no process still has it before it when the others are done."""

# A commit is judged by the same examples as the one before it, and by no clock; a drill draws its own.
settings.register_profile(
    "arrears",
    max_examples=short_or_long(50, 1000),
    derandomize=not IS_LONG,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("arrears")


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
    server.CONFIGURATION["fsync"] = "off"  # tests kill servers, not machines
    config.stash[_STATE] = Path(tempfile.mkdtemp(prefix="arrears-tests-"))
    os.environ["ARREARS_STATE"] = str(config.stash[_STATE])
    # A few hundred rows have nothing to share out: each thread only adds work. What is to hold for several sets them itself.
    os.environ["ARREARS_THREADS"] = "1"
    gc.disable()


def pytest_collection_finish() -> None:
    """The half a million objects that collecting made live until the end: nobody need look through them again."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked `drill` is for `make drill`."""
    if not IS_LONG:
        kept = [item for item in items if item.get_closest_marker("drill") is None]
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("drill") is not None])
        items[:] = kept
    items.sort(key=lambda item: next((n for n, start in enumerate(FIRST) if item.nodeid.startswith(start)), len(FIRST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Each file to one process, in the order above; all files of `dags` to the same, since they share a deployment of
    Airflow."""
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

    config.option.loadscopereorder = False
    scheduler = LoadFileScheduling(config, log)
    scheduler._split_scope = lambda nodeid: nodeid.partition("test_" if nodeid.startswith("tests/dags/") else "::")[0]
    return scheduler


def pytest_unconfigure(config: pytest.Config) -> None:
    if _STATE in config.stash:
        shutil.rmtree(config.stash[_STATE], ignore_errors=True)
