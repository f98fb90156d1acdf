"""`arrears plan preview`, and how requests and plans are typed and printed."""

import datetime as dt
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from arrears.cli.choices import day
from arrears.cli.quarantine_tables import console
from arrears.cli.warnings import LanguageOption
from arrears.cli.words import Language
from arrears.domain.instalment import Parts, by_month, check_plan, in_parts
from arrears.domain.money import to_cents
from arrears.domain.request import Request, words
from arrears.errors import UsageError
from arrears.settings import settings

app = typer.Typer(help="Instalment plans.", no_args_is_help=True)

PartsOption = Annotated[int | None, typer.Option("--parts", help="Monthly parts of an instalment plan.")]
MonthlyOption = Annotated[str | None, typer.Option("--monthly", help="What the customer can pay a month.")]
FirstOption = Annotated[str | None, typer.Option("--first", help="A first part of another amount.")]


@app.command("preview")
def preview(
    amount: Annotated[str, typer.Option("--amount", help="The debt.")],
    start: Annotated[str, typer.Option("--from", help="When the first part is due.")],
    parts: PartsOption = None,
    monthly: MonthlyOption = None,
    first: FirstOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """The parts of a plan, without asking for it: what the policy in force on that day would let anybody agree to."""
    from arrears.policy.credit import load_credit

    begins = day(start, "--from")
    plan = planned(money(amount, "--amount"), parts, monthly, first, begins)
    check_plan(plan, begins, load_credit(settings().policy, begins).plans.rules)
    console().print(parts_table(plan, lang))


def identifier(text: str) -> str:
    """As the lake keeps ids."""
    return unicodedata.normalize("NFC", text.strip())


def money(text: str, option: str) -> Decimal:
    """An amount as typed; UsageError when it is none. Whether it may be what it is, is the plan's to say."""
    try:
        amount = Decimal(text.strip())
        return to_cents(amount) if amount.is_finite() and amount == to_cents(amount) else amount
    except InvalidOperation:
        raise UsageError(f"{option} {text!r} is not an amount; write it like 1200.50") from None


def planned(amount: Decimal, parts: int | None, monthly: str | None, first: str | None, first_on: dt.date) -> Parts:
    """The plan that was described; UsageError unless by the number of its parts or by what can be paid a month."""
    first_amount = money(first, "--first") if first is not None else None
    if parts is not None and monthly is not None:
        raise UsageError("--parts or --monthly: one of them says what the other is")
    if parts is not None:
        return in_parts(amount, parts, first_on, first_amount)
    if monthly is not None:
        return by_month(amount, money(monthly, "--monthly"), first_on, first_amount)
    raise UsageError("say --parts, or --monthly: what the customer can pay a month")


def requests_table(found: list[Request], lang: Language, zone: ZoneInfo) -> Table:
    """Days are those of the source's zone."""
    table = _table(
        lang, "request", "state", "kind", "customer", "account", "amount", "until", "asked by", "on", "check"
    )
    for each in found:
        asked, verdict = each.asked, each.verdict
        table.add_row(
            each.name,
            lang.say(words(each.state)),
            lang.say(words(asked.kind)),
            asked.customer_id,
            asked.account_id or "-",
            f"{asked.amount:,}",
            str(asked.parts[-1].due_on) if asked.parts else "-",
            each.requested_by,
            f"{each.requested_at.astimezone(zone):%Y-%m-%d}",
            (verdict.zh if lang is Language.ZH else verdict.en) if verdict else "-",
        )
    return table


def parts_table(parts: Parts, lang: Language, request: Request | None = None) -> Table:
    table = _table(lang, "part", "due on", "amount", *(["state"] if request else []))
    for part in parts:
        cells = [str(part.part_no), str(part.due_on), f"{part.amount:,}"]
        if request:
            is_kept, is_missed = part.part_no in request.kept_parts, part.part_no in request.missed_parts
            cells.append(lang.say("kept" if is_kept else "missed" if is_missed else "outstanding"))
        table.add_row(*cells)
    return table


def _table(lang: Language, *headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(
            lang.say(heading), justify="right" if heading == "amount" else "left", no_wrap=heading != "check"
        )
    return table
