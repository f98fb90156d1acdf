"""Approvals as people see them: what waits and for whom, yes or no to several at once, and the second person whom the policy
asks for before what hurts is confirmed."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
from sqlalchemy import Connection, Engine

from arrears.casebook import approvals, read
from arrears.casebook.approvals import Asked
from arrears.casebook.decisions import Recorded, standing
from arrears.casebook.tables import LIVE
from arrears.domain.approval import Approval, ApprovalRules, Person, Reply, Subject, Verdict, Waiting, waiting
from arrears.domain.identity import slot
from arrears.domain.law.facts import CustomerKind, Protection
from arrears.domain.run import Run
from arrears.errors import ArrearsError, LakeError, UsageError
from arrears.lake.lake import Lake

PROTECTIONS = {
    "is_medically_protected": Protection.MEDICAL,
    "is_elderly_protected": Protection.ELDERLY,
    "is_child_protected": Protection.YOUNG_CHILDREN,
    "is_low_income_protected": Protection.LOW_INCOME,
    "is_otherwise_protected": Protection.OTHER_VULNERABLE,
    "is_important_user": Protection.IMPORTANT_USER,
    "is_high_risk_user": Protection.HIGH_RISK_USER,
    "is_continuous_process_user": Protection.CONTINUOUS_PROCESS,
}
"""By feature what it says."""
_READ = ("account_id", "open_amount", "voltage_class", "tariff", *PROTECTIONS)

FactsOf = Callable[[Run, str], Mapping[str, Any]]
"""The features of an account on a stored night."""


@dataclass(frozen=True, slots=True)
class SecondPerson:
    """Whom the policy asks for when a proposal is confirmed, and what the proposal rests on."""

    rules: ApprovalRules
    facts_of: FactsOf

    def check(self, connection: Connection, found: Recorded, at: dt.datetime) -> None:
        """UsageError unless a second person approved exactly this, and the approval has not lapsed."""
        now = found.decision
        if now.value not in self.rules.confirmed_by_two:
            return
        subject = self.subject(connection, found)
        if approvals.standing(connection, subject.subject_id, subject.hash, at) is None:
            raise UsageError(
                f"{now.value} of account {now.account_id} needs the approval of a second person, for what stands now: "
                f"`arrears approvals ask {now.account_id} {now.axis}`"
            )

    def subject(self, connection: Connection, found: Recorded) -> Subject:
        """What is approved: the value and its terms as they stand, what was owed on the night that proposed it, and by which
        rule, policy and card it was proposed."""
        now = found.decision
        run = next((night.run for night in read.nights(connection, LIVE) if night.run.run_key == found.run_key), None)
        if run is None:
            raise UsageError(f"the night of {now.as_of}, which proposed {now.value}, is not a live one")
        facts = self.facts_of(run, now.account_id)
        terms = ((f"term {name}", value or "") for name, value in now.terms.items())
        versions = (("policy", found.policy_version), ("card", found.card_version))
        return Subject(
            now.value,
            found.decision_id,
            now.account_id,
            Decimal(facts["open_amount"]),
            facts["voltage_class"] or "",
            CustomerKind.RESIDENTIAL if facts["tariff"] == "residential" else CustomerKind.BUSINESS,
            frozenset(kind for name, kind in PROTECTIONS.items() if facts[name]),
            (("axis", now.axis), ("rule", found.rule), *versions, *terms),
        )


def facts_in(lake: Lake) -> FactsOf:
    """Read from the stored features; LakeError when the night does not know the account."""

    def facts_of(run: Run, account_id: str) -> Mapping[str, Any]:
        with lake.reading():
            [path] = [
                each for each in lake.stage("features", run).files if f"bucket={slot(account_id)[0]}." in each.name
            ]
            table = pq.read_table(
                path, columns=list(_READ), filters=[("account_id", "=", account_id)], partitioning=None
            )
        if not table.num_rows:
            raise LakeError(f"{run.source}: the night of {run.as_of} knows no account {account_id}")
        facts: dict[str, Any] = table.to_pylist()[0]
        return facts

    return facts_of


def ask(
    engine: Engine, account_id: str, axis: str, second: SecondPerson, *, actor: str, why: str, at: dt.datetime
) -> Asked:
    """Ask a second person to approve what stands for the account on the axis. UsageError where nobody has to."""
    with engine.begin() as connection:
        found = standing(connection, account_id, axis)
        if found.decision.value not in second.rules.confirmed_by_two:
            raise UsageError(
                f"{axis} {found.decision.value} of account {account_id} needs no approval by a second person"
            )
        subject = second.subject(connection, found)
        return approvals.request(connection, subject, second.rules, actor=actor, why=why, at=at)


def those_that_wait(connection: Connection, rules: ApprovalRules, at: dt.datetime) -> list[tuple[Asked, Waiting]]:
    """Requests that nobody has answered, oldest first, with who may answer by now and what is due."""
    found = approvals.requests(connection, is_waiting=True)
    return [(each, waiting(each.request, rules, at)) for each in found if each.request.asked_at <= at]


def answer(
    engine: Engine,
    asked: Iterable[Asked],
    person: Person,
    verdict: Verdict,
    why: str,
    rules: ApprovalRules,
    at: dt.datetime,
) -> dict[str, Approval | ArrearsError]:
    """Yes or no to each of these, as the person read them: by request its approval, or why it could not be answered."""
    replies = {each.request.request_id: Reply(verdict, each.request.subject.hash, why) for each in asked}
    return approvals.answer(engine, person, replies, rules, at)


def remarks(found: Sequence[tuple[Asked, Waiting]]) -> list[str]:
    """What a night tells of the requests that wait, so that none waits unseen."""
    if not found:
        return []
    lapsed = [asked for asked, state in found if state.is_lapsed]
    told = [f"approvals wait: {len(found)}, the oldest for {max(state.age for _, state in found).days} days"]
    parts = (
        ("to be reminded of", [a for a, s in found if s.is_reminder_due and not s.is_with_deputies]),
        ("with the deputies too", [a for a, s in found if s.is_with_deputies and not s.is_escalated]),
        ("escalated", [a for a, s in found if s.is_escalated and not s.is_lapsed]),
        ("lapsed, to be asked anew", lapsed),
    )
    return told + [f"approvals {what}: {accounts(each)}" for what, each in parts if each]


TOLD = 5


def accounts(found: Sequence[Asked]) -> str:
    """Of which accounts, the first few by name."""
    names = list(dict.fromkeys(each.request.subject.account_id for each in found))
    more = f" and {len(names) - TOLD} more" if len(names) > TOLD else ""
    return ", ".join(names[:TOLD]) + more
