import datetime as dt
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.domain.late_fee import Debt, DebtYear, FeeRules, Rate, accrue, accrued, add, late_fee, rounded
from arrears.domain.law.facts import CustomerKind
from arrears.errors import UsageError
from arrears.policy.law import load_pack
from arrears.settings import ROOT

RULES = {place: load_pack(ROOT / "policy", place, dt.date(2026, 9, 1)).late_fee for place in ("cn", "uk", "us-nj")}
CN = RULES["cn"]
HOME, WORK, PUBLIC = CustomerKind.RESIDENTIAL, CustomerKind.BUSINESS, CustomerKind.PUBLIC_BODY
DUE = dt.date(2026, 12, 1)
DAY = dt.timedelta(days=1)


def debt(amount: str = "1000.00", due: dt.date = DUE, **other: object) -> Debt:
    return replace(Debt("b1", due - 20 * DAY, due, Decimal(amount)), **other)  # type: ignore[arg-type]


def fee(rules: FeeRules, kind: CustomerKind, as_of: str, *debts: Debt) -> str:
    return str(late_fee(rules, kind, debts or (debt(),), dt.date.fromisoformat(as_of)).total)


@pytest.mark.parametrize(
    ("kind", "as_of", "said"),
    [
        (HOME, "2026-12-01", "0.00"),
        (HOME, "2026-12-02", "1.00"),
        (HOME, "2027-01-10", "40.00"),
        (WORK, "2026-12-31", "60.00"),
        (WORK, "2027-01-01", "63.00"),
        (PUBLIC, "2027-01-10", "90.00"),
    ],
)
def test_by_customer_kind_and_year_of_debt(kind: CustomerKind, as_of: str, said: str) -> None:
    assert fee(CN, kind, as_of) == said


def test_a_payment_counts_from_its_own_day() -> None:
    paid = debt(paid=((dt.date(2026, 12, 4), Decimal("400.00")),))
    assert fee(CN, HOME, "2026-12-03", paid) == "2.00"
    assert fee(CN, HOME, "2026-12-04", paid) == "2.60"
    whole = debt(paid=((dt.date(2026, 12, 4), Decimal("1000.00")),))
    assert fee(CN, HOME, "2027-12-04", whole) == "2.00"
    assert fee(CN, HOME, "2027-12-04", debt(paid=((DUE, Decimal("1200.00")),))) == "0.00"


def test_days_in_dispute_do_not_accrue() -> None:
    disputed = debt(frozen=((dt.date(2026, 12, 3), dt.date(2026, 12, 5)),))
    assert [fee(CN, HOME, f"2026-12-0{day}", disputed) for day in (2, 3, 5, 6)] == ["1.00", "1.00", "1.00", "2.00"]
    assert fee(CN, HOME, "2027-12-06", debt(frozen=((dt.date(2026, 12, 3), None),))) == "1.00"
    with pytest.raises(UsageError, match="frozen until a day before it begins"):
        debt(frozen=((dt.date(2026, 12, 3), dt.date(2026, 12, 2)),))


def test_a_fee_is_capped_at_the_debt() -> None:
    assert fee(CN, HOME, "2030-12-01") == "1000.00"
    assert fee(replace(CN, cap=None), HOME, "2029-11-15") == "1080.00"


def test_a_fee_that_is_due_is_at_least_the_minimum_over_all_bills() -> None:
    assert fee(CN, HOME, "2026-12-03", debt("100.00")) == "1.00"
    two = late_fee(CN, HOME, (debt("100.00"), debt("200.00", bill_id="b2")), dt.date(2026, 12, 3))
    assert [(line.bill_id, str(line.amount)) for line in two.lines] == [("b1", "0.20"), ("b2", "0.40")]
    assert (str(two.added_amount), str(two.total)) == ("0.40", "1.00")
    assert fee(CN, HOME, "2026-12-01", debt("100.00")) == "0.00"


def test_the_same_debt_under_three_laws() -> None:
    """1,000 owed since 1 December 2026, as of 10 March 2027: 99 days."""
    as_of = "2027-03-10"
    assert {place: fee(rules, HOME, as_of) for place, rules in RULES.items()} == {
        "cn": "99.00", "uk": "0.00", "us-nj": "0.00",
    }  # fmt: skip
    # 30 days of 2 per mille and 69 of 3; 99 days of 8 % a year; 95 days of 1.5 % in 30,
    # as the bill was 20 days old when it fell due.
    assert {place: fee(rules, WORK, as_of) for place, rules in RULES.items()} == {
        "cn": "267.00", "uk": "21.70", "us-nj": "47.50",
    }  # fmt: skip


def test_no_charge_before_the_bill_is_25_days_old() -> None:
    """Issued 20 days before it fell due: the first four days past due are free, in New Jersey."""
    assert [fee(RULES["us-nj"], WORK, f"2026-12-0{day}") for day in (2, 5, 6, 7)] == ["0.00", "0.00", "0.50", "1.00"]


def test_what_is_accrued_has_six_places_and_is_rounded_once() -> None:
    line = late_fee(CN, WORK, (debt("0.45"),), dt.date(2026, 12, 6)).lines[0]
    assert (str(line.accrued_amount), str(line.amount)) == ("0.004500", "0.00")
    line = late_fee(CN, WORK, (debt("0.50"),), dt.date(2026, 12, 6)).lines[0]
    assert (str(line.accrued_amount), str(line.amount)) == ("0.005000", "0.01")
    # Rounded to six places first, this would be 0.005000 and so a cent.
    assert str(rounded(Fraction(49999999, 10**10))) == "0.00"


amounts = st.decimals("0.01", "99999.99", places=2)
days = st.integers(-5, 500).map(lambda number: DUE + number * DAY)
frozen = st.tuples(days, st.one_of(st.none(), st.integers(0, 60))).map(
    lambda pair: (pair[0], None if pair[1] is None else pair[0] + pair[1] * DAY)
)
debts = st.builds(
    lambda amount, paid, stood: debt(paid=tuple(paid), frozen=tuple(stood), amount=amount),
    amounts,
    st.lists(st.tuples(days, amounts), max_size=3),
    st.lists(frozen, max_size=2),
)
rules = st.sampled_from([*RULES.values()])


def by_hand(rules: FeeRules, kind: CustomerKind, one: Debt, as_of: dt.date) -> Fraction:
    """Day by day, each with what was open and with its rate."""
    total, day = Fraction(0), one.due_on + DAY
    while day <= as_of:
        is_free = any(first <= day and (last is None or day <= last) for first, last in one.frozen)
        left = one.amount - sum((amount for on, amount in one.paid if on <= day), Decimal(0))
        year = DebtYear.THIS if day.year == one.due_on.year else DebtYear.EARLIER
        rate = rules.rates[kind, year]
        if not is_free and left > 0 and (day - one.issued_on).days >= rules.issue_days:
            total += Fraction(left) * Fraction(rate.share) / rate.per_days
        day += DAY
    return total if rules.cap is None else min(total, Fraction(rules.cap) * Fraction(one.amount))


@given(rules, st.sampled_from(CustomerKind), debts, st.integers(0, 400))
def test_from_scratch_and_by_hand_agree(rules: FeeRules, kind: CustomerKind, one: Debt, number: int) -> None:
    as_of = DUE + number * DAY
    assert accrued(rules, kind, one, accrue(rules, one, DUE, as_of)) == by_hand(rules, kind, one, as_of)


@given(rules, debts, st.lists(st.integers(0, 120), min_size=1, max_size=5))
def test_from_scratch_and_day_by_day_agree(rules: FeeRules, one: Debt, steps: list[int]) -> None:
    """However often a night is left out: what is added up by and by is what would be made at once."""
    kept, until = dict.fromkeys(DebtYear, Decimal(0)), DUE - DAY
    for step in steps:
        kept, until = add(kept, accrue(rules, one, until + DAY, until + step * DAY)), until + step * DAY
    assert kept == accrue(rules, one, DUE, until)


@given(rules, st.sampled_from(CustomerKind), debts, st.integers(0, 200))
def test_time_never_makes_a_fee_less_and_a_payment_never_more(
    rules: FeeRules, kind: CustomerKind, one: Debt, number: int
) -> None:
    as_of = DUE + number * DAY
    now = late_fee(rules, kind, (one,), as_of).total
    assert now <= late_fee(rules, kind, (one,), as_of + DAY).total
    paying = replace(one, paid=(*one.paid, (DUE + 3 * DAY, Decimal("10.00"))))
    assert late_fee(rules, kind, (paying,), as_of).total <= now


def test_a_rate_is_of_its_own_period() -> None:
    yearly = Rate("r", Decimal("0.365"), 365, "here")
    rules = FeeRules({(kind, year): yearly for kind in CustomerKind for year in DebtYear})
    assert fee(rules, HOME, "2026-12-11") == "10.00"
