"""What a live night names so that nothing waits unseen."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import Engine

from arrears.casebook import approvals, contests, holds
from arrears.casebook.fold import fold
from arrears.domain.approval import ApprovalRules, Subject
from arrears.domain.contest import ContestAct, ContestEvent
from arrears.domain.episode_fold import FoldRules
from arrears.domain.hold import Hold, HoldReason, Then
from arrears.domain.law.facts import CustomerKind
from arrears.domain.law.rules import Pack
from arrears.errors import PolicyError
from arrears.policy.approvals import load_approvals
from arrears.policy.law import load_pack
from arrears.review.law_waiting import waits
from arrears.settings import ROOT
from tests.casebook.nights import FIRST, ZONE, always, run_of

HOUR = dt.timedelta(hours=1)


def rules() -> tuple[ApprovalRules, Pack]:
    return load_approvals(ROOT / "policy", FIRST), load_pack(ROOT / "policy", "cn", FIRST)


def no_rules() -> tuple[ApprovalRules, Pack]:
    raise PolicyError("policy/approvals", 1, "there is none")


def test_expired_holds_and_what_waits_for_a_person(engine: Engine, source: str) -> None:
    nights = [run_of(source, FIRST + dt.timedelta(days=number)) for number in (0, 1, 4)]
    for night in nights:
        fold(night, always({"a": "red"}), engine, FoldRules(), ZONE)
    first, second, third = nights
    assert waits(engine, first, no_rules) == (), "where nothing waits nobody asks for rules"
    for number, (then, until) in enumerate(
        ((Then.REVIEW, second.known_at), (Then.ESCALATE, third.known_at - HOUR), (Then.RESUME, third.known_at))
    ):
        bill = "B7" if then is Then.ESCALATE else None
        made = Hold(
            f"h{number}", f"A{number}", HoldReason.DEATH, "li", first.known_at, until, then, first.known_at, bill
        )
        holds.add(engine, [made], actor="li", why="x")
    assert waits(engine, first, no_rules) == waits(engine, second, no_rules) == ()
    assert waits(engine, third, no_rules) == (
        "holds expired, a supervisor reviews: A1 (B7, li)",
        "holds expired, a person reviews: A0 (whole account, li)",
    )
    subject = Subject("deposit", "s", "A5", Decimal(1), "<1kV", CustomerKind.BUSINESS)
    with engine.begin() as connection:
        approvals.request(connection, subject, rules()[0], actor="li", why="x", at=second.known_at)
    event = ContestEvent("k", ContestAct.TAKE_IN, first.known_at + HOUR, "li", "A6", "c", why="no")
    contests.take_in(engine, event)
    told = waits(engine, third, rules)[2:]
    assert told[:2] == ("approvals wait: 1, the oldest for 3 days", "approvals with the deputies too: A5")
    assert told[2] == "contests open: 1; what they are about stands still"
    assert waits(engine, second, rules)[-1] == told[2], "the request is known to the night after it"
    assert waits(engine, third, no_rules)[-1].startswith("approvals and contests wait, and by when is not known: ")
