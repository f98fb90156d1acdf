"""What a night makes of plans and requests: parts kept or missed, plans kept or broken, requests that nobody decided."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import count

import pyarrow as pa
from sqlalchemy import Engine

from arrears.casebook import requests as casebook
from arrears.domain.instalment import Judged, PartState, PlanRules, PlanState, judge
from arrears.domain.ledger import PaymentFact
from arrears.domain.request import UNDECIDED, Act, Request, RequestEvent, State, words
from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.lake import gate
from arrears.lake.lake import Lake
from arrears.policy.credit import load_credit
from arrears.settings import Settings
from arrears.snapshot.features import named_files

NIGHT = "run"
"""Who acts when a night does."""


def in_force(stored: Engine) -> list[Request]:
    """Plans and deferrals, oldest first."""
    return [each for each in casebook.requests(stored, states=(State.IN_FORCE,)) if each.asked.kind.is_arrangement]


def paid_since(
    run: Run, plans: Sequence[Request], settings: Settings, lake: Lake
) -> Mapping[str, Sequence[PaymentFact]]:
    """By account, the payments since its plan was agreed, as the run knows them."""
    rows = [{"account_id": each.asked.account_id, "agreed_on": each.agreed_on} for each in plans]
    paid: dict[str, list[PaymentFact]] = defaultdict(list)
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        with lake.reading():
            for contract, files in named_files(run, settings, lake):
                if contract.table == "payment":
                    gate.open_gate(con, contract, files, as_of=run.as_of, known_at=run.known_at)
            con.register("plan", pa.Table.from_pylist(rows))
            sql = (settings.sql / "reports" / "plan_payments.sql").read_text(encoding="utf-8")
            for account_id, *payment in engine.execute(con, sql).fetchall():
                paid[account_id].append(PaymentFact(*payment))
    finally:
        con.close()
    return paid


def settle(stored: Engine, run: Run, settings: Settings, lake: Lake) -> tuple[str, ...]:
    """What a night does to plans and requests, in remarks. Settling a night again adds nothing."""
    plans = load_credit(settings.policy, run.as_of).plans
    lapsed = lapse(stored, plans.lapse_days.value, run.known_at)
    found = in_force(stored)
    paid = paid_since(run, found, settings, lake) if found else {}
    changed = judge_plans(stored, found, paid, run.as_of, plans.rules, run.known_at)
    counts = Counter(words(each.state) for each in (*changed, *lapsed) if each.state is not State.IN_FORCE)
    return tuple(f"requests {state}: {count}" for state, count in sorted(counts.items()))


def judge_plans(
    stored: Engine,
    plans: Iterable[Request],
    payments: Mapping[str, Sequence[PaymentFact]],
    as_of: dt.date,
    rules: PlanRules,
    at: dt.datetime,
) -> list[Request]:
    """Keep what became of these plans by `as_of`; those that changed. `payments` by account. Judging again adds nothing."""
    changed = []
    for plan in plans:
        paid = payments.get(str(plan.asked.account_id), ())
        news = partial(judged, payments=paid, as_of=as_of, rules=rules, at=at)
        if news(plan):
            changed.append(casebook.write(stored, plan.request_id, news))
    return changed


def judged(
    plan: Request, payments: Sequence[PaymentFact], as_of: dt.date, rules: PlanRules, at: dt.datetime
) -> list[RequestEvent]:
    """The events that are new; none once the plan is no more in force."""
    if plan.agreed_on is None or plan.state is not State.IN_FORCE:
        return []
    found = judge(plan.asked.parts, plan.agreed_on, payments, as_of, rules)
    seq = count(plan.seq + 1)
    events = []
    for part, state in zip(plan.asked.parts, found.parts, strict=True):
        if state is PartState.KEPT and part.part_no not in plan.kept_parts:
            why = f"{part.amount} due on {part.due_on} was paid"
            events.append(RequestEvent(plan.request_id, next(seq), Act.PART_KEPT, NIGHT, at, why, part_no=part.part_no))
        if state is PartState.MISSED and part.part_no not in plan.missed_parts:
            why = f"{part.amount} due on {part.due_on} was not paid within {rules.grace_days} days of grace"
            events.append(
                RequestEvent(plan.request_id, next(seq), Act.PART_MISSED, NIGHT, at, why, part_no=part.part_no)
            )
    if found.state is not PlanState.RUNNING:
        act = Act.KEPT if found.state is PlanState.KEPT else Act.BROKEN
        events.append(RequestEvent(plan.request_id, next(seq), act, NIGHT, at, _ended(found)))
    return events


def lapse(stored: Engine, lapse_days: int, at: dt.datetime) -> list[Request]:
    """Requests that nobody decided within so many days of their making lapse; those that did now."""

    def lapsed(request: Request) -> list[RequestEvent]:
        if request.state not in UNDECIDED:
            return []
        why = f"not decided within {lapse_days} days"
        return [RequestEvent(request.request_id, request.seq + 1, Act.LAPSED, NIGHT, at, why)]

    waiting = casebook.requests(stored, states=UNDECIDED)
    old = [each for each in waiting if (at - each.requested_at).days > lapse_days]
    return [casebook.write(stored, each.request_id, lapsed) for each in old]


def _ended(found: Judged) -> str:
    if found.state is PlanState.KEPT:
        return f"{found.paid_amount} was paid in full"
    missed = sum(state is PartState.MISSED for state in found.parts)
    return f"{missed} parts were missed, {found.paid_amount} was paid"
