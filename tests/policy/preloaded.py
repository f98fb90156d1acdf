"""`arrears` for shell scripts of tests: a process that has loaded everything forks for each command, so that none has to start
anew. The commands run in a real shell, with real pipes.

python -m tests.policy.preloaded SOCKET     # serves until it is ended"""

import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
from pathlib import Path

PROGRAM = """#!/bin/sh
exec '{python}' -SE '{client}' "$@"
"""
CLIENT = """import json, os, socket, sys
there = socket.socket(socket.AF_UNIX)
there.connect({address!r})
said = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode()
socket.send_fds(there, [len(said).to_bytes(4, "big")], [0, 1, 2])
there.sendall(said)
sys.exit(there.recv(1)[0])
"""


def install(folder: Path, address: Path) -> None:
    """Put a program `arrears` into `folder` that asks the process at `address`."""
    program, client = folder / "arrears", folder / "client.py"
    client.write_text(CLIENT.format(address=str(address)), encoding="utf-8")
    program.write_text(PROGRAM.format(python=sys.executable, client=client), encoding="utf-8")
    program.chmod(0o755)


def serve(address: str) -> None:
    """Answer each command in a fork of its own."""
    import duckdb
    import pandas
    import pyarrow.parquet
    import sqlalchemy.dialects.postgresql

    import arrears

    assert all((duckdb, pandas, pyarrow.parquet, sqlalchemy.dialects.postgresql))
    for module in pkgutil.walk_packages(arrears.__path__, "arrears."):
        if not module.name.startswith(("arrears.__main__", "arrears.web", "arrears.casebook.migrations")):
            importlib.import_module(module.name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as here:
        here.bind(address)
        here.listen()
        while True:
            asked, _ = here.accept()
            if os.fork() == 0:
                here.close()
                _answer(asked)
            asked.close()


def _answer(asked: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, files, *_ = socket.recv_fds(asked, 4, 3)
    said = b""
    while len(said) < int.from_bytes(size, "big"):
        said += asked.recv(65_536)
    arguments, environment, folder = json.loads(said)
    for ours, theirs in enumerate(files):
        os.dup2(theirs, ours)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["arrears", *arguments]
    code = _main()
    sys.stdout.flush()
    sys.stderr.flush()
    asked.sendall(bytes([code]))
    os._exit(0)


def _main() -> int:
    import traceback

    from arrears.cli import main
    from arrears.settings import settings

    settings.cache_clear()
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:  # as the interpreter would
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    serve(sys.argv[1])
