"""What a notice is written from: an account's bills, payments and adjustments as the run knows them."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from arrears.domain.ledger import AdjustmentFact, BillFact, PaymentFact, adjust
from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.lake.lake import Lake
from arrears.notices.context import AccountFacts
from arrears.settings import Settings
from arrears.snapshot.features import open_gates


@contextmanager
def open_facts(run: Run, settings: Settings, lake: Lake) -> Iterator[Callable[[Sequence[str]], list[AccountFacts]]]:
    """Read the lake once, for every account that is to be treated tonight; then give the facts of any of them."""
    signals = [str(path) for path in lake.stage("signals", run).files]
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        open_gates(con, run, settings, lake)
        con.execute(
            "CREATE TEMP TABLE treated AS SELECT account_id, customer_id FROM read_parquet(?, hive_partitioning = false) "
            "WHERE treatment <> 'none'",
            [signals],
        )
        con.execute(
            """CREATE TEMP TABLE treated_customer AS
SELECT account_id, name, language FROM treated JOIN customer_known USING (customer_id)"""
        )
        con.execute(
            """CREATE TEMP TABLE treated_bill AS
SELECT account_id, bill_id, issued_on, due_on, amount, bill_id IN (
        SELECT bill_id FROM dispute_known WHERE closed_on IS NULL OR closed_on >= CAST(? AS DATE)) AS is_disputed
FROM bill_known WHERE status = 'issued' AND account_id IN (SELECT account_id FROM treated)
ORDER BY account_id, due_on, issued_on, bill_id""",
            [run.as_of],
        )
        con.execute(
            """CREATE TEMP TABLE treated_payment AS
SELECT account_id, payment_id, paid_on, amount FROM payment_known
WHERE reverses_payment_id IS NULL AND account_id IN (SELECT account_id FROM treated)
  AND payment_id NOT IN (SELECT reverses_payment_id FROM payment_known WHERE reverses_payment_id IS NOT NULL)
ORDER BY account_id, paid_on, payment_id"""
        )
        con.execute(
            """CREATE TEMP TABLE treated_adjustment AS
SELECT account_id, adjustment_id, kind, adjusted_on, amount, bill_id, due_on FROM adjustment_known
WHERE status = 'booked' AND account_id IN (SELECT account_id FROM treated)
ORDER BY account_id, adjusted_on, adjustment_id"""
        )

        def facts_of(accounts: Sequence[str]) -> list[AccountFacts]:
            return _facts(con, list(accounts))

        yield facts_of
    finally:
        con.close()


def _facts(con: engine.Connection, accounts: list[str]) -> list[AccountFacts]:
    bills: dict[str, list[BillFact]] = defaultdict(list)
    payments: dict[str, list[PaymentFact]] = defaultdict(list)
    wanted = "WHERE list_contains(CAST(? AS VARCHAR[]), account_id)"
    rows = con.execute(
        f"SELECT account_id, bill_id, issued_on, due_on, amount, is_disputed FROM treated_bill {wanted}", [accounts]
    ).fetchall()
    for account_id, *bill in rows:
        bills[account_id].append(BillFact(*bill))
    rows = con.execute(
        f"SELECT account_id, payment_id, paid_on, amount FROM treated_payment {wanted}", [accounts]
    ).fetchall()
    for account_id, *payment in rows:
        payments[account_id].append(PaymentFact(*payment))
    rows = con.execute(
        "SELECT account_id, adjustment_id, kind, adjusted_on, amount, bill_id, due_on "
        f"FROM treated_adjustment {wanted}",
        [accounts],
    ).fetchall()
    adjustments: dict[str, list[AdjustmentFact]] = defaultdict(list)
    for account_id, *adjustment in rows:
        adjustments[account_id].append(AdjustmentFact(*adjustment))
    people = con.execute(f"SELECT account_id, name, language FROM treated_customer {wanted}", [accounts]).fetchall()
    facts = []
    for account_id, name, language in people:
        owed, money = adjust(bills[account_id], payments[account_id], adjustments[account_id])
        facts.append(AccountFacts(account_id, name, language, tuple(owed), tuple(money)))
    return facts
