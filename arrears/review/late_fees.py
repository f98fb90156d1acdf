"""The late fee of an account as a stored night knows it, bill by bill: for people, notices and plans. It is computed and never
posted."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from arrears.domain.late_fee import Debt, DebtYear, Fee, FeeRules, Rate, accrue, late_fee
from arrears.domain.law.facts import CustomerKind
from arrears.domain.law.rules import Pack
from arrears.domain.run import Run
from arrears.errors import UsageError
from arrears.lake.lake import Lake
from arrears.notices.account import debts_of, standing
from arrears.notices.facts import open_facts
from arrears.settings import Settings

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Charged:
    """The fee of one bill. `late_days` past due, of which `frozen_days` in dispute or on hold did not accrue; `rates` that were
    used; the fee has reached what the law lets it come to at the most if `is_capped`."""

    bill_id: str
    due_on: dt.date
    billed_amount: Decimal
    open_amount: Decimal
    late_days: int
    frozen_days: int
    rates: tuple[Rate, ...]
    fee_amount: Decimal
    is_capped: bool


@dataclass(frozen=True, slots=True)
class AccountFee:
    account_id: str
    as_of: dt.date
    customer_kind: CustomerKind
    pack: str
    lines: tuple[Charged, ...]
    minimum_added_amount: Decimal
    total_amount: Decimal


def account_fee(run: Run, account_id: str, pack: Pack, settings: Settings, lake: Lake) -> AccountFee:
    """If everything is paid on the day of the night, on the bills that are overdue then; one that is in dispute or on hold then
    has no fee. UsageError when the night does not know the account."""
    with lake.reading(), open_facts(run, settings, lake) as facts_of:
        found = list(facts_of([account_id]))
    if not found:
        raise UsageError(f"{run.source}: there is no account {account_id} as of {run.as_of}")
    facts = found[0]
    debts = debts_of(facts, standing(facts, run.as_of).overdue)
    fee = late_fee(pack.late_fee, facts.customer_kind, debts, run.as_of)
    lines = charged(pack.late_fee, facts.customer_kind, debts, fee, run.as_of)
    return AccountFee(account_id, run.as_of, facts.customer_kind, pack.name, lines, fee.added_amount, fee.total)


def charged(rules: FeeRules, kind: CustomerKind, debts: list[Debt], fee: Fee, as_of: dt.date) -> tuple[Charged, ...]:
    """Bill by bill how the fee came about."""
    lines = []
    for debt, line in zip(debts, fee.lines, strict=True):
        days = [debt.due_on + _DAY * number for number in range(1, (as_of - debt.due_on).days + 1)]
        accrued = accrue(rules, debt, debt.due_on, as_of)
        used = tuple(dict.fromkeys(rules.rates[kind, year] for year in DebtYear if accrued[year]))
        lines.append(
            Charged(
                debt.bill_id,
                debt.due_on,
                debt.amount,
                debt.open_on(as_of),
                len(days),
                sum(debt.is_frozen(day) for day in days),
                used,
                line.amount,
                rules.cap is not None and line.accrued_amount >= rules.cap * debt.amount > 0,
            )
        )
    return tuple(lines)
