"""What a night has to write about: reminders, demands and visits that its signals ask for, offers and decisions that the
casebook holds, agreements in force. Nobody who is held out of treatment is among them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from arrears.casebook.decisions import Recorded, Standing
from arrears.domain.credit_check import Kind
from arrears.domain.decision import hurts
from arrears.domain.delivery import State
from arrears.domain.episode import Episode
from arrears.domain.instalment import PlanRules
from arrears.domain.notice import FIRST_STEP, NoticeKind, SubjectType, notice_id
from arrears.domain.request import Request
from arrears.notices import compose
from arrears.notices.account import Owed
from arrears.notices.compose import Agreed, Decided, PrepayTerms
from arrears.notices.context import Context
from arrears.notices.steps import Repeat
from arrears.notices.writing import Writing

REASONS = ("reason_1", "reason_2", "reason_3", "reason_4")
COLUMNS = (
    "account_id", "level", "treatment", "is_held_out", "open_amount", "overdue_amount", "next_due_on", "next_due_amount",
    "visit_within_days", *REASONS,
)  # fmt: skip
_DEFAULT_VISIT_DAYS = 7

DecidedOf = Callable[[Recorded, Sequence[str]], Decided]
"""A confirmed decision in words, with the features that weigh most on the account."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A notice that is to be written unless it was before (`steps.step_of`). `owed` is None for an account that the night does
    not know, and for what is about a part of its bills; `amount` is what the notice is about."""

    account_id: str
    kind: NoticeKind
    subject_type: SubjectType
    subject_id: str
    amount: Decimal
    owed: Owed | None
    write: Callable[[Writing], Context]
    step: str = FIRST_STEP
    repeat: Repeat | None = None
    renews: frozenset[State] = frozenset()

    @property
    def notice_id(self) -> str:
        return notice_id(self.account_id, self.kind, self.subject_type, self.subject_id, self.step)


@dataclass(frozen=True, slots=True)
class Row:
    """One account's signal, as far as notices go."""

    owed: Owed
    level: str | None
    treatment: str
    visit_within_days: int


def rows_of(tables: Iterable[pa.Table], also: Iterable[str]) -> dict[str, Row]:
    """The accounts that are treated tonight, and those asked for; none that is held out."""
    wanted = pa.array(sorted(also), pa.string())
    found: dict[str, Row] = {}
    for table in tables:
        treated = pc.or_(
            pc.not_equal(table["treatment"], pa.scalar("none")), pc.is_in(table["account_id"], value_set=wanted)
        )
        names = [name for name in COLUMNS if name in table.column_names]
        for values in table.filter(treated).select(names).to_pylist():
            if not values.get("is_held_out"):
                found[values["account_id"]] = _row(values)
    return found


def _row(values: Mapping[str, Any]) -> Row:
    owed = Owed(
        account_id=values["account_id"],
        open_amount=values["open_amount"],
        overdue_amount=values["overdue_amount"],
        next_due_on=values["next_due_on"],
        next_due_amount=values["next_due_amount"],
        reasons=tuple(values[name] for name in REASONS if values[name] is not None),
    )
    within = values.get("visit_within_days") or _DEFAULT_VISIT_DAYS
    return Row(owed, values["level"], values["treatment"], within)


def reminders(rows: Mapping[str, Row], episodes: Mapping[str, Episode]) -> Iterator[Candidate]:
    """One for each episode. Without money coming due there is nothing to remind of; what is overdue alone is for a demand."""
    for account_id, row in rows.items():
        episode = episodes.get(account_id)
        is_warned = row.treatment == "reminder" and row.level is not None
        if is_warned and episode is not None and row.owed.next_due_on is not None:
            yield _of(row, NoticeKind.PAYMENT_REMINDER, SubjectType.EPISODE, episode.episode_id, _remind(row.owed))


def demands(rows: Mapping[str, Row], standing: Iterable[Standing], repeat: Repeat | None = None) -> Iterator[Candidate]:
    """Demands and visit slips, one for each decision to treat the account so: it stands for as many nights as it is right.
    Demands are repeated while it does."""
    for each in standing:
        row = rows.get(each.account_id)
        if row is None or row.treatment != each.value or row.owed.overdue_amount <= 0:
            continue
        if each.value == "demand":
            demand = _of(row, NoticeKind.ARREARS_DEMAND, SubjectType.DECISION, each.decision_id, _demand(row.owed))
            yield replace(demand, repeat=repeat)
        elif each.value == "field_visit":
            yield _of(row, NoticeKind.FIELD_VISIT_SLIP, SubjectType.DECISION, each.decision_id, _visit(row))


def offers(rows: Mapping[str, Row], standing: Iterable[Standing]) -> Iterator[Candidate]:
    """Prepay as an offer while nobody has confirmed or refused it; who prepays already is offered nothing."""
    for each in standing:
        row = rows.get(each.account_id)
        if row is None or each.is_acted_on or each.value != "prepay" or each.mode_in_force == "prepay":
            continue
        terms = _prepay_terms(each.terms)
        if terms is not None:
            yield _of(row, NoticeKind.PREPAY_OFFER, SubjectType.DECISION, each.decision_id, _offer(row.owed, terms))


def decisions(rows: Mapping[str, Row], confirmed: Iterable[Recorded], decided_of: DecidedOf) -> Iterator[Candidate]:
    """Those that hurt, once a person has confirmed them. A stop of supply has notices of its own."""
    for each in confirmed:
        decision = each.decision
        row = rows.get(decision.account_id)
        if row is None or decision.axis == "treatment" or not hurts(decision.axis, decision.value):
            continue
        said = decided_of(each, row.owed.reasons)
        yield _of(row, NoticeKind.DECISION, SubjectType.DECISION, each.decision_id, _decide(said))


def agreements(rows: Mapping[str, Row], plans: Iterable[Request], rules: PlanRules) -> Iterator[Candidate]:
    """Deferrals and plans as they were agreed."""
    for plan in plans:
        asked, row = plan.asked, rows.get(plan.asked.account_id or "")
        if asked.account_id is None or plan.agreed_on is None:
            continue
        agreed = Agreed(plan.agreed_on, asked.amount, asked.parts, rules, asked.against)
        is_deferral = asked.kind is Kind.DEFERRAL
        yield Candidate(
            account_id=asked.account_id,
            kind=NoticeKind.DEFERRAL_AGREEMENT if is_deferral else NoticeKind.INSTALMENT_AGREEMENT,
            subject_type=SubjectType.ARRANGEMENT,
            subject_id=plan.request_id,
            amount=asked.amount,
            owed=row.owed if row else None,
            write=_agree(agreed, is_deferral=is_deferral),
        )


def _of(
    row: Row, kind: NoticeKind, subject_type: SubjectType, subject_id: str, write: Callable[[Writing], Context]
) -> Candidate:
    owed = row.owed
    return Candidate(owed.account_id, kind, subject_type, subject_id, owed.total_amount, owed, write)


def _prepay_terms(terms: Mapping[str, Any]) -> PrepayTerms | None:
    names = ("prepay_purchase_amount", "prepay_warning_balance", "prepay_debt_share")
    found = [terms.get(name) for name in names]
    return None if None in found else PrepayTerms(*(Decimal(str(value)) for value in found))


def _remind(owed: Owed) -> Callable[[Writing], Context]:
    return lambda writing: compose.reminder(writing, owed)


def _demand(owed: Owed) -> Callable[[Writing], Context]:
    return lambda writing: compose.demand(writing, owed)


def _visit(row: Row) -> Callable[[Writing], Context]:
    return lambda writing: compose.visit_slip(writing, row.owed, row.visit_within_days)


def _offer(owed: Owed, terms: PrepayTerms) -> Callable[[Writing], Context]:
    return lambda writing: compose.prepay_offer(writing, owed, terms)


def _decide(decided: Decided) -> Callable[[Writing], Context]:
    return lambda writing: compose.decision(writing, decided)


def _agree(agreed: Agreed, *, is_deferral: bool) -> Callable[[Writing], Context]:
    if is_deferral:
        return lambda writing: compose.deferral(writing, agreed)
    return lambda writing: compose.instalments(writing, agreed)
