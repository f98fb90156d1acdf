"""Facts of a case turned into its notices: of the stop of supply, once more before it, and of supply restored."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from arrears.domain.law.calendar import Span
from arrears.domain.law.case import Measure, Step
from arrears.domain.law.rules import Link, Owes, Pack
from arrears.errors import CasebookError
from arrears.notices import context as c
from arrears.notices.account import Standing, standing
from arrears.notices.printed import Print, one_line
from arrears.notices.writing import Writing, cited, debt


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of supply that was approved. `from_at`: the earliest lawful instant; `lapses_at`: when the notice does."""

    pay_by: dt.date
    from_at: dt.datetime
    lapses_at: dt.datetime


def stop_notice(writing: Writing, stop: Stop) -> c.StopNotice:
    words, pack = writing.print, writing.sender.pack
    found = standing(writing.facts, writing.as_of)
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
    )


@dataclass(frozen=True, slots=True)
class StopAgain:
    """The stop at its hour, told again; `served_on`: the day of the written notice."""

    served_on: dt.date
    at: dt.datetime


def stop_renotice(writing: Writing, stop: StopAgain) -> c.StopRenotice:
    words, pack = writing.print, writing.sender.pack
    found = standing(writing.facts, writing.as_of)
    return c.StopRenotice(
        **debt(writing, found),
        stop_at=words.instant(stop.at),
        notice_period=_span(_link(pack, Step.RENOTICE, Step.CUT).at_least, words),
        notice_served_on=words.date(stop.served_on),
        reasons=_why_stopped(writing, found),
        restored_within=words.span(pack.sequences[Measure.DISCONNECTION].restore.span),
    )


@dataclass(frozen=True, slots=True)
class Restored:
    """`by`: until when the law wants supply back. `paid_amount`: None when something else than a payment ended the stop, which
    `why` then says, zh and en."""

    stopped_on: dt.date
    by: dt.datetime
    paid_amount: Decimal | None
    why: tuple[str, str] = ("欠费已缴清", "What was overdue has been paid")


def restoration(writing: Writing, restored: Restored) -> c.Restoration:
    words = writing.print
    return c.Restoration(
        **debt(writing, standing(writing.facts, writing.as_of)),
        stopped_on=words.date(restored.stopped_on),
        restored_by=words.instant(restored.by),
        restored_within=words.span(writing.sender.pack.sequences[Measure.DISCONNECTION].restore.span),
        paid_amount="" if restored.paid_amount is None else words.money(restored.paid_amount),
        why=words.chosen(*restored.why),
    )


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
