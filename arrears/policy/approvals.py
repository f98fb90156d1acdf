"""Who may approve what, as in force on a day: `policy/approvals/<date>.yaml`."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from arrears import dated
from arrears.dated import Dated
from arrears.domain.approval import ApprovalRule, ApprovalRules
from arrears.domain.law.facts import CustomerKind, Protection
from arrears.policy.law_file import VoltageClass

What = Literal[
    "disconnection", "prepay", "split_settlement", "direct_debit", "deposit", "guarantee", "field_visit", "plan"
]
Right = Annotated[str, Field(pattern=r"^[a-z_]+$")]
Rights = Annotated[list[Right], Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Days(_Strict):
    value: int = Field(ge=1, le=365)
    unit: Literal["days"]
    reference: str


class RuleOfFile(_Strict):
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    what: list[What] = []
    amount_up_to: Decimal | None = Field(default=None, ge=0, decimal_places=2)
    voltage_classes: list[VoltageClass] = []
    customer_kinds: list[CustomerKind] = []
    protections: list[Protection] = []
    approvers: Rights
    deputies: Rights
    escalate_to: Rights
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @property
    def matches_everything(self) -> bool:
        return self.amount_up_to is None and not (
            self.what or self.voltage_classes or self.customer_kinds or self.protections
        )


class ConfirmedByTwo(_Strict):
    """Proposals of a night; `disconnection` has a case of its own, which is approved in it."""

    value: list[Literal["prepay", "deposit", "disconnection"]]
    reference: str


class ApprovalsFile(_Strict):
    confirmed_by_two: ConfirmedByTwo
    lapses_after: Days
    remind_after: Days
    deputy_after: Days
    escalate_after: Days
    rules: list[RuleOfFile] = Field(min_length=1)


def load_approvals(policy: Path, as_of: dt.date) -> ApprovalRules:
    """PolicyError with file and line for whatever is wrong in the file that is in force on `as_of`."""
    file, where = dated.load(dated.in_force(policy / "approvals", as_of), ApprovalsFile)
    waits = (file.remind_after, file.deputy_after, file.escalate_after, file.lapses_after)
    if [each.value for each in waits] != sorted(each.value for each in waits):
        said = "remind_after, deputy_after, escalate_after and lapses_after must follow each other in this order"
        raise where.refuse(said, "lapses_after")
    _check(file.rules, where)
    lapses, remind, deputy, escalate = (
        dt.timedelta(days=each.value)
        for each in (file.lapses_after, file.remind_after, file.deputy_after, file.escalate_after)
    )
    return ApprovalRules(
        tuple(_rule(rule) for rule in file.rules),
        lapses,
        remind,
        deputy,
        escalate,
        frozenset(file.confirmed_by_two.value),
    )


def _rule(rule: RuleOfFile) -> ApprovalRule:
    return ApprovalRule(
        rule.id,
        frozenset(rule.approvers),
        frozenset(rule.deputies),
        frozenset(rule.escalate_to),
        frozenset(rule.what),
        rule.amount_up_to,
        frozenset(rule.voltage_classes),
        frozenset(rule.customer_kinds),
        frozenset(rule.protections),
    )


def _check(rules: list[RuleOfFile], where: Dated) -> None:
    seen: set[str] = set()
    for position, rule in enumerate(rules):
        if rule.id in seen:
            raise where.refuse(f"the rule id {rule.id} stands here twice", "rules", position, "id")
        seen.add(rule.id)
        is_last = position == len(rules) - 1
        if rule.matches_everything and not is_last:
            raise where.refuse(
                f"{rule.id} matches everything: the rules behind it are never reached", "rules", position
            )
        if is_last and not rule.matches_everything:
            raise where.refuse(f"{rule.id} is the last rule and must match everything", "rules", position)
