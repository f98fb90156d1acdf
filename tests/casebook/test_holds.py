"""Holds on a real server: what is kept, who comes second, and what the next night's pull reads of it."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from arrears.casebook import holds as casebook
from arrears.casebook import streams
from arrears.casebook.holds import Entered
from arrears.domain.hold import Hold, HoldEnd, HoldReason, Then, open_holds
from arrears.domain.run import midnight
from arrears.errors import CasebookError, StaleCaseError, UsageError
from arrears.review import holds
from arrears.review.holds import Wanted

ZONE = ZoneInfo("Asia/Shanghai")
AT = dt.datetime(2026, 11, 2, 6, 30, tzinfo=dt.UTC)
CLERK = {"actor": "local:clerk", "why": "受灾"}


def local(day: int, hour: int = 0) -> dt.datetime:
    return dt.datetime(2026, 11, day, hour, tzinfo=ZONE).astimezone(dt.UTC)


UNTIL = local(20)


def wanted(from_at: dt.datetime = AT, until_at: dt.datetime = UNTIL, *bills: str) -> Wanted:
    return Wanted("A1", HoldReason.DISASTER, "local:li", from_at, until_at, Then.REVIEW, bills)


def add(engine: Engine, *asked: object, at: dt.datetime = AT) -> list[Entered]:
    return holds.add(engine, wanted(*asked), ("B1", "B2"), **CLERK, at=at)  # type: ignore[arg-type]


def end(engine: Engine, entered: Entered, ended_at: dt.datetime, at: dt.datetime, seq: int = 1) -> Entered:
    return holds.end(
        engine, entered.hold.hold_id, ended_at=ended_at, actor="local:chief", why="paid", at=at, expected_seq=seq
    )


def stored(engine: Engine) -> list[Entered]:
    with engine.connect() as connection:
        return casebook.entered(connection)


def known(engine: Engine, day: int) -> list[tuple[str | None, str, str, str | None]]:
    """Bill, reason, from and until of every version that the pull of a night has, in order."""
    rows = casebook.recorded_before(engine, ZONE, local(day)).to_pylist()
    assert all(row["hold_id"].startswith("casebook:") and row["account_id"] == "A1" for row in rows)
    return [(row["bill_id"], row["reason"], row["from_on"], row["until_on"]) for row in rows]


def test_what_is_kept_is_what_was_entered(engine: Engine) -> None:
    [entered] = add(engine)
    assert stored(engine) == [entered]
    with engine.connect() as connection:
        assert casebook.open_holds(connection, "A1", AT) == [entered.hold]
        assert casebook.open_holds(connection, "A1", AT - dt.timedelta(seconds=1)) == []
        assert casebook.open_holds(connection, "A1", local(20)) == []
        [act] = streams.history(connection, "hold/" + entered.hold.hold_id)
    assert (act.what, act.actor, act.body["why"], act.body["afterwards"]) == (
        "hold_entered", "local:clerk", "受灾", "review",
    )  # fmt: skip


def test_each_bill_has_a_hold_of_its_own(engine: Engine) -> None:
    first, second = add(engine, AT, local(20), "B1", "B2", "B1")
    end(engine, first, local(5), local(5))
    with engine.connect() as connection:
        assert [hold.bill_id for hold in casebook.open_holds(connection, "A1", local(6))] == [second.hold.bill_id]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((local(4), local(4)), "ends at .*, before it begins"),
        ((local(21), local(20)), "ends at .*, before it begins"),
        ((local(1), AT), "is over already"),
        ((AT.replace(tzinfo=None), local(20)), "without a zone"),
        ((AT, local(20).replace(tzinfo=None)), "without a zone"),
        ((AT, local(20), "B1", "B9", "B8"), "account A1 has no bill B8, B9"),
    ],
    ids=["no time", "backwards", "over", "no zone", "nor here", "strange bills"],
)
def test_what_is_no_hold_is_refused_and_nothing_is_half_kept(
    engine: Engine, asked: tuple[object, ...], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        add(engine, *asked)
    assert stored(engine) == []


def test_who_and_why_must_be_said(engine: Engine) -> None:
    with pytest.raises(UsageError, match="who acts and why"):
        holds.add(engine, wanted(), (), actor="local:clerk", why=" ", at=AT)
    with pytest.raises(UsageError, match="has no owner"):
        holds.add(
            engine, Wanted("A1", HoldReason.DEATH, " ", AT, local(20), Then.REVIEW), (), actor="x", why="y", at=AT
        )


def test_an_end_is_an_event_and_the_second_of_two_is_told(engine: Engine) -> None:
    [entered] = add(engine)
    both = Barrier(2)

    def one(_number: int) -> str:
        both.wait()
        try:
            return str(end(engine, entered, local(5), local(5)).seq)
        except StaleCaseError as told:
            return str(told)

    with ThreadPoolExecutor(2) as pool:
        done = sorted(pool.map(one, range(2)))
    assert done[0] == "2"
    assert "was changed meanwhile by local:chief: hold ended (change 2); look again" in done[1]
    [after] = stored(engine)
    assert after.hold.end == HoldEnd(local(5), local(5), "local:chief", "paid")


@pytest.mark.parametrize(
    ("ended_at", "at", "said"),
    [
        (local(1), local(5), "before it begins"),
        (local(20), local(21), "is over by"),
        (local(6), local(5), "cannot be ended ahead"),
    ],
)
def test_an_end_that_cannot_be(engine: Engine, ended_at: dt.datetime, at: dt.datetime, said: str) -> None:
    [entered] = add(engine)
    with pytest.raises(UsageError, match=said):
        end(engine, entered, ended_at, at)
    assert stored(engine) == [entered]


def test_a_hold_is_on_from_the_first_midnight_to_the_last(engine: Engine) -> None:
    """Entered on the 2nd by day: the night of the 3rd is the first that it holds, and that of the 19th the last."""
    add(engine)
    assert known(engine, 2) == []
    assert known(engine, 3) == [(None, "disaster", "2026-11-03", "2026-11-20")]
    add(engine, local(9), local(12, 10), "B1", at=local(9))
    assert known(engine, 9) == known(engine, 3), "entered at that midnight, which is not before it"
    assert known(engine, 10)[1:] == [("B1", "disaster", "2026-11-09", "2026-11-13")]


def test_what_is_dated_back_changes_only_runs_that_may_know(engine: Engine) -> None:
    [entered] = add(engine, local(1), local(20), at=local(4, 9))
    before = [known(engine, day) for day in (4, 5)]
    end(engine, entered, local(2), local(8, 9))
    assert [known(engine, day) for day in (4, 5)] == before == [[], [(None, "disaster", "2026-11-01", "2026-11-20")]]
    assert known(engine, 8) == before[1]
    assert known(engine, 9) == [*before[1], (None, "disaster", "2026-11-01", "2026-11-02")]


def test_those_that_expired_are_named_once_and_ended_ones_not(engine: Engine) -> None:
    [first] = add(engine)
    [second] = add(engine, local(3), local(20), at=local(3))
    end(engine, second, local(5), local(5))
    with engine.connect() as connection:
        assert casebook.expired(connection, local(19), local(20)) == []
        assert casebook.expired(connection, local(20), local(21)) == [first.hold]
        assert casebook.expired(connection, local(21), local(22)) == []


def test_by_name(engine: Engine) -> None:
    [entered] = add(engine)
    with engine.connect() as connection:
        assert casebook.named(connection, entered.hold.hold_id[:6]) == entered
        for name in ("", "%", "zz"):
            with pytest.raises(UsageError, match="no hold's ids begin with"):
                casebook.named(connection, name)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hold SET until_at = from_at",
        "UPDATE hold SET ended_at = from_at",
        "UPDATE hold SET ended_at = from_at - interval '1 day', end_known_at = now(), ended_by = 'x', end_why = 'y'",
        "UPDATE hold SET afterwards = 'forget'",
    ],
)
def test_the_table_refuses_what_is_no_hold(engine: Engine, statement: str) -> None:
    add(engine)
    with pytest.raises(DBAPIError, match="violates check constraint"), engine.begin() as connection:
        connection.execute(text(statement))


hours = st.integers(0, 24 * 12)


HOLDS = count()  # the events of a hold outlive its row here


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(hours, st.integers(1, 200), hours, st.none() | hours), min_size=1, max_size=4))
def test_the_night_s_rows_are_what_the_domain_says_is_open(
    engine: Engine, asked: list[tuple[int, int, int, int | None]]
) -> None:
    """At every midnight, as known then: the newest version of each row is open when the hold is."""
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM hold"))
    hour, made = dt.timedelta(hours=1), []
    for begins, lasts, entered_after, ended_after in asked:
        from_at, known_at = local(1) + begins * hour, local(1) + entered_after * hour + dt.timedelta(minutes=1)
        hold = Hold(
            f"hold {next(HOLDS)}", "A1", HoldReason.DEATH, "li", from_at,
            from_at + lasts * hour, Then.RESUME, known_at,
        )  # fmt: skip
        try:
            casebook.add(engine, [hold], actor="li", why="w")
        except UsageError:
            continue
        made.append(hold.hold_id)
        if ended_after is not None:
            ended = HoldEnd(from_at + min(ended_after, lasts - 1) * hour, known_at + ended_after * hour, "li", "w")
            casebook.end(engine, hold.hold_id, ended, 1)
    kept = [each.hold for each in stored(engine)]
    for day in range(1, 28):
        at = midnight(dt.date(2026, 11, day), ZONE)
        newest = {}
        rows = casebook.recorded_before(engine, ZONE, at).to_pylist()
        for row in sorted(rows, key=lambda row: dt.datetime.fromisoformat(row["recorded_at"])):
            newest[row["hold_id"].removeprefix("casebook:")] = row
        on = {name for name, row in newest.items() if row["from_on"] <= f"2026-11-{day:02}" < row["until_on"]}
        assert on == {hold.hold_id for hold in open_holds(kept, "A1", at, at)}


def test_an_unknown_server_error_is_not_swallowed(engine: Engine) -> None:
    [entered] = add(engine)
    with pytest.raises(CasebookError):
        end(engine, entered, local(5), local(5), seq=7)
