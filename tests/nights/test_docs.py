"""The commands of docs/operating.md and docs/restating.md, typed as they stand there."""

import re
import shlex
from pathlib import Path

import pytest

from arrears.settings import ROOT
from tests.cli.conftest import Arrears
from tests.end_to_end.deployments import Deployment, new_casebook
from tests.nights.small_books import SmallBooks

FIRST_IN_DOCS, FIRST_HERE = "2026-09-24", "2026-09-30"
"""The docs speak of a week; one night of it is enough to see that the commands work."""


def commands(file: str) -> list[str]:
    """Those of this room, without their comments, each once."""
    blocks = re.findall(
        r"^```\n(.*?)^```", (ROOT / "docs" / file).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return list(dict.fromkeys(line for line in lines if re.match(r"arrears (catch-up|backfill|lake|restate)\b", line)))


def test_the_documented_commands_do_what_they_say(
    arrears: Arrears, books: SmallBooks, casebook_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = Deployment(
        tmp_path / "state", {**books.environment, "ARREARS_CASEBOOK_URL": new_casebook(casebook_server)}
    )
    monkeypatch.chdir(tmp_path)
    typed = commands("operating.md") + commands("restating.md")
    assert len(typed) == 11
    told = {}
    for line in typed:
        words = shlex.split(line.replace(FIRST_IN_DOCS, FIRST_HERE))[1:]
        if words == ["catch-up"]:  # stands at the clock's night
            continue
        told[line] = arrears(deployment, *words)
        assert told[line].code == 0, (line, told[line].err)
    assert any("1 nights made" in each.out for each in told.values())
    assert (tmp_path / "september" / "report.html").exists()
    assert (deployment.state / "reports" / "small").is_dir()
    assert [line for line in typed if "catch-up" in line] == ["arrears catch-up", "arrears catch-up --as-of 2026-10-01"]
