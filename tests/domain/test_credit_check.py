"""The limit and term check: which rule decides, and what it says."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.domain.credit_check import SENTENCES, Asked, Ceiling, Credit, Kind, Result, check
from arrears.domain.instalment import deferred, in_parts

TODAY = dt.date(2026, 11, 2)
ROOM = Ceiling("business", "North", Decimal("90000.00"), Decimal("100000.00"))
FULL = replace(ROOM, receivables_amount=Decimal("100000.00"))
CREDIT = Credit(
    as_of=TODAY,
    grade="B",
    exposure_amount=Decimal("4000.00"),
    limit_amount=Decimal("5000.00"),
    term_days=30,
    account_open_amount=Decimal("600.00"),
    ceilings=(ROOM,),
)


def deferral(days: int = 20, amount: str = "500.00") -> Asked:
    money = Decimal(amount)
    return Asked(Kind.DEFERRAL, "C1", "A1", money, deferred(money, TODAY + dt.timedelta(days)))


def supply(amount: str) -> Asked:
    return Asked(Kind.NEW_SUPPLY, "C1", None, Decimal(amount))


INSTALMENT = Asked(Kind.INSTALMENT, "C1", "A1", Decimal(600), in_parts(Decimal(600), 3, TODAY))


@pytest.mark.parametrize(
    ("asked", "credit", "rule", "en"),
    [
        (deferral(), CREDIT, "within-limit-and-term", "within limit and term"),
        (deferral(30), CREDIT, "within-limit-and-term", "within limit and term"),
        (deferral(31), CREDIT, "over-term", "grade B carries a term of 30 days, and 31 are asked for"),
        (INSTALMENT, CREDIT, "over-term", "grade B carries a term of 30 days, and 61 are asked for"),
        (deferral(31), replace(CREDIT, term_days=None), "within-limit-and-term", "within limit and term"),
        (
            deferral(amount="600.01"),
            CREDIT,
            "nothing-to-arrange",
            "600.01 is more than the 600.00 that the account has open",
        ),
        (
            deferral(),
            replace(CREDIT, ceilings=(ROOM, FULL)),
            "ceiling-reached",
            "receivables of business in North are 100,000.00 and have reached their ceiling of 100,000.00: no new deferral",
        ),
        (INSTALMENT, replace(CREDIT, ceilings=(FULL,), term_days=90), "within-limit-and-term", "within limit and term"),
        (
            deferral(),
            replace(CREDIT, exposure_amount=Decimal("5000.01")),
            "over-limit",
            "grade B carries a limit of 5,000.00, and exposure would be 5,000.01",
        ),
        (supply("1000.00"), CREDIT, "within-limit-and-term", "within limit and term"),
        (
            supply("1000.01"),
            CREDIT,
            "over-limit",
            "grade B carries a limit of 5,000.00, and exposure would be 5,000.01",
        ),
        (
            supply("10000.00"),
            replace(CREDIT, limit_amount=Decimal(10**6)),
            "ceiling-would-be-reached",
            "receivables of business in North are 90,000.00; with this they reach their ceiling of 100,000.00",
        ),
        (
            supply("1.00"),
            replace(CREDIT, limit_amount=None),
            "no-limit-set",
            "no limit is set for a customer of grade B: the reviewer decides",
        ),
    ],
)
def test_the_first_rule_that_matches_decides(asked: Asked, credit: Credit, rule: str, en: str) -> None:
    verdict = check(asked, credit, TODAY)
    assert (verdict.rule, verdict.en) == (rule, en)
    assert verdict.result is SENTENCES[rule][0]
    assert verdict.as_of == TODAY
    assert verdict.zh != verdict.en
    assert "{" not in verdict.zh


money = st.integers(0, 10**7).map(lambda number: Decimal(number).scaleb(-2))
ceilings = st.lists(st.builds(Ceiling, st.just("business"), st.sampled_from("NS"), money, money), max_size=2).map(tuple)
credits_known = st.builds(
    Credit,
    st.just(TODAY),
    st.sampled_from("ABCDE"),
    money,
    st.none() | money,
    st.none() | st.integers(1, 90),
    money,
    ceilings,
)
asks = st.one_of(
    st.builds(deferral, st.integers(1, 120), st.integers(1, 10**7).map(lambda number: f"{number / 100:.2f}")),
    st.builds(supply, st.integers(1, 10**7).map(lambda number: f"{number / 100:.2f}")),
)
ORDER = (Result.PASSES, Result.NEEDS_REVIEW, Result.BLOCKED)


@given(asks, credits_known)
def test_a_reached_ceiling_blocks_every_deferral(asked: Asked, credit: Credit) -> None:
    full = replace(credit, ceilings=(*credit.ceilings, FULL))
    blocked = check(asked, full, TODAY).result is Result.BLOCKED
    assert blocked == (asked.kind is Kind.DEFERRAL)


@given(asks, credits_known, st.data())
def test_less_credit_never_makes_the_check_milder(asked: Asked, credit: Credit, data: st.DataObject) -> None:
    worse = data.draw(
        st.sampled_from(
            [
                replace(credit, exposure_amount=credit.exposure_amount + 1),
                replace(credit, limit_amount=None if credit.limit_amount is None else credit.limit_amount / 2),
                replace(credit, term_days=None if credit.term_days is None else max(1, credit.term_days // 2)),
                replace(
                    credit, ceilings=tuple(replace(c, ceiling_amount=c.ceiling_amount / 2) for c in credit.ceilings)
                ),
            ]
        )
    )
    before, after = check(asked, credit, TODAY).result, check(asked, worse, TODAY).result
    assert ORDER.index(after) >= ORDER.index(before)
