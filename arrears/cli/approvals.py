"""`arrears approvals list`, `show`, `ask`, `give`, `refuse`, `remind`: what waits for a second person, and the answers."""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from arrears.cli.case import AccountArgument, AtOption, ByOption, RightOption, actor, instant, normal, rights
from arrears.cli.choices import SourceOption, source_named
from arrears.cli.quarantine_tables import console
from arrears.cli.warnings import LanguageOption
from arrears.cli.words import Language
from arrears.deployment import casebook_of, lake_of, load_source
from arrears.domain.approval import Approval, ApprovalRules, Person, Verdict, Waiting, waiting
from arrears.errors import UsageError
from arrears.policy.approvals import load_approvals
from arrears.settings import settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from arrears.casebook.approvals import Asked
    from arrears.review.approvals import SecondPerson

app = typer.Typer(help="What waits for a second person, and the answers.", no_args_is_help=True)

Names = Annotated[list[str] | None, typer.Argument(help="The requests' ids, or how they begin.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, kept with the answer.")]
KindOption = Annotated[str | None, typer.Option("--kind", help="Only these, such as disconnection, prepay or deposit.")]
AllOption = Annotated[bool, typer.Option("--all", help="Every request that waits, of --kind.")]
ReadOption = Annotated[
    str | None, typer.Option("--read", help="The hash that `show` told: refused when what is asked differs.")
]


@app.command("list")
def list_requests(
    kind: KindOption = None, at: AtOption = None, lang: LanguageOption = Language.EN, source: SourceOption = None
) -> None:
    """List what waits, the oldest first: for how long, who may answer, what is due."""
    from arrears.review.approvals import those_that_wait

    named = source_named(source)
    now = instant(named, at)
    with casebook_of(named) as engine, engine.connect() as connection:
        found = those_that_wait(connection, rules_at(named, now), now)
    found = [(asked, state) for asked, state in found if kind in (None, asked.request.subject.what)]
    console().print(lang.say("{source}: {count} requests wait", source=named, count=f"{len(found):,}"))
    if found:
        table = Table(box=None, pad_edge=False)
        for heading in ("request", "account", "kind", "owed", "asked by", "days waiting", "may answer", "what is due"):
            table.add_column(lang.say(heading))
        for asked, state in found:
            subject = asked.request.subject
            table.add_row(
                asked.request.request_id[:12], subject.account_id, lang.say(subject.what), f"{subject.amount:,}",
                asked.request.asked_by, str(state.age.days), ", ".join(sorted(state.rights)), _due(asked, state, lang),
            )  # fmt: skip
        console().print(table)


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="The request's id, or how it begins.")],
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Show what a request asks for, by which rule, and everything that was done with it."""
    from arrears.casebook import streams
    from arrears.casebook.approvals import STREAM
    from arrears.casebook.approvals import named as request_named

    named = source_named(source)
    now, zone = instant(named, at), load_source(named).zone
    rules = rules_at(named, now)
    with casebook_of(named) as engine, engine.connect() as connection:
        asked = request_named(connection, name.strip())
        events = streams.history(connection, STREAM + asked.request.request_id)
    subject, out = asked.request.subject, console()
    pairs = (
        ("request", asked.request.request_id),
        ("account", subject.account_id),
        ("kind", lang.say(subject.what)),
        ("about", subject.subject_id),
        ("owed", f"{subject.amount:,}"),
        ("voltage class", subject.voltage_class or "-"),
        ("kind of customer", lang.say(subject.customer_kind.value)),
        ("protections", ", ".join(lang.say(each) for each in sorted(subject.protections)) or "-"),
        *subject.detail,
        ("hash", subject.hash),
        ("rule", rules.rule(subject).id),
        ("may answer", ", ".join(sorted(waiting(asked.request, rules, now).rights))),
        ("state", lang.say(asked.state)),
    )
    for label, value in pairs:
        out.print(f"{lang.say(label)}: {value}")
    for event in events:
        what = lang.say(event.what.replace("_", " "))
        out.print(
            f"{event.seq:>3}  {event.known_at.astimezone(zone):%Y-%m-%d %H:%M}  {what}  {event.actor}: {event.body['why']}"
        )


@app.command("ask")
def ask(
    account: AccountArgument,
    axis: Annotated[str, typer.Argument(help="The axis, such as payment_mode or security.")],
    why: Annotated[str, typer.Option("--why", help="The reason, which the second person reads.")],
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Ask a second person to approve a proposal, so that it can be confirmed. A case asks by itself when it is proposed."""
    from arrears.review.approvals import ask as ask_second

    named = source_named(source)
    now = instant(named, at)
    with casebook_of(named) as engine:
        asked = ask_second(engine, normal(account), axis, second_person(named, now), actor=actor(by), why=why, at=now)
    state = waiting(asked.request, rules_at(named, now), now)
    said = "{source}: request {name} for {what} of account {account} waits for {rights}"
    console().print(
        lang.say(
            said,
            source=named,
            name=asked.request.request_id[:12],
            what=lang.say(asked.request.subject.what),
            account=asked.request.subject.account_id,
            rights=", ".join(sorted(state.rights)),
        )
    )


@app.command("give")
def give(
    why: WhyOption,
    right: RightOption = None,
    names: Names = None,
    is_all: AllOption = False,
    kind: KindOption = None,
    read: ReadOption = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Say yes, to one request or to several; each is answered by itself."""
    _answer(Verdict.APPROVED, names, right, why, kind, read, by, at, lang, source, is_all=is_all)


@app.command("refuse")
def refuse(
    why: WhyOption,
    right: RightOption = None,
    names: Names = None,
    is_all: AllOption = False,
    kind: KindOption = None,
    read: ReadOption = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Say no, to one request or to several."""
    _answer(Verdict.REFUSED, names, right, why, kind, read, by, at, lang, source, is_all=is_all)


@app.command("remind")
def remind(
    name: Annotated[str, typer.Argument(help="The request's id, or how it begins.")],
    why: Annotated[str, typer.Option("--why", help="How, and whom.")],
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Keep that whoever may answer was reminded."""
    from arrears.casebook import approvals

    named = source_named(source)
    now = instant(named, at)
    with casebook_of(named) as engine:
        with engine.connect() as connection:
            asked = approvals.named(connection, name.strip())
        done = approvals.remind(engine, asked.request.request_id, asked.seq, actor=actor(by), why=why, at=now)
    whose = ", ".join(sorted(waiting(done.request, rules_at(named, now), now).rights))
    told = "{source}: reminded of {name}: {rights}"
    console().print(lang.say(told, source=named, name=done.request.request_id[:12], rights=whose))


def rules_at(source: str, at: dt.datetime) -> ApprovalRules:
    """As in force on the local day."""
    return load_approvals(settings().policy, at.astimezone(load_source(source).zone).date())


def second_person(source: str, at: dt.datetime) -> "SecondPerson":
    """Whom the policy of the day asks for before what hurts is confirmed."""
    from arrears.review.approvals import SecondPerson, facts_in

    return SecondPerson(rules_at(source, at), facts_in(lake_of(source)))


def _answer(
    verdict: Verdict,
    names: Sequence[str] | None,
    right: Sequence[str] | None,
    why: str,
    kind: str | None,
    read: str | None,
    by: str | None,
    at: str | None,
    lang: Language,
    source: str | None,
    *,
    is_all: bool,
) -> None:
    from arrears.review.approvals import answer

    named = source_named(source)
    now = instant(named, at)
    with casebook_of(named) as engine:
        person = Person(actor(by), rights(engine, by, right))
        asked = _chosen(engine, names, kind, read, is_all=is_all)
        results = answer(engine, asked, person, verdict, why, rules_at(named, now), now)
    refused = 0
    for each in asked:
        said = results[each.request.request_id]
        account = each.request.subject.account_id
        if isinstance(said, Approval):
            until = f"{said.until_at.astimezone(load_source(named).zone):%Y-%m-%d %H:%M}"
            line = "{account}: {verdict} by {by} as {right}, acts until {until}"
            if verdict is Verdict.REFUSED:
                line = "{account}: {verdict} by {by} as {right}"
            told = lang.say(
                line, account=account, verdict=lang.say(said.verdict.value), by=said.by, right=said.right, until=until
            )
        else:
            refused += 1
            told = f"{account}: {said}"
        console().print(told)
    if refused:
        raise UsageError(f"{refused} of {len(asked)} requests could not be answered; the others are")


def _chosen(
    engine: "Engine", names: Sequence[str] | None, kind: str | None, read: str | None, *, is_all: bool
) -> "list[Asked]":
    from arrears.casebook.approvals import named as request_named
    from arrears.casebook.approvals import requests

    if bool(names) == is_all:
        raise UsageError("name the requests to be answered, or give --all, and not both")
    with engine.connect() as connection:
        found = [request_named(connection, name.strip()) for name in names or ()]
        found = found or requests(connection, what=kind, is_waiting=True)
    if not found:
        raise UsageError("nothing waits for an answer")
    if read is not None and (len(found) > 1 or not found[0].request.subject.hash.startswith(read)):
        raise UsageError("--read is not the hash of what this request asks for; `arrears approvals show` tells it")
    return list({each.request.request_id: each for each in found}.values())


def _due(asked: "Asked", state: Waiting, lang: Language) -> str:
    if state.is_lapsed:
        return lang.say("lapsed")
    if state.is_escalated:
        return lang.say("escalated")
    if state.is_with_deputies:
        return lang.say("with the deputies")
    if state.is_reminder_due and asked.reminded_at is None:
        return lang.say("to be reminded of")
    return "-"
