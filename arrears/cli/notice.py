"""`arrears notice`: what customers are told, looked at before it leaves."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arrears.cli.choices import SourceOption, source_named
from arrears.domain.notice import Channel, NoticeKind
from arrears.domain.run import Run, RunKind
from arrears.errors import UsageError
from arrears.settings import settings

if TYPE_CHECKING:
    from arrears.notices.account import AccountFacts
    from arrears.notices.context import Context
    from arrears.notices.writing import Sender, Writing

app = typer.Typer(help="Notices to customers: what they say, who was told what.", no_args_is_help=True)


@app.command("preview")
def preview(
    kind: Annotated[NoticeKind, typer.Argument(help="Which notice.")],
    source: SourceOption = None,
    account: Annotated[
        str | None, typer.Option(help="Write it to this account, as the latest night knows it; without: an example.")
    ] = None,
    lang: Annotated[str | None, typer.Option(help="zh-CN or en; without: the customer's own.")] = None,
    channel: Annotated[Channel, typer.Option(help="How it looks on this channel.")] = Channel.LETTER,
    out: Annotated[
        Path | None, typer.Option(help="Write it to this file: PDF, HTML or text. Letters need one.")
    ] = None,
) -> None:
    """Show a notice as it would leave. Nothing is kept and nothing is sent.

    Bills, sums and late fee are the account's own; what only a case, a plan or a decision knows, such as the parts of a plan
    or the hour of a stop, is an example's."""
    from arrears.notices.printed import LANGUAGES

    named = source_named(source)
    if lang is not None and lang not in LANGUAGES:
        raise UsageError(f"notices are written in {' and '.join(LANGUAGES)}, not in {lang!r}")
    sender, facts, run = _sender_and_facts(named, account, lang)
    body, told = _made(kind, channel, sender, facts, run)
    if out is None and isinstance(body, bytes):
        raise UsageError("a letter is a PDF; say where it goes, such as --out letter.pdf")
    if out is not None:
        out.write_bytes(body if isinstance(body, bytes) else body.encode())
        typer.echo(f"{out}: {told}", err=True)
    else:
        sys.stdout.write(str(body) + "\n")
        typer.echo(told, err=True)


@app.command("credit-statements")
def credit_statements(
    year: Annotated[int, typer.Option("--year", min=2000, max=9998, help="The year that they are about.")],
    source: SourceOption = None,
) -> None:
    """Draft the annual credit statements of a year, one for each account of the customers that the policy names. Run again, it
    drafts those that are not there yet."""
    from arrears.deployment import casebook_of
    from arrears.nights.statements import draft_statements

    named = source_named(source)
    with casebook_of(named) as engine:
        done = draft_statements(named, engine, year)
    typer.echo(f"{named}: credit statements of {year}: {done.drafted:,} drafted, {done.there:,} there already")
    for remark in done.remarks:
        typer.echo(remark, err=True)


def _sender_and_facts(source: str, account: str | None, lang: str | None) -> "tuple[Sender, AccountFacts, Run | None]":
    from arrears.deployment import lake_of, load_source
    from arrears.notices import examples
    from arrears.notices.facts import open_facts
    from arrears.notices.stationery import load_sender
    from arrears.snapshot.catalogue import load_catalogue

    here, declared = settings(), load_source(source).declared
    labels = load_catalogue(here.sql).labels()
    if account is None:
        sender = load_sender(here.policy, declared, labels, examples.AS_OF)
        return sender, examples.facts_in(lang or declared.language), None
    lake = lake_of(source)
    nights = [Run.from_json(found.manifest["run"]) for _, found in lake.nights("signals")]
    run = max(
        (night for night in nights if night.kind is not RunKind.RESTATE), key=lambda night: night.as_of, default=None
    )
    if run is None:
        raise UsageError(f"{source}: there is no night yet; `arrears run` makes one")
    with lake.reading(), open_facts(run, here, lake) as facts_of:
        found = list(facts_of([account]))
    if not found:
        raise UsageError(f"{source}: no account {account} as of {run.as_of}, or its customer is not known")
    facts = replace(found[0], language=lang) if lang else found[0]
    return load_sender(here.policy, declared, labels, run.as_of), facts, run


def _made(
    kind: NoticeKind, channel: Channel, sender: "Sender", facts: "AccountFacts", run: Run | None
) -> tuple[bytes | str, str]:
    from arrears.notices.code import shown
    from arrears.notices.examples import AS_OF, NOTICE_ID, write
    from arrears.notices.letter import Typesetter, check_letter
    from arrears.notices.render import NoticeTemplates
    from arrears.notices.sms import segments
    from arrears.notices.writing import Writing

    own = settings().templates / "notices"
    writing = Writing(sender, NOTICE_ID, facts, run.as_of if run else AS_OF)
    context = _statement(writing, run) if run and kind is NoticeKind.CREDIT_STATEMENT else write(kind, writing)
    rendered = {each.channel: each for each in NoticeTemplates(own, kind).render(context)}[channel]
    if channel is Channel.LETTER:
        check_letter(rendered.body, facts.account_id)
        return Typesetter(own).set(rendered.body), f"{kind.value}, letter, {context.language}"
    if channel is Channel.SMS:
        cut = segments(rendered.body)
        return rendered.body, f"{cut.count} message(s), {cut.units} units of {cut.encoding}"
    return shown(rendered.body, context.pay_link), f"{kind.value}, {rendered.subject}"


def _statement(writing: "Writing", run: Run) -> "Context":
    """Of the account's own grade."""
    from arrears.deployment import lake_of
    from arrears.notices.compose_credit import credit_statement
    from arrears.review.statement import graded
    from arrears.snapshot.catalogue import load_catalogue

    lake = lake_of(run.source)
    with lake.reading():
        found = graded(writing.facts.account_id, run, lake, load_catalogue(settings().sql))
    return credit_statement(writing, found)
