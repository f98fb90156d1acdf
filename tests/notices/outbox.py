"""Drafts made by hand, rules without a calendar's file, and a clock that goes where a test puts it."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text

from arrears.casebook import outbox, store
from arrears.casebook.tables import LIVE
from arrears.domain.delivery import Contact, DispatchRules, InDoubt, KindRules, Way, WayRules
from arrears.domain.law.calendar import Calendar
from arrears.domain.notice import FIRST_STEP, Channel, Notice, NoticeKind, Rendering, SubjectType
from arrears.domain.run import Run, RunKind
from tests.casebook.nights import run_of

AS_OF = dt.date(2026, 10, 30)
ZONE = ZoneInfo("Asia/Shanghai")
MORNING = dt.datetime(2026, 10, 30, 9, 0, tzinfo=ZONE)
"""A Friday."""

ALL_DAY = {way: (dt.time(0), dt.time(23, 59)) for way in Way}
LEASE = dt.timedelta(minutes=20)


@dataclass
class At:
    """A clock that stands still until it is moved."""

    now: dt.datetime = MORNING

    def __call__(self) -> dt.datetime:
        return self.now

    def later(self, **span: float) -> None:
        self.now += dt.timedelta(**span)


def rules(**other: object) -> DispatchRules:
    """Every way open, no backoff to wait for; `other` goes to each way."""
    of_way: dict[str, object] = {
        "opens": dt.time(0),
        "closes": dt.time(23, 59),
        "on_days_off": True,
        "per_hour": 1_000_000,
        "batch": 10,
        "most_tries": 3,
        "backoff": dt.timedelta(minutes=1),
        "lease": LEASE,
        "in_doubt": InDoubt.SEND_AGAIN,
        "needs_consent": False,
    } | other
    holidays = {dt.date(2026, 10, 1): "National Day"}
    return DispatchRules(
        calendar=Calendar("cn", ZONE, frozenset({2026}), holidays),
        ways={way: WayRules(way=way, **of_way) for way in Way},  # type: ignore[arg-type]
        kinds={
            kind: KindRules(
                kind, kind is NoticeKind.PAYMENT_REMINDER, tuple(Way), dt.timedelta(days=5), is_served=False
            )
            for kind in NoticeKind
        },
        failure_share=0.5,
        failures_after=20,
    )


def notice_of(account_id: str, kind: NoticeKind = NoticeKind.PAYMENT_REMINDER) -> Notice:
    letter = {
        "postcode": f"{hash_of(account_id):06d}",
        "address": [f"Street {account_id}"],
        "customer_name": account_id,
    }
    return Notice(
        account_id=account_id,
        kind=kind,
        subject_type=SubjectType.EPISODE,
        subject_id=f"episode of {account_id}",
        step=FIRST_STEP,
        language="en",
        total_amount=Decimal("12.30"),
        context={},
        renderings=(
            Rendering(
                Channel.EMAIL,
                f"Reminder for {account_id}",
                "<p>Please pay.</p>\r\n.\r\n<p>12.30</p>",
                ".Please pay 12.30.",
            ),
            Rendering(Channel.SMS, "Reminder", f"Please pay 12.30 ({account_id})"),
            Rendering(Channel.LETTER, "Reminder", json.dumps(letter)),
        ),
    )


def hash_of(account_id: str) -> int:
    """A postcode that is in another order than the accounts."""
    return sum(ord(sign) * 7919 for sign in account_id) * 31 % 1_000_000


def draft(
    engine: Engine, source: str, accounts: Iterable[str], kind: NoticeKind = NoticeKind.PAYMENT_REMINDER
) -> list[str]:
    """Live drafts of a night, one for each account; their ids."""
    run: Run = run_of(source, AS_OF, RunKind.NIGHTLY)
    notices = [notice_of(account, kind) for account in accounts]
    store.record_run(engine, run)
    with engine.begin() as connection:
        store.write_notices(connection, LIVE, run, notices)
    return [each.notice_id for each in notices]


def contact(way: Way, address: str, **other: str) -> Contact:
    return replace(Contact(f"{way.value}-1", way, address, "given"), **other)  # type: ignore[arg-type]


def release(engine: Engine, notice_ids: Sequence[str], *ways: Way, at: dt.datetime = MORNING) -> None:
    plan = [contact(way, f"{way.value}@example.com") for way in ways or (Way.EMAIL,)]
    own = {
        notice_id: [replace(each, address=f"{notice_id[:8]}.{each.address}") for each in plan]
        for notice_id in notice_ids
    }
    outbox.release(engine, own, at, "policy")


def states(engine: Engine) -> dict[str, int]:
    """How many notices are in each state."""
    with engine.connect() as connection:
        return dict(connection.execute(text("SELECT state, count(*) FROM notice GROUP BY 1")).all())


def one(engine: Engine, query: str) -> object:
    with engine.connect() as connection:
        return connection.execute(text(query)).scalar_one()
