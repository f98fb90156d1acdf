"""What the law is asked with: the night's books, account by account what the features say, and what people entered since."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from arrears.deployment import lake_of
from arrears.domain.law.calendar import Calendar
from arrears.domain.law.facts import CustomerKind, OpenBill, Protection, Stop, StopKind
from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.notices.account import standing
from arrears.notices.facts import open_facts
from arrears.review.law_facts import Entered, Known, Plan, facts, known_of
from arrears.settings import settings
from tests.casebook.law_world import at
from tests.casebook.nights import run_of
from tests.cli.conftest import NIGHT, casebook_server, few_books, shared, stored
from tests.domain.law.cases import pack
from tests.end_to_end.deployments import Deployment
from tests.snapshot import rows, small_lake

__all__ = ["casebook_server", "few_books", "shared", "stored"]

CALENDAR: Calendar = pack("cn").calendar
RUN = run_of("small", dt.date(2026, 9, 10))
B1 = frozenset({"b1"})


def known(amount: str = "500.00", **other: object) -> Known:
    bills = (
        OpenBill("b1", dt.date(2026, 7, 10), Decimal(amount)),
        OpenBill("b2", dt.date(2026, 8, 10), Decimal("80.00")),
    )
    plain = Known("A1", RUN, CustomerKind.RESIDENTIAL, "<1kV", "1 North Road", bills, {})
    return replace(plain, **other)  # type: ignore[arg-type]


def test_every_account_owes_what_its_features_say(stored: Deployment) -> None:
    with stored.entered() as lake:
        run = Run.from_json(next(found for as_of, found in lake.nights("signals") if as_of == NIGHT).manifest["run"])
        columns = "account_id, open_amount, overdue_amount, is_protected, is_medically_protected, voltage_class"
        with engine.reading(lake.stage("features", run).files, "features") as con:
            told = con.sql(f"SELECT {columns} FROM features").fetchall()
        found = known_of(run, settings(), lake_of("demo"), [row[0] for row in told])
    assert len(found) == len(told) > 100
    for account_id, open_amount, overdue_amount, is_protected, is_medical, voltage_class in told:
        each = found[account_id]
        assert sum(bill.open_amount for bill in each.bills) == open_amount
        overdue = [bill for bill in each.bills if not bill.is_disputed and bill.due_on < NIGHT]
        assert sum(bill.open_amount for bill in overdue) == overdue_amount
        kinds = {one.kind for one in each.protections if one.until_on is None or one.until_on >= NIGHT}
        assert (bool(kinds), Protection.MEDICAL in kinds) == (bool(is_protected), bool(is_medical))
        assert each.voltage_class == voltage_class
        assert each.place


def test_who_is_asked_about_twice_or_not_known_is_no_trouble(stored: Deployment) -> None:
    with stored.entered() as lake:
        run = Run.from_json(next(found for as_of, found in lake.nights("signals") if as_of == NIGHT).manifest["run"])
        assert known_of(run, settings(), lake, ["nobody", "nobody"]) == {}


def test_money_taken_at_the_door_since_the_night_pays_the_bills_of_the_case() -> None:
    entered = Entered(paid=((at("09-09 10:00"), Decimal(70)), (at("09-10 10:00"), Decimal(450))))
    before = facts(known(), entered, CALENDAR, B1)
    assert [bill.open_amount for bill in before.bills] == [Decimal("50.00"), Decimal("80.00")]
    assert before.settled_at is None
    rest = replace(entered, paid=(*entered.paid, (at("09-10 11:00"), Decimal(60))))
    after = facts(known(), rest, CALENDAR, B1)
    assert [bill.open_amount for bill in after.bills] == [Decimal("0.00"), Decimal("80.00")]
    assert after.settled_at == at("09-10 11:00")


@pytest.mark.parametrize(
    ("about", "settled"),
    [
        (known(), None),
        (known("0.00", paid_on={"b1": dt.date(2026, 9, 8)}), "09-08 00:00"),
        (known(guarantees=((dt.date(2026, 9, 7), Decimal(500)),)), "09-07 00:00"),
        (known(guarantees=((dt.date(2026, 9, 7), Decimal("499.99")),)), None),
        (known(plans=(Plan("instalment", dt.date(2026, 9, 6), dt.date(2026, 12, 6)),)), "09-06 00:00"),
        (known(plans=(Plan("promise", dt.date(2026, 9, 6), dt.date(2026, 12, 6)),)), None),
    ],
)
def test_since_when_everything_is_settled(about: Known, settled: str | None) -> None:
    assert facts(about, Entered(), CALENDAR, B1).settled_at == (at(settled) if settled else None)
    assert facts(about, Entered(), CALENDAR, None).settled_at is None


def test_holds_contests_and_plans_stop_it_and_a_held_bill_stands_still() -> None:
    contest = Stop(StopKind.CONTEST, at("09-01 10:00"))
    promise = Plan("promise", dt.date(2026, 9, 6), dt.date(2026, 9, 16))
    found = facts(known(plans=(promise,)), Entered((contest,), frozenset({"b2"})), CALENDAR, B1)
    assert found.stops == (contest, Stop(StopKind.HOLD, at("09-06 00:00"), at("09-17 00:00")))
    assert [bill.is_held for bill in found.bills] == [False, True]


def test_the_source_s_own_holds_are_seen_by_the_law_as_notices_see_them(tmp_path: Path) -> None:
    """Of the casebook's holds the night has rows too; whether one was ended since, only the casebook knows."""
    names = ("own", "casebook's", "over", "free")
    held = [
        rows.hold("A1", "h1", 3, bill_id="own"),
        rows.hold("A1", "casebook:h2", 3, bill_id="casebook's"),
        rows.hold("A1", "h3", 9, bill_id="over", until_on=rows.AS_OF),
        rows.hold("A1", "h4", 5, until_on=rows.day(1)),
        rows.hold("A1", "casebook:h5", 5),
    ]
    run = small_lake.RUN
    lake = small_lake.lake_of(
        tmp_path,
        run,
        {
            "customer": [rows.customer("A1")],
            "account": [rows.account("A1")],
            "bill": [small_lake.bill("A1", 100 * place) | {"bill_id": name} for place, name in enumerate(names, 1)],
            "hold": held,
        },
    )
    here = settings().model_copy(update={"state": tmp_path})
    (tmp_path / "spill").mkdir()
    about = known_of(run, here, lake, ["A1"])["A1"]
    assert {bill.bill_id for bill in about.bills if bill.is_held} == {"own"}
    assert about.held == ((rows.day(5), rows.day(1)),)
    as_law = facts(about, Entered(held_bills=frozenset({"casebook's"})), CALENDAR, None)
    assert as_law.stops == (Stop(StopKind.HOLD, CALENDAR.midnight(rows.day(5)), CALENDAR.midnight(rows.day(1))),)
    with lake.reading(), open_facts(run, here, lake) as facts_of:
        (as_told,) = facts_of(["A1"])
    overdue = [(row.bill.bill_id, row.open_amount) for row in standing(as_told, rows.AS_OF).overdue]
    assert overdue == [(bill.bill_id, bill.open_amount) for bill in as_law.bills if not bill.is_held]
    assert [name for name, _ in overdue] == ["free", "over"]
    assert facts(about, Entered(), CALENDAR, None).bills != as_law.bills, "ended in the casebook, it is owed again"
