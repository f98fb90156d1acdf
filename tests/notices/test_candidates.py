"""What a night writes about beside reminders: drafted once, from what the casebook holds."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from arrears.casebook import read, store
from arrears.casebook.fold import fold
from arrears.domain.credit_check import Asked, Kind
from arrears.domain.decision import DecisionAct, DecisionEvent, decision_id
from arrears.domain.episode_fold import FoldRules
from arrears.domain.instalment import Against, deferred, in_parts
from arrears.domain.request import Request, State
from arrears.domain.run import Receipt, Run, RunKind
from arrears.errors import BalanceError
from arrears.notices.draft import draft
from tests.casebook.nights import ZONE, run_of, table
from tests.notices.letters import AS_OF, FACTS, signal_of
from tests.notices.test_draft import STATIONERY, facts_of, row

ACCOUNT = FACTS.account_id
TERMS = {"prepay_purchase_amount": "900.00", "prepay_warning_balance": "150.00", "prepay_debt_share": "0.3000"}


def decide(engine: Engine, run: Run, axis: str, value: str, terms: dict[str, object], timeline: str = "live") -> str:
    """As the stage `decide` keeps it."""
    name = decision_id(ACCOUNT, axis, run.as_of)
    with engine.begin() as connection:
        store._ensure_run(connection, run)
        connection.execute(
            text("""INSERT INTO decision VALUES (:timeline, :account, :axis, :as_of, :name, :value, CAST(:terms AS jsonb),
                'a-rule', 'policy', 'card', '{}', :held_out, :run)"""),
            {"timeline": timeline, "account": ACCOUNT, "axis": axis, "as_of": run.as_of, "name": name, "value": value,
             "terms": json.dumps(terms), "held_out": False, "run": run.run_key},
        )  # fmt: skip
    return name


def night(engine: Engine, run: Run, folder: Path, plans: Sequence[Request] = (), **signal: object) -> Receipt:
    is_held_out = signal.pop("is_held_out", False)
    tables = [table([row(FACTS, **signal)]).append_column("is_held_out", [[is_held_out]])]
    fold(run, lambda _: tables, engine, FoldRules(), ZONE)
    return draft(run, lambda _: tables, facts_of, engine, STATIONERY, folder, plans)


def kinds(engine: Engine, timeline: str = "live") -> dict[str, tuple[str, str]]:
    return {each.kind: (each.subject_type, each.subject_id) for each in read.notices_of(engine, ACCOUNT, timeline)}


@pytest.mark.parametrize(("treatment", "kind"), [("demand", "arrears_demand"), ("field_visit", "field_visit_slip")])
def test_one_for_each_decision_to_treat(engine: Engine, source: str, tmp_path: Path, treatment: str, kind: str) -> None:
    run, later = run_of(source, AS_OF), run_of(source, AS_OF + dt.timedelta(days=1))
    name = decide(engine, run, "treatment", treatment, {})
    receipt = night(engine, run, tmp_path, treatment=treatment, level=None, is_in_collection=True)
    assert (receipt.rows_out, receipt.money_out) == (1, signal_of(FACTS).total_amount)
    assert kinds(engine) == {kind: ("decision", name)}
    again = night(engine, later, tmp_path, treatment=treatment, level=None, is_in_collection=True)
    assert (again.rows_out, again.rows_repeated) == (0, 1), "it stands for as many nights as it is right"


def test_a_shadow_has_its_own(engine: Engine, source: str, tmp_path: Path) -> None:
    run = run_of(source, AS_OF, RunKind.BACKFILL)
    decide(engine, run, "treatment", "demand", {}, "shadow")
    night(engine, run, tmp_path, treatment="demand", level=None)
    assert kinds(engine) == {}
    assert list(kinds(engine, "shadow")) == ["arrears_demand"]


@pytest.mark.parametrize("signal", [{"is_held_out": True}, {"treatment": "none"}])
def test_who_is_held_out_or_no_longer_treated_gets_none(
    engine: Engine, source: str, tmp_path: Path, signal: dict[str, Any]
) -> None:
    run = run_of(source, AS_OF)
    decide(engine, run, "treatment", "demand", {})
    asked: dict[str, Any] = {"treatment": "demand", "level": None, **signal}
    assert night(engine, run, tmp_path, **asked).rows_in == 0


def test_prepay_is_an_offer_until_a_person_says_so(engine: Engine, source: str, tmp_path: Path) -> None:
    run, later = run_of(source, AS_OF), run_of(source, AS_OF + dt.timedelta(days=1))
    name = decide(engine, run, "payment_mode", "prepay", dict(TERMS))
    night(engine, run, tmp_path, treatment="none", level=None)
    assert kinds(engine) == {"prepay_offer": ("decision", name)}
    event = DecisionEvent(DecisionAct.CONFIRM, "clerk", dt.datetime(2026, 10, 31, 9, tzinfo=ZONE), "seen")
    with engine.begin() as connection:
        store.write_decision_event(connection, name, 1, event)
    night(engine, later, tmp_path, treatment="none", level=None)
    assert kinds(engine)["decision"] == ("decision", name)
    (notice,) = (each for each in read.notices_of(engine, ACCOUNT) if each.kind == "decision")
    assert notice.context["decided"] == "预付费"
    assert {term["value"] for term in notice.context["terms"]} == {"¥900.00", "¥150.00", "30%"}


@pytest.mark.parametrize("kind", [Kind.DEFERRAL, Kind.INSTALMENT])
def test_what_was_agreed_is_put_in_writing(engine: Engine, source: str, tmp_path: Path, kind: Kind) -> None:
    due_on, owed = AS_OF + dt.timedelta(days=30), Decimal("1000.00")
    parts = deferred(owed, due_on) if kind is Kind.DEFERRAL else in_parts(owed, 3, due_on)
    asked = Asked(kind, "c1", ACCOUNT, owed, parts, Against.PROMISE)
    at = dt.datetime(2026, 10, 30, tzinfo=ZONE)
    plan = Request("ab" * 16, asked, "clerk", at, "clerk", State.IN_FORCE, agreed_on=AS_OF)
    receipt = night(engine, run_of(source, AS_OF), tmp_path, [plan], treatment="none", level=None)
    assert (receipt.rows_out, receipt.money_out) == (1, owed)
    ((name, subject),) = kinds(engine).items()
    assert (name, subject) == (f"{kind.value}_agreement", ("arrangement", plan.request_id))
    (notice,) = read.notices_of(engine, ACCOUNT)
    assert [part["amount"] for part in notice.context.get("parts", [])] == (
        [] if kind is Kind.DEFERRAL else ["¥333.34", "¥333.33", "¥333.33"]
    )


def test_a_wrong_sum_stops_every_kind(engine: Engine, source: str, tmp_path: Path) -> None:
    run = run_of(source, AS_OF)
    decide(engine, run, "payment_mode", "prepay", dict(TERMS))
    with pytest.raises(BalanceError, match="overdue: the bills say"):
        night(engine, run, tmp_path, treatment="none", level=None, overdue_amount=Decimal("1.00"))


def test_a_name_that_cannot_be_set_loses_the_letter_alone(engine: Engine, source: str, tmp_path: Path) -> None:
    run = run_of(source, AS_OF)
    tables = [table([row(FACTS)])]
    fold(run, lambda _: tables, engine, FoldRules(), ZONE)
    odd = [replace(FACTS, customer_name="王𠮷")]
    receipt = draft(run, lambda _: tables, lambda _: odd, engine, STATIONERY, tmp_path)
    assert receipt.rows_out == 1
    assert "customer_name: the letters' font lacks 𠮷" in receipt.remarks[0]
    with engine.connect() as connection:
        channels = set(connection.execute(text("SELECT channel FROM rendering")).scalars())
    assert channels == {"email", "text", "sms"}
