"""A sender that is killed: a process that has loaded everything forks a real sender for each line on its standard input.

python -m tests.notices.sender_process CASEBOOK_URL SCHEMA SMTP_URL IN_DOUBT
    line in:  CALLS INSTANT     the sender ends itself with SIGKILL at its CALLS-th call of any function; -1: it only
                                counts them; 0: it does not even that
    line out: SIGNAL CALLS      which signal ended it, 0 for none, and how many calls it made"""

import datetime as dt
import gc
import os
import signal
import sys
from itertools import count
from types import FrameType

from sqlalchemy import Engine, create_engine

from arrears.domain.delivery import InDoubt, Way
from arrears.notices.channels.smtp import SmtpCarrier
from arrears.notices.send import send
from tests.notices.outbox import At, rules


def serve(url: str, schema: str, smtp: str, in_doubt: str) -> None:
    engine = create_engine(url, connect_args={"options": f"-csearch_path={schema} -ctimezone=UTC"})
    engine.connect().close()
    engine.dispose()
    gc.freeze()
    for line in sys.stdin:
        calls, at = line.split()
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(
                tell, str(_send(engine, smtp, InDoubt(in_doubt), dt.datetime.fromisoformat(at), int(calls))).encode()
            )
            os._exit(0)
        os.close(tell)
        _, status = os.waitpid(child, 0)
        made = os.read(told, 100).decode() or calls
        os.close(told)
        sys.stdout.write(f"{os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0} {made}\n")
        sys.stdout.flush()


def _send(engine: Engine, smtp: str, in_doubt: InDoubt, at: dt.datetime, calls: int) -> int:
    """Calls of our own functions and of those in C, returns from them too, in the order in which they are made."""
    made = count(1)

    def count_call(frame: FrameType, event: str, argument: object) -> None:
        if next(made) == calls:
            os.kill(os.getpid(), signal.SIGKILL)

    carrier = SmtpCarrier(smtp, "notices@example.com", timeout=10)
    if calls:
        sys.setprofile(count_call)
    try:
        send(engine, {Way.EMAIL: carrier}, rules(batch=5, in_doubt=in_doubt, most_tries=1000), At(at))
    finally:
        sys.setprofile(None)
    return next(made) - 1


if __name__ == "__main__":
    serve(*sys.argv[1:])
