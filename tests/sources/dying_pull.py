"""A program that pulls a night again and again, and is killed each time at another point or moment.

    python -m tests.sources.dying_pull AS_OF POINT...

A POINT is `<moment>:<folder>:<n>` as in tests/end_to_end/dying.py, or `after:<seconds>`. Each try is a fork of a process that
has not opened the engine yet; the last one is left alone. Prints how each ended, one line each."""

import datetime as dt
import os
import signal
import sys

from arrears import pipeline
from arrears.lake.quarantine import NO_DECISIONS
from arrears.pipeline import open_run, run_stage
from tests.end_to_end.dying import die_at


def main() -> None:
    night = dt.date.fromisoformat(sys.argv[1])
    setattr(pipeline, "_record", lambda _run, _receipt: None)  # noqa: B010  (the lake is killed here, not the casebook)
    setattr(pipeline, "_decisions", lambda _run, _lake: NO_DECISIONS)  # noqa: B010
    open_run("plain", night)
    for point in [*sys.argv[2:], "after:3600"]:
        child = os.fork()
        if child == 0:
            moment, *place = point.split(":")
            if moment == "after":
                signal.setitimer(signal.ITIMER_REAL, float(place[0]))
            else:
                die_at(moment, *place)
            run_stage("pull", open_run("plain", night))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        ended = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
        sys.stdout.write(f"{point} {ended}\n")


if __name__ == "__main__":
    main()
