import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.domain.hold import Held, Hold, HoldEnd, HoldReason, Then, account_stops, expired, held, open_holds
from arrears.domain.law.facts import Stop, StopKind
from arrears.errors import UsageError

NOON = dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC)


def day(number: float) -> dt.datetime:
    return NOON + dt.timedelta(days=number)


def hold(from_day: float = 0, until_day: float = 10, known_day: float = 0, **other: object) -> Hold:
    made = Hold("h1", "a1", HoldReason.PROMISE, "clerk", day(from_day), day(until_day), Then.REVIEW, day(known_day))
    return replace(made, **other)  # type: ignore[arg-type]


def ended(at: float, known: float) -> HoldEnd:
    return HoldEnd(day(at), day(known), "clerk", "paid")


def test_a_hold_is_open_from_its_beginning_and_not_at_its_end() -> None:
    found = [bool(open_holds([hold()], "a1", day(each), day(99))) for each in (-0.1, 0, 9.9, 10)]
    assert found == [False, True, True, False]
    assert not open_holds([hold()], "a2", day(1), day(99))


def test_a_hold_of_the_account_and_one_of_a_bill() -> None:
    both = [hold(), hold(bill_id="b1", hold_id="h2"), hold(bill_id="b2", hold_id="h3", until_at=day(1))]
    assert held(both, "a1", day(5), day(99)) == Held(True, frozenset({"b1"}))
    assert held(both[1:], "a1", day(0.5), day(99)) == Held(False, frozenset({"b1", "b2"}))
    assert held(both[2:], "a1", day(5), day(99)) == Held(False, frozenset())


def test_a_back_dated_hold_changes_only_runs_that_may_know_it() -> None:
    late = hold(from_day=0, known_day=5)
    assert not open_holds([late], "a1", day(2), day(4.9))
    assert open_holds([late], "a1", day(2), day(5))


def test_an_end_counts_from_when_it_is_known() -> None:
    found = hold(end=ended(3, 6))
    assert [found.ends_at(day(each)) for each in (5.9, 6)] == [day(10), day(3)]
    assert open_holds([found], "a1", day(4), day(5))
    assert not open_holds([found], "a1", day(4), day(6))
    assert not open_holds([found], "a1", day(3), day(6))


def test_an_end_never_makes_a_hold_longer() -> None:
    assert hold(end=ended(12, 12)).ends_at(day(20)) == day(10)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"until_at": day(0)}, "before it begins"),
        ({"until_at": day(-1)}, "before it begins"),
        ({"end": ended(-1, 2)}, "was ended at .* before it begins"),
        ({"owner": " "}, "has no owner"),
        ({"from_at": day(0).replace(tzinfo=None)}, "when hold h1 begins is .* without a zone"),
        ({"until_at": day(9).replace(tzinfo=None)}, "when hold h1 expires is .* without a zone"),
        ({"known_at": day(0).replace(tzinfo=None)}, "when hold h1 was known is .* without a zone"),
        ({"end": HoldEnd(day(3).replace(tzinfo=None), day(3), "clerk", "paid")}, "without a zone"),
        ({"end": HoldEnd(day(3), day(3).replace(tzinfo=None), "clerk", "paid")}, "without a zone"),
    ],
)
def test_a_hold_that_makes_no_sense_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        hold(0, 10, 0, **change)


def test_the_law_s_clock_sees_past_holds_of_the_account_only() -> None:
    holds = [hold(), hold(bill_id="b1"), hold(end=ended(2, 2)), hold(known_day=8), hold(end=ended(0, 1))]
    assert account_stops(holds, "a1", day(5)) == (
        Stop(StopKind.HOLD, day(0), day(10)),
        Stop(StopKind.HOLD, day(0), day(2)),
    )
    assert account_stops(holds, "a2", day(5)) == ()


def test_what_happens_then_is_due_once() -> None:
    holds = [hold(), hold(until_at=day(11)), hold(end=ended(3, 3))]
    assert expired(holds, day(10), day(11)) == [holds[0]]
    assert expired(holds, day(11), day(12)) == [holds[1]]


numbers = st.integers(0, 12)


@given(numbers, st.integers(1, 12), numbers, numbers, numbers, st.one_of(st.none(), st.tuples(numbers, numbers)))
def test_what_becomes_known_later_leaves_no_trace_before(
    start: int, days: int, known: int, at: int, known_at: int, end: tuple[int, int] | None
) -> None:
    """A run that may know up to an instant gives the same with and without everything entered after it."""
    ends = ended(start + end[0], known + end[1]) if end else None
    made = hold(start, start + days, known, end=ends)
    without_end = replace(made, end=None)
    found = open_holds([made], "a1", day(at), day(known_at))
    if known > known_at:
        assert found == []
    elif ends and ends.known_at > day(known_at):
        assert bool(found) == bool(open_holds([without_end], "a1", day(at), day(known_at)))
