"""The list as it is read: found, counted, put in order, and never across the districts of a person."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from arrears.casebook import store
from arrears.casebook.schema import open_casebook
from arrears.casebook.worklist_tables import SORTED
from arrears.domain.actor import Actor
from arrears.domain.episode_events import DismissalReason
from arrears.policy.axes import LEVELS
from arrears.review import cases, worklist, worklist_counts
from arrears.review.cases import Desk, Seen
from arrears.review.search_words import searched_of
from arrears.review.worklist import Listed
from arrears.review.worklist_filter import MINE, NOBODY, Asked, Filter, Sort, parse
from bench.web_casebook import AS_OF, DISTRICTS, ZONE, account, fill
from tests.review.matching import is_found

CASES = 150
ME = Actor("local", "clerk3")
TWO = frozenset(DISTRICTS[:2])


@pytest.fixture(scope="module")
def large(url: str) -> Iterator[Engine]:
    """A made-up casebook that no test changes."""
    engine = open_casebook(url, "worklist")
    fill(engine, "worklist", CASES, CASES * 2)
    yield engine
    engine.dispose()


def every(engine: Engine, asked: Asked | None = None, districts: frozenset[str] | None = None) -> list[Listed]:
    return list(worklist.everything(engine, asked or Asked(), ME, districts))


def desk(engine: Engine, source: str) -> Desk:
    noon = dt.datetime.combine(AS_OF, dt.time(12), ZONE).astimezone(dt.UTC)
    return Desk(engine, source, ZONE, ME, lambda: noon)


def test_the_sums_are_those_of_sql_by_hand(large: Engine) -> None:
    with large.connect() as connection:
        by_hand = connection.execute(
            text(
                "SELECT count(*), sum(w.overdue_amount), sum(w.expected_loss_amount), "
                "count(*) FILTER (WHERE w.is_within_capacity) FROM episode e JOIN worklist w USING (account_id) "
                "WHERE e.timeline = 'live' AND e.state <> 'resolved' AND e.level IN ('red', 'orange') "
                "AND w.district = ANY(:two)"
            ),
            {"two": sorted(TWO)},
        ).one()
    asked = parse("level=red&level=orange")
    found = worklist.page(large, asked, ME, TWO)
    counts, rows = found.counts, every(large, asked, TWO)
    assert 0 < len(rows) == counts.total == by_hand[0]
    assert counts.overdue_amount == sum((row.overdue_amount for row in rows), Decimal(0)) == by_hand[1]
    assert counts.expected_loss_amount == sum((row.expected_loss_amount for row in rows), Decimal(0)) == by_hand[2]
    assert found.within_capacity == sum(row.is_within_capacity for row in rows) == by_hand[3]
    assert found.as_of == AS_OF


def test_levels_are_counted_whatever_level_is_asked_for(large: Engine) -> None:
    everything = worklist.page(large, Asked(), ME, None).counts
    red = worklist.page(large, parse("level=red"), ME, None).counts
    assert red.by_level == everything.by_level
    assert red.total == everything.by_level["red"] < everything.total == sum(everything.by_level.values()) == CASES


def test_many_rows_are_counted_as_few_are(large: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = worklist.page(large, Asked(), ME, TWO).counts
    monkeypatch.setattr(worklist_counts, "COUNTED_ANEW", 3)
    assert worklist.page(large, Asked(), ME, TWO).counts == exact
    assert worklist.page(large, Asked(), ME, None).counts.total == CASES


def test_what_was_counted_serves_people_of_any_districts(large: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = parse(f"district={DISTRICTS[0]}&owed=1")
    exact = {each: worklist.page(large, wanted, ME, each).counts for each in (None, TWO)}
    monkeypatch.setattr(worklist_counts, "COUNTED_ANEW", 3)
    everywhere = worklist.page(large, parse("owed=1"), ME, None).counts
    monkeypatch.setattr(worklist_counts, "_by_place", None)  # nothing is counted from here on
    assert {each: worklist_counts.counts(large, wanted.filter, ME, each) for each in (None, TWO)} == exact
    assert exact[None].total < everywhere.total
    assert worklist_counts.counts(large, parse("owed=1").filter, ME, None) == everywhere


def test_old_counts_are_told_and_counted_again_behind_them(
    engine: Engine, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(engine, source, 9, 9)
    monkeypatch.setattr(worklist_counts, "COUNTED_ANEW", 3)
    monkeypatch.setattr(worklist_counts, "FRESH_S", -1.0)
    assert worklist.page(engine, Asked(), ME, None).total == 9
    row = every(engine)[0]
    assert row.seq is not None
    assert row.episode_id is not None
    cases.dismiss(desk(engine, source), Seen(row.episode_id, row.seq), DismissalReason.OTHER, "a test")
    assert worklist.page(engine, Asked(), ME, None).total == 9
    worklist_counts._behind.submit(lambda: None).result()
    assert worklist.page(engine, Asked(), ME, None).total == 8
    worklist_counts._behind.submit(lambda: None).result()


def test_the_accounts_of_a_page_are_those_of_its_rows(large: Engine) -> None:
    for query in ("", "sort=customer_name&page=3&size=25", "level=red&owner=mine", "text=路&page=2&size=25"):
        rows = worklist.page(large, parse(query), ME, TWO).rows
        assert worklist.accounts(large, parse(query), ME, TWO) == [row.account_id for row in rows], query


@pytest.mark.parametrize("column", SORTED)
@pytest.mark.parametrize("is_descending", [True, False])
def test_pages_together_are_the_list_in_its_order(large: Engine, column: str, is_descending: bool) -> None:
    asked = Asked(sort=Sort(column, is_descending), size=25)
    first = worklist.page(large, asked, ME, None)
    pages = [worklist.page(large, replace(asked, page=number), ME, None).rows for number in range(1, first.pages + 1)]
    rows = [row for page in pages for row in page]
    assert rows == every(large, asked)
    assert len({row.account_id for row in rows}) == CASES
    values = [getattr(row, column) for row in rows]
    known = [value for value in values if value is not None]
    assert values == (known + [None] * (CASES - len(known)) if is_descending else [None] * (CASES - len(known)) + known)
    assert known == sorted(known, reverse=is_descending)


def test_a_page_behind_the_last_is_the_last(large: Engine) -> None:
    found = worklist.page(large, parse("page=900&size=25"), ME, None)
    assert (found.number, found.pages, len(found.rows)) == (6, 6, CASES - 125)


FILTERS = st.builds(
    Filter,
    level=st.sampled_from([(), ("red",), LEVELS]),
    district=st.sampled_from([(), DISTRICTS[:1], DISTRICTS[1:4], ("nowhere",)]),
    voltage=st.sampled_from([(), ("<1kV",)]),
    tariff=st.sampled_from([(), ("residential",)]),
    owner=st.sampled_from([None, MINE, NOBODY, "local:clerk7"]),
    state=st.sampled_from([(), ("raised",), ("resolved",), ("acknowledged", "in_treatment")]),
    mode=st.sampled_from([(), ("prepay", "split_settlement")]),
    treatment=st.sampled_from([(), ("demand",)]),
    reason=st.sampled_from([None, "has_bill_shock"]),
    due=st.sampled_from([None, AS_OF, AS_OF + dt.timedelta(days=20)]),
    since=st.sampled_from([None, AS_OF - dt.timedelta(days=5)]),
    owed=st.sampled_from([None, Decimal("100")]),
    held_out=st.sampled_from([None, False]),
    capacity=st.sampled_from([None, True]),
    text=st.sampled_from(["", "路", "w", "910000001", "建设 路", "zzz", "1号"]),
)


def is_wanted(row: Listed, wanted: Filter) -> bool:
    """The filter in plain Python."""
    account_of = searched_of(row.account_id, row.customer_name, row.address)
    owner = str(ME) if wanted.owner == MINE else None if wanted.owner == NOBODY else wanted.owner
    return (
        (not wanted.level or row.level in wanted.level)
        and (not wanted.district or row.district in wanted.district)
        and (not wanted.voltage or row.voltage_class in wanted.voltage)
        and (not wanted.tariff or row.tariff in wanted.tariff)
        and (wanted.owner is None or row.owner == owner)
        and (row.state in wanted.state if wanted.state else row.state != "resolved")
        and (not wanted.mode or row.payment_mode in wanted.mode)
        and (not wanted.treatment or row.treatment in wanted.treatment)
        and (wanted.reason is None or wanted.reason in row.reasons)
        and (wanted.due is None or (row.due_on is not None and row.due_on <= wanted.due))
        and (wanted.since is None or (row.raised_on is not None and row.raised_on >= wanted.since))
        and (wanted.owed is None or row.open_amount >= wanted.owed)
        and (wanted.held_out is None or row.is_held_out == wanted.held_out)
        and (wanted.capacity is None or row.is_within_capacity == wanted.capacity)
        and is_found(account_of, wanted.text)
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=FILTERS, districts=st.sampled_from([None, TWO, frozenset({DISTRICTS[5]}), frozenset()]))
def test_sql_finds_what_the_filter_says_and_nothing_of_other_districts(
    large: Engine, wanted: Filter, districts: frozenset[str] | None
) -> None:
    expected = {
        row.account_id
        for row in every(large)
        if is_wanted(row, wanted) and (districts is None or row.district in districts)
    }
    found = worklist.page(large, Asked(wanted, size=200), ME, districts)
    assert {row.account_id for row in found.rows} == expected
    assert found.total == len(expected)


def test_no_address_leaves_a_persons_districts(large: Engine) -> None:
    other = DISTRICTS[5]
    for query in ("", f"district={other}", f"text={other}", "state=raised", "owner=nobody", "size=200"):
        page = worklist.page(large, parse(query), ME, TWO)
        assert {row.district for row in page.rows} <= TWO
        assert page.total == len(every(large, parse(query), TWO))
    theirs = next(row.account_id for row in every(large) if row.district == other)
    assert worklist.chosen(large, [theirs], TWO) == []
    assert [row.account_id for row in worklist.chosen(large, [theirs], None)] == [theirs]
    assert set(worklist.districts_of(large, TWO)) == TWO
    assert worklist.page(large, Asked(), ME, frozenset()).rows == []


def test_what_people_do_is_seen_at_once(engine: Engine, source: str) -> None:
    fill(engine, source, 3, 3)
    row = every(engine)[0]
    assert row.seq is not None
    assert row.episode_id is not None
    at = desk(engine, source)
    case = cases.assign(at, Seen(row.episode_id, row.seq), ME)
    case = cases.follow_up(at, case.seen, AS_OF)
    (mine,) = every(engine, parse(f"owner=mine&due={AS_OF}"))
    assert (mine.account_id, mine.owner, mine.due_on, mine.seq) == (row.account_id, str(ME), AS_OF, case.episode.seq)
    case = cases.promise(at, case.seen, Decimal("5.00"), AS_OF)
    case = cases.follow_up(at, case.seen, None)
    assert every(engine, parse(f"due={AS_OF}")) == []
    (promised,) = every(engine, parse(f"due={AS_OF + dt.timedelta(days=1)}"))
    assert promised.due_on == AS_OF + dt.timedelta(days=1)
    cases.dismiss(at, case.seen, DismissalReason.OTHER, "a test")
    assert row.account_id not in {each.account_id for each in every(engine)}
    assert [each.account_id for each in every(engine, parse("state=resolved"))] == [row.account_id]


def test_an_account_that_is_warned_of_without_a_case_is_not_lost(engine: Engine, source: str) -> None:
    fill(engine, source, 2, 2)
    with engine.begin() as connection:
        connection.execute(text("UPDATE worklist SET episode_id = NULL WHERE account_id = :one"), {"one": account(0)})
    (lost,) = [row for row in every(engine) if row.account_id == account(0)]
    assert (lost.seq, lost.state, lost.owner) == (None, None, None)
    assert lost.level in LEVELS


def test_a_new_list_takes_the_place_of_the_one_before(engine: Engine, source: str) -> None:
    fill(engine, source, 4, 4)
    with engine.begin() as connection:
        store.write_worklist(connection, [], [])
        for table in ("worklist", "worklist_search"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
    assert worklist.page(engine, Asked(), ME, None).as_of is None


def test_a_row_is_read_by_the_names_of_its_fields(large: Engine) -> None:
    (row,) = worklist.chosen(large, [account(7)], None)
    with large.connect() as connection:
        stored = connection.execute(text("SELECT * FROM worklist WHERE account_id = :one"), {"one": account(7)}).one()
    live = {"level", "seq", "state", "owner", "due_on", "promise_due_on", "promise_state"}
    for name in [each.name for each in fields(Listed) if each.name not in live]:
        assert getattr(row, name) == getattr(stored, name), name
