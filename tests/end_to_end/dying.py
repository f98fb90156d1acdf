"""A program that runs a night again and again, and is killed each time at another moment of a partition's writing.

    python -m tests.end_to_end.dying AS_OF POINT...

A POINT is `<moment>:<folder>:<n>`: the n-th time that the moment comes to a partition whose folder's path holds <folder>.
Moments: `added`, a data file is there; `commit`, all are there and the manifest is not; `rename`, the manifest lies aside.
Each try is a fork of a process that has not opened the engine yet. Prints how each try ended, one line each.
"""

import datetime as dt
import os
import signal
import sys
from pathlib import Path
from typing import Any

from arrears import pipeline
from arrears.lake.partition import MANIFEST, Writer
from arrears.pipeline import open_run, run_stage
from tests.end_to_end.deployments import LAKE_STAGES


def main() -> None:
    as_of = dt.date.fromisoformat(sys.argv[1])
    setattr(pipeline, "_record", lambda _run, _receipt: None)  # noqa: B010  (the lake is killed here, not the casebook)
    open_run("demo", as_of)  # imports what a try needs
    for point in sys.argv[2:]:
        child = os.fork()
        if child == 0:
            die_at(*point.split(":"))
            run = open_run("demo", as_of)
            for name in LAKE_STAGES:
                run_stage(name, run)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        ended = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
        sys.stdout.write(f"{point} {ended}\n")


def die_at(moment: str, folder: str, count: str) -> None:
    left = int(count)

    def arrived(at: str, path: Path) -> None:
        nonlocal left
        if at == moment and folder in str(path):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    add, commit, rename = Writer.add, Writer.commit, Path.rename

    def dying_add(writer: Writer, name: str, rows: int) -> None:
        add(writer, name, rows)
        arrived("added", writer.folder)

    def dying_commit(writer: Writer, manifest: dict[str, Any]) -> Any:
        arrived("commit", writer.folder)
        return commit(writer, manifest)

    def dying_rename(path: Path, target: Path) -> Path:
        if target.name == MANIFEST:
            arrived("rename", target.parent)
        return rename(path, target)

    Writer.add, Writer.commit, Path.rename = dying_add, dying_commit, dying_rename  # type: ignore[method-assign,assignment]


if __name__ == "__main__":
    main()
