"""The sender is killed at random points, again and again, in front of a real mail server; then what arrived is counted.

`make drill` does so at ten times as many points."""

import datetime as dt
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from arrears.domain.delivery import InDoubt
from arrears.settings import ROOT
from tests.drill import short_or_long
from tests.notices.outbox import LEASE, MORNING, draft, one, release, states
from tests.notices.providers import Mailboxes, mail_server

POINTS = short_or_long(100, 1000)
SIGKILL = 9
MEASURE = -1
"""In place of a number of calls: the sender is not killed, and counts."""


class Sender:
    """Real senders, one after the other; each finds that the lease of the one before is over."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process, self._at = process, MORNING

    def run(self, calls: int = 0) -> tuple[int, int]:
        self._at += LEASE + dt.timedelta(minutes=1)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{calls} {self._at.isoformat()}\n")
        self._process.stdin.flush()
        ended_by, made = self._process.stdout.readline().split()
        return int(ended_by), int(made)


@contextmanager
def sender(engine: Engine, source: str, smtp: str, in_doubt: InDoubt) -> Iterator[Sender]:
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.notices.sender_process", url, source, smtp, in_doubt.value]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        yield Sender(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 0


def test_nobody_gets_two_or_none_where_the_provider_knows_a_message_again(engine: Engine, source: str) -> None:
    boxes, chance = Mailboxes(), random.Random(7)  # noqa: S311
    with mail_server(boxes) as smtp, sender(engine, source, smtp, InDoubt.SEND_AGAIN) as sent_by:
        first = draft(engine, source, ["the one that is measured by", "and another one"])
        release(engine, first)
        ended_by, whole = sent_by.run(MEASURE)
        assert ended_by == 0
        ids, kills = draft_more(engine, source, 40), 0
        while kills < POINTS:
            ended_by, _ = sent_by.run(chance.randint(1, whole))
            kills += ended_by == SIGKILL
            if len(boxes.arrived) > len(ids) - 10:
                ids += draft_more(engine, source, 20, start=len(ids))
        for _ in range(3):
            sent_by.run()
    assert states(engine) == {"sent": len(first) + len(ids)}
    assert set(boxes.arrived) == {f"<{each}.1@example.com>" for each in first + ids}, "nobody gets none"
    again = sum(boxes.offered.values()) - len(boxes.arrived)
    assert 0 < again < POINTS, "some were killed between the message and the note of it: those went twice under one id"
    assert one(engine, "SELECT count(*) FROM event WHERE type = 'notice_accept'") == len(boxes.arrived)


def test_nobody_gets_two_where_it_does_not_and_who_may_have_none_is_listed(engine: Engine, source: str) -> None:
    boxes, chance = Mailboxes(), random.Random(11)  # noqa: S311
    with mail_server(boxes) as smtp, sender(engine, source, smtp, InDoubt.PERSON) as sent_by:
        release(engine, draft(engine, source, ["the one that is measured by"]))
        _, whole = sent_by.run(MEASURE)
        ids = draft_more(engine, source, 20)
        for _ in range(POINTS // 5):
            sent_by.run(chance.randint(whole // 4, whole))
        for _ in range(2):
            sent_by.run()
    found = states(engine)
    assert set(found) == {"sent", "in_doubt"}
    assert set(boxes.offered.values()) == {1}, "nothing was offered twice"
    assert 1 + len(ids) - len(boxes.arrived) <= found["in_doubt"], "who got none is among those in doubt"


def draft_more(engine: Engine, source: str, number: int, start: int = 0) -> list[str]:
    ids = draft(engine, source, [f"account {start + each}" for each in range(number)])
    release(engine, ids)
    return ids
