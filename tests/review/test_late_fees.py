"""The late fee of an account on a stored night, worked out a second time by plain SQL over what the night knows, day by day."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal

import pytest

from arrears.deployment import lake_of
from arrears.engine import duckdb as engine
from arrears.errors import UsageError
from arrears.pipeline import open_run
from arrears.policy.law import load_pack
from arrears.review.late_fees import AccountFee, account_fee
from arrears.settings import ROOT, settings
from arrears.snapshot.features import open_gates
from tests.cli.conftest import NIGHT
from tests.end_to_end.deployments import Deployment

BY_HAND = """WITH plain AS (
    SELECT account_id, tariff FROM account_known
    WHERE account_id NOT IN (SELECT account_id FROM adjustment_known)
),
bill AS (
    SELECT account_id, bill_id, due_on, amount,
        sum(amount) OVER (PARTITION BY account_id ORDER BY due_on, issued_on, bill_id) AS upto
    FROM bill_known WHERE status = 'issued'
),
money AS (
    SELECT account_id, paid_on, amount FROM payment_known
    WHERE reverses_payment_id IS NULL
      AND payment_id NOT IN (SELECT reverses_payment_id FROM payment_known WHERE reverses_payment_id IS NOT NULL)
),
late AS (
    SELECT bill.*, tariff, CAST(unnest(generate_series(due_on + 1, CAST(:as_of AS DATE), INTERVAL 1 DAY)) AS DATE) AS day
    FROM bill JOIN plain USING (account_id)
    WHERE due_on < CAST(:as_of AS DATE) AND due_on >= CAST(:as_of AS DATE) - 500
),
paid AS (
    SELECT late.account_id, late.bill_id, late.day, coalesce(sum(money.amount), 0) AS paid
    FROM late LEFT JOIN money ON money.account_id = late.account_id AND money.paid_on <= late.day
    GROUP BY late.account_id, late.bill_id, late.day
),
open_then AS (
    SELECT late.*, least(late.amount, greatest(0, late.upto - paid.paid)) AS open_amount
    FROM late JOIN paid USING (account_id, bill_id, day)
)
SELECT account_id, bill_id, least(round(sum(
    open_amount * CASE WHEN NOT stands_still THEN
        CASE WHEN tariff = 'residential' THEN 0.001 WHEN year(day) = year(due_on) THEN 0.002 ELSE 0.003 END
    ELSE 0 END), 2), any_value(amount)) AS fee
FROM (
    SELECT *, EXISTS (
        SELECT 1 FROM dispute_known AS d
        WHERE d.bill_id = open_then.bill_id AND d.opened_on <= open_then.day AND coalesce(d.closed_on >= open_then.day, TRUE)
    ) AS stands_still
    FROM open_then
)
GROUP BY account_id, bill_id
HAVING bool_or(day = CAST(:as_of AS DATE) AND open_amount > 0 AND NOT stands_still)
ORDER BY account_id, bill_id"""


@pytest.fixture(scope="module")
def by_hand(stored: Deployment) -> dict[str, dict[str, Decimal]]:
    """By account and bill, of accounts without adjustments."""
    found: dict[str, dict[str, Decimal]] = defaultdict(dict)
    with stored.entered():
        run = open_run("demo", NIGHT)
        con = engine.connect(threads=2, memory="1GB", spill=settings().state / "spill")
        try:
            with lake_of("demo").reading():
                open_gates(con, run, settings(), lake_of("demo"))
                for account_id, bill_id, amount in engine.execute(con, BY_HAND, {"as_of": NIGHT}).fetchall():
                    found[account_id][bill_id] = amount
        finally:
            con.close()
    return found


def fee(stored: Deployment, account_id: str) -> AccountFee:
    with stored.entered():
        pack = load_pack(ROOT / "policy", "cn", NIGHT)
        return account_fee(open_run("demo", NIGHT), account_id, pack, settings(), lake_of("demo"))


def test_the_fee_is_what_sql_says_day_by_day(stored: Deployment, by_hand: dict[str, dict[str, Decimal]]) -> None:
    with_most = sorted(by_hand, key=lambda account_id: (-len(by_hand[account_id]), account_id))
    assert len(with_most) > 5
    for account_id in (*with_most[:3], *with_most[-2:]):
        found = fee(stored, account_id)
        assert {line.bill_id: line.fee_amount for line in found.lines} == by_hand[account_id]
        total = sum(by_hand[account_id].values(), Decimal(0))
        assert found.total_amount == max(total, Decimal(1)), "at least 1 yuan"
        assert found.minimum_added_amount == found.total_amount - total
        for line in found.lines:
            assert line.late_days == (NIGHT - line.due_on).days
            assert line.open_amount <= line.billed_amount


def test_an_account_that_the_night_does_not_know(stored: Deployment) -> None:
    with pytest.raises(UsageError, match=f"there is no account X-1 as of {dt.date(2026, 11, 1)}"):
        fee(stored, "X-1")
