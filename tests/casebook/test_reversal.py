"""A run is taken back by events: what it did to cases, unless a person built on it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest
from sqlalchemy import Engine, text

from arrears.casebook import acts, read
from arrears.casebook.arrangements import recorded_before
from arrears.casebook.fold import fold
from arrears.casebook.reversal import Reversal, reverse_run
from arrears.domain.actor import Actor
from arrears.domain.episode import Episode, promise_id
from arrears.domain.episode_events import Act, Level, NoteAdded, Outcome, PromiseMade, PromiseState
from arrears.domain.episode_fold import FoldRules
from arrears.domain.run import Run, midnight
from arrears.errors import UsageError
from tests.casebook.nights import ZONE, Levels, always, day, run_of

NIGHTS: Mapping[int, Levels] = {
    1: {"a": "yellow", "b": "red", "c": "blue", "e": "red"},
    2: {"a": "red", "b": None, "c": "blue", "d": "orange", "e": "red"},
    3: {"a": "red", "b": None, "c": "collection", "d": None, "e": "red"},
}
ANN = Actor("local", "ann")


def night(engine: Engine, source: str, number: int, levels: Levels | None = None, paid: str = "0") -> tuple[str, ...]:
    def paid_of(_run: Run, episodes: Sequence[Episode]) -> Mapping[str, Decimal]:
        return {each.promise.promise_id: Decimal(paid) for each in episodes if each.promise}

    run, signals = run_of(source, day(number)), always(levels or NIGHTS[number])
    return fold(run, signals, engine, FoldRules(), ZONE, paid_of).remarks


def act(engine: Engine, source: str, account_id: str, event: Act | None = None, number: int = 3) -> None:
    case = read.episodes_of(engine, account_id)[-1]
    said = event or NoteAdded(case.episode_id, day(number), "called")
    at = midnight(day(number), ZONE) + dt.timedelta(hours=9)
    acts.act(engine, source, case.episode_id, case.seq, lambda _: said, lambda *_: "", actor=ANN, at=at)


def reverse(engine: Engine, source: str, which: str, number: int = 3) -> Reversal:
    at = midnight(day(number), ZONE) + dt.timedelta(hours=12)
    return reverse_run(engine, source, which, actor=ANN, why="a wrong file", at=at, on=day(number))


def now(engine: Engine) -> dict[str, list[Episode]]:
    """By account, without how many events there were."""
    found = {name: read.episodes_of(engine, name) for name in "abcde"}
    return {name: [_plain(each) for each in episodes] for name, episodes in found.items()}


def _plain(episode: Episode) -> Episode:
    return Episode(**{name: getattr(episode, name) for name in Episode.__slots__} | {"seq": 0})


@pytest.fixture
def three(engine: Engine, source: str) -> Engine:
    for number in NIGHTS:
        night(engine, source, number)
    return engine


def test_the_nights_come_off_newest_first_and_leave_what_was_before(engine: Engine, source: str) -> None:
    stood = []
    for number in NIGHTS:
        stood.append(now(engine))
        night(engine, source, number)
    events = _count(engine)
    assert reverse(engine, source, str(day(3))).taken_back == 3
    assert now(engine) == stood[2]
    assert reverse(engine, source, run_of(source, day(2)).run_key[:8]).taken_back == 3
    withdrawn = now(engine).pop("d")
    assert [(each.outcome, each.resolved_on) for each in withdrawn] == [(Outcome.WITHDRAWN, day(3))]
    assert {**now(engine), "d": []} == stood[1]
    reverse(engine, source, str(day(1)))
    assert not read.open_episodes(engine)
    assert _count(engine) == events + 3 + 3 + 4 + 3, "nothing is deleted: one event each, and one for each run"


def _count(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM event")).scalar_one())


def test_what_a_person_built_on_is_named_and_left(three: Engine, source: str) -> None:
    act(three, source, "c")
    act(three, source, "e")
    before = now(three)
    done = reverse(three, source, str(day(3)))
    assert [(each.account_id, each.actor, type(each.event)) for each in done.left] == [("c", "local:ann", NoteAdded)]
    assert done.taken_back == 2
    after = now(three)
    assert (after["c"], after["e"]) == (before["c"], before["e"]), "the night did nothing to e"
    assert after["b"][0].is_open
    reverse(three, source, str(day(2)))
    assert now(three)["c"] == before["c"]


def test_a_person_s_earlier_acts_stay(engine: Engine, source: str) -> None:
    night(engine, source, 1)
    act(engine, source, "a", number=1)
    night(engine, source, 2)
    assert reverse(engine, source, str(day(2))).left == ()
    assert read.episodes_of(engine, "a")[-1].level is Level.YELLOW
    with engine.connect() as connection:
        types = connection.execute(text("SELECT type FROM event WHERE body ->> 'why' = 'called'")).scalars().all()
    assert types == ["note_added"]


def test_a_case_is_not_opened_again_under_one_that_somebody_works_on(engine: Engine, source: str) -> None:
    night(engine, source, 1, {"a": "red"})
    night(engine, source, 2, {"a": "collection"})
    night(engine, source, 3, {"a": "blue"})
    act(engine, source, "a")
    before = now(engine)
    for number in (3, 2):
        done = reverse(engine, source, str(day(number)))
        assert [each.account_id for each in done.left] == ["a"]
    assert now(engine) == before


def test_a_case_that_ended_and_began_anew_in_one_night_is_one_again(engine: Engine, source: str) -> None:
    short = FoldRules(horizon_days=1)
    for number in (1, 2, 3):
        fold(run_of(source, day(number)), always({"a": "red"}), engine, short, ZONE)
    assert [each.is_open for each in now(engine)["a"]] == [False, True]
    assert reverse(engine, source, str(day(3))).taken_back == 2
    assert [each.is_open for each in now(engine)["a"]] == [True, False]


def test_a_verdict_on_a_promise_is_taken_back_and_told_to_the_next_pull(engine: Engine, source: str) -> None:
    night(engine, source, 1)
    case = read.episodes_of(engine, "e")[-1]
    act(engine, source, "e", PromiseMade(case.episode_id, day(1), promise_id(case), Decimal("9.00"), day(1)), 1)
    assert "promises broken: 1" in night(engine, source, 2)
    reverse(engine, source, str(day(2)))
    promise = read.episodes_of(engine, "e")[-1].promise
    assert promise is not None
    assert promise.state is PromiseState.OPEN
    rows = recorded_before(engine, midnight(day(9), ZONE)).to_pylist()
    assert [row["status"] for row in rows] == ["open", "broken", "open"]
    assert "promises kept: 1" in night(engine, source, 3, paid="9")


def test_the_next_night_goes_on_from_there(three: Engine, source: str) -> None:
    reverse(three, source, str(day(3)))
    remarks = fold(run_of(source, day(3)), always({"a": "blue"}), three, FoldRules(), ZONE).remarks
    assert "open: 3" in remarks, "the stored receipt of the night, which is not folded again"
    assert night(three, source, 4, NIGHTS[3]) == ("fell_into_arrears: 1", "paid_in_time: 1", "open: 3")


def test_a_night_that_cannot_be_reversed_is_refused(three: Engine, source: str) -> None:
    before = _count(three)
    for which, words in (
        ("2026-12-01", "no live night is named '2026-12-01'"),
        ("", "no live night is named ''"),
        ("2026-10-01", "reverse those first, in this order: 2026-10-03, 2026-10-02"),
    ):
        with pytest.raises(UsageError, match=words):
            reverse(three, source, which)
    assert _count(three) == before
    reverse(three, source, str(day(3)))
    with pytest.raises(UsageError, match="was reversed already"):
        reverse(three, source, str(day(3)))
