"""Every command and every option says what it is for."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from arrears import __version__
from arrears.cli.app import app
from tests.cli.conftest import Arrears
from tests.end_to_end.deployments import Deployment

COMMAND = typer.main.get_command(app)


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*path, name))


ALL = dict(commands(COMMAND))


@pytest.fixture
def empty(tmp_path: Path) -> Deployment:
    """Whoever asks for help asks no casebook: this one is nowhere."""
    return Deployment(tmp_path / "empty", {"ARREARS_CASEBOOK_URL": "postgresql+psycopg://clerk@/books?host=/nowhere"})


def test_these_are_the_commands() -> None:
    assert {" ".join(path) for path in ALL if path} == {
        "simulate", "run", "pull", "night", "serve", "airflow", "summary", "warnings", "warnings list", "explain", "doctor",
        "scorecard", "scorecard fit", "scorecard apply", "scorecard validate", "scorecard register", "scorecard list",
        "scorecard show", "scorecard report", "scorecard approve", "scorecard refuse", "scorecard promote",
        "scorecard demote", "scorecard shadow", "scorecard retire", "scorecard compare", "scorecard monitor",
        "scorecard explain",
        "outcomes", "outcomes label", "outcomes report",
        "quarantine", "quarantine list", "quarantine show", "quarantine release", "quarantine drop",
        "source", "source list", "source new", "source check",
        "catch-up", "backfill", "backfill plan", "backfill run", "restate",
        "policy", "policy check", "policy simulate", "visits", "visits list",
        "episode", "episode list", "episode show", "episode history", "episode acknowledge", "episode begin-treatment",
        "episode dismiss", "episode assign", "episode follow-up", "episode note", "episode contact", "episode promise",
        "episode reverse-run",
        "decision", "decision list", "decision show", "decision confirm", "decision change", "decision refuse",
        "case", "case list", "case orders", "case show", "case demand", "case propose", "case approve", "case refuse",
        "case serve", "case renotify", "case record", "case order", "case answer", "case cancel", "case restore",
        "law", "law why", "law fee", "law assessment",
        "notice", "notice preview", "notice list", "notice show", "notice history", "notice release", "notice withdraw",
        "notice resend", "notice send", "notice receipt", "notice credit-statements",
        "hold", "hold add", "hold list", "hold end",
        "approvals", "approvals list", "approvals show", "approvals ask", "approvals give", "approvals refuse",
        "approvals remind",
        "contest", "contest open", "contest list", "contest show", "contest review", "contest answer", "contest withdraw",
        "request", "request new", "request check", "request review", "request approve", "request refuse", "request withdraw",
        "request list", "request show", "customer", "customer show", "ceilings", "plan", "plan preview",
        "lake", "lake status", "lake compact", "lake retention",
        "people", "people list", "people add", "people change", "people password", "people deactivate", "people demo",
        "people token", "people token add", "people token list", "people token end",
    }  # fmt: skip


@pytest.mark.parametrize(
    "path", [path for path in ALL if path != ("airflow",)], ids=lambda path: " ".join(path) or "arrears"
)
def test_help_says_what_the_command_and_each_option_are_for(
    arrears: Arrears, empty: Deployment, path: tuple[str, ...]
) -> None:
    told = arrears(empty, *path, "--help")
    assert told.code == 0
    assert told.err == ""
    assert told.out.startswith("Usage: ")
    assert ALL[path].help, "the command says nothing"
    for option in ALL[path].params:
        assert getattr(option, "help", None), f"{option.name} says nothing"
        if option.param_type_name == "option":
            assert option.opts[0] in told.out


def test_help_names_the_exit_codes(arrears: Arrears, empty: Deployment) -> None:
    said = " ".join(arrears(empty, "--help").out.split())
    for code in (
        "0 done",
        "2 the request is wrong",
        "3 a source",
        "4 a policy",
        "5 rows or money",
        "6 the lake",
        "7 the casebook",
    ):
        assert code in said


def test_the_version_is_told(arrears: Arrears, empty: Deployment) -> None:
    assert arrears(empty, "--version").out == f"arrears {__version__}\n"


def test_no_command_shows_the_help(arrears: Arrears, empty: Deployment) -> None:
    told = arrears(empty)
    assert told.code == 2
    assert "Commands:" in told.out + told.err


def test_help_loads_nothing_heavy() -> None:
    program = """
import sys
import arrears.cli
sys.argv = ["arrears", "run", "--help"]
try:
    arrears.cli.main()
except SystemExit:
    print([name for name in ("airflow", "pandas", "alembic", "psycopg") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
