"""docs/mapping.md is followed to the letter: its files are written, its commands run, and they say what it says they say."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from arrears.cli.app import app
from arrears.settings import ROOT
from tests.end_to_end.conftest import casebook_server, shared
from tests.end_to_end.deployments import new_casebook

__all__ = ["casebook_server", "shared"]

GUIDE = ROOT / "docs" / "mapping.md"
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
FAILING = re.compile(r"# ends with exit code (\d)")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder in which the guide's relative paths are right, and where nothing of the checkout is written to."""
    shutil.copytree(ROOT / "sql", tmp_path / "sql")
    (tmp_path / "town").mkdir()
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    return tmp_path


def test_the_guide_is_what_happens(place: Path, casebook_server: str) -> None:
    blocks = BLOCK.findall(GUIDE.read_text(encoding="utf-8"))
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ARREARS_STATE": str(place / "state"),
        "ARREARS_SQL": str(place / "sql"),
        "ARREARS_CASEBOOK_URL": new_casebook(casebook_server),
    }
    printed, ran = "", 0
    for language, title, text in blocks:
        if title:
            (place / title).write_text(text, encoding="utf-8")
        elif language == "bash":
            said = FAILING.search(text)
            command = ["bash", "-ec", text]
            done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == (int(said[1]) if said else 0), f"{text}\n{done.stdout}\n{done.stderr}"
            printed, ran = plain(done.stdout), ran + 1
        elif language == "text":
            for line in text.splitlines():
                assert plain(line) in printed, f"{line}\nis not said in\n{done.stdout}"
    assert ran == len(re.findall("^```bash$", GUIDE.read_text(), re.MULTILINE)) > 5


def test_every_command_that_it_names_is_there() -> None:
    for named in re.findall(r"\barrears ((?:source )?[a-z]+)", GUIDE.read_text(encoding="utf-8")):
        command = typer.main.get_command(app)
        for word in named.split():
            command = getattr(command, "commands", {})[word]


def plain(text: str) -> str:
    """Without the spaces that make columns."""
    return re.sub(r"\s+", " ", text).strip()
