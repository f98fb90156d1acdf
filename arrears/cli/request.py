"""`arrears request`: what a customer asks for on credit, from the asking to what came of it."""

import datetime as dt
import getpass
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from arrears.cli.choices import AsOfOption, SourceOption, day, source_named, stored_run
from arrears.cli.plan import (
    FirstOption,
    MonthlyOption,
    PartsOption,
    identifier,
    money,
    parts_table,
    planned,
    requests_table,
)
from arrears.cli.quarantine_tables import console
from arrears.cli.warnings import LanguageOption
from arrears.cli.words import Language
from arrears.deployment import casebook_of, lake_of, load_source
from arrears.domain.actor import Actor
from arrears.domain.credit_check import Asked, Credit, Kind
from arrears.domain.instalment import Against, Parts, deferred, month_later
from arrears.domain.request import UNDECIDED, Request, State, words
from arrears.domain.run import Run, midnight
from arrears.errors import UsageError
from arrears.settings import settings

app = typer.Typer(help="Requests for credit: new supply, capacity, deferral, instalments.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The request's id, or how it begins.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, kept with what is done.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Who acts. Default: who is logged in.")]
OnOption = Annotated[str | None, typer.Option("--on", help="The day on which it is done, when it is not today.")]
SeqOption = Annotated[
    int | None, typer.Option("--seq", help="The change you saw last; whoever changed it since is told. Default: any.")
]
AmountOption = Annotated[
    str | None,
    typer.Option("--amount", help="The debt to be arranged (default: all that is open), or what it adds at risk."),
]
FirstOnOption = Annotated[
    str | None, typer.Option("--first-on", help="When the first part is due. Default: a month after it is asked for.")
]


@app.command("new")
def new(
    kind: Annotated[Kind, typer.Option("--kind", help="What is asked for.")],
    why: WhyOption,
    account: Annotated[str | None, typer.Option("--account", help="The account that it is about.")] = None,
    customer: Annotated[str | None, typer.Option("--customer", help="The customer, for new supply.")] = None,
    amount: AmountOption = None,
    parts: PartsOption = None,
    monthly: MonthlyOption = None,
    first: FirstOption = None,
    first_on: FirstOnOption = None,
    until: Annotated[str | None, typer.Option("--until", help="Until when a deferral lasts.")] = None,
    against: Annotated[Against | None, typer.Option("--against", help="What a deferral is given against.")] = None,
    by: ByOption = None,
    on: OnOption = None,
    as_of: AsOfOption = None,
    source: SourceOption = None,
) -> None:
    """Ask for credit. What is not said of a deferral or a plan is what the policy proposed for the account that night."""
    from arrears.policy.credit import load_credit
    from arrears.review import credit
    from arrears.review.customer_credit import customer_credit, customer_of

    run = stored_run(source_named(source), as_of)
    who = _who(run.source, by, on, why)
    if (account is None) == (customer is None):
        raise UsageError("say whom it is about: --account, or --customer for new supply")
    lake = lake_of(run.source)
    found = customer_credit(
        lake, run, identifier(customer) if customer else customer_of(lake, run, identifier(account or ""))
    )
    proposed = found.account(identifier(account)) if account else None
    owed = money(amount, "--amount") if amount is not None else None
    if owed is None and kind.is_arrangement and proposed:
        owed = proposed.open_amount
    if owed is None:
        raise UsageError("--amount is missing: what does it add to what is at risk?")
    plan: Parts = ()
    if kind is Kind.DEFERRAL:
        ends = day(until, "--until") if until else proposed and proposed.deferral_until_on
        if not ends:
            raise UsageError("--until is missing: the policy proposed no deferral for this account that night")
        plan = deferred(owed, ends)
        proposed_against = proposed.deferral_against if proposed else None
        against = against or Against(proposed_against or Against.PROMISE)
    if kind is Kind.INSTALMENT:
        if parts is None and monthly is None:
            parts = proposed.instalment_parts if proposed else None
        plan = planned(
            owed, parts, monthly, first, day(first_on, "--first-on") if first_on else month_later(who.today, 1)
        )
    asked = Asked(kind, found.customer_id, identifier(account) if account else None, owed, plan, against)
    rules = load_credit(settings().policy, run.as_of).plans.rules
    with casebook_of(run.source) as engine:
        request = credit.ask(engine, asked, rules, who.today, **who.act)
    _tell(run.source, request)


@app.command("check")
def check(
    name: Name,
    why: Annotated[str, typer.Option("--why", help="The reason, kept with what is done.")] = "limit and term check",
    by: ByOption = None,
    on: OnOption = None,
    seq: SeqOption = None,
    as_of: AsOfOption = None,
    source: SourceOption = None,
) -> None:
    """Check a request against limit, term and ceilings, as the latest night knows them."""
    from arrears.review.credit import check_request

    run = stored_run(source_named(source), as_of)
    who = _who(run.source, by, on, why)
    with casebook_of(run.source) as engine:
        request = _named(engine, name)
        known = _credit(run, request)
        done = check_request(engine, request.request_id, known, who.today, **who.act, expected_seq=_seen(seq, request))
    _tell(run.source, done)


@app.command("review")
def review(
    name: Name,
    why: WhyOption,
    by: ByOption = None,
    on: OnOption = None,
    seq: SeqOption = None,
    source: SourceOption = None,
) -> None:
    """Take a checked request into review, or over from another reviewer. Not by who asked for it."""
    from arrears.review.credit import begin_review

    _act(begin_review, name, why, by, on, seq, source)


@app.command("approve")
def approve(
    name: Name,
    why: WhyOption,
    by: ByOption = None,
    on: OnOption = None,
    seq: SeqOption = None,
    as_of: AsOfOption = None,
    source: SourceOption = None,
) -> None:
    """Bring a request into force that you have in review. It is checked once more."""
    from arrears.review.credit import approve as approve_request

    run = stored_run(source_named(source), as_of)
    who = _who(run.source, by, on, why)
    with casebook_of(run.source) as engine:
        request = _named(engine, name)
        known = _credit(run, request)
        done = approve_request(
            engine, request.request_id, known, who.today, **who.act, expected_seq=_seen(seq, request)
        )
    _tell(run.source, done)


@app.command("refuse")
def refuse(
    name: Name,
    why: WhyOption,
    by: ByOption = None,
    on: OnOption = None,
    seq: SeqOption = None,
    source: SourceOption = None,
) -> None:
    """Refuse a request that you have in review, or that is blocked. Not by who asked for it."""
    from arrears.review.credit import refuse as refuse_request

    _act(refuse_request, name, why, by, on, seq, source)


@app.command("withdraw")
def withdraw(
    name: Name,
    why: WhyOption,
    by: ByOption = None,
    on: OnOption = None,
    seq: SeqOption = None,
    source: SourceOption = None,
) -> None:
    """Take a request back, or end one that is in force: what is open of a plan is cancelled."""
    from arrears.review.credit import withdraw as withdraw_request

    _act(withdraw_request, name, why, by, on, seq, source)


@app.command("list")
def list_requests(
    customer: Annotated[str | None, typer.Option("--customer", help="Only of this customer.")] = None,
    account: Annotated[str | None, typer.Option("--account", help="Only about this account.")] = None,
    state: Annotated[State | None, typer.Option("--state", help="Only in this state.")] = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """All requests, the oldest first."""
    from arrears.casebook.requests import requests

    named = source_named(source)
    with casebook_of(named) as engine:
        found = requests(
            engine,
            customer_id=identifier(customer) if customer else None,
            account_id=identifier(account) if account else None,
            states=(state,) if state else None,
        )
    out = console()
    if not found:
        out.print(lang.say("{source}: there is no such request", source=named))
        return
    out.print(requests_table(found, lang, load_source(named).zone))


@app.command("show")
def show(name: Name, lang: LanguageOption = Language.EN, source: SourceOption = None) -> None:
    """A request with its parts and everything that was done with it."""
    from arrears.casebook.requests import history

    named = source_named(source)
    zone = load_source(named).zone
    with casebook_of(named) as engine:
        request = _named(engine, name)
        events = history(engine, request.request_id)
    out = console()
    out.print(requests_table([request], lang, zone))
    if request.asked.parts:
        out.print(parts_table(request.asked.parts, lang, request))
    for event in events:
        told = ""
        if event.verdict:
            verdict = event.verdict
            said = verdict.zh if lang is Language.ZH else verdict.en
            told = f" · {lang.say(words(verdict.result))}, {verdict.rule} ({verdict.as_of}): {said}"
        number = f" {event.part_no}" if event.part_no else ""
        when = f"{event.occurred_at.astimezone(zone):%Y-%m-%d %H:%M}"
        out.print(f"{event.seq:>3}  {when}  {lang.say(words(event.act))}{number}  {event.actor}: {event.why}{told}")


@dataclass(frozen=True, slots=True)
class Who:
    """Who acts, why and when; `today` is that instant's date where the source is."""

    actor: str
    why: str
    at: dt.datetime
    today: dt.date

    @property
    def act(self) -> dict[str, Any]:
        return {"actor": self.actor, "why": self.why, "at": self.at}


def _act(
    do: Callable[..., Request], name: str, why: str, by: str | None, on: str | None, seq: int | None, source: str | None
) -> None:
    named = source_named(source)
    who = _who(named, by, on, why)
    with casebook_of(named) as engine:
        request = _named(engine, name)
        done = do(engine, request.request_id, **who.act, expected_seq=_seen(seq, request))
    _tell(named, done)


def _who(source: str, by: str | None, on: str | None, why: str) -> Who:
    """An act counts from the moment it is made, or from the beginning of the day `on`."""
    zone = load_source(source).zone
    now = dt.datetime.now(dt.UTC)
    at = midnight(day(on, "--on"), zone) if on else now
    if at > now:
        raise UsageError(f"--on {on} lies ahead")
    return Who(str(Actor.of(by or getpass.getuser())), why.strip(), at, at.astimezone(zone).date())


def _named(engine: Engine, name: str) -> Request:
    from arrears.casebook.requests import request_named

    return request_named(engine, name)


def _seen(seq: int | None, request: Request) -> int:
    return request.seq if seq is None else seq


def _credit(run: Run, request: Request) -> Credit:
    from arrears.policy.credit import load_credit
    from arrears.review.customer_credit import credit_known, customer_credit, receivables

    lake, asked = lake_of(run.source), request.asked
    owed = receivables(lake, run, load_credit(settings().policy, run.as_of))
    return credit_known(customer_credit(lake, run, asked.customer_id), asked.account_id, owed)


def _tell(source: str, request: Request) -> None:
    verdict = request.verdict if request.state in UNDECIDED else None
    checked = f": {words(verdict.result)}, {verdict.rule}: {verdict.en}" if verdict else ""
    typer.echo(f"{source}: request {request.name} is {words(request.state)} (change {request.seq}){checked}")
    if request.seq == 1 and request.asked.parts:
        console().print(parts_table(request.asked.parts, Language.EN))
