"""People at a case: each act on top of what they saw, two at once, between and beside the nights."""

import datetime as dt
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from arrears.casebook import read, store, tables
from arrears.casebook.arrangements import recorded_before
from arrears.casebook.fold import SHADOW, fold
from arrears.domain.actor import Actor
from arrears.domain.episode import Episode, apply
from arrears.domain.episode_events import (
    ContactChannel,
    ContactResult,
    DismissalReason,
    NoteAdded,
    Outcome,
    PromiseState,
    State,
)
from arrears.domain.episode_fold import FoldRules
from arrears.domain.run import Run, RunKind, midnight
from arrears.errors import StaleCaseError, UsageError
from arrears.review import cases
from arrears.review.cases import Case, Desk, Seen
from arrears.settings import ROOT
from tests.casebook.nights import ZONE, Levels, always, day, run_of

RULES = FoldRules(cool_down_days=3)
NOTHING = Decimal("0.00")


def noon(number: int) -> dt.datetime:
    return midnight(day(number), ZONE) + dt.timedelta(hours=12)


def desk(engine: Engine, source: str, who: str = "ann", number: int = 1) -> Desk:
    return Desk(engine, source, ZONE, Actor("local", who), lambda: noon(number))


def night(
    engine: Engine, source: str, number: int, levels: Levels, paid: Decimal = NOTHING, kind: RunKind = RunKind.NIGHTLY
) -> tuple[str, ...]:
    def paid_of(_run: Run, episodes: Sequence[Episode]) -> dict[str, Decimal]:
        return {each.promise.promise_id: paid for each in episodes if each.promise}

    run = run_of(source, day(number), kind)
    return fold(run, always(levels), engine, RULES, ZONE, paid_of).remarks


def replayed(case: Case) -> Episode | None:
    episode: Episode | None = None
    for each in case.events:
        episode = apply(episode, each.event)
    return episode


@pytest.fixture
def here(engine: Engine, source: str) -> Desk:
    night(engine, source, 1, {"a": "yellow", "b": "red"})
    return desk(engine, source)


def test_everything_a_person_may_do_is_kept_and_adds_up(here: Desk) -> None:
    acts: list[Callable[[Seen], Case]] = [
        lambda seen: cases.acknowledge(here, seen, "saw it"),
        lambda seen: cases.assign(here, seen, Actor("sso", "bo"), "her street"),
        lambda seen: cases.follow_up(here, seen, day(4)),
        lambda seen: cases.record_contact(here, seen, ContactChannel.PHONE, ContactResult.REACHED, "will pay"),
        lambda seen: cases.promise(here, seen, Decimal("12.5"), day(9)),
        lambda seen: cases.begin_treatment(here, seen),
        lambda seen: cases.note(here, seen, " 已电话确认 "),
    ]
    case = cases.open_case(here, "a")
    for number, act in enumerate(acts, start=2):
        case = act(case.seen)
        assert case.episode.seq == number == len(case.events)
        assert case.episode == replayed(case) == cases.open_case(here, "a").episode
        last = case.events[-1]
        assert (last.actor, last.occurred_at, last.known_at, last.run_key) == ("local:ann", noon(1), noon(1), None)
    episode = case.episode
    assert (episode.state, episode.owner, episode.follow_up_on) == (State.IN_TREATMENT, "sso:bo", day(4))
    assert episode.promise is not None
    assert (episode.promise.amount, episode.promise.made_on) == (Decimal("12.50"), day(1))
    assert case.events[-1].event == NoteAdded(episode.episode_id, day(1), "已电话确认")
    night(here.engine, here.source, 2, {"a": "red", "b": "red"})
    after = cases.open_case(here, "a")
    assert after.episode == replace(episode, level=after.episode.level, seq=episode.seq + 1), (
        "the night keeps all of it"
    )
    assert cases.assign(here, after.seen, None).episode.owner is None
    assert cases.follow_up(here, cases.open_case(here, "a").seen, None).episode.follow_up_on is None


def test_the_second_is_told_what_changed_by_whom_and_nothing_is_lost(here: Desk) -> None:
    seen = cases.open_case(here, "a").seen
    cases.acknowledge(here, seen)
    cases.note(here, replace(seen, seq=2), "called")
    bo = desk(here.engine, here.source, "bo")
    with pytest.raises(StaleCaseError) as told:
        cases.dismiss(bo, seen, DismissalReason.PAID_ALREADY, "on the bank's list")
    assert str(told.value) == (
        "the case of account a changed since you looked at it, and nothing of yours was kept: "
        "2026-10-01 12:00 local:ann: acknowledged; 2026-10-01 12:00 local:ann: note · called; look again"
    )
    assert list(told.value.later) == list(cases.open_case(bo, "a").events[1:])
    case = cases.open_case(bo, "a")
    assert (case.episode.seq, case.episode.is_open) == (3, True)
    assert not cases.dismiss(bo, case.seen, DismissalReason.PAID_ALREADY, "on the bank's list").episode.is_open


def test_a_night_in_between_is_told_as_well(here: Desk) -> None:
    seen = cases.open_case(here, "a").seen
    night(here.engine, here.source, 2, {"a": "red", "b": None})
    with pytest.raises(StaleCaseError, match="00:00 the nightly run: level changed from yellow to red; look again"):
        cases.acknowledge(here, seen)


def test_two_people_at_once(here: Desk) -> None:
    """Of eight who act on the same state at the same time one is first, and seven are told."""
    seen, together = cases.open_case(here, "a").seen, Barrier(8)

    def act(number: int) -> str:
        together.wait()
        try:
            cases.note(desk(here.engine, here.source, f"p{number}"), seen, f"from {number}")
        except StaleCaseError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(8) as people:
        told = list(people.map(act, range(8)))
    assert sorted(told).count("") == 1
    winner = f"local:p{told.index('')}"
    assert all(winner in each for each in told if each)
    assert len(cases.open_case(here, "a").events) == 2


def test_acts_and_a_night_at_once_share_one_stream(here: Desk) -> None:
    """The night waits for nobody's mistake and nobody's act is lost: every seq comes once."""
    together = Barrier(4)

    def work(number: int) -> None:
        together.wait()
        for turn in range(5):
            try:
                cases.note(here, cases.open_case(here, "a").seen, f"{number} {turn}")
            except StaleCaseError:
                continue

    with ThreadPoolExecutor(4) as people:
        working = [people.submit(work, number) for number in range(3)]
        together.wait()
        for number in range(2, 6):
            night(here.engine, here.source, number, {"a": "red" if number % 2 else "blue", "b": "red"})
        for each in working:
            each.result()
    case = cases.open_case(here, "a")
    assert [each.seq for each in case.events] == list(range(1, case.episode.seq + 1))
    assert replayed(case) == case.episode


KILLED = """
import os, signal, sys
from decimal import Decimal
from arrears.casebook import store
from arrears.casebook.schema import open_casebook
from arrears.review import cases
from tests.casebook.nights import day
from tests.review.test_cases import desk

url, source = sys.argv[1:]
store.append_parts = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
here = desk(open_casebook(url, source), source)
cases.promise(here, cases.open_case(here, "a").seen, Decimal("5"), day(9))
"""


def test_killed_between_an_act_and_its_commit(here: Desk, url: str) -> None:
    before = cases.open_case(here, "a")
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, url, here.source], cwd=ROOT, env=dict(os.environ), check=False, timeout=60
    )
    assert ended.returncode == -signal.SIGKILL
    assert cases.open_case(here, "a") == before
    assert cases.promise(here, before.seen, Decimal("5"), day(9)).episode.promise is not None


def test_a_dismissed_account_is_quiet_until_it_is_worse(here: Desk) -> None:
    case = cases.dismiss(here, cases.open_case(here, "a").seen, DismissalReason.KNOWN_AND_SAFE, "pays in cash")
    assert (case.episode.outcome, case.episode.resolved_on) == (Outcome.DISMISSED, day(1))
    assert night(here.engine, here.source, 2, {"a": "yellow", "b": "red"}) == ("open: 1",)
    remarks = night(here.engine, here.source, 3, {"a": "orange", "b": "red"})
    assert remarks == ("may be raised again: 1", "raised: 1", "open: 2")
    assert [each.episode.is_open for each in cases.history(here, "a")] == [False, True]
    told = cases.note(here, cases.history(here, "a")[0].seen, "it was not safe")
    assert told.episode.episode_id == case.episode.episode_id
    assert told.episode.outcome is Outcome.DISMISSED


def test_it_is_warned_of_again_when_the_cool_down_is_over(here: Desk) -> None:
    cases.dismiss(here, cases.open_case(here, "b").seen, DismissalReason.IN_DISPUTE, "bill 7")
    for number in (2, 3, 4):
        assert night(here.engine, here.source, number, {"b": "red"})[-1] == "open: 0"
        assert not cases.open_case(here, "b").episode.is_open
    assert night(here.engine, here.source, 5, {"b": "red"}) == ("may be raised again: 1", "raised: 1", "open: 1")


def test_a_shadow_folds_the_same_nights_without_what_people_did(here: Desk) -> None:
    cases.dismiss(here, cases.open_case(here, "a").seen, DismissalReason.OTHER, "mistake")
    live = cases.open_case(here, "a"), recorded_before(here.engine, noon(9)).num_rows
    for number in (2, 1):
        night(here.engine, here.source, number, {"a": "yellow"}, kind=RunKind.BACKFILL)
    assert [each.is_open for each in read.episodes_of(here.engine, "a", SHADOW)] == [True]
    assert (cases.open_case(here, "a"), recorded_before(here.engine, noon(9)).num_rows) == live


def parts(here: Desk) -> list[tuple[str, str, dt.datetime, str]]:
    c = tables.arrangement.c
    query = select(c.status, c.amount, c.recorded_at, c.actor).order_by(c.recorded_at)
    with here.engine.connect() as connection:
        return [(row.status, str(row.amount), row.recorded_at, row.actor) for row in connection.execute(query)]


def test_a_promise_is_recorded_and_judged_by_the_nights(here: Desk) -> None:
    cases.promise(here, cases.open_case(here, "a").seen, Decimal("50"), day(3))
    night(here.engine, here.source, 2, {"a": "yellow"}, Decimal("49.99"))
    assert [each[0] for each in parts(here)] == ["open"]
    assert "promises broken: 1" in night(here.engine, here.source, 4, {"a": "yellow"}, Decimal("49.99"))
    assert "promises kept: 1" in night(here.engine, here.source, 5, {"a": "yellow"}, Decimal("50.00"))
    assert parts(here) == [
        ("open", "50.00", noon(1), "local:ann"),
        ("broken", "50.00", midnight(day(4), ZONE), "run"),
        ("kept", "50.00", midnight(day(5), ZONE), "run"),
    ]
    promise = cases.open_case(here, "a").episode.promise
    assert promise is not None
    assert promise.state is PromiseState.KEPT


def test_another_promise_cancels_the_first(here: Desk) -> None:
    first = cases.promise(here, cases.open_case(here, "a").seen, Decimal("50"), day(3))
    cases.promise(here, first.seen, Decimal("20"), day(9))
    tick = dt.timedelta(microseconds=1)
    assert sorted(parts(here)) == [
        ("cancelled", "50.00", noon(1) + tick, "local:ann"),
        ("open", "20.00", noon(1), "local:ann"),
        ("open", "50.00", noon(1), "local:ann"),
    ]


def test_the_pull_reads_what_was_recorded_before_its_cut_off(here: Desk) -> None:
    cases.promise(here, cases.open_case(here, "a").seen, Decimal("50"), day(3))
    assert recorded_before(here.engine, noon(1)).num_rows == 0
    (row,) = recorded_before(here.engine, midnight(day(2), ZONE)).to_pylist()
    assert row["arrangement_id"].startswith("casebook:")
    del row["arrangement_id"]
    assert row == {
        "part_no": "1",
        "account_id": "a",
        "kind": "promise",
        "agreed_on": "2026-10-01",
        "due_on": "2026-10-03",
        "amount": "50.00",
        "status": "open",
        "recorded_at": "2026-10-01T04:00:00+00:00",
    }


def test_what_was_agreed_is_never_changed(here: Desk) -> None:
    for statement in ("UPDATE arrangement SET amount = 1", "DELETE FROM arrangement", "TRUNCATE arrangement"):
        with pytest.raises(DBAPIError, match="append-only"), here.engine.begin() as connection:
            connection.execute(text(statement))


def test_a_wish_that_makes_no_sense_is_refused_in_one_sentence(here: Desk) -> None:
    seen = cases.open_case(here, "a").seen
    refused: list[tuple[str, Callable[[], object]]] = [
        ("account z was never warned of", lambda: cases.open_case(here, "z")),
        ("say in a few words why", lambda: cases.dismiss(here, seen, DismissalReason.OTHER, "  ")),
        ("the note is empty", lambda: cases.note(here, seen, "")),
        ("lies in the past; today is 2026-10-01", lambda: cases.follow_up(here, seen, day(0))),
        ("by 2026-09-30 lies in the past", lambda: cases.promise(here, seen, Decimal(1), day(0))),
        ("a promise of 0 is none", lambda: cases.promise(here, seen, Decimal(0), day(3))),
        ("to the cent", lambda: cases.promise(here, seen, Decimal("1.005"), day(3))),
        ("a promise of NaN is none", lambda: cases.promise(here, seen, Decimal("NaN"), day(3))),
        (
            "was raised on 2026-10-01, after 2026-09-30",
            lambda: cases.note(desk(here.engine, here.source, number=0), seen, "early"),
        ),
    ]
    for words, act in refused:
        with pytest.raises(UsageError, match=words):
            act()
    assert cases.open_case(here, "a").seen == seen
    case = cases.dismiss(here, seen, DismissalReason.WRONG_FACTS, "closed account")
    with pytest.raises(
        UsageError, match=r"is resolved \(dismissed on 2026-10-01\): “acknowledged” is not possible now"
    ):
        cases.acknowledge(here, case.seen)


def test_acts_write_nothing_but_through_the_store(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person does is one transaction: when its last write fails, nothing of it is there."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    seen = cases.open_case(here, "a").seen
    monkeypatch.setattr(store, "append_parts", fail)
    with pytest.raises(RuntimeError, match="disk"):
        cases.promise(here, seen, Decimal(1), day(3))
    assert cases.open_case(here, "a").seen == seen
