"""Real processes: one killed in the middle of a fold, and several that fold the same night at once."""

import os
import signal
import subprocess
import sys

from sqlalchemy import Engine, text

from arrears.casebook import read, store
from arrears.casebook.fold import fold
from arrears.domain.episode_fold import FoldRules
from arrears.settings import ROOT
from tests.casebook.nights import ZONE, always, day, run_of

LEVELS = {f"account {number}": "red" for number in range(50)}
FOLD = """
import os, signal, sys
from arrears.casebook import store
from arrears.casebook.fold import fold
from arrears.casebook.schema import open_casebook
from arrears.domain.episode_fold import FoldRules
from tests.casebook.nights import ZONE, always, day, run_of
from tests.casebook.test_processes import LEVELS

url, source, fate = sys.argv[1:]
engine = open_casebook(url, source)
if fate == "killed":
    store.write_receipt = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
receipt = fold(run_of(source, day(1)), always(LEVELS), engine, FoldRules(), ZONE)
print(*receipt.remarks)
"""


def start(url: str, source: str, fate: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", FOLD, url, source, fate],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )


def count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_killed_before_the_commit_and_run_again(engine: Engine, url: str, source: str) -> None:
    with start(url, source, "killed") as process:
        assert process.wait(60) == -signal.SIGKILL
    assert [count(engine, table) for table in ("run", "night", "event", "episode")] == [0, 0, 0, 0]
    receipt = fold(run_of(source, day(1)), always(LEVELS), engine, FoldRules(), ZONE)
    assert receipt.remarks == ("raised: 50", "open: 50")
    assert [count(engine, table) for table in ("run", "night", "event", "episode")] == [1, 1, 50, 50]


def test_three_processes_fold_the_same_night(engine: Engine, url: str, source: str) -> None:
    processes = [start(url, source, "done") for _ in range(3)]
    said = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert said == ["raised: 50 open: 50\n"] * 3
    assert (count(engine, "event"), len(read.open_episodes(engine))) == (50, 50)
    assert store.stored_receipt(engine, run_of(source, day(1)), "fold") is not None
