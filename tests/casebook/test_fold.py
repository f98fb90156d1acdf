import datetime as dt
from decimal import Decimal
from itertools import permutations

import pyarrow as pa
import pytest
from sqlalchemy import Engine, select, text

from arrears.casebook import read, store, tables
from arrears.casebook.fold import SHADOW, fold, timeline_of
from arrears.casebook.record import read_episode
from arrears.domain.episode import Episode, apply, episode_id
from arrears.domain.episode_events import Level, Outcome
from arrears.domain.episode_fold import FoldRules
from arrears.domain.run import Run, RunKind, midnight
from arrears.errors import CasebookError
from tests.casebook.nights import COLLECTION, ZONE, Levels, always, by_night, day, run_of

RULES = FoldRules()

NIGHTS: dict[dt.date, Levels] = {
    day(1): {"a": "blue", "b": "red", "c": None, "d": "yellow", "e": "orange"},
    day(2): {"a": "orange", "b": None, "c": None, "d": None, "e": COLLECTION},
    day(3): {"a": "yellow", "b": "red", "c": "blue", "d": None, "e": COLLECTION},
    day(4): {"a": "blue", "b": None, "c": "blue", "d": "red"},
    day(5): {"a": "blue", "b": None, "c": None, "d": "red"},
}


def rows(engine: Engine, table: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return sorted(map(tuple, connection.execute(text(f"SELECT {table}::text FROM {table}"))))


def fold_all(engine: Engine, source: str, order: list[dt.date], kind: RunKind = RunKind.NIGHTLY) -> None:
    for as_of in order:
        fold(run_of(source, as_of, kind), by_night(NIGHTS), engine, RULES, ZONE)


def the(engine: Engine, account_id: str, timeline: str = tables.LIVE) -> Episode:
    return read.episodes_of(engine, account_id, timeline)[-1]


def test_five_nights(engine: Engine, source: str) -> None:
    fold_all(engine, source, sorted(NIGHTS))
    a, b, c, d, e = (the(engine, name) for name in "abcde")
    assert (a.level, a.is_open) == (Level.BLUE, True), "down to the highest of the last two nights, twice"
    assert (b.outcome, b.resolved_on) == (Outcome.PAID_IN_TIME, day(5)), "red in between began the count anew"
    assert (c.level, c.calmer, c.is_open) == (Level.BLUE, (Level.NONE,), True)
    assert (d.raised_on, d.level) == (day(4), Level.RED), "resolved on the third, raised anew on the fourth"
    assert [each.outcome for each in read.episodes_of(engine, "d")] == [Outcome.PAID_IN_TIME, None]
    assert (e.outcome, e.resolved_on) == (Outcome.FELL_INTO_ARREARS, day(2))
    assert [each.account_id for each in read.open_episodes(engine)] == ["a", "c", "d"]


def test_receipt_counts_what_the_night_did(engine: Engine, source: str) -> None:
    fold_all(engine, source, [day(1)])
    receipt = fold(run_of(source, day(2)), by_night(NIGHTS), engine, RULES, ZONE)
    assert (receipt.rows_in, receipt.rows_out) == (5, 5)
    assert receipt.remarks == ("fell_into_arrears: 1", "up: 1", "open: 3")


def test_state_is_what_the_events_add_up_to(engine: Engine, source: str) -> None:
    fold_all(engine, source, sorted(NIGHTS))
    with engine.connect() as connection:
        names = connection.execute(select(tables.episode.c.episode_id)).scalars().all()
        stored = {row.episode_id: read_episode(row) for row in connection.execute(select(tables.episode))}
    assert len(names) == 6
    for name in names:
        episode: Episode | None = None
        for number, entry in enumerate(read.history(engine, name), start=1):
            episode = apply(episode, entry.event)
            assert entry.seq == number == episode.seq
            assert entry.occurred_at == midnight(entry.event.as_of, ZONE)
        assert episode == stored[name]


def test_same_night_again_changes_nothing(engine: Engine, source: str) -> None:
    fold_all(engine, source, [day(1), day(2)])
    before = rows(engine, "event"), rows(engine, "episode"), rows(engine, "night")
    first = store.stored_receipt(engine, run_of(source, day(2)), "fold")
    for as_of in (day(1), day(2)):
        again = fold(run_of(source, as_of), always({"z": "red"}), engine, RULES, ZONE)
        assert again == store.stored_receipt(engine, run_of(source, as_of), "fold")
    assert first == store.stored_receipt(engine, run_of(source, day(2)), "fold")
    assert (rows(engine, "event"), rows(engine, "episode"), rows(engine, "night")) == before


def test_an_older_or_a_second_night_is_not_folded_into_live(engine: Engine, source: str) -> None:
    fold_all(engine, source, [day(3)])
    before = rows(engine, "event"), rows(engine, "episode"), rows(engine, "night")
    for run in (run_of(source, day(2)), run_of(source, day(3), code="2")):
        receipt = fold(run, always({"z": "red"}), engine, RULES, ZONE)
        assert receipt.remarks == ("not folded: live stands at 2026-10-03",)
        assert store.stored_receipt(engine, run, "fold") == receipt
    assert (rows(engine, "event"), rows(engine, "episode"), rows(engine, "night")) == before


def test_a_dry_run_leaves_no_trace(engine: Engine, source: str) -> None:
    fold(run_of(source, day(1), RunKind.DRY_RUN), always({"a": "red"}), engine, RULES, ZONE)
    assert not rows(engine, "event") + rows(engine, "episode") + rows(engine, "run")


def test_backfill_leaves_live_alone(engine: Engine, source: str) -> None:
    fold_all(engine, source, [day(4), day(5)])
    live = read.open_episodes(engine), rows(engine, "event")
    fold_all(engine, source, [day(2), day(1), day(3)], RunKind.BACKFILL)
    assert (read.open_episodes(engine), rows(engine, "event")) == live
    assert [each.account_id for each in read.open_episodes(engine, SHADOW)] == ["a", "b", "c"]


@pytest.mark.parametrize("order", [sorted(NIGHTS, reverse=True), [day(3), day(1), day(5), day(2), day(4)]])
def test_shadow_does_not_remember_in_which_order_it_was_run(engine: Engine, source: str, order: list[dt.date]) -> None:
    fold_all(engine, source, sorted(NIGHTS))
    live = [the(engine, name) for name in "abcde"]
    fold_all(engine, source, order, RunKind.BACKFILL)
    assert [the(engine, name, SHADOW) for name in "abcde"] == live


def test_every_order_of_three_nights_gives_one_shadow(engine: Engine, url: str, source: str) -> None:
    seen = set()
    for number, order in enumerate(permutations([day(1), day(2), day(3)])):
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM episode; DELETE FROM night; UPDATE run SET receipts = '{}'"))
        for as_of in order:
            fold(run_of(source, as_of, RunKind.BACKFILL, str(number)), by_night(NIGHTS), engine, RULES, ZONE)
        seen.add(tuple(rows(engine, "episode")))
    assert len(seen) == 1


def test_a_shadow_night_keeps_the_rules_of_its_own_policy(engine: Engine, source: str) -> None:
    nights: dict[dt.date, Levels] = {day(1): {"a": "red"}, day(2): {"a": "blue"}, day(3): {"a": "blue"}}
    for as_of, rules in ((day(3), FoldRules(9)), (day(2), FoldRules(1)), (day(1), FoldRules(9))):
        fold(run_of(source, as_of, RunKind.BACKFILL), by_night(nights), engine, rules, ZONE)
    assert the(engine, "a", SHADOW).level is Level.BLUE, "the second night's rule let it fall at once"


def test_a_shadow_night_run_with_other_code_takes_the_place_of_the_first(engine: Engine, source: str) -> None:
    first, second = (run_of(source, day(1), RunKind.BACKFILL, code) for code in ("1", "2"))
    fold(first, always({"a": "red"}), engine, RULES, ZONE)
    fold(second, always({"b": "blue"}), engine, RULES, ZONE)
    assert [each.account_id for each in read.open_episodes(engine, SHADOW)] == ["b"]


def test_each_restate_has_a_timeline_of_its_own(engine: Engine, source: str) -> None:
    known = midnight(day(20), ZONE)
    restate = Run(source, day(1), known, RunKind.RESTATE, "1", "policy", "card")
    fold(restate, always({"a": "red"}), engine, RULES, ZONE)
    assert timeline_of(restate) == "restate-20261019T160000Z"
    assert [each.account_id for each in read.open_episodes(engine, timeline_of(restate))] == ["a"]
    assert read.open_episodes(engine) == read.open_episodes(engine, SHADOW) == []


def test_account_that_left_and_account_that_still_owes_expire(engine: Engine, source: str) -> None:
    owing = Decimal("3.00")
    fold(run_of(source, day(1)), always({"gone": "red", "owes": "blue"}), engine, RULES, ZONE)
    for number in (2, 3):
        fold(run_of(source, day(number)), always({"owes": None}, owing), engine, RULES, ZONE)
    assert (the(engine, "gone").outcome, the(engine, "gone").resolved_on) == (Outcome.EXPIRED, day(2))
    assert (the(engine, "owes").outcome, the(engine, "owes").resolved_on) == (Outcome.EXPIRED, day(3))


def test_after_the_horizon_a_standing_warning_starts_anew(engine: Engine, source: str) -> None:
    rules = FoldRules(horizon_days=3)
    for number in range(1, 6):
        fold(run_of(source, day(number)), always({"a": "red"}), engine, rules, ZONE)
    old, new = read.episodes_of(engine, "a")
    assert (old.outcome, old.resolved_on) == (Outcome.EXPIRED, day(5))
    assert new == Episode(episode_id("a", day(5)), "a", day(5), Level.RED)


def test_an_unknown_level_stops_the_night(engine: Engine, source: str) -> None:
    with pytest.raises(CasebookError, match="'purple' is not a warning level"):
        fold(run_of(source, day(1)), always({"a": "purple"}), engine, RULES, ZONE)
    assert rows(engine, "run") == [], "nothing of it is committed"


def test_no_signals_at_all(engine: Engine, source: str) -> None:
    nothing: list[pa.Table] = []
    fold(run_of(source, day(1)), always({"a": "red"}), engine, RULES, ZONE)
    receipt = fold(run_of(source, day(2)), lambda _: nothing, engine, RULES, ZONE)
    assert receipt.remarks == ("expired: 1", "open: 0")
