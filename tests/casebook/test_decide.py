"""The night keeps what it proposes anew: once, whole, in order, with what it looked at."""

import datetime as dt
import itertools
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import DBAPIError

from arrears.casebook import store, tables
from arrears.casebook.decide import decide, decide_nights
from arrears.casebook.decisions import Recorded, in_force, of_account
from arrears.casebook.fold import SHADOW
from arrears.casebook.proposals import CALM, Night
from arrears.domain.approval import ApprovalRules
from arrears.domain.decision import DecisionState, decision_id
from arrears.domain.episode_fold import FoldRules
from arrears.domain.run import Receipt, Run, RunKind
from arrears.errors import CasebookError, UsageError
from arrears.policy.axes import TERM_COLUMNS
from arrears.review.approvals import SecondPerson
from arrears.review.decisions import change_mode, confirm, refuse
from arrears.settings import Settings
from tests.casebook.nights import day, run_of, statistics

AT = dt.datetime(2026, 10, 2, 1, tzinfo=dt.UTC)
LOOKED_AT = {
    axis: {"hard": ["open_amount", "grade"], "calm": ["open_amount", "grade", "is_new", "gone"]} for axis in CALM
}
TYPES: dict[str, pa.DataType] = {
    "money": pa.decimal128(18, 2),
    "count": pa.int32(),
    "share": pa.decimal128(5, 4),
    "days": pa.date32(),
}
SIGNALS = pa.schema(
    [
        *((name, pa.string()) for name in ("account_id", "grade")),
        *((name, pa.string()) for axis in CALM for name in (axis, f"{axis}_rule")),
        *((name, TYPES.get(kind, pa.string())) for name, kind in TERM_COLUMNS.items()),
        *((name, pa.bool_()) for name in ("is_in_collection", "is_held_out")),
    ]
)
Said = Mapping[str, Mapping[str, Any]]
"""By account, what differs from a calm signal."""

NightsOf = Callable[[Mapping[dt.date, Said]], Callable[[Run], Night]]


@pytest.fixture
def nights_of(tmp_path: Path) -> NightsOf:
    """Stored nights in two buckets."""
    numbers = itertools.count()

    def make(nights: Mapping[dt.date, Said]) -> Callable[[Run], Night]:
        return lambda run: _night(tmp_path / str(next(numbers)), run, nights[run.as_of])

    return make


def _night(folder: Path, run: Run, said: Said) -> Night:
    folder.mkdir()
    calm = {**CALM, **{f"{axis}_rule": "calm" for axis in CALM}, "level": None, "level_rule": None, "grade": "A"}
    rows = [
        {**calm, "is_in_collection": False, "is_held_out": False, "account_id": name, **signal}
        for name, signal in sorted(said.items())
    ]
    files: dict[str, list[Path]] = {"features": [], "scores": [], "signals": []}
    for bucket, some in enumerate((rows[::2], rows[1::2])):
        names = [row["account_id"] for row in some]
        made = {
            "features": pa.table(
                {
                    "account_id": pa.array(names, pa.string()),
                    "open_amount": pa.array([Decimal("12.50")] * len(names), pa.decimal128(18, 2)),
                    "is_new": pa.array([None] * len(names), pa.bool_()),
                    "payment_mode_in_force": pa.array(
                        ["prepay" if name == "paid ahead" else None for name in names], pa.string()
                    ),
                    "grade": pa.array(["of features"] * len(names), pa.string()),
                }
            ),
            "scores": pa.table({"account_id": pa.array(names, pa.string())}),
            "signals": pa.Table.from_pylist(some, schema=SIGNALS),
        }
        for stage, table in made.items():
            path = folder / f"{stage}{bucket}.parquet"
            pq.write_table(table, path)
            files[stage].append(path)
    return Night(run, files["features"], files["scores"], files["signals"], LOOKED_AT)


def hard(axis: str, value: str, **terms: Any) -> dict[str, Any]:
    return {axis: value, f"{axis}_rule": "hard", **terms}


PREPAY = hard(
    "payment_mode",
    "prepay",
    prepay_purchase_amount=Decimal("100.00"),
    prepay_warning_balance=Decimal("20.00"),
    prepay_debt_share=Decimal("0.3000"),
)
RED = hard("level", "red")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path / "state")


@pytest.fixture
def work(engine: Engine, source: str, settings: Settings) -> "Work":
    return Work(engine, source, settings)


class Work:
    """Folded nights of one source, decided by what `night_of` gives."""

    def __init__(self, engine: Engine, source: str, settings: Settings) -> None:
        self.engine, self.source, self.settings = engine, source, settings

    def folded(self, number: int, kind: RunKind = RunKind.NIGHTLY) -> Run:
        run = run_of(self.source, day(number), kind)
        timeline = tables.LIVE if kind is RunKind.NIGHTLY else SHADOW
        with self.engine.begin() as connection:
            store.write_night(connection, timeline, run, FoldRules())
        return run

    def decide(self, run: Run, night_of: Callable[[Run], Night]) -> Receipt:
        return decide(run, night_of, self.engine, self.settings)

    def rows(self) -> list[tuple[Any, ...]]:
        d = tables.decision
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(select(d).order_by(*d.primary_key.columns)).all()]

    def of(self, account_id: str) -> list[Recorded]:
        with self.engine.connect() as connection:
            return of_account(connection, account_id)


def test_what_is_new_is_kept_with_terms_rule_versions_and_what_was_looked_at(work: Work, nights_of: NightsOf) -> None:
    run = work.folded(1)
    receipt = work.decide(run, nights_of({day(1): {"a": {**PREPAY, **RED}, "b": {}, "c": hard("service", "priority")}}))
    assert (receipt.rows_in, receipt.rows_out, receipt.rows_repeated) == (3 * len(CALM), 3, 3 * len(CALM) - 3)
    assert receipt.remarks == (
        "level red: 1",
        "payment_mode prepay: 1",
        "service priority: 1",
        "wait for a person's confirmation: 1",
    )
    assert work.of("b") == []
    level, prepay = work.of("a")
    assert (level.rule, level.decision.value, level.decision.state) == ("hard", "red", DecisionState.PROPOSED)
    assert prepay.decision.state is DecisionState.WAITING
    assert prepay.proposal.terms == {
        "prepay_purchase_amount": "100.00",
        "prepay_warning_balance": "20.00",
        "prepay_debt_share": "0.3000",
    }
    assert prepay.looked_at == {"open_amount": "12.50", "grade": "A"}, "the grade after vetoes, amounts as text"
    assert (prepay.policy_version, prepay.card_version, prepay.run_key) == ("policy", "card", run.run_key)
    assert prepay.decision_id == decision_id("a", "payment_mode", day(1)), "SQL and Python name it alike"


def test_a_night_is_decided_once(work: Work, nights_of: NightsOf) -> None:
    run, nights = work.folded(1), nights_of({day(1): {"a": RED}})
    receipt, rows = work.decide(run, nights), work.rows()
    assert work.decide(run, nights) == receipt
    assert work.rows() == rows


def test_only_changes_are_rows_and_the_way_back_is_one(work: Work, nights_of: NightsOf) -> None:
    nights = nights_of(
        {
            day(1): {"a": PREPAY},
            day(2): {"a": {**PREPAY, "prepay_purchase_amount": Decimal("101.00")}},
            day(3): {"a": {}},
            day(4): {"a": {"payment_mode_rule": "other"}},
        }
    )
    written = [work.decide(work.folded(number), nights).rows_out for number in (1, 2, 3, 4)]
    assert written == [1, 0, 1, 0], "terms alone, or why nothing is proposed, change no proposal"
    first, last = work.of("a")
    assert (first.decision.superseded_on, last.decision.value, last.decision.superseded_on) == (day(3), "postpay", None)


def test_after_many_rows_the_planner_knows_of_them(work: Work, nights_of: NightsOf) -> None:
    nights = {day(1): {f"account {number}": RED for number in range(1100)}}
    assert work.decide(work.folded(1), nights_of(nights)).rows_out == 1100
    assert statistics(work.engine, "decision") == 1100


def test_another_rule_for_the_same_value_is_another_decision(work: Work, nights_of: NightsOf) -> None:
    nights = nights_of({day(1): {"a": RED}, day(2): {"a": {**RED, "level_rule": "calm"}}})
    assert [work.decide(work.folded(number), nights).rows_out for number in (1, 2)] == [1, 1]
    assert work.of("a")[-1].looked_at == {"open_amount": "12.50", "grade": "A", "is_new": None}


def test_to_go_on_as_it_is_is_no_proposal(work: Work, nights_of: NightsOf) -> None:
    nights = nights_of({day(1): {"paid ahead": PREPAY}, day(2): {"paid ahead": {}}, day(3): {"paid ahead": PREPAY}})
    assert [work.decide(work.folded(number), nights).rows_out for number in (1, 2, 3)] == [0, 1, 1]
    assert [each.decision.value for each in work.of("paid ahead")] == ["postpay", "prepay"]


def test_who_is_held_out_is_kept_though_nothing_is_proposed(work: Work, nights_of: NightsOf) -> None:
    held = {"treatment": "none", "treatment_rule": "held-out", "is_held_out": True}
    nights = nights_of({day(1): {"a": held}, day(2): {"a": held}, day(3): {"a": {}}})
    assert [work.decide(work.folded(number), nights).rows_out for number in (1, 2, 3)] == [1, 0, 1]
    first = work.of("a")[0]
    assert (first.is_held_out, first.rule, first.looked_at) == (
        True,
        "held-out",
        {"is_in_collection": False, "is_held_out": True},
    )


def test_a_night_that_fails_leaves_nothing(work: Work, nights_of: NightsOf) -> None:
    first, second = work.folded(1), work.folded(2)
    nights = nights_of({day(1): {"a": RED}})
    with pytest.raises(KeyError):  # the second night is not there
        decide_nights([first, second], nights, work.engine, work.settings)
    assert work.rows() == []
    assert store.stored_receipt(work.engine, first, "decide") is None
    assert list((work.settings.state / "spill").iterdir()) == []


def test_live_nights_are_decided_forwards(work: Work, nights_of: NightsOf) -> None:
    nights = nights_of({day(number): {"a": RED} for number in (1, 2)})
    early, late = work.folded(1), work.folded(2)
    work.decide(late, nights)
    assert work.decide(early, nights).remarks == (f"not decided: live stands at {day(2)}",)
    assert {row.run_key for row in work.of("a")} == {late.run_key}


def test_a_night_that_is_not_folded_is_refused(work: Work, nights_of: NightsOf) -> None:
    with pytest.raises(CasebookError, match="is not folded yet"):
        work.decide(run_of(work.source, day(1)), nights_of({day(1): {}}))


def test_a_dry_run_keeps_nothing(work: Work, nights_of: NightsOf) -> None:
    receipt = work.decide(run_of(work.source, day(1), RunKind.DRY_RUN), nights_of({}))
    assert receipt.remarks == ("a dry run keeps no decision",)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (3, 2, 1)])
def test_the_order_of_backfills_leaves_no_trace(work: Work, nights_of: NightsOf, order: tuple[int, ...]) -> None:
    nights = nights_of({day(1): {"a": RED}, day(2): {"a": {}}, day(3): {"a": {**RED, **PREPAY}}})
    for number in order:
        work.decide(work.folded(number, RunKind.BACKFILL), nights)
    told = [(row[0], row[2], row[3], row[5]) for row in work.rows()]
    assert told == [
        (SHADOW, "level", day(1), "red"),
        (SHADOW, "level", day(2), "none"),
        (SHADOW, "level", day(3), "red"),
        (SHADOW, "payment_mode", day(3), "prepay"),
    ]
    assert work.of("a") == [], "live knows nothing of it"


@pytest.mark.parametrize("statement", ["UPDATE decision SET value = 'x'", "DELETE FROM decision", "TRUNCATE decision"])
def test_a_live_proposal_never_changes(work: Work, nights_of: NightsOf, statement: str) -> None:
    work.decide(work.folded(1), nights_of({day(1): {"a": RED}}))
    with pytest.raises(DBAPIError, match="decision is append-only"), work.engine.begin() as connection:
        connection.execute(text(statement))


# What people make of it


def nobody_s(_run: Run, account_id: str) -> Mapping[str, Any]:
    raise AssertionError(account_id)


DAY = dt.timedelta(days=1)
ALONE = SecondPerson(ApprovalRules((), DAY, DAY, DAY, DAY), nobody_s)
"""A policy that asks for no second person."""


def by(seq: int, why: str = "spoke to them", actor: str = "li") -> dict[str, Any]:
    return {"actor": actor, "why": why, "at": AT, "expected_seq": seq}


@pytest.fixture
def prepaid(work: Work, nights_of: NightsOf) -> Work:
    work.decide(work.folded(1), nights_of({day(1): {"a": {**PREPAY, **RED}, "b": PREPAY, "c": {}}}))
    return work


def standing(work: Work, **asked: Any) -> list[tuple[str, str, str]]:
    with work.engine.connect() as connection:
        return [
            (each.decision.account_id, each.decision.value, each.decision.state.value)
            for each in in_force(connection, **asked)
        ]


def test_what_hurts_is_in_force_once_a_person_confirmed_it(prepaid: Work) -> None:
    assert standing(prepaid, state=DecisionState.WAITING) == [("a", "prepay", "waiting"), ("b", "prepay", "waiting")]
    done = confirm(prepaid.engine, "a", "payment_mode", ALONE, **by(0))
    assert (done.decision.state, done.events[0].actor, done.events[0].why) == (
        DecisionState.CONFIRMED,
        "li",
        "spoke to them",
    )
    assert prepaid.of("a")[1] == done, "as it is read again"
    assert standing(prepaid, state=DecisionState.WAITING) == [("b", "prepay", "waiting")]
    assert standing(prepaid, state=DecisionState.CONFIRMED) == [("a", "prepay", "confirmed")]
    assert standing(prepaid, axis="level", since=day(1)) == [("a", "red", "proposed")]
    assert standing(prepaid, since=day(2)) == []
    assert len(standing(prepaid, most=2)) == 2


def test_what_people_did_is_read_together(prepaid: Work) -> None:
    for account_id in ("a", "b"):
        confirm(prepaid.engine, account_id, "payment_mode", ALONE, **by(0))
    said: list[str] = []
    with prepaid.engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", lambda *call: said.append(call[2]))
        found = in_force(connection, state=DecisionState.CONFIRMED)
    assert [(each.decision.account_id, [act.why for act in each.events]) for each in found] == [
        ("a", ["spoke to them"]),
        ("b", ["spoke to them"]),
    ]
    assert len(said) == 3, "runs that were reversed, decisions, acts"


def test_two_people_on_one_decision_the_second_is_told_and_nothing_is_lost(prepaid: Work) -> None:
    refuse(prepaid.engine, "a", "payment_mode", **by(0))
    with pytest.raises(CasebookError, match="1 acts, you saw 0"):
        confirm(prepaid.engine, "a", "payment_mode", ALONE, **by(0, actor="wang"))
    done = change_mode(prepaid.engine, "a", "payment_mode", "direct_debit", {}, **by(1, actor="wang"))
    assert [event.actor for event in done.events] == ["li", "wang"]
    assert (done.decision.value, done.decision.state, done.proposal.value) == ("direct_debit", "changed", "prepay")


@pytest.mark.parametrize(
    ("axis", "value", "terms", "said"),
    [
        ("level", "none", {}, "level is the policy's to say"),
        ("payment_mode", "cash", {}, "payment_mode is one of postpay"),
        ("payment_mode", "split_settlement", {}, "needs settlement_parts; given: none"),
        ("payment_mode", "direct_debit", {"settlement_parts": "3"}, "needs no terms; given: settlement_parts"),
    ],
)
def test_a_change_to_what_there_is_not_is_refused(
    prepaid: Work, axis: str, value: str, terms: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        change_mode(prepaid.engine, "a", axis, value, terms, **by(0))


def test_nothing_can_be_done_where_nothing_was_proposed(prepaid: Work) -> None:
    with pytest.raises(UsageError, match="nothing was proposed for account c"):
        confirm(prepaid.engine, "c", "payment_mode", ALONE, **by(0))


def test_a_later_night_takes_its_place(prepaid: Work, nights_of: NightsOf) -> None:
    confirm(prepaid.engine, "b", "payment_mode", ALONE, **by(0))
    prepaid.decide(prepaid.folded(2), nights_of({day(2): {"b": hard("payment_mode", "direct_debit")}}))
    assert standing(prepaid, axis="payment_mode", since=day(2)) == [("b", "direct_debit", "proposed")]
    assert [each.decision.state.value for each in prepaid.of("b")] == ["confirmed", "proposed"]
    confirm(prepaid.engine, "b", "payment_mode", ALONE, **by(0))
    assert [len(each.events) for each in prepaid.of("b")] == [1, 1], "each has its own acts"
