"""When something is written again: never twice, anew with other sums, or once more after some days."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from arrears.casebook.drafted import Drafted
from arrears.domain.delivery import State
from arrears.domain.notice import version_of, versioned
from arrears.notices.steps import Repeat, step_of

ZONE = ZoneInfo("Asia/Shanghai")
AS_OF = dt.date(2026, 10, 31)
REPEAT = Repeat(dt.timedelta(days=14), 3)


def before(step: str, state: State, left: str = "", *, is_superseded: bool = False) -> Drafted:
    at = dt.datetime.fromisoformat(left).replace(tzinfo=ZONE) if left else None
    return Drafted(step, state, is_superseded, at)


DRAFT = before("first", State.DRAFTED)
PAID = before("first", State.WITHDRAWN, is_superseded=True)
BY_HAND = before("first", State.WITHDRAWN)
SENT = before("first", State.SENT, "2026-10-17T09:00")
YOUNG = before("first", State.DELIVERED, "2026-10-18T00:10")
SECOND = before("again-2", State.SENT, "2026-10-10T09:00")


@pytest.mark.parametrize(
    ("found", "repeat", "step"),
    [
        ([], None, "first"),
        ([DRAFT], REPEAT, None),
        ([PAID], None, "first.v2"),
        ([PAID, before("first.v2", State.DRAFTED)], None, None),
        ([PAID, before("first.v2", State.WITHDRAWN, is_superseded=True)], None, "first.v3"),
        ([BY_HAND], REPEAT, None),
        ([before("first", State.EXPIRED)], REPEAT, None),
        ([SENT], None, None),
        ([SENT], REPEAT, "again-2"),
        ([YOUNG], REPEAT, None),
        ([before("first", State.RETURNED)], REPEAT, None),
        ([SENT, before("again-2", State.DRAFTED)], REPEAT, None),
        ([SENT, before("again-2", State.WITHDRAWN, is_superseded=True)], REPEAT, "again-2.v2"),
        ([SENT, SECOND], REPEAT, "again-3"),
        ([SENT, SECOND, before("again-3", State.SENT, "2026-10-01T09:00")], REPEAT, None),
    ],
)
def test_under_which_step(found: list[Drafted], repeat: Repeat | None, step: str | None) -> None:
    assert step_of("first", found, repeat=repeat, as_of=AS_OF, zone=ZONE) == step
    assert step_of("first", found[::-1], repeat=repeat, as_of=AS_OF, zone=ZONE) == step


def test_what_expired_is_written_anew_where_it_has_to_be_said() -> None:
    old = [before("first", State.EXPIRED)]
    assert step_of("first", old, renews=frozenset({State.EXPIRED}), as_of=AS_OF, zone=ZONE) == "first.v2"


@pytest.mark.parametrize(("step", "version"), [("first", 1), ("again-2", 4), ("2026-11-07", 2)])
def test_a_version_is_told_from_its_step(step: str, version: int) -> None:
    assert version_of(versioned(step, version)) == version_of(f"{versioned(step, version)}.copy-1") == (step, version)
