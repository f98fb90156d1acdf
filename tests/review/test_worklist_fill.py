"""The list that a stored night makes: every warned account and every open case, in the money of the night's own results."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import Engine, text

from arrears.casebook import read, store
from arrears.casebook.tables import LIVE
from arrears.deployment import casebook_of, lake_of, load_rules
from arrears.domain.run import Run, RunKind
from arrears.engine import duckdb
from arrears.errors import CasebookError
from arrears.policy.files import Capacity
from arrears.review.worklist_fill import fill
from arrears.settings import settings
from tests.cli.conftest import NIGHT
from tests.end_to_end.deployments import Deployment, copied_casebook


@pytest.fixture(scope="module")
def casebook(stored: Deployment) -> Iterator[Engine]:
    """The stored night's, copied: what is done to it is nobody else's business."""
    url = copied_casebook(stored.environment["ARREARS_CASEBOOK_URL"])
    own = Deployment(stored.state, {**stored.environment, "ARREARS_CASEBOOK_URL": url})
    with own.entered(), casebook_of("demo") as engine:
        yield engine


@pytest.fixture(scope="module")
def run(casebook: Engine) -> Run:
    with casebook.connect() as connection:
        return read.nights(connection, LIVE)[-1].run


def capacity() -> Capacity:
    return load_rules(NIGHT)[1].credit.capacity


def filled(engine: Engine, run: Run, capacity: Capacity) -> list[tuple[object, ...]]:
    fill(run, engine, settings(), lake_of("demo"), capacity)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text("SELECT * FROM worklist ORDER BY account_id"))]


def forget(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM worklist"))
        connection.execute(text("UPDATE run SET receipts = receipts - 'worklist'"))


def test_every_warned_account_and_open_case_is_on_it_with_the_nights_money(casebook: Engine, run: Run) -> None:
    with casebook.connect() as connection:
        receipt = read.receipt_of(connection, run, "worklist")
        on_list = connection.execute(text("SELECT account_id, district, open_amount, level FROM worklist")).all()
        cases = set(connection.execute(text("SELECT account_id FROM episode WHERE state <> 'resolved'")).scalars())
    with duckdb.reading(lake_of("demo").stage("signals", run).files, "signals") as con:
        warned = {row[0]: row for row in con.execute(
            "SELECT account_id, district, open_amount, level FROM signals WHERE level IS NOT NULL"
        ).fetchall()}  # fmt: skip
    assert warned
    assert {row.account_id for row in on_list} == warned.keys() | cases
    assert {row.account_id: tuple(row) for row in on_list if row.level} == warned
    assert receipt is not None
    assert (receipt.rows_in, receipt.rows_out) == (len(on_list), len(on_list))
    assert receipt.money_in == receipt.money_out == sum((row.open_amount for row in on_list), Decimal(0))


def test_names_and_addresses_are_those_that_the_night_knew(casebook: Engine) -> None:
    with casebook.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT w.customer_name, w.address, s.searched FROM worklist w JOIN worklist_search s USING (account_id)"
            )
        ).all()
        on_list = connection.execute(text("SELECT count(*) FROM worklist")).scalar()
    assert len(rows) == on_list
    assert all(row.customer_name and row.address for row in rows)


def test_done_again_it_gives_its_receipt_and_the_same_rows(casebook: Engine, run: Run) -> None:
    before = filled(casebook, run, capacity())
    assert filled(casebook, run, capacity()) == before
    forget(casebook)
    assert filled(casebook, run, capacity()) == before


def test_a_districts_workload_is_its_largest_expected_losses(casebook: Engine, run: Run) -> None:
    forget(casebook)
    before = capacity()
    lists = _districts(run)
    first = lists[0]
    few = before.model_copy(update={"cases_per_district_day": 1, "by_district": {first: 2}})
    filled(casebook, run, few)
    with casebook.connect() as connection:
        chosen = connection.execute(
            text("SELECT district, account_id, expected_loss_amount FROM worklist WHERE is_within_capacity")
        ).all()
        for district in lists:
            mine = {row.account_id for row in chosen if row.district == district}
            largest = connection.execute(
                text(
                    "SELECT account_id FROM worklist WHERE district = :one AND level IS NOT NULL "
                    "ORDER BY expected_loss_amount DESC, account_id LIMIT :most"
                ),
                {"one": district, "most": 2 if district == first else 1},
            ).scalars()
            assert mine == set(largest)
    forget(casebook)
    filled(casebook, run, before)


def _districts(run: Run) -> list[str]:
    with duckdb.reading(lake_of("demo").stage("signals", run).files, "signals") as con:
        found = con.execute("SELECT DISTINCT district FROM signals WHERE level IS NOT NULL ORDER BY 1").fetchall()
    return [district for (district,) in found]


def test_a_case_that_ended_with_the_night_or_keeps_quiet_stays_to_be_found(casebook: Engine, run: Run) -> None:
    with casebook.connect() as connection:
        chosen = connection.execute(
            text("SELECT account_id FROM episode WHERE state = 'raised' ORDER BY account_id LIMIT 2")
        ).scalars()
        one, other = chosen
    _end(casebook, one, "dismissed", NIGHT - dt.timedelta(days=3), is_quiet=True)
    _end(casebook, other, "paid_in_time", NIGHT, is_quiet=False)
    forget(casebook)
    filled(casebook, run, capacity())
    with casebook.begin() as connection:
        found = connection.execute(
            text(
                "SELECT account_id, state FROM worklist JOIN episode USING (account_id, episode_id) "
                "WHERE account_id IN (:one, :other)"
            ),
            {"one": one, "other": other},
        ).all()
        assert {tuple(row) for row in found} == {(one, "resolved"), (other, "resolved")}
        connection.execute(
            text(
                "UPDATE episode SET state = 'raised', outcome = NULL, resolved_on = NULL, is_quiet = false "
                "WHERE account_id IN (:one, :other)"
            ),
            {"one": one, "other": other},
        )
    forget(casebook)
    filled(casebook, run, capacity())


def _end(engine: Engine, account_id: str, outcome: str, on: dt.date, *, is_quiet: bool) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE episode SET state = 'resolved', outcome = :outcome, resolved_on = :day, is_quiet = :quiet "
                "WHERE account_id = :one"
            ),
            {"outcome": outcome, "day": on, "quiet": is_quiet, "one": account_id},
        )


@pytest.mark.parametrize("kind", [RunKind.BACKFILL, RunKind.RESTATE, RunKind.DRY_RUN])
def test_only_a_live_night_makes_it(casebook: Engine, run: Run, kind: RunKind) -> None:
    before = filled(casebook, run, capacity())
    known_at = run.known_at + dt.timedelta(days=kind is RunKind.RESTATE)
    other = Run(run.source, run.as_of, known_at, kind, "2", run.policy_version, run.card_version)
    receipt = fill(other, casebook, settings(), lake_of("demo"), capacity())
    assert (receipt.rows_out, receipt.remarks) == (0, (f"a {kind} makes no list",))
    assert filled(casebook, run, capacity()) == before


def test_an_older_night_leaves_it_alone_and_one_that_is_not_folded_is_refused(casebook: Engine, run: Run) -> None:
    before = filled(casebook, run, capacity())
    older = Run(
        run.source, run.as_of - dt.timedelta(days=1), run.known_at - dt.timedelta(days=1), run.kind, "2", "", ""
    )
    assert fill(older, casebook, settings(), lake_of("demo"), capacity()).remarks == (
        f"no list: live stands at {NIGHT}",
    )
    assert filled(casebook, run, capacity()) == before
    later = Run(
        run.source, run.as_of + dt.timedelta(days=1), run.known_at + dt.timedelta(days=1), run.kind, "2", "", ""
    )
    with pytest.raises(CasebookError, match="not folded yet"):
        fill(later, casebook, settings(), lake_of("demo"), capacity())
    assert store.stored_receipt(casebook, later, "worklist") is None
