"""docs/law.md: its shell blocks run, top to bottom, in one shell, on a small demo with the night of 1 November 2026."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from arrears.settings import ROOT
from tests.cli.conftest import casebook_server, few_books, shared, stored
from tests.end_to_end.deployments import Deployment, copied
from tests.policy import preloaded

__all__ = ["casebook_server", "few_books", "shared", "stored"]

BLOCKS = re.findall(
    r"^```sh\n(.*?)^```$", (ROOT / "docs" / "law.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)
PATIENCE = 60
SUMMED_UP = "cases of stopping supply: proposed, waiting for approval 1; orders that wait in the field: 0"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, stored: Deployment) -> Deployment:
    """The stored night, with state and casebook of its own: the blocks change them."""
    return copied(stored, tmp_path_factory.mktemp("law") / "state")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A search path on which `arrears` answers without starting anew."""
    folder = tmp_path_factory.mktemp("bin")
    address = folder / "socket"
    preloaded.install(folder, address)
    here = subprocess.Popen([sys.executable, "-m", "tests.policy.preloaded", str(address)], cwd=ROOT)
    until = time.monotonic() + PATIENCE
    while not address.exists() and here.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    yield f"{folder}:{os.environ['PATH']}"
    here.kill()
    here.wait()


def test_the_commands_do_what_they_say(deployment: Deployment, path: str, tmp_path: Path) -> None:
    for name in ("policy", "sql", "templates", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    script = "set -e\n" + "\n".join(f"echo '## block {number}' >&2\n{block}" for number, block in enumerate(BLOCKS, 1))
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env={**deployment.process_environment, "PATH": path},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert f"## block {len(BLOCKS)}" in done.stderr
    assert "Traceback" not in done.stderr
    for told in (
        "cn-demanded-first: a demand comes first, and 1 days to pay upon it",
        "you saw change 5: look again",
        "needs the approval of a second person",
        "is contested (",
        "another person reviews it",
        "is over already; nothing is held",
    ):
        assert told in done.stderr
    for told in (
        "催交",
        "proposed, waiting for a second person: 1",
        "cut off since 2026-11-07 14:05",
        "已复电",
        SUMMED_UP,
        "local:clerk asked for",
        "approved by local:supervisor as",
        "异议编号",
        "confirmed by clerk, prepay",
        "the account is on hold: no demand, no visit and no disconnection while it is",
        "the water is gone (local:chief)",
        "late fee",
    ):
        assert told in done.stdout
