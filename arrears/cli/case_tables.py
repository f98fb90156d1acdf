"""How `arrears case` and `arrears law why` show cases."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rich.table import Table

from arrears.cli.words import Language
from arrears.domain.law.record import Entry, Ordered, Record, Stepped, amount
from arrears.review.case_words import who
from arrears.review.law_words import first, local, reason, sentence, term
from arrears.review.lawful import Why


def head(record: Record, zone: ZoneInfo, lang: Language) -> str:
    """Where a case stands, in a line."""
    case = record.case
    proposed = f"{amount(record.proposal.bills):,}" if record.proposal else "-"
    return lang.say(
        "{account}: {measure}, {state} since {at}; opened {opened}, proposed for {amount}, change {seq}",
        account=case.claim.account_id,
        measure=term(case.claim.measure, lang.tag),
        state=term(case.state, lang.tag),
        at=local(case.changed_at, zone),
        opened=local(record.opened_at, zone),
        amount=proposed,
        seq=record.seq,
    )


def steps(entries: Sequence[Entry], zone: ZoneInfo, lang: Language, after: int = 0) -> Table:
    """What was done after the change `after`."""
    table = Table(*(lang.say(each) for each in ("step", "when", "who", "what")), box=None, pad_edge=False)
    for seq, entry in enumerate(entries, after + 1):
        if isinstance(entry, Stepped):
            at, actor = entry.done.at, entry.done.actor
        elif isinstance(entry, Ordered):
            at, actor = entry.order.ordered_at, entry.order.ordered_by
        else:
            at, actor = entry.at, entry.actor
        table.add_row(str(seq), local(at, zone), who(actor, lang.tag), sentence(entry, zone, lang.tag))
    return table


def listed(found: Sequence[Record], zone: ZoneInfo, lang: Language) -> Table:
    headings = ("account", "measure", "state", "since", "step")
    table = Table(*(lang.say(each) for each in headings), box=None, pad_edge=False)
    for each in found:
        case = each.case
        words = (term(case.claim.measure, lang.tag), term(case.state, lang.tag))
        table.add_row(case.claim.account_id, *words, local(case.changed_at, zone), str(each.seq))
    return table


def ordered(found: Sequence[Record], zone: ZoneInfo, lang: Language) -> Table:
    headings = ("account", "what", "place", "from", "until", "amount")
    table = Table(*(lang.say(each) for each in headings), box=None, pad_edge=False)
    for each in found:
        order = each.open_order
        if order is not None:
            window = (local(order.from_at, zone), local(order.until_at, zone))
            sum_ = f"{order.amount:,}" if order.amount else "-"
            table.add_row(each.case.claim.account_id, term(order.task, lang.tag), order.place, *window, sum_)
    return table


def told_why(said: Why, zone: ZoneInfo, lang: Language) -> Table:
    """Step by step what may be done, when at the earliest, and every rule that bars it."""
    table = Table(*(lang.say(each) for each in ("step", "may be done", "why not")), box=None, pad_edge=False)
    for step, answer in said.answers.items():
        reasons = "\n".join(reason(each, zone, lang.tag) for each in answer.refusals)
        table.add_row(term(step, lang.tag), first(answer, zone, lang.tag), reasons)
    return table
