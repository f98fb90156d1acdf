"""The table of moves, on which ways a notice goes, and when."""

import datetime as dt
from dataclasses import replace

import pytest

from arrears.domain.delivery import (
    MOVES,
    Act,
    Contact,
    State,
    Way,
    has_too_many_failures,
    message_key,
    move,
    next_try,
    plan,
)
from arrears.domain.law.calendar import NoCalendarError
from arrears.domain.notice import Channel, NoticeKind
from arrears.errors import CasebookError
from tests.notices.outbox import ZONE, contact, rules

KIND = NoticeKind.PAYMENT_REMINDER


def test_what_ended_stays_ended_and_what_left_is_never_released_without_a_word() -> None:
    ends = {State.EXPIRED, State.WITHDRAWN}
    assert not [each for each in MOVES if each[0] in ends]
    to_released = {each for each, after in MOVES.items() if after is State.RELEASED}
    assert to_released == {
        (State.DRAFTED, Act.RELEASE),
        (State.SENDING, Act.DEFER),
        (State.IN_DOUBT, Act.DEFER),
        (State.FAILED, Act.NEXT),
        (State.RETURNED, Act.NEXT),
    }
    assert {before for before, act in MOVES if act is Act.WITHDRAW} == {State.DRAFTED, State.RELEASED}


@pytest.mark.parametrize("state", [State.SENDING, State.SENT, State.WITHDRAWN])
def test_a_move_that_is_not_in_the_table_is_refused_with_the_notice_and_its_state(state: State) -> None:
    with pytest.raises(CasebookError, match=f"notice 0123456789ab is {state}: it cannot withdraw"):
        move(state, Act.WITHDRAW, "0123456789abcdef")


def test_the_key_is_of_the_notice_and_the_way_and_not_of_the_try() -> None:
    assert message_key("ab" * 16, 2) == f"{'ab' * 16}.2"
    assert [way.rendering for way in Way] == [Channel.EMAIL, Channel.SMS, Channel.SMS, Channel.LETTER]


def ways(*contacts: Contact, there: tuple[Way, ...] = tuple(Way), wrong: tuple[tuple[Way, str], ...] = ()) -> str:
    return " ".join(each.address for each in plan(rules(), KIND, contacts, there=there, wrong=wrong))


def test_ways_go_in_the_order_of_the_kind_and_one_address_each() -> None:
    letter, mail = contact(Way.LETTER, "letter"), contact(Way.EMAIL, "mail")
    second = contact(Way.EMAIL, "second", contact_id="email-2")
    assert ways(letter, second, mail) == "mail letter"
    assert ways(letter, mail, there=(Way.LETTER,)) == "letter"


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({"consent": "refused"}, "letter"),
        ({"status": "wrong"}, "letter"),
        ({"address": " "}, "letter"),
        ({"consent": "unknown"}, "mail letter"),
        ({"status": "valid"}, "mail letter"),
    ],
)
def test_who_refused_and_what_is_wrong_is_left_alone(other: dict[str, str], found: str) -> None:
    assert ways(contact(Way.EMAIL, **{"address": "mail", **other}), contact(Way.LETTER, "letter")) == found


def test_an_address_from_which_something_came_back_is_not_used_again() -> None:
    assert ways(contact(Way.EMAIL, "mail"), contact(Way.SMS, "100"), wrong=((Way.EMAIL, "mail"),)) == "100"


def test_consent_where_it_is_needed_and_letters_that_a_law_wants() -> None:
    strict, refused = rules(needs_consent=True), contact(Way.LETTER, "letter", consent="refused")
    unknown = contact(Way.EMAIL, "mail", consent="unknown")
    assert plan(strict, KIND, [unknown, refused], there=tuple(Way), wrong=()) == []
    served = replace(strict, kinds={KIND: replace(strict.kinds[KIND], is_served=True)})
    assert plan(served, KIND, [unknown, refused], there=tuple(Way), wrong=()) == [refused]
    wrong = replace(refused, status="wrong")
    assert plan(served, KIND, [wrong], there=tuple(Way), wrong=()) == []


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2026-10-30T08:59:59", False),
        ("2026-10-30T09:00:00", True),
        ("2026-10-30T19:59:59", True),
        ("2026-10-30T20:00:00", False),
        ("2026-10-31T12:00:00", False),  # a Saturday
        ("2026-10-01T12:00:00", False),  # a holiday
    ],
)
def test_contact_hours_are_those_of_the_place(local: str, is_open: bool) -> None:
    at = dt.datetime.fromisoformat(local).replace(tzinfo=ZONE).astimezone(dt.UTC)
    office = rules(opens=dt.time(9), closes=dt.time(20), on_days_off=False)
    assert office.is_open(Way.SMS, at) is is_open
    assert rules().is_open(Way.SMS, at)


def test_a_year_without_a_calendar_is_no_year_without_holidays() -> None:
    with pytest.raises(NoCalendarError, match="there is no calendar of cn for 2028"):
        rules(on_days_off=False).is_open(Way.SMS, dt.datetime(2028, 1, 1, 12, tzinfo=ZONE))


def test_each_try_waits_twice_as_long_and_the_last_one_is_the_last() -> None:
    at = dt.datetime(2026, 10, 30, 9, tzinfo=ZONE)
    of_way = rules().ways[Way.EMAIL]
    waits = [next_try(of_way, tries, at) for tries in (1, 2, 3)]
    assert waits == [at + dt.timedelta(minutes=1), at + dt.timedelta(minutes=2), None]


@pytest.mark.parametrize(("well", "failed", "stops"), [(9, 10, False), (10, 10, False), (9, 11, True), (0, 19, False)])
def test_failures_above_their_share_stop_once_there_are_enough(well: int, failed: int, stops: bool) -> None:
    assert has_too_many_failures(rules(), (well, failed)) is stops
