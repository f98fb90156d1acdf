"""Facts of a case turned into its notices: of the stop of supply, once more before it, and of supply restored."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from arrears.domain.law.calendar import Span
from arrears.domain.law.case import Measure, Step
from arrears.domain.law.rules import Link, Owes, Pack
from arrears.domain.notice import FIRST_STEP
from arrears.errors import BalanceError, CasebookError
from arrears.notices import context as c
from arrears.notices.account import Standing, amount, standing
from arrears.notices.printed import Print, one_line
from arrears.notices.writing import Writing, cited, debt


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a case is for: the bills that were demanded, and what is overdue on them, neither disputed nor held."""

    bills: frozenset[str]
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of supply that was approved. `from_at`: the earliest lawful instant; `lapses_at`: when the notice does;
    `served_by`: the way that was approved; `serve_by`: the last day on which it counts when it arrives. `claimed`: None (of an
    example) is every bill."""

    pay_by: dt.date
    from_at: dt.datetime
    lapses_at: dt.datetime
    claimed: Claimed | None = None
    served_by: str = ""
    serve_by: dt.date | None = None


def stop_notice(writing: Writing, stop: Stop) -> c.StopNotice:
    words, pack = writing.print, writing.sender.pack
    found = _of_case(writing, stop.claimed)
    sequence = pack.sequences[Measure.DISCONNECTION]
    to_the_cut = _link(pack, Step.NOTICE, Step.CUT)
    gates = [gate.clause for gate in sequence.gates if Step.CUT in gate.bars and isinstance(gate.test, Owes)]
    basis = (*gates, to_the_cut.clause)
    return c.StopNotice(
        **debt(writing, found),
        stop_from=words.instant(stop.from_at),
        stop_until=words.instant(stop.lapses_at),
        pay_by=words.date(stop.pay_by),
        notice_period=_span(to_the_cut.at_least, words),
        reasons=_why_stopped(writing, found),
        legal_basis=tuple(dict.fromkeys(cited(clause, words) for clause in basis)),
        contest_by=words.date(stop.pay_by),
        restored_within=words.span(sequence.restore.span),
        is_again=writing.step != FIRST_STEP,
        served_by=stop.served_by,
        serve_by_on=stop.serve_by.isoformat() if stop.serve_by else "",
        stop_from_at=_iso(stop.from_at),
    )


@dataclass(frozen=True, slots=True)
class StopAgain:
    """The stop at its hour, told again; `served_on`: the day of the written notice."""

    served_on: dt.date
    at: dt.datetime
    claimed: Claimed | None = None


def stop_renotice(writing: Writing, stop: StopAgain) -> c.StopRenotice:
    words, pack = writing.print, writing.sender.pack
    found = _of_case(writing, stop.claimed)
    return c.StopRenotice(
        **debt(writing, found),
        stop_at=words.instant(stop.at),
        notice_period=_span(_link(pack, Step.RENOTICE, Step.CUT).at_least, words),
        notice_served_on=words.date(stop.served_on),
        reasons=_why_stopped(writing, found),
        restored_within=words.span(pack.sequences[Measure.DISCONNECTION].restore.span),
        stop_from_at=_iso(stop.at),
    )


@dataclass(frozen=True, slots=True)
class Restored:
    """`by`: until when the law wants supply back, or, once it `is_back`, since when it is. `paid_amount`: None when something
    else than a payment ended the stop, which `why` then says, zh and en."""

    stopped_on: dt.date
    by: dt.datetime
    paid_amount: Decimal | None
    why: tuple[str, str] = ("欠费已缴清", "What was overdue has been paid")
    is_back: bool = False
    claimed: Claimed | None = None


def restoration(writing: Writing, restored: Restored) -> c.Restoration:
    words = writing.print
    return c.Restoration(
        **debt(writing, _of_case(writing, restored.claimed)),
        stopped_on=words.date(restored.stopped_on),
        restored_by=words.instant(restored.by),
        restored_within=words.span(writing.sender.pack.sequences[Measure.DISCONNECTION].restore.span),
        paid_amount="" if restored.paid_amount is None else words.money(restored.paid_amount),
        why=words.chosen(*restored.why),
        is_back=restored.is_back,
    )


def _of_case(writing: Writing, claimed: Claimed | None) -> Standing:
    """The case's bills and no others; BalanceError when they do not add up to what the case is for, to the cent."""
    found = standing(writing.facts, writing.as_of)
    if claimed is None:
        return found
    overdue, disputed = (
        tuple(row for row in rows if row.bill.bill_id in claimed.bills) for rows in (found.overdue, found.disputed)
    )
    if amount(overdue) != claimed.amount:
        raise BalanceError(
            f"account {writing.facts.account_id}: the bills of its case say {amount(overdue)}, the case {claimed.amount}; "
            "no notice is drafted"
        )
    return Standing(found.as_of, overdue, (), disputed, found.credit_amount)


def _iso(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat()


def _why_stopped(writing: Writing, found: Standing) -> tuple[str, ...]:
    words = writing.print
    return tuple(
        words.chosen(
            f"账单{one_line(row.bill.bill_id)}应于{words.date(row.bill.due_on)}缴纳，"
            f"尚欠{words.money(row.open_amount)}，已逾期{words.days(row.days_past_due(writing.as_of))}",
            f"Bill {one_line(row.bill.bill_id)}, due on {words.date(row.bill.due_on)}: {words.money(row.open_amount)} "
            f"unpaid, {words.days(row.days_past_due(writing.as_of))} past due",
        )
        for row in found.overdue
    )


def _link(pack: Pack, after: Step, step: Step) -> Link:
    """CasebookError for a pack that has no such step."""
    for link in pack.sequences[Measure.DISCONNECTION].links:
        if (link.after, link.step) == (after, step):
            return link
    raise CasebookError(f"the law of {pack.name} has no {after} before the {step}: this notice is not written there")


def _span(span: Span | None, words: Print) -> str:
    return "" if span is None else words.span(span)
