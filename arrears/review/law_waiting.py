"""What a live night names so that nothing waits unseen: holds that expired, approvals and contests that nobody answered."""

from collections.abc import Callable
from itertools import groupby

from sqlalchemy import Engine

from arrears.casebook import approvals, holds, read
from arrears.casebook.contests import open_contests
from arrears.casebook.tables import LIVE
from arrears.domain.approval import ApprovalRules
from arrears.domain.hold import Hold
from arrears.domain.law.rules import Pack
from arrears.domain.run import Run
from arrears.errors import PolicyError
from arrears.review import contests
from arrears.review.approvals import TOLD, remarks, those_that_wait
from arrears.review.holds import FOLLOWS

RulesOf = Callable[[], tuple[ApprovalRules, Pack]]
"""The rules of approval and the law that the night goes by; PolicyError when there are none."""


def waits(engine: Engine, run: Run, rules_of: RulesOf) -> tuple[str, ...]:
    """As of the run's known-at, holds that expired since the live night before it among them."""
    with engine.connect() as connection:
        before = [night.run.known_at for night in read.nights(connection, LIVE) if night.run.as_of < run.as_of]
        told = _expired(holds.expired(connection, before[-1], run.known_at) if before else [])
        if not (approvals.requests(connection, is_waiting=True) or open_contests(connection)):
            return tuple(told)
        try:
            rules, pack = rules_of()
        except PolicyError as error:
            return (*told, f"approvals and contests wait, and by when is not known: {error}")
        told += remarks(those_that_wait(connection, rules, run.known_at))
        return (*told, *contests.remarks(connection, pack, run.known_at))


def _expired(found: list[Hold]) -> list[str]:
    told = []
    for then, each in groupby(sorted(found, key=lambda hold: hold.then), key=lambda hold: hold.then):
        names = [f"{hold.account_id} ({hold.bill_id or 'whole account'}, {hold.owner})" for hold in each]
        more = f" and {len(names) - TOLD} more" if len(names) > TOLD else ""
        told.append(f"holds expired, {FOLLOWS[then][0]}: {', '.join(names[:TOLD])}{more}")
    return told
