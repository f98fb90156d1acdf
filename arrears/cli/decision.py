"""`arrears decision list`, `show`, `confirm`, `change`, `refuse`: proposals that are kept, and what people make of them."""

import datetime as dt
import getpass
import unicodedata
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from arrears.cli.choices import SourceOption, day, source_named
from arrears.cli.words import Language
from arrears.deployment import casebook_of
from arrears.domain.decision import DecisionState
from arrears.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from arrears.casebook.decisions import Recorded

app = typer.Typer(help="Proposals that are kept, and what people make of them.", no_args_is_help=True)

SHOWN = 50

Account = Annotated[str, typer.Argument(help="The account id, as in the warning list.")]
Axis = Annotated[str, typer.Argument(help="The axis, such as payment_mode or treatment.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, kept with the decision.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Who decides. Default: who is logged in.")]
SeqOption = Annotated[
    int | None,
    typer.Option("--seen", help="How many acts you have seen on it: refused when there are more. Default: all."),
]
LanguageOption = Annotated[Language, typer.Option("--lang", help="Language of headings and states.")]


@app.command("list")
def list_decisions(
    axis: Annotated[str | None, typer.Option(help="Only this axis, such as payment_mode.")] = None,
    state: Annotated[
        DecisionState | None, typer.Option(help="Only these: waiting is what hurts and nobody has confirmed yet.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="Proposed on this night or later, such as 2026-11-01.")] = None,
    most: Annotated[int, typer.Option("--most", min=1, help="So many at the most.")] = SHOWN,
    source: SourceOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """List what is proposed for each account as it stands now, the newest night first."""
    from arrears.casebook.decisions import in_force

    name = source_named(source)
    night = day(since, "--since") if since else None
    with casebook_of(name) as engine, engine.connect() as connection:
        found = in_force(connection, axis=axis, state=state, since=night, most=most)
    if not found:
        typer.echo(lang.say("No decision is kept that is like this."))
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("account", "axis", "value", "terms", "state", "rule", "since"):
        table.add_column(lang.say(heading))
    for each in found:
        now = each.decision
        cells = (lang.say(now.axis), lang.say(now.value), _terms(now.terms), lang.say(now.state.value), each.rule)
        table.add_row(now.account_id, *cells, str(now.as_of))
    _console().print(table)


@app.command()
def show(account: Account, source: SourceOption = None, lang: LanguageOption = Language.EN) -> None:
    """Everything that was ever proposed for an account, with what was looked at and what people made of it."""
    from arrears.casebook.decisions import of_account

    name, account = source_named(source), unicodedata.normalize("NFC", account.strip())
    with casebook_of(name) as engine, engine.connect() as connection:
        found = of_account(connection, account)
    if not found:
        raise UsageError(f"{name}: nothing was ever proposed for account {account}")
    out = _console()
    for each in found:
        now, was = each.decision, each.proposal
        until = f" – {now.superseded_on}" if now.superseded_on else ""
        out.print(f"{lang.say(now.axis)}  {was.as_of}{until}  {lang.say(was.value)} {_terms(was.terms)}".rstrip())
        out.print(
            f"  {lang.say('rule')} {each.rule}, {lang.say('policy')} {each.policy_version[:12]}, "
            f"{lang.say('card')} {each.card_version[:12]}" + (f", {lang.say('held out')}" if each.is_held_out else "")
        )
        looked = ", ".join(f"{key} = {'-' if value is None else value}" for key, value in each.looked_at.items())
        out.print(f"  {lang.say('looked at')}: {looked or '-'}")
        for event in each.events:
            to = f" {lang.say(event.value)} {_terms(event.terms or {})}".rstrip() if event.value else ""
            out.print(f"  {event.at:%Y-%m-%d %H:%M}Z  {lang.say(event.act.value)}{to}, {event.actor}: {event.why}")
        out.print(f"  {lang.say('state')}: {lang.say(now.state.value)}, {lang.say('acts')}: {now.seq}")


@app.command()
def confirm(
    account: Account,
    axis: Axis,
    why: WhyOption,
    by: ByOption = None,
    seen: SeqOption = None,
    source: SourceOption = None,
) -> None:
    """Say that the proposal is right. What hurts (prepay, deposit, disconnection) is in force only from then on, and where the
    policy asks for a second person only after `arrears approvals ask` and `give`."""
    from arrears.cli.approvals import second_person
    from arrears.review import decisions

    second = second_person(source_named(source), _now())
    _act(
        account,
        axis,
        seen,
        source,
        lambda engine, named, seq: decisions.confirm(
            engine, named, axis, second, actor=_who(by), why=why, at=_now(), expected_seq=seq
        ),
    )


@app.command()
def change(
    account: Account,
    axis: Axis,
    to: Annotated[str, typer.Option("--to", help="The value that is to be instead, such as direct_debit.")],
    why: WhyOption,
    term: Annotated[
        list[str] | None, typer.Option("--term", help="NAME=VALUE, such as deposit_amount=500.00; once for each term.")
    ] = None,
    by: ByOption = None,
    seen: SeqOption = None,
    source: SourceOption = None,
) -> None:
    """Put another value in the proposal's place, with all the terms that it needs."""
    from arrears.review import decisions

    terms = dict(_pair(each) for each in term or [])
    _act(
        account,
        axis,
        seen,
        source,
        lambda engine, named, seq: decisions.change_mode(
            engine, named, axis, to, terms, actor=_who(by), why=why, at=_now(), expected_seq=seq
        ),
    )


@app.command()
def refuse(
    account: Account,
    axis: Axis,
    why: WhyOption,
    by: ByOption = None,
    seen: SeqOption = None,
    source: SourceOption = None,
) -> None:
    """Say that the proposal is not to be. It comes back only when a night proposes something else."""
    from arrears.review import decisions

    _act(
        account,
        axis,
        seen,
        source,
        lambda engine, named, seq: decisions.refuse(
            engine, named, axis, actor=_who(by), why=why, at=_now(), expected_seq=seq
        ),
    )


def _act(
    account: str,
    axis: str,
    seen: int | None,
    source: str | None,
    do: "Callable[[Engine, str, int], Recorded]",
) -> None:
    from arrears.casebook.decisions import standing

    name, account = source_named(source), unicodedata.normalize("NFC", account.strip())
    with casebook_of(name) as engine:
        if seen is None:
            with engine.connect() as connection:
                seen = standing(connection, account, axis).decision.seq
        done = do(engine, account, seen)
    now, event = done.decision, done.events[-1]
    told = f"{now.axis} of {now.account_id}: {event.act.value.removeprefix('decision_')} by {event.actor}, {now.value}"
    waits = "; it hurts, and waits for a person's confirmation" if now.state is DecisionState.WAITING else ""
    typer.echo(f"{name}: {told} {_terms(now.terms)}".rstrip() + waits)


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise UsageError(f"--term {text!r} is not NAME=VALUE")
    return name.strip(), value.strip()


def _terms(terms: Mapping[str, str | None]) -> str:
    return ", ".join(f"{name} = {'-' if value is None else value}" for name, value in terms.items())


def _who(by: str | None) -> str:
    return by or getpass.getuser()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _console() -> Console:
    return Console(soft_wrap=True, highlight=False, markup=False, width=200)
