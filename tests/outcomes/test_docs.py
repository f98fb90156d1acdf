"""Every `arrears scorecard` command of the docs names options and arguments that there are."""

import re
import shlex

import pytest
import typer

from arrears.cli.app import app
from arrears.outcomes.figures import FIGURES
from arrears.settings import ROOT


def typed() -> list[str]:
    found = []
    for file in ("docs/scorecard.md", "README.md"):
        blocks = re.findall(r"^```\n(.*?)^```", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        text = "\n".join(blocks).replace("\\\n", " ").replace(".venv/bin/", "")
        found += [line.split(" #")[0] for line in text.splitlines() if line.startswith("arrears scorecard ")]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("line", typed())
def test_a_documented_command_can_be_typed(line: str) -> None:
    words = shlex.split(line)[2:]
    group = typer.main.get_command(app).commands["scorecard"]  # type: ignore[attr-defined]
    command = group.commands[words[0]]
    command.make_context(words[0], words[1:])


def test_they_are_all_documented() -> None:
    group = typer.main.get_command(app).commands["scorecard"]  # type: ignore[attr-defined]
    text = (ROOT / "docs" / "scorecard.md").read_text(encoding="utf-8")
    assert [
        name for name in group.commands if f"`{name}`" not in text and not re.search(rf"scorecard {name}\b", text)
    ] == []


def test_every_figure_of_the_report_is_defined_with_its_source() -> None:
    text = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    section = text.split("## Outcomes", 1)[1].split("\n## ", 1)[0]
    defined = {row.split("|")[3].strip().strip("`") for row in section.splitlines() if row.startswith("| ")}
    assert set(FIGURES) <= defined
    assert all(row.split("|")[4].strip() for row in section.splitlines() if row.startswith("| "))
