"""docs/decisions.md: its shell blocks run, top to bottom, in one shell, on a small demo with the night of 1 November 2026.

Every ```sh block takes part. A line that is to fail says so: `arrears … || true`."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from arrears.cli.app import app
from arrears.policy.axes import AXES, LEVEL, TERMS
from arrears.settings import ROOT
from tests.cli.conftest import casebook_server, few_books, shared, stored
from tests.end_to_end.deployments import Deployment, copied
from tests.policy import preloaded

__all__ = ["casebook_server", "few_books", "shared", "stored"]

TEXT = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
PATIENCE = 60


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, stored: Deployment) -> Deployment:
    """The stored night, with state and casebook of its own: the blocks change them."""
    return copied(stored, tmp_path_factory.mktemp("decisions") / "state")


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


def test_every_command_that_it_names_is_there() -> None:
    for named in re.findall(r"\barrears ([a-z-]+(?: [a-z-]+)?)", "\n".join(BLOCKS)):
        command = typer.main.get_command(app)
        for word in named.split():
            if not hasattr(command, "commands"):
                break
            command = command.commands[word]


def test_every_axis_value_and_term_is_told() -> None:
    assert [axis for axis in (LEVEL, *AXES) if f"`{axis}`" not in TEXT] == []
    assert [value for values in AXES.values() for value in values if f"`{value}`" not in TEXT] == []
    assert [term for terms in TERMS.values() for term in terms if f"`{term}`" not in TEXT] == []
