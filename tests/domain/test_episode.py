import datetime as dt
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.domain.episode import TRANSITIONS, Episode, Promise, apply, episode_id
from arrears.domain.episode_events import (
    Acknowledged,
    CalmerNight,
    ContactChannel,
    ContactRecorded,
    ContactResult,
    CoolDownEnd,
    CoolDownEnded,
    DismissalReason,
    Dismissed,
    Event,
    FollowUpSet,
    Level,
    LevelChanged,
    NoteAdded,
    Outcome,
    OwnerChanged,
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromiseState,
    Raised,
    Resolved,
    State,
    Steadied,
    TakenBack,
    TreatmentBegun,
)
from arrears.domain.episode_fold import FoldRules, Signal, fold_account, fold_night
from arrears.errors import BalanceError, CasebookError

DAY = dt.date(2026, 10, 1)
RULES = FoldRules()
NAME = episode_id("a", DAY)

signals = st.builds(
    Signal,
    st.sampled_from("abc"),
    st.sampled_from(Level),
    st.just("rule"),
    st.sampled_from([False, False, False, True]),
    st.sampled_from([Decimal("0.00"), Decimal("5.00")]),
)
nights = st.lists(st.lists(signals, max_size=3, unique_by=lambda signal: signal.account_id), max_size=12)
rule_sets = st.builds(FoldRules, st.integers(1, 4), st.integers(1, 8))


def signal(level: Level, *, collection: bool = False, overdue: str = "0.00") -> Signal:
    return Signal("a", level, "rule", collection, Decimal(overdue))


def fold_levels(levels: list[Level], rules: FoldRules = RULES) -> list[Level]:
    """The level after each night; `NONE` without an open episode."""
    episode: Episode | None = None
    shown = []
    for number, level in enumerate(levels):
        for event in fold_account(episode, signal(level), DAY + dt.timedelta(days=number), rules):
            episode = apply(episode, event)
        episode = episode if episode and episode.is_open else None
        shown.append(episode.level if episode else Level.NONE)
    return shown


N, B, Y, O, R = Level  # noqa: E741


@pytest.mark.parametrize(
    ("levels", "shown"),
    [
        ([N, N], [N, N]),
        ([B, Y, R], [B, Y, R]),
        ([R, B, R, B, B], [R, R, R, R, B]),
        ([R, O, B, B], [R, R, O, B]),
        ([O, B, N, N], [O, O, B, N]),
        ([O, N, B, N, N], [O, O, B, B, N]),
        ([B, N, N, B], [B, B, N, B]),
        ([Y, N, R, N, N], [Y, Y, R, R, N]),
    ],
)
def test_up_at_once_down_after_two_calmer_nights(levels: list[Level], shown: list[Level]) -> None:
    assert fold_levels(levels) == shown


@given(st.lists(st.sampled_from(Level), max_size=20), st.integers(1, 4))
def test_the_level_is_the_highest_of_the_last_nights(levels: list[Level], calmer_nights: int) -> None:
    shown = fold_levels(levels, FoldRules(calmer_nights, horizon_days=99))
    assert shown == [max(levels[max(0, n + 1 - calmer_nights) : n + 1]) for n in range(len(levels))]


@pytest.mark.parametrize(
    ("tonight", "days", "outcome"),
    [
        (None, 1, Outcome.EXPIRED),
        (signal(R, collection=True), 1, Outcome.FELL_INTO_ARREARS),
        (signal(R, collection=True), 61, Outcome.FELL_INTO_ARREARS),
        (signal(R), 61, Outcome.EXPIRED),
        (signal(N), 1, Outcome.PAID_IN_TIME),
        (signal(N, overdue="0.01"), 1, Outcome.EXPIRED),
    ],
)
def test_how_an_episode_ends(tonight: Signal | None, days: int, outcome: Outcome) -> None:
    before = Episode(NAME, "a", DAY, B, calmer=(N,), seq=2)
    as_of = DAY + dt.timedelta(days=days)
    ended = [event for event in fold_account(before, tonight, as_of, RULES) if isinstance(event, Resolved)]
    assert ended == [Resolved(NAME, as_of, outcome)]


def test_the_last_night_of_the_horizon_still_counts() -> None:
    assert fold_account(Episode(NAME, "a", DAY, R), signal(R), DAY + dt.timedelta(days=60), RULES) == []


def test_after_the_horizon_a_warned_account_is_raised_anew() -> None:
    as_of = DAY + dt.timedelta(days=61)
    events = fold_account(Episode(NAME, "a", DAY, R), signal(B), as_of, RULES)
    assert events[1:] == [Raised(episode_id("a", as_of), as_of, "a", B, "rule")]


def test_nothing_is_raised_in_collection() -> None:
    assert fold_account(None, signal(R, collection=True), DAY, RULES) == []


def test_a_person_s_moves_survive_the_night() -> None:
    episode = apply(None, Raised(NAME, DAY, "a", B, "rule"))
    for event, state in (
        (Acknowledged(NAME, DAY), State.ACKNOWLEDGED),
        (TreatmentBegun(NAME, DAY), State.IN_TREATMENT),
    ):
        episode = apply(episode, event)
        assert episode.state is state
    (up,) = fold_account(episode, signal(R), DAY, RULES)
    assert apply(episode, up).state is State.IN_TREATMENT


PROMISE = Promise("casebook:1", Decimal("7.50"), DAY, DAY)
EXAMPLES: list[Event] = [
    Raised(NAME, DAY, "a", B, "rule"),
    LevelChanged(NAME, DAY, B, R, "rule"),
    CalmerNight(NAME, DAY, N),
    Steadied(NAME, DAY),
    Resolved(NAME, DAY, Outcome.EXPIRED),
    CoolDownEnded(NAME, DAY, CoolDownEnd.HIGHER_LEVEL),
    PromiseKept(NAME, DAY, "casebook:1", Decimal("8.00")),
    PromiseBroken(NAME, DAY, "casebook:1", Decimal("0.00")),
    TakenBack(
        NAME, DAY, "run", R, State.RESOLVED, (N, B), Outcome.DISMISSED, DAY, True, PromiseState.OPEN, "wrong file"
    ),
    Acknowledged(NAME, DAY, "seen"),
    TreatmentBegun(NAME, DAY),
    Dismissed(NAME, DAY, DismissalReason.PAID_ALREADY, "数据未到"),
    OwnerChanged(NAME, DAY, None, "local:a", "her street"),
    FollowUpSet(NAME, DAY, DAY + dt.timedelta(days=3), ""),
    NoteAdded(NAME, DAY, "calls back"),
    ContactRecorded(NAME, DAY, ContactChannel.PHONE, ContactResult.NOT_REACHED, ""),
    PromiseMade(NAME, DAY, "casebook:1", Decimal("7.50"), DAY, ""),
]


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
@pytest.mark.parametrize("state", [None, *State])
def test_only_moves_in_the_table_are_made(state: State | None, event: Event) -> None:
    episode = None if state is None else Episode(NAME, "a", DAY, B, state, promise=PROMISE)
    if (state, type(event)) in TRANSITIONS:
        named = event.state if isinstance(event, TakenBack) else None
        assert apply(episode, event).state is (TRANSITIONS[state, type(event)] or named)
    else:
        with pytest.raises(CasebookError, match="cannot follow"):
            apply(episode, event)


def test_an_event_of_another_episode_is_refused() -> None:
    with pytest.raises(CasebookError, match="cannot follow"):
        apply(Episode("other", "a", DAY, B), Steadied(NAME, DAY))


def test_two_signals_for_one_account_stop_the_night() -> None:
    with pytest.raises(BalanceError, match="account a has two signals"):
        fold_night({}, [signal(B), signal(R)], DAY, RULES)


@given(nights, rule_sets, st.randoms(use_true_random=False))
def test_episodes_are_what_their_events_add_up_to(
    night_list: list[list[Signal]], rules: FoldRules, random: Random
) -> None:
    """Replayed, the events give the same states; at most one episode per account is open; order does not matter."""
    standing: dict[str, Episode] = {}
    replayed: dict[str, Episode] = {}
    for number, night in enumerate(night_list):
        as_of = DAY + dt.timedelta(days=number)
        changes = fold_night(standing, night, as_of, rules)
        random.shuffle(night)
        assert fold_night(standing, night, as_of, rules) == changes
        for event, episode in changes:
            replayed[event.episode_id] = apply(replayed.get(event.episode_id), event)
            assert replayed[event.episode_id] == episode
        standing = {each.account_id: each for each in replayed.values() if each.is_open}
        assert len(standing) == sum(each.is_open for each in replayed.values())


@given(nights, rule_sets)
def test_the_list_shows_who_is_warned(night_list: list[list[Signal]], rules: FoldRules) -> None:
    """Whoever has a level tonight and is not in collection has an open episode at least as high; nobody else is new."""
    standing: dict[str, Episode] = {}
    for number, night in enumerate(night_list):
        for _, episode in fold_night(standing, night, DAY + dt.timedelta(days=number), rules):
            standing[episode.account_id] = episode
        standing = {name: episode for name, episode in standing.items() if episode.is_open}
        warned = {each.account_id: each.level for each in night if each.level and not each.is_in_collection}
        assert all(standing[name].level >= level for name, level in warned.items())
        assert standing.keys() <= {each.account_id for each in night if not each.is_in_collection}
