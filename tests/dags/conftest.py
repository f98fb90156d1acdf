"""One deployment for all tests of DAGs, and what Airflow reads from them."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from arrears.service.bootstrap import ready
from arrears.service.environment import environment
from arrears.settings import ROOT, Settings
from tests.deployment import small_demo

Describe = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    settings = small_demo(tmp_path_factory.mktemp("deployment") / "状态 folder")
    with ready(settings):
        yield settings


@pytest.fixture(scope="session")
def describe(deployment: Settings) -> Describe:
    """What Airflow makes of the folder `dags`, or of some of its DAGs, with a schedule zone and a span of time."""

    def ask(
        *only: str, zone: str = "Asia/Shanghai", first: str = "2026-10-01", last: str = "2026-10-10"
    ) -> dict[str, Any]:
        script = Path(__file__).with_name("describe.py")
        span = [f"{first}T00:00:00+00:00", f"{last}T00:00:00+00:00"]
        told = environment(deployment) | {"ARREARS_SCHEDULE_ZONE": zone}
        command = [sys.executable, str(script), str(ROOT / "dags"), *span, *only]
        result = subprocess.run(command, env=told, capture_output=True, text=True, check=False, timeout=120)
        assert result.returncode == 0, result.stderr
        answer: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
        return answer

    return ask


@pytest.fixture(scope="session")
def described(describe: Describe) -> dict[str, Any]:
    return describe()
