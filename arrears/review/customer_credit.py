"""A customer's credit on a stored night: its accounts, its grade and how that was made, exposure, limit, term, ceilings."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from arrears.domain.credit_check import Ceiling, Credit
from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.errors import UsageError
from arrears.lake.lake import Lake
from arrears.policy.decide import CUSTOMERS
from arrears.policy.files import CreditFile


@dataclass(frozen=True, slots=True)
class AccountCredit:
    """An account as the night's signals have it; `veto` holds its grade down, the terms are those that the policy proposes."""

    account_id: str
    segment: str | None
    district: str | None
    grade: str
    points_grade: str
    veto: str | None
    exposure_amount: Decimal
    open_amount: Decimal
    overdue_amount: Decimal
    level: str | None
    payment_mode: str
    arrangement: str
    instalment_parts: int | None
    instalment_amount: Decimal | None
    deferral_until_on: dt.date | None
    deferral_against: str | None


@dataclass(frozen=True, slots=True)
class CustomerCredit:
    """A customer as the night's `customers` have it, with its accounts in order of id."""

    as_of: dt.date
    customer_id: str
    grade: str
    exposure_amount: Decimal
    open_amount: Decimal
    overdue_amount: Decimal
    limit_amount: Decimal | None
    term_days: int | None
    is_over_limit: bool
    accounts: tuple[AccountCredit, ...]

    def account(self, account_id: str) -> AccountCredit:
        """UsageError when it is not this customer's."""
        for each in self.accounts:
            if each.account_id == account_id:
                return each
        raise UsageError(f"customer {self.customer_id} has no open account {account_id} as of {self.as_of}")


@dataclass(frozen=True, slots=True)
class Receivables:
    """What the open accounts of a segment in a district owe, and their ceiling; none is set: `ceiling_amount` is None."""

    segment: str
    district: str
    accounts: int
    open_amount: Decimal
    overdue_amount: Decimal
    ceiling_amount: Decimal | None

    @property
    def ceiling(self) -> Ceiling | None:
        if self.ceiling_amount is None:
            return None
        return Ceiling(self.segment, self.district, self.open_amount, self.ceiling_amount)

    @property
    def is_reached(self) -> bool:
        return self.ceiling is not None and self.ceiling.is_reached


def customer_credit(lake: Lake, run: Run, customer_id: str) -> CustomerCredit:
    """UsageError when the night knows no open account of this customer."""
    names = [field.name for field in fields(CustomerCredit) if field.name not in ("as_of", "accounts")]
    with engine.reading(lake.stage(CUSTOMERS, run).files, "customers") as con:
        found = con.execute(f"SELECT {', '.join(names)} FROM customers WHERE customer_id = ?", [customer_id]).fetchall()
    if not found:
        raise UsageError(f"{run.source}: there is no customer {customer_id!r} with an open account as of {run.as_of}")
    values = dict(zip(names, found[0], strict=True))
    return CustomerCredit(as_of=run.as_of, accounts=tuple(_accounts(lake, run, customer_id)), **values)


def customer_of(lake: Lake, run: Run, account_id: str) -> str:
    """UsageError when the night knows no such open account."""
    with engine.reading(lake.stage("signals", run).files, "signals") as con:
        found = con.execute("SELECT customer_id FROM signals WHERE account_id = ?", [account_id]).fetchall()
    if not found:
        raise UsageError(f"{run.source}: there is no open account {account_id!r} as of {run.as_of}")
    return str(found[0][0])


def receivables(lake: Lake, run: Run, credit: CreditFile) -> list[Receivables]:
    """Per segment and district, in their order. A district's own ceiling comes before that of each district."""
    with engine.reading(lake.stage("signals", run).files, "signals") as con:
        rows = con.execute(
            "SELECT segment, district, count(*), CAST(sum(open_amount) AS DECIMAL(18, 2)), "
            "CAST(sum(overdue_amount) AS DECIMAL(18, 2)) FROM signals WHERE segment IS NOT NULL AND district IS NOT NULL "
            "GROUP BY segment, district ORDER BY segment, district"
        ).fetchall()
    most = {(each.segment, each.district): each.amount for each in credit.ceilings}
    return [
        Receivables(
            segment,
            district,
            accounts,
            open_amount,
            overdue_amount,
            most.get((segment, district), most.get((segment, "*"))),
        )
        for segment, district, accounts, open_amount, overdue_amount in rows
    ]


def credit_known(found: CustomerCredit, account_id: str | None, owed: Sequence[Receivables]) -> Credit:
    """What the limit and term check looks at. Without an account, the ceilings of all the customer's accounts count."""
    accounts = found.accounts if account_id is None else (found.account(account_id),)
    places = {(each.segment, each.district) for each in accounts}
    return Credit(
        as_of=found.as_of,
        grade=found.grade,
        exposure_amount=found.exposure_amount,
        limit_amount=found.limit_amount,
        term_days=found.term_days,
        account_open_amount=None if account_id is None else accounts[0].open_amount,
        ceilings=tuple(each.ceiling for each in owed if each.ceiling and (each.segment, each.district) in places),
    )


def _accounts(lake: Lake, run: Run, customer_id: str) -> list[AccountCredit]:
    names = ", ".join(field.name for field in fields(AccountCredit))
    with engine.reading(lake.stage("signals", run).files, "signals") as con:
        rows: list[tuple[Any, ...]] = con.execute(
            f"SELECT {names} FROM signals WHERE customer_id = ? ORDER BY account_id", [customer_id]
        ).fetchall()
    return [AccountCredit(*row) for row in rows]
