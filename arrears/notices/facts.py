"""What a notice is written from: an account's bills, payments and adjustments as the run knows them."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from arrears.domain.law.facts import CustomerKind
from arrears.domain.ledger import AdjustmentFact, BillFact, PaymentFact, adjust
from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.lake.lake import Lake
from arrears.notices.account import AccountFacts, Days
from arrears.settings import Settings
from arrears.snapshot.features import open_gates

CHUNK = 500

_READ = {
    "customer": """SELECT account_id, customer_known.name, customer_known.language,
    coalesce(letter.address, premise_known.address, '') AS address, coalesce(premise_known.postcode, '') AS postcode,
    account_known.tariff = 'residential' AS is_residential
FROM written JOIN account_known USING (account_id) JOIN customer_known USING (customer_id)
LEFT JOIN premise_known ON premise_known.premise_id = account_known.premise_id
LEFT JOIN (
    SELECT customer_id, min_by(address, contact_id) AS address FROM contact_known
    WHERE channel = 'letter' AND coalesce(status, 'valid') = 'valid' GROUP BY customer_id
) AS letter ON letter.customer_id = account_known.customer_id
ORDER BY account_id""",
    "bill": """SELECT account_id, bill_id, issued_on, due_on, amount, bill_id IN (
        SELECT bill_id FROM dispute_known WHERE closed_on IS NULL OR closed_on >= CAST(:as_of AS DATE)
        UNION ALL
        SELECT bill_id FROM hold_known
        WHERE bill_id IS NOT NULL AND from_on <= CAST(:as_of AS DATE) AND coalesce(until_on > CAST(:as_of AS DATE), TRUE)
    ) AS is_disputed
FROM bill_known WHERE status = 'issued' AND account_id IN (SELECT account_id FROM written)
ORDER BY account_id, due_on, issued_on, bill_id""",
    "dispute": """SELECT account_id, bill_id, opened_on, closed_on FROM dispute_known
WHERE account_id IN (SELECT account_id FROM written)
UNION ALL
SELECT account_id, bill_known.bill_id, from_on, until_on - 1
FROM hold_known JOIN bill_known USING (account_id)
WHERE coalesce(until_on > from_on, TRUE) AND (hold_known.bill_id IS NULL OR hold_known.bill_id = bill_known.bill_id)
  AND account_id IN (SELECT account_id FROM written)
ORDER BY account_id, bill_id, opened_on, closed_on""",
    "payment": """SELECT account_id, payment_id, paid_on, amount FROM payment_known
WHERE reverses_payment_id IS NULL AND account_id IN (SELECT account_id FROM written)
  AND payment_id NOT IN (SELECT reverses_payment_id FROM payment_known WHERE reverses_payment_id IS NOT NULL)
ORDER BY account_id, paid_on, payment_id""",
    "adjustment": """SELECT account_id, adjustment_id, kind, adjusted_on, amount, bill_id, due_on FROM adjustment_known
WHERE status = 'booked' AND account_id IN (SELECT account_id FROM written)
ORDER BY account_id, adjusted_on, adjustment_id""",
}
"""What is read of the accounts that are written to, each into a table of its own."""


@contextmanager
def open_facts(run: Run, settings: Settings, lake: Lake) -> Iterator[Callable[[Sequence[str]], Iterator[AccountFacts]]]:
    """Facts of the accounts that are asked for; the lake is read once, when they are."""
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        open_gates(con, run, settings, lake)

        def facts_of(accounts: Sequence[str]) -> Iterator[AccountFacts]:
            written = sorted(set(accounts))
            con.register("asked", pa.table({"account_id": pa.array(written, pa.string())}))
            con.execute("CREATE OR REPLACE TEMP TABLE written AS FROM asked")
            con.unregister("asked")
            for name, sql in _READ.items():
                given = {"as_of": run.as_of} if ":as_of" in sql else {}
                engine.execute(con, sql, given, prefix=f"CREATE OR REPLACE TEMP TABLE written_{name} AS\n")
            for place in range(0, len(written), CHUNK):
                last = min(place + CHUNK, len(written)) - 1
                yield from _facts(con, written[place], written[last])

        yield facts_of
    finally:
        con.close()


def _facts(con: engine.Connection, first: str, last: str) -> list[AccountFacts]:
    """Of the accounts that are written to from the first to the last."""

    def rows(name: str) -> list[tuple[Any, ...]]:
        sql = f"SELECT * FROM written_{name} WHERE account_id BETWEEN ? AND ?"
        return con.execute(sql, [first, last]).fetchall()

    bills: dict[str, list[BillFact]] = defaultdict(list)
    for account_id, *bill in rows("bill"):
        bills[account_id].append(BillFact(*bill))
    payments: dict[str, list[PaymentFact]] = defaultdict(list)
    for account_id, *payment in rows("payment"):
        payments[account_id].append(PaymentFact(*payment))
    adjustments: dict[str, list[AdjustmentFact]] = defaultdict(list)
    for account_id, *adjustment in rows("adjustment"):
        adjustments[account_id].append(AdjustmentFact(*adjustment))
    disputed: dict[str, dict[str, Days]] = defaultdict(dict)
    for account_id, bill_id, first_on, last_on in rows("dispute"):
        disputed[account_id][bill_id] = (*disputed[account_id].get(bill_id, ()), (first_on, last_on))
    facts = []
    for account_id, name, language, address, postcode, is_residential in rows("customer"):
        owed, money = adjust(bills[account_id], payments[account_id], adjustments[account_id])
        facts.append(
            AccountFacts(
                account_id=account_id,
                customer_name=name,
                language=language,
                bills=tuple(owed),
                payments=tuple(money),
                address=address,
                postcode=postcode,
                customer_kind=CustomerKind.RESIDENTIAL if is_residential else CustomerKind.BUSINESS,
                disputed=disputed[account_id],
            )
        )
    return facts
