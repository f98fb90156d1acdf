"""Approvals: who may say yes to what hurts a customer, to exactly what, for how long, and who is asked when nobody answers."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from arrears.domain.identity import digest
from arrears.domain.law.calendar import check_zone
from arrears.domain.law.facts import CustomerKind, Protection
from arrears.domain.money import to_cents
from arrears.errors import ArrearsError, UsageError


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be approved. `what`: a payment mode or a measure (`prepay`, `deposit`, `disconnection`); `detail`: everything
    else that the decision rests on, such as the bills and the versions of policy and pack."""

    what: str
    subject_id: str
    account_id: str
    amount: Decimal
    voltage_class: str
    customer_kind: CustomerKind
    protections: frozenset[Protection] = frozenset()
    detail: tuple[tuple[str, str], ...] = ()

    @property
    def hash(self) -> str:
        """Changes with anything that is approved."""
        return digest(
            self.what,
            self.subject_id,
            self.account_id,
            str(to_cents(self.amount)),
            self.voltage_class,
            self.customer_kind,
            str(len(self.protections)),
            *sorted(self.protections),
            *(part for pair in sorted(self.detail) for part in pair),
        )


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """Whom a subject needs: the first rule that matches counts; an empty set matches all. `deputies` may answer once it has
    waited `deputy_after`, `escalate_to` once it has waited `escalate_after`."""

    id: str
    approvers: frozenset[str]
    deputies: frozenset[str]
    escalate_to: frozenset[str]
    what: frozenset[str] = frozenset()
    amount_up_to: Decimal | None = None
    voltage_classes: frozenset[str] = frozenset()
    customer_kinds: frozenset[CustomerKind] = frozenset()
    protections: frozenset[Protection] = frozenset()

    def matches(self, subject: Subject) -> bool:
        return (
            (not self.what or subject.what in self.what)
            and (self.amount_up_to is None or subject.amount <= self.amount_up_to)
            and (not self.voltage_classes or subject.voltage_class in self.voltage_classes)
            and (not self.customer_kinds or subject.customer_kind in self.customer_kinds)
            and (not self.protections or bool(self.protections & subject.protections))
        )


@dataclass(frozen=True, slots=True)
class ApprovalRules:
    """`policy/approvals/<date>.yaml`. The last rule matches everything. `confirmed_by_two`: the proposals that nobody confirms
    without the approval of a second person."""

    rules: tuple[ApprovalRule, ...]
    lapses_after: dt.timedelta
    remind_after: dt.timedelta
    deputy_after: dt.timedelta
    escalate_after: dt.timedelta
    confirmed_by_two: frozenset[str] = frozenset()

    def rule(self, subject: Subject) -> ApprovalRule:
        return next(rule for rule in self.rules if rule.matches(subject))


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class Request:
    request_id: str
    subject: Subject
    asked_by: str
    asked_at: dt.datetime

    def __post_init__(self) -> None:
        check_zone(self.asked_at, f"when request {self.request_id} was made")


class Verdict(StrEnum):
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Approval:
    """The answer to a request: the row that the acting stage checks. `right` is what the person answered by."""

    request_id: str
    subject_hash: str
    verdict: Verdict
    by: str
    right: str
    at: dt.datetime
    until_at: dt.datetime
    why: str

    def check(self, subject: Subject, at: dt.datetime) -> None:
        """UsageError unless it lets exactly this be done now."""
        check_zone(at, "the instant of acting")
        if self.verdict is not Verdict.APPROVED:
            raise UsageError(f"request {self.request_id} was refused by {self.by}: {self.why}")
        if self.subject_hash != subject.hash:
            raise UsageError(f"what request {self.request_id} was approved for has since changed; ask again")
        if not self.at <= at < self.until_at:
            raise UsageError(
                f"the approval of request {self.request_id} acts until {self.until_at.isoformat()}; ask again"
            )


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a request waits: who may answer it by now, and what is due so that it does not wait unseen."""

    age: dt.timedelta
    rights: frozenset[str]
    is_reminder_due: bool
    is_with_deputies: bool
    is_escalated: bool
    is_lapsed: bool


def waiting(request: Request, rules: ApprovalRules, at: dt.datetime) -> Waiting:
    rule, age = rules.rule(request.subject), at - request.asked_at
    rights = set(rule.approvers)
    if age >= rules.deputy_after:
        rights |= rule.deputies
    if age >= rules.escalate_after:
        rights |= rule.escalate_to
    return Waiting(
        age,
        frozenset(rights),
        age >= rules.remind_after,
        age >= rules.deputy_after,
        age >= rules.escalate_after,
        age >= rules.lapses_after,
    )


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person says of one request, having read what has this hash."""

    verdict: Verdict
    subject_hash: str
    why: str


def decide(request: Request, person: Person, reply: Reply, rules: ApprovalRules, at: dt.datetime) -> Approval:
    """UsageError for one's own request, without the right, of something else than is asked, too late, or without a reason."""
    check_zone(at, "the instant of the answer")
    if person.name == request.asked_by:
        raise UsageError(f"{person.name} asked for {request.request_id}; a second person must answer it")
    state = waiting(request, rules, at)
    rights = sorted(state.rights & person.rights)
    if not rights:
        wanted = ", ".join(sorted(state.rights))
        rule = rules.rule(request.subject).id
        raise UsageError(f"{person.name} may not answer {request.request_id}: rule {rule} asks for {wanted}")
    if state.is_lapsed or state.age < dt.timedelta(0):
        raise UsageError(f"request {request.request_id} is of {request.asked_at.isoformat()} and has lapsed; ask again")
    if reply.subject_hash != request.subject.hash:
        raise UsageError(f"what was read of {request.request_id} is not what is asked; read it again")
    if not reply.why.strip():
        raise UsageError(f"the answer to {request.request_id} needs a reason")
    until_at = at + rules.lapses_after
    return Approval(
        request.request_id, request.subject.hash, reply.verdict, person.name, rights[0], at, until_at, reply.why
    )


def decide_batch(
    requests: Sequence[Request],
    person: Person,
    replies: Mapping[str, Reply],
    rules: ApprovalRules,
    at: dt.datetime,
) -> dict[str, Approval | ArrearsError]:
    """Each request that has a reply, by its own id: its approval, or why that one could not be given. One does not keep another
    back, and a request without a reply goes on waiting. UsageError for a reply to nothing that was asked."""
    asked = {request.request_id: request for request in requests}
    unknown = sorted(replies.keys() - asked.keys())
    if unknown:
        raise UsageError(f"nothing that waits is called {', '.join(unknown)}")
    results: dict[str, Approval | ArrearsError] = {}
    for request_id, reply in replies.items():
        try:
            results[request_id] = decide(asked[request_id], person, reply, rules, at)
        except UsageError as refused:
            results[request_id] = refused
    return results
