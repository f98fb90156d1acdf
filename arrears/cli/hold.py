"""`arrears hold add`, `list`, `end`: what stops treatment of an account, or of a bill, for a reason, until a day."""

import datetime as dt
from typing import Annotated

import typer
from rich.table import Table

from arrears.cli.case import AccountArgument, AtOption, ByOption, actor, instant, normal
from arrears.cli.choices import SourceOption, day, source_named
from arrears.cli.quarantine_tables import console
from arrears.cli.warnings import LanguageOption
from arrears.cli.words import Language
from arrears.deployment import casebook_of, lake_of, load_source
from arrears.domain.hold import HoldReason, Then
from arrears.domain.run import midnight
from arrears.errors import UsageError
from arrears.settings import settings

app = typer.Typer(help="What stops treatment of an account, or of one of its bills, until a day.", no_args_is_help=True)

WhyOption = Annotated[str, typer.Option("--why", help="The reason, kept with the hold.")]
SeqOption = Annotated[
    int | None, typer.Option("--seq", min=1, help="The change that you saw: refused when somebody was there since.")
]


@app.command("add")
def add(
    account: AccountArgument,
    reason: Annotated[HoldReason, typer.Option("--reason", help="Why treatment stops.")],
    until: Annotated[str, typer.Option("--until", help="The first day on which it holds no more, such as 2026-12-01.")],
    why: WhyOption,
    bill: Annotated[
        list[str] | None, typer.Option("--bill", help="Only this bill; may be repeated. Default: the whole account.")
    ] = None,
    from_on: Annotated[
        str | None, typer.Option("--from", help="The day on which it begins; may be past. Default: now.")
    ] = None,
    then: Annotated[Then, typer.Option("--then", help="What happens when it expires.")] = Then.REVIEW,
    owner: Annotated[str | None, typer.Option("--owner", help="Who answers for it. Default: who enters it.")] = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Enter a hold. While it is open nothing is demanded for what it holds; the next night knows of it."""
    from arrears.review import holds
    from arrears.review.law_facts import known_of, latest_night

    named = source_named(source)
    zone, name, now = load_source(named).zone, normal(account), instant(named, at)
    begins = midnight(day(from_on, "--from"), zone) if from_on else now
    wanted = holds.Wanted(
        name, reason, owner or actor(by), begins, midnight(day(until, "--until"), zone), then, bill or ()
    )
    with casebook_of(named) as engine:
        with engine.connect() as connection:
            run = latest_night(connection, now)
        known = known_of(run, settings(), lake_of(named), [name]).get(name)
        if known is None:
            raise UsageError(f"{named}: there is no account {name} as of {run.as_of}")
        bills = [each.bill_id for each in known.bills]
        found = holds.add(engine, wanted, bills, actor=actor(by), why=why, at=now)
        _print([each.hold.hold_id for each in found], named, now, lang)


@app.command("list")
def list_holds(
    account: Annotated[str | None, typer.Option("--account", help="Only of this account.")] = None,
    is_all: Annotated[bool, typer.Option("--all", help="Those that are over as well.")] = False,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """List the holds that are open, or begin later."""
    from arrears.review.holds import standing

    named = source_named(source)
    now = instant(named, at)
    with casebook_of(named) as engine, engine.connect() as connection:
        found = standing(connection, now, account_id=normal(account) if account else None, is_all=is_all)
    console().print(lang.say("{source}: {count} holds", source=named, count=f"{len(found):,}"))
    if found:
        _print([each.hold.hold_id for each in found], named, now, lang)


@app.command("end")
def end(
    hold: Annotated[str, typer.Argument(help="The hold's id, or how it begins.")],
    why: WhyOption,
    ended: Annotated[
        str | None, typer.Option("--on", help="The day from which on it holds no more; may be past. Default: now.")
    ] = None,
    seq: SeqOption = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """End a hold before it expires."""
    from arrears.casebook.holds import named as hold_named
    from arrears.review import holds

    named = source_named(source)
    now = instant(named, at)
    ended_at = midnight(day(ended, "--on"), load_source(named).zone) if ended else now
    with casebook_of(named) as engine:
        with engine.connect() as connection:
            seen = hold_named(connection, hold.strip())
        name = seen.hold.hold_id
        holds.end(engine, name, ended_at=ended_at, actor=actor(by), why=why, at=now, expected_seq=seq or seen.seq)
        _print([name], named, now, lang)


def _print(names: list[str], source: str, at: dt.datetime, lang: Language) -> None:
    from arrears.casebook.holds import entered
    from arrears.review.holds import FOLLOWS

    zone = load_source(source).zone
    with casebook_of(source) as engine, engine.connect() as connection:
        found = [each for each in entered(connection) if each.hold.hold_id in names]
    table = Table(box=None, pad_edge=False)
    for heading in ("hold", "account", "bill", "reason", "owner", "from", "until", "then", "entered by", "why"):
        table.add_column(lang.say(heading))
    for each in found:
        hold = each.hold
        en, zh = FOLLOWS[hold.then]
        days = [f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in (hold.from_at, hold.ends_at(at))]
        why = each.why if hold.end is None else f"{each.why}; {hold.end.why} ({hold.end.actor})"
        follows = zh if lang is Language.ZH else en
        table.add_row(
            hold.hold_id[:12], hold.account_id, hold.bill_id or "-", lang.say(hold.reason.value), hold.owner, *days,
            follows, each.entered_by, why,
        )  # fmt: skip
    console().print(table)
