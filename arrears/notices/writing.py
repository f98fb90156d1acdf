"""One notice being written: to whom, by whom, under which law; and what stands on every notice."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from arrears.domain.late_fee import DebtYear, year_of
from arrears.domain.law.rules import Clause, Pack
from arrears.domain.ledger import OpenBill
from arrears.domain.notice import FIRST_STEP
from arrears.errors import CasebookError
from arrears.notices import context as c
from arrears.notices.account import AccountFacts, Standing, amount, fee_of
from arrears.notices.printed import Print, lines, one_line, print_in, sentence
from arrears.policy.notices import NoticesFile
from arrears.sources.mapping import SourceFile

Labels = Mapping[str, tuple[str, str]]
"""Of each feature its label, zh and en."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes, under which law and policy, and how features are called."""

    source: SourceFile
    pack: Pack
    rules: NoticesFile
    labels: Labels


@dataclass(frozen=True, slots=True)
class Writing:
    """One notice being written: to whom, as of which day, and which of several about the same thing."""

    sender: Sender
    notice_id: str
    facts: AccountFacts
    as_of: dt.date
    step: str = FIRST_STEP

    @property
    def print(self) -> Print:
        source = self.sender.source
        language = self.facts.language or source.language
        return print_in(language, source.currency, ZoneInfo(source.zone), self.facts.account_id)

    def in_days(self, days: int) -> str:
        return self.print.date(self.as_of + dt.timedelta(days=days))

    def labels(self, features: Iterable[str]) -> tuple[str, ...]:
        """In words; CasebookError for one that has none."""
        found = []
        for feature in features:
            if feature not in self.sender.labels:
                raise CasebookError(f"feature {feature!r} has no label: a reason cannot be given in words")
            found.append(sentence(self.print.chosen(*self.sender.labels[feature])))
        return tuple(found)


def letterhead(writing: Writing, to_pay: Decimal | None) -> dict[str, Any]:
    words, facts, creditor = writing.print, writing.facts, writing.sender.source.creditor
    name = one_line(facts.customer_name)
    if not name:
        raise CasebookError(f"account {facts.account_id}: its customer has no name to write to")
    has_link = to_pay is not None and to_pay > 0
    return {
        "notice_id": writing.notice_id,
        "language": words.language,
        "written_on": words.date(writing.as_of),
        "creditor": words.chosen(creditor.zh, creditor.en),
        "creditor_address": words.chosen(creditor.address_zh, creditor.address_en),
        "phone": creditor.phone,
        "hours": words.chosen(creditor.hours_zh, creditor.hours_en),
        "customer_name": name,
        "account_id": one_line(facts.account_id),
        "address": lines(facts.address),
        "postcode": one_line(facts.postcode),
        "how_to_pay": words.chosen(creditor.pay_zh, creditor.pay_en),
        "how_to_contest": words.chosen(creditor.contest_zh, creditor.contest_en),
        "contest_answer": sentence(
            words.chosen(writing.sender.pack.contest.clause.zh, writing.sender.pack.contest.clause.en)
        ),
        "pay_link": creditor.pay_link.format(account_id=quote(facts.account_id), amount=to_pay) if has_link else "",
    }


def debt(writing: Writing, found: Standing) -> dict[str, Any]:
    words, pack = writing.print, writing.sender.pack
    fee = fee_of(writing.facts, found, pack.late_fee).total
    kind = writing.facts.customer_kind
    years = {year_of(row.bill.due_on, writing.as_of) for row in found.overdue} or {DebtYear.THIS}
    rates = dict.fromkeys(words.rate(pack.late_fee.rates[kind, year]) for year in DebtYear if year in years)
    return {
        **letterhead(writing, found.total_amount),
        "coming_due": _lines(found.coming_due, words),
        "overdue": _lines(found.overdue, words),
        "disputed": _lines(found.disputed, words),
        "coming_due_amount": words.money(amount(found.coming_due)),
        "overdue_amount": words.money(amount(found.overdue)),
        "disputed_amount": words.money(amount(found.disputed)),
        "total_amount": words.money(found.total_amount),
        "late_fee": words.money(fee),
        "has_late_fee": fee > 0,
        "late_fee_rate": words.chosen("、", " / ").join(rates),
        "credit_amount": words.money(found.credit_amount) if found.credit_amount > 0 else "",
    }


def _lines(rows: Iterable[OpenBill], words: Print) -> tuple[c.BillLine, ...]:
    return tuple(
        c.BillLine(
            bill_id=one_line(row.bill.bill_id),
            issued_on=words.short_date(row.bill.issued_on),
            due_on=words.short_date(row.bill.due_on),
            amount=words.money(row.bill.amount),
            open_amount=words.money(row.open_amount),
        )
        for row in rows
    )


_IN_CHINESE = (
    (r" ?\barts?\. ?(\d+)\((\d+)\)", r"第\1条第\2项"),
    (r" ?\barts?\. ?(\d+)", r"第\1条"),
    (r" ?\((\d{4}) text\)", r"（\1年文本）"),
    (r" ?\([a-z][^)]*\)", ""),
)
"""Patterns of a reference as a Chinese letter has them; what the pack notes in brackets is left out."""


def cited(clause: Clause, words: Print) -> str:
    """Where the rule is written; what the pack notes behind a semicolon is for its readers."""
    reference = clause.reference.split(";")[0].strip()
    for pattern, said in _IN_CHINESE if words.is_zh else ():
        reference = re.sub(pattern, said, reference)
    return reference
