"""Plans: exact to the cent, dated by month, judged the same whenever and in whatever order."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.domain.instalment import (
    Judged,
    Part,
    PartState,
    PlanRules,
    PlanState,
    by_month,
    check_deferral,
    check_plan,
    deferred,
    in_parts,
    judge,
    month_later,
)
from arrears.domain.ledger import PaymentFact
from arrears.errors import UsageError

FIRST = dt.date(2026, 1, 31)
RULES = PlanRules(
    grace_days=3, missed_parts=2, most_parts=12, least_part_amount=Decimal("50.00"), longest_deferral_days=90
)
KEPT, MISSED, OPEN = PartState.KEPT, PartState.MISSED, PartState.OPEN

cents = st.integers(1, 10**9).map(lambda number: Decimal(number).scaleb(-2))
days = st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
payments = st.lists(st.tuples(days, st.integers(1, 60_000)), max_size=8).map(
    lambda rows: [PaymentFact(str(number), day, Decimal(money).scaleb(-2)) for number, (day, money) in enumerate(rows)]
)
plans = st.builds(
    in_parts, st.integers(1_000, 100_000).map(lambda number: Decimal(number).scaleb(-2)), st.integers(1, 6), days
)
rule_sets = st.builds(
    PlanRules, st.integers(0, 10), st.integers(1, 3), st.just(12), st.just(Decimal("0.01")), st.just(90)
)


def amounts(parts: tuple[Part, ...]) -> list[str]:
    return [str(part.amount) for part in parts]


def paid(*rows: tuple[str, str]) -> list[PaymentFact]:
    return [
        PaymentFact(str(number), dt.date.fromisoformat(day), Decimal(money)) for number, (day, money) in enumerate(rows)
    ]


def test_parts_are_equal_but_for_the_cents_that_do_not_divide() -> None:
    parts = in_parts(Decimal("100.00"), 3, FIRST)
    assert amounts(parts) == ["33.34", "33.33", "33.33"]
    assert [str(part.due_on) for part in parts] == ["2026-01-31", "2026-02-28", "2026-03-31"]
    assert [part.part_no for part in parts] == [1, 2, 3]


def test_a_first_part_leaves_the_rest_to_the_others() -> None:
    assert amounts(in_parts(Decimal("1000.00"), 4, FIRST, Decimal("300.00"))) == [
        "300.00",
        "233.34",
        "233.33",
        "233.33",
    ]
    assert amounts(by_month(Decimal("1000.00"), Decimal("300.00"), FIRST, Decimal("250.00"))) == [
        "250.00", "300.00", "300.00", "150.00",
    ]  # fmt: skip


def test_what_can_be_paid_a_month_says_how_many_months() -> None:
    assert amounts(by_month(Decimal("1000.00"), Decimal("300.00"), FIRST)) == ["300.00", "300.00", "300.00", "100.00"]
    assert amounts(by_month(Decimal("900.00"), Decimal("300.00"), FIRST)) == ["300.00"] * 3
    assert amounts(by_month(Decimal("200.00"), Decimal("300.00"), FIRST)) == ["200.00"]


@pytest.mark.parametrize(
    ("first", "months", "wanted"),
    [
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-11-30", 1, "2026-12-30"),
        ("2026-05-31", 0, "2026-05-31"),
    ],
)
def test_a_month_later(first: str, months: int, wanted: str) -> None:
    assert str(month_later(dt.date.fromisoformat(first), months)) == wanted


@given(cents, st.integers(1, 60), days, st.none() | cents)
def test_parts_add_up_and_follow_one_another(
    amount: Decimal, number: int, first: dt.date, first_amount: Decimal | None
) -> None:
    try:
        parts = in_parts(amount, number, first, first_amount)
    except UsageError:
        assert amount < number * Decimal("0.01") + (first_amount or 0) or (first_amount and number == 1)
        return
    assert (sum(part.amount for part in parts), len(parts)) == (amount, number)
    assert_ordered(parts, first)
    shared = [part.amount for part in parts[1 if first_amount else 0 :]]
    assert max(shared) - min(shared) <= Decimal("0.01")


@given(cents, cents, days, st.none() | cents)
def test_monthly_parts_add_up_and_follow_one_another(
    amount: Decimal, monthly: Decimal, first: dt.date, first_amount: Decimal | None
) -> None:
    try:
        parts = by_month(amount, monthly, first, first_amount)
    except UsageError:
        assert amount / monthly >= 590 or (first_amount and first_amount >= amount)
        return
    assert sum(part.amount for part in parts) == amount
    assert_ordered(parts, first)
    assert {part.amount for part in parts[1 if first_amount else 0 : -1]} <= {monthly}
    assert parts[-1].amount <= monthly or len(parts) == 1


def assert_ordered(parts: tuple[Part, ...], first: dt.date) -> None:
    assert parts[0].due_on == first
    assert all(one.due_on < other.due_on for one, other in pairwise(parts))
    assert all(part.due_on.day == first.day or (part.due_on + dt.timedelta(1)).day == 1 for part in parts)
    assert all(part.amount >= Decimal("0.01") for part in parts)


@pytest.mark.parametrize(
    ("amount", "said"),
    [("0", "more than 0"), ("-5", "more than 0"), ("NaN", "more than 0"), ("Infinity", "more than 0"),
     ("1.001", "finer than a cent"), ("1E+20", "is the most")],
)  # fmt: skip
def test_an_amount_that_is_none_is_refused(amount: str, said: str) -> None:
    makers: list[Callable[[], object]] = [
        lambda: in_parts(Decimal(amount), 2, FIRST),
        lambda: by_month(Decimal(amount), Decimal(10), FIRST),
        lambda: by_month(Decimal(10), Decimal(amount), FIRST),
        lambda: in_parts(Decimal(10), 2, FIRST, Decimal(amount)),
        lambda: deferred(Decimal(amount), FIRST),
    ]
    for make in makers:
        with pytest.raises(UsageError, match=said):
            make()


def test_a_plan_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="1 to 600 parts, not 0"):
        in_parts(Decimal(10), 0, FIRST)
    with pytest.raises(UsageError, match="cannot be paid in 12 parts"):
        in_parts(Decimal("0.11"), 12, FIRST)
    with pytest.raises(UsageError, match="more than 600 months"):
        by_month(Decimal(1000), Decimal("0.01"), FIRST)
    with pytest.raises(UsageError, match="leaves nothing"):
        in_parts(Decimal(10), 5, FIRST, Decimal(10))
    with pytest.raises(UsageError, match="leaves nothing"):
        by_month(Decimal(10), Decimal(5), FIRST, Decimal(10))


def test_the_policy_bounds_what_may_be_agreed() -> None:
    parts = in_parts(Decimal(1200), 12, FIRST)
    check_plan(parts, FIRST, RULES)
    with pytest.raises(UsageError, match="before the plan is agreed"):
        check_plan(parts, FIRST + dt.timedelta(1), RULES)
    with pytest.raises(UsageError, match="13 parts are more than the policy's 12"):
        check_plan(in_parts(Decimal(1200), 13, FIRST), FIRST, RULES)
    with pytest.raises(UsageError, match=r"a part of 49\.99 is below"):
        check_plan(in_parts(Decimal("149.97"), 3, FIRST), FIRST, RULES)
    check_plan(by_month(Decimal("110.00"), Decimal(50), FIRST), FIRST, RULES)  # what is left may be little
    check_deferral(FIRST + dt.timedelta(90), FIRST, RULES)
    with pytest.raises(UsageError, match="91 days is longer"):
        check_deferral(FIRST + dt.timedelta(91), FIRST, RULES)
    with pytest.raises(UsageError, match="does not lie after"):
        check_deferral(FIRST, FIRST, RULES)


AGREED = dt.date(2026, 1, 20)
PLAN = in_parts(Decimal(300), 3, FIRST)  # 100 each on 31 January, 28 February, 31 March


@pytest.mark.parametrize(
    ("as_of", "money", "state", "parts", "ended_on"),
    [
        ("2026-02-01", [], "running", (OPEN, OPEN, OPEN), None),
        ("2026-02-03", [], "running", (OPEN, OPEN, OPEN), None),
        ("2026-02-04", [], "running", (MISSED, OPEN, OPEN), None),
        ("2026-02-04", [("2026-02-03", "100")], "running", (KEPT, OPEN, OPEN), None),
        ("2026-02-03", [("2026-02-03", "100")], "running", (OPEN, OPEN, OPEN), None),
        ("2026-02-05", [("2026-02-04", "100")], "running", (MISSED, OPEN, OPEN), None),
        ("2026-03-04", [("2026-02-04", "200")], "running", (MISSED, KEPT, OPEN), None),
        ("2026-03-04", [("2026-02-04", "100")], "broken", (MISSED, MISSED, OPEN), "2026-03-04"),
        ("2026-05-01", [("2026-03-20", "300")], "broken", (MISSED, MISSED, OPEN), "2026-03-04"),
        ("2026-03-05", [("2026-03-04", "300")], "broken", (MISSED, MISSED, OPEN), "2026-03-04"),
        ("2026-02-01", [("2026-01-20", "99.99"), ("2026-01-31", "200.01")], "kept", (KEPT, KEPT, KEPT), "2026-02-01"),
        ("2026-04-04", [("2026-02-04", "300")], "kept", (MISSED, KEPT, KEPT), "2026-02-05"),
        ("2026-04-04", [("2026-02-01", "200")], "broken", (KEPT, KEPT, MISSED), "2026-04-04"),
        ("2026-02-04", [("2026-01-19", "300")], "running", (MISSED, OPEN, OPEN), None),
    ],
)  # fmt: skip
def test_a_plan_is_judged_by_what_was_paid_since_it_was_agreed(
    as_of: str, money: list[tuple[str, str]], state: str, parts: tuple[PartState, ...], ended_on: str | None
) -> None:
    found = judge(PLAN, AGREED, paid(*money), dt.date.fromisoformat(as_of), RULES)
    assert (found.state, found.parts) == (state, parts)
    assert found.ended_on == (dt.date.fromisoformat(ended_on) if ended_on else None)


@pytest.mark.parametrize(
    ("money", "amount"),
    [
        ([], 0),
        ([("2026-01-25", "120")], 120),
        ([("2026-01-25", "450")], 300),
        ([("2026-03-01", "70"), ("2026-03-04", "70")], 70),
    ],
)
def test_what_was_paid_counts_up_to_the_plan_and_to_its_end(money: list[tuple[str, str]], amount: int) -> None:
    assert judge(PLAN, AGREED, paid(*money), dt.date(2026, 3, 10), RULES).paid_amount == amount


@given(plans, payments, rule_sets, st.randoms(use_true_random=False), days)
def test_the_order_of_payments_is_irrelevant(
    parts: tuple[Part, ...], money: list[PaymentFact], rules: PlanRules, random: object, as_of: dt.date
) -> None:
    shuffled = list(money)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    agreed = parts[0].due_on
    assert judge(parts, agreed, shuffled, as_of, rules) == judge(parts, agreed, money, as_of, rules)


@given(plans, payments, rule_sets)
def test_what_a_day_said_stands_on_every_later_day(
    parts: tuple[Part, ...], money: list[PaymentFact], rules: PlanRules
) -> None:
    """Day by day, with what was paid by then, is the same as once at the end."""
    agreed = parts[0].due_on
    before: Judged | None = None
    for number in range((parts[-1].due_on - agreed).days + rules.grace_days + 3):
        as_of = agreed + dt.timedelta(days=number)
        known = [each for each in money if each.paid_on < as_of]
        found = judge(parts, agreed, known, as_of, rules)
        assert found == judge(parts, agreed, money, as_of, rules)
        if before is not None and before.state is not PlanState.RUNNING:
            assert found == before
        elif before is not None:
            assert found.ended_on in (None, as_of)
            for then, now in zip(before.parts, found.parts, strict=True):
                assert then in (OPEN, now)
        before = found
    assert before is not None
    assert before.state is not PlanState.RUNNING
