"""Time mails from released to sent: a casebook of its own, and a mail server of its own in another process.

    python -m bench.send            # 1,000 mails
    python -m bench.send 20000

Every mail is noted before and after it is handed over; the mail server does nothing but take it. Results go to
docs/benchmarks.md too. Processor seconds are the sender's and those of the casebook's server together, without the mail
server's."""

import datetime as dt
import multiprocessing as mp
import socket
import sys
import tempfile
import time
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path
from zoneinfo import ZoneInfo

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from arrears.casebook import outbox, store
from arrears.casebook.schema import open_casebook
from arrears.casebook.server import casebook_url
from arrears.casebook.tables import LIVE
from arrears.domain.delivery import Contact, State, Way
from arrears.domain.notice import FIRST_STEP, Channel, Notice, NoticeKind, Rendering, SubjectType
from arrears.domain.run import Run, RunKind, midnight
from arrears.notices.channels.smtp import SmtpCarrier
from arrears.notices.send import send
from arrears.policy.dispatch import load_dispatch
from arrears.settings import ROOT, Settings
from bench.told import line, measured_on, processor_seconds, table, write_between

ZONE = ZoneInfo("Asia/Shanghai")
DAY = dt.date(2026, 10, 30)
NOON = dt.datetime.combine(DAY, dt.time(12), ZONE)
PAGE = "<p>" + "Please pay what is due, by the day on which it is. " * 150 + "</p>"
"""As long as a reminder is."""

SECONDS_FOR_20_000 = 300


class _Counts:
    taken = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        self.taken += 1
        return "250 taken"


def _serve(port: int, there: Connection) -> None:
    counts = _Counts()
    controller = Controller(counts, hostname="127.0.0.1", port=port, ready_timeout=20)
    controller.start()
    there.send(None)
    there.recv()
    there.send(counts.taken)
    controller.stop()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here, there = mp.Pipe()
    server = mp.get_context("spawn").Process(target=_serve, args=(port, there))
    server.start()
    here.recv()
    with tempfile.TemporaryDirectory(prefix="bench-send-") as state, casebook_url(Settings(state=Path(state))) as url:
        engine = open_casebook(url, "bench")
        run = Run("bench", DAY, midnight(DAY, ZONE), RunKind.NIGHTLY, "1", "policy", "card")
        notices = [_notice(number) for number in range(count)]
        store.record_run(engine, run)
        with engine.begin() as connection:
            store.write_notices(connection, LIVE, run, notices)
        began, busy = time.perf_counter(), processor_seconds(engine)
        plans = {
            each.notice_id: [Contact("1", Way.EMAIL, f"{each.account_id}@example.com", "given")] for each in notices
        }
        outbox.release(engine, plans, NOON, "policy")
        lines = [line("released", count, time.perf_counter() - began, processor_seconds(engine) - busy)]
        rules = load_dispatch(ROOT / "policy", "cn", DAY)
        carrier = SmtpCarrier(f"smtp://127.0.0.1:{port}", "notices@example.com")
        began, busy = time.perf_counter(), processor_seconds(engine)
        tally = send(engine, {Way.EMAIL: carrier}, rules, lambda: NOON)
        took = time.perf_counter() - began
        lines.append(line("mails sent by SMTP", count, took, processor_seconds(engine) - busy))
        engine.dispose()
    here.send(None)
    taken = here.recv()
    server.join()
    ratio = took / count * 20_000 / SECONDS_FOR_20_000
    said = f"20,000 mails at this pace: {took / count * 20_000:.0f} s, {ratio:.2f} of the {SECONDS_FOR_20_000} s there are."
    write_between("mails", table(lines) + f"\n\n{said} Taken {measured_on()}")
    if not taken == tally.count(State.SENT) == count:
        raise SystemExit(f"{taken} arrived and {tally.count(State.SENT)} were noted, of {count}")


def _notice(number: int) -> Notice:
    account = f"{number:010}"
    renderings = (Rendering(Channel.EMAIL, "Reminder", PAGE, PAGE), Rendering(Channel.SMS, "Reminder", "Please pay."))
    kind, subject = NoticeKind.PAYMENT_REMINDER, SubjectType.EPISODE
    return Notice(account, kind, subject, account, FIRST_STEP, "en", Decimal("12.30"), {}, renderings)


if __name__ == "__main__":
    main()
