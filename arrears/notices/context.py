"""What a payment reminder says, worked out before any template sees it: every sum checked, every value in words."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency

from arrears.domain.ledger import BillFact, OpenBill, PaymentFact, open_amounts
from arrears.domain.money import ZERO
from arrears.errors import BalanceError, CasebookError
from arrears.sources.mapping import SourceFile

LANGUAGES = ("zh-CN", "en")
LOCALES = {language: Locale.parse(language, sep="-") for language in LANGUAGES}
"""Made once: Babel takes longer over a locale's name than over the amount."""

Labels = Mapping[str, tuple[str, str]]
"""Of each feature its label, zh and en."""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """One account as known at the run's instant: without cancelled bills and reversed payments, with its adjustments."""

    account_id: str
    customer_name: str
    language: str | None
    bills: tuple[BillFact, ...]
    payments: tuple[PaymentFact, ...]


@dataclass(frozen=True, slots=True)
class ReminderSignal:
    """What the night's signal says is owed, and why the account is warned (feature names, weightiest first)."""

    account_id: str
    open_amount: Decimal
    overdue_amount: Decimal
    next_due_on: dt.date
    next_due_amount: Decimal
    reasons: tuple[str, ...]

    @property
    def total_amount(self) -> Decimal:
        """What the letter asks for: all that is coming due or overdue, without what is disputed."""
        return self.next_due_amount + self.overdue_amount


@dataclass(frozen=True, slots=True)
class BillLine:
    bill_id: str
    issued_on: str
    due_on: str
    amount: str
    open_amount: str


@dataclass(frozen=True, slots=True)
class ReminderContext:
    """All that the templates may use, ready to print.

    `due_on` is the first due date to come, `first_due_amount` what is to be paid by it. A reminder charges no late
    fee: `late_fee` is nought.
    """

    notice_id: str
    language: str
    written_on: str
    creditor: str
    phone: str
    customer_name: str
    account_id: str
    coming_due: tuple[BillLine, ...]
    overdue: tuple[BillLine, ...]
    disputed: tuple[BillLine, ...]
    due_on: str
    first_due_amount: str
    coming_due_amount: str
    overdue_amount: str
    total_amount: str
    late_fee: str
    reasons: tuple[str, ...]
    how_to_pay: str
    how_to_contest: str


def reminder_context(
    notice_id: str, signal: ReminderSignal, facts: AccountFacts, as_of: dt.date, source: SourceFile, labels: Labels
) -> ReminderContext:
    """Refuses, with a BalanceError, a letter whose bills do not add up to what the signal says."""
    language = facts.language or source.language
    if language not in LANGUAGES:
        raise CasebookError(f"account {facts.account_id}: no notice is written in {language!r}")
    words = _Words(LOCALES[language], source.currency)
    standing = [row for row in open_amounts(facts.bills, facts.payments) if row.open_amount > 0]
    overdue = [row for row in standing if row.is_overdue(as_of)]
    disputed = [row for row in standing if row.bill.is_disputed]
    coming_due = [row for row in standing if row not in overdue and row not in disputed]
    _agree(signal, standing, overdue, coming_due)
    creditor, is_zh = source.creditor, language == "zh-CN"
    return ReminderContext(
        notice_id=notice_id,
        language=language,
        written_on=words.date(as_of),
        creditor=creditor.zh if is_zh else creditor.en,
        phone=creditor.phone,
        customer_name=_name(facts),
        account_id=_one_line(facts.account_id),
        coming_due=words.lines(coming_due),
        overdue=words.lines(overdue),
        disputed=words.lines(disputed),
        due_on=words.date(signal.next_due_on),
        first_due_amount=words.money(_sum(row for row in coming_due if row.bill.due_on == signal.next_due_on)),
        coming_due_amount=words.money(signal.next_due_amount),
        overdue_amount=words.money(signal.overdue_amount),
        total_amount=words.money(signal.total_amount),
        late_fee=words.money(ZERO),
        reasons=tuple(_label(reason, labels, is_zh=is_zh) for reason in signal.reasons),
        how_to_pay=creditor.pay_zh if is_zh else creditor.pay_en,
        how_to_contest=creditor.contest_zh if is_zh else creditor.contest_en,
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """Amounts and dates as the notice's language writes them."""

    locale: Locale
    currency: str

    def money(self, amount: Decimal) -> str:
        return format_currency(amount, self.currency, locale=self.locale)

    def date(self, day: dt.date) -> str:
        return format_date(day, "long", locale=self.locale)

    def lines(self, rows: Iterable[OpenBill]) -> tuple[BillLine, ...]:
        return tuple(
            BillLine(
                bill_id=_one_line(row.bill.bill_id),
                issued_on=self.date(row.bill.issued_on),
                due_on=self.date(row.bill.due_on),
                amount=self.money(row.bill.amount),
                open_amount=self.money(row.open_amount),
            )
            for row in rows
        )


def _agree(
    signal: ReminderSignal, standing: list[OpenBill], overdue: list[OpenBill], coming_due: list[OpenBill]
) -> None:
    sums = (
        ("open", _sum(standing), signal.open_amount),
        ("overdue", _sum(overdue), signal.overdue_amount),
        ("coming due", _sum(coming_due), signal.next_due_amount),
        ("next due date", min((row.bill.due_on for row in coming_due), default=None), signal.next_due_on),
    )
    for what, of_the_bills, of_the_signal in sums:
        if of_the_bills != of_the_signal:
            raise BalanceError(
                f"account {signal.account_id}: {what}: the bills say {of_the_bills}, the signal {of_the_signal}; "
                "no reminder is drafted"
            )


def _sum(rows: Iterable[OpenBill]) -> Decimal:
    return sum((row.open_amount for row in rows), ZERO)


def _label(feature: str, labels: Labels, *, is_zh: bool) -> str:
    if feature not in labels:
        raise CasebookError(f"feature {feature!r} has no label: a reason cannot be given in words")
    zh, en = labels[feature]
    return zh if is_zh else en


def _name(facts: AccountFacts) -> str:
    name = _one_line(facts.customer_name)
    if not name:
        raise CasebookError(f"account {facts.account_id}: its customer has no name to write to")
    return name


def _one_line(text: str) -> str:
    """Without line breaks and other characters that print nothing."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
