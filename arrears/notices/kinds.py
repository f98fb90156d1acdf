"""What each kind of notice needs, once: its context, and what its words must say whatever a utility writes into them.

Bills, sums, the late fee, how to pay, how and where to contest, and whom to call are set on every notice by the page itself;
here stands what only the words can say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from arrears.domain.notice import NoticeKind
from arrears.errors import CasebookError
from arrears.notices import context as c
from arrears.notices.context import Context


@dataclass(frozen=True, slots=True)
class Needs:
    """`says`: values that the words of a mail and letter name; `sms_says`: those that the message names. `references`: the law
    or rule that wants them, to be confirmed by the utility's lawyers."""

    context: type[Any]
    says: frozenset[str]
    sms_says: frozenset[str]
    reference: str


def _needs(context: type[Any], says: str, sms_says: str, reference: str) -> Needs:
    return Needs(context, frozenset(says.split()), frozenset(sms_says.split()), reference)


NEEDS: Mapping[NoticeKind, Needs] = {
    NoticeKind.PAYMENT_REMINDER: _needs(
        c.PaymentReminder,
        "due_on first_due_amount reasons",
        "creditor account_id first_due_amount due_on phone",
        "PIPL art. 24: chosen automatically, said so, reviewed by a person on request",
    ),
    NoticeKind.ARREARS_DEMAND: _needs(
        c.ArrearsDemand,
        "overdue_amount oldest_due_on oldest_age pay_by",
        "creditor account_id overdue_amount pay_by phone",
        "Electricity Supply and Use Regulations art. 39: demanded before anything else",
    ),
    NoticeKind.PREPAY_OFFER: _needs(
        c.PrepayOffer,
        "purchase_amount warning_balance debt_share reasons answer_by",
        "creditor account_id answer_by phone",
        "an offer: accepted by the customer or not; PIPL art. 24",
    ),
    NoticeKind.DEFERRAL_AGREEMENT: _needs(
        c.DeferralAgreement,
        "agreed_on deferred_amount until_on against grace",
        "creditor account_id deferred_amount until_on phone",
        "the terms agreed, whole",
    ),
    NoticeKind.INSTALMENT_AGREEMENT: _needs(
        c.InstalmentAgreement,
        "agreed_on plan_amount parts_count first_due_on last_due_on grace missed_parts",
        "creditor account_id plan_amount parts_count first_due_on phone",
        "the terms agreed, whole",
    ),
    NoticeKind.FIELD_VISIT_SLIP: _needs(
        c.FieldVisitSlip,
        "overdue_amount oldest_due_on oldest_age visit_from visit_until",
        "creditor account_id visit_from visit_until phone",
        "utility's rule, default",
    ),
    NoticeKind.DECISION: _needs(
        c.DecisionNotice,
        "axis decided terms rule_reason reasons in_force_from contest_by is_answer complaint complained_on follows",
        "creditor account_id decided in_force_from contest_by phone",
        "PIPL art. 24, GDPR art. 22: a person decided, the main reasons, how to contest",
    ),
    NoticeKind.STOP_NOTICE: _needs(
        c.StopNotice,
        "overdue_amount stop_from stop_until pay_by notice_period reasons legal_basis contest_by restored_within",
        "creditor account_id overdue_amount stop_from pay_by phone",
        "Rules for Electricity Supply Business art. 67: written, with its reason, 3 to 7 days before; the pack says which",
    ),
    NoticeKind.STOP_RENOTICE: _needs(
        c.StopRenotice,
        "overdue_amount stop_at notice_period notice_served_on reasons restored_within",
        "creditor account_id overdue_amount stop_at phone",
        "Rules for Electricity Supply Business art. 67(3): told again 30 minutes before",
    ),
    NoticeKind.RESTORATION: _needs(
        c.Restoration,
        "stopped_on restored_by restored_within is_back",
        "creditor account_id restored_by phone",
        "Rules for Electricity Supply Business art. 69: restored when the cause is gone",
    ),
    NoticeKind.CREDIT_STATEMENT: _needs(
        c.CreditStatement,
        "year grade grades reasons raises next_grade contest_by published",
        "creditor account_id year grade phone",
        "PIPL arts. 24, 44 to 46: what is held, why, and how to have it put right",
    ),
}

_READERS = {kind: TypeAdapter[Context](needs.context) for kind, needs in NEEDS.items()}


def read_context(kind: NoticeKind, values: Mapping[str, Any]) -> Context:
    """A context as the casebook keeps it; CasebookError when it is not one of this kind."""
    try:
        return _READERS[kind].validate_python(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CasebookError(
            f"the stored values of notice {values.get('notice_id')} are no {kind.value}: {where}: {first['msg']}"
        ) from error
