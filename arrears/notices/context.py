"""What each kind of notice says, ready to print: all that its words may use.

Every value is text that was made for the notice's language, or yes or no; nothing is left to be worked out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    bill_id: str
    issued_on: str
    due_on: str
    amount: str
    open_amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartLine:
    """A part of a plan."""

    number: str
    due_on: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TermLine:
    """What a decision sets, in words: its name and its value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Who writes to whom, and what stands on every notice. `address` is what goes into the window below the name; empty where
    none is known, and then there is no letter. `pay_link`: what the code to scan says; empty: the letter has no code.
    `contest_answer`: the law's time in which a contest is answered."""

    notice_id: str
    language: str
    written_on: str
    creditor: str
    creditor_address: str
    phone: str
    hours: str
    customer_name: str
    account_id: str
    address: tuple[str, ...]
    postcode: str
    how_to_pay: str
    how_to_contest: str
    contest_answer: str
    pay_link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt(Letterhead):
    """What is owed. `total_amount`: coming due and overdue, without what is disputed. `late_fee`: so far, on the overdue bills,
    no part of the total; `late_fee_rate`: at which rates it accrues. `credit_amount`: money in the customer's favour; empty
    when there is none."""

    coming_due: tuple[BillLine, ...]
    overdue: tuple[BillLine, ...]
    disputed: tuple[BillLine, ...]
    coming_due_amount: str
    overdue_amount: str
    disputed_amount: str
    total_amount: str
    late_fee: str
    has_late_fee: bool
    late_fee_rate: str
    credit_amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReminder(Debt):
    """`due_on` is the first due date to come, `first_due_amount` what is to be paid by it, `is_all_due`: that is the total."""

    due_on: str
    first_due_amount: str
    is_all_due: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrearsDemand(Debt):
    """`oldest_due_on`: of the overdue bill that is due longest, past due for `oldest_age`. `is_again`: asked for before."""

    is_again: bool = False
    oldest_due_on: str
    oldest_age: str
    pay_by: str
    pay_within: str
    legal_basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepayOffer(Debt):
    """`debt_share`: of each purchase that goes to old debt; empty when there is none."""

    purchase_amount: str
    warning_balance: str
    debt_share: str
    reasons: tuple[str, ...]
    answer_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferralAgreement(Debt):
    """`against`: what it is given against, in words."""

    agreed_on: str
    deferred_amount: str
    until_on: str
    against: str
    grace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalmentAgreement(Debt):
    agreed_on: str
    plan_amount: str
    parts: tuple[PartLine, ...]
    parts_count: str
    first_due_on: str
    last_due_on: str
    grace: str
    missed_parts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldVisitSlip(Debt):
    visit_from: str
    visit_until: str
    oldest_due_on: str
    oldest_age: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionNotice(Debt):
    """A decision that hurts, which a person confirmed. `rule_reason`: that of the rule; `reasons`: what weighed most. Or the
    answer to a contest (`is_answer`): `axis` is what was contested, `decided` what was found, `rule_reason` why; `complaint` is
    in the customer's words, of `complained_on`; `follows`: what happens now."""

    is_answer: bool = False
    complaint: str = ""
    complained_on: str = ""
    follows: str = ""

    axis: str
    decided: str
    terms: tuple[TermLine, ...]
    rule_reason: str
    reasons: tuple[str, ...]
    in_force_from: str
    contest_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopNotice(Debt):
    """`notice_period`: between service and stop, as the pack says it; `legal_basis`: the rules it rests on; `is_again`: one was
    written before, which holds no more. Three values are for the outbox and no words: the way on which it was approved to go,
    the last day on which it counts when it arrives (ISO), and the instant of `stop_from` (ISO)."""

    is_again: bool = False
    served_by: str = ""
    serve_by_on: str = ""
    stop_from_at: str = ""
    stop_from: str
    stop_until: str
    pay_by: str
    notice_period: str
    reasons: tuple[str, ...]
    legal_basis: tuple[str, ...]
    contest_by: str
    restored_within: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRenotice(Debt):
    """`notice_served_on`: the written notice that it repeats. `stop_from_at`: the instant of `stop_at` (ISO), for the outbox
    and no words."""

    stop_from_at: str = ""
    stop_at: str
    notice_period: str
    notice_served_on: str
    reasons: tuple[str, ...]
    restored_within: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration(Debt):
    """`paid_amount`: what ended the stop; empty when it was not a payment (`why`). `is_back`: supply is back already, since
    `restored_by`."""

    is_back: bool = False
    stopped_on: str
    restored_by: str
    restored_within: str
    paid_amount: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditStatement(Letterhead):
    """`grades`: the scheme's, best first. `raises`: what would bring the next better grade, `next_grade`; both empty in the
    best. `published`: the lines of the public list that speak of the customer, masked; empty when nothing is published."""

    year: str
    grade: str
    grades: str
    is_best: bool
    next_grade: str
    held_by: str
    reasons: tuple[str, ...]
    raises: tuple[str, ...]
    contest_by: str
    published: tuple[TermLine, ...]


Context = (
    PaymentReminder
    | ArrearsDemand
    | PrepayOffer
    | DeferralAgreement
    | InstalmentAgreement
    | FieldVisitSlip
    | DecisionNotice
    | StopNotice
    | StopRenotice
    | Restoration
    | CreditStatement
)
