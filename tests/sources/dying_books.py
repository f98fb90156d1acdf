"""A program that pulls a night again and again, and is killed each time in another call of the package's functions.

    python -m tests.sources.dying_books SOURCE AS_OF COUNT...

A COUNT is the call at which a try is killed; 0: it lives. Each try is a fork of a process that has not opened the engine yet.
Prints how each try ended, one line each."""

import datetime as dt
import os
import signal
import sys
from types import FrameType

from arrears import pipeline
from arrears.lake.quarantine import NO_DECISIONS
from arrears.pipeline import open_run, run_stage
from arrears.settings import ROOT
from arrears.sources import pull  # noqa: F401  (imports what a try needs)

OURS = str(ROOT / "arrears")


def main() -> None:
    source, as_of = sys.argv[1], dt.date.fromisoformat(sys.argv[2])
    setattr(pipeline, "_record", lambda _run, _receipt: None)  # noqa: B010  (the lake is killed here, not the casebook)
    setattr(pipeline, "_decisions", lambda _run, _lake: NO_DECISIONS)  # noqa: B010
    run = open_run(source, as_of)
    for count in map(int, sys.argv[3:]):
        child = os.fork()
        if child == 0:
            _die_at(count)
            run_stage("pull", run)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        ended = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
        sys.stdout.write(f"{ended}\n")


def _die_at(count: int) -> None:
    calls = 0

    def called(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        if event == "call" and frame.f_code.co_filename.startswith(OURS):
            calls += 1
            if calls == count:
                os.kill(os.getpid(), signal.SIGKILL)

    if count:
        sys.setprofile(called)


if __name__ == "__main__":
    main()
