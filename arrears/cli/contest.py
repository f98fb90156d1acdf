"""`arrears contest open`, `list`, `show`, `review`, `answer`, `withdraw`: what customers say against what was decided."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from arrears.cli.case import AccountArgument, AtOption, ByOption, actor, instant, normal
from arrears.cli.choices import SourceOption, source_named
from arrears.cli.hold import SeqOption
from arrears.cli.quarantine_tables import console
from arrears.cli.warnings import LanguageOption
from arrears.cli.words import Language
from arrears.deployment import casebook_of, load_source
from arrears.domain.contest import Finding
from arrears.domain.law.rules import Pack
from arrears.policy.law import load_pack
from arrears.settings import settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from arrears.casebook.contests import TakenIn

app = typer.Typer(help="What customers say against what was decided, and the answers.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The contest's id, or how it begins.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, kept with the contest.")]


@app.command("open")
def open_contest(
    account: AccountArgument,
    why: Annotated[str, typer.Option("--why", help="What the customer says.")],
    axis: Annotated[
        str | None,
        typer.Option("--axis", help="The decision that is contested, such as payment_mode. Default: the case."),
    ] = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Take a contest in. What it is about stands still until it is answered."""
    from arrears.review.contests import take_in

    named = source_named(source)
    now = instant(named, at)
    with casebook_of(named) as engine:
        taken = take_in(engine, normal(account), axis, actor=actor(by), why=why, at=now)
    _print([taken], named, lang)


@app.command("list")
def list_contests(
    account: Annotated[str | None, typer.Option("--account", help="Only of this account.")] = None,
    is_all: Annotated[bool, typer.Option("--all", help="Those that are closed as well.")] = False,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """List the contests that wait for an answer, the oldest first, with the day by which each is due."""
    from arrears.casebook.contests import taken_in

    named = source_named(source)
    with casebook_of(named) as engine, engine.connect() as connection:
        found = taken_in(connection, account_id=normal(account) if account else None, is_open=not is_all)
    console().print(lang.say("{source}: {count} contests", source=named, count=f"{len(found):,}"))
    if found:
        _print(found, named, lang)


@app.command("show")
def show(name: Name, lang: LanguageOption = Language.EN, source: SourceOption = None) -> None:
    """Show a contest and everything that was done with it."""
    from arrears.casebook import streams
    from arrears.casebook.contests import STREAM
    from arrears.casebook.contests import named as contest_named

    named = source_named(source)
    zone = load_source(named).zone
    with casebook_of(named) as engine, engine.connect() as connection:
        taken = contest_named(connection, name.strip())
        events = streams.history(connection, STREAM + taken.contest.contest_id)
    _print([taken], named, lang)
    for event in events:
        what, finding = lang.say(event.what.replace("_", " ")), event.body.get("finding")
        found = f" ({lang.say(finding.replace('_', ' '))})" if finding else ""
        when = f"{event.known_at.astimezone(zone):%Y-%m-%d %H:%M}"
        console().print(f"{event.seq:>3}  {when}  {what}{found}  {event.actor}: {event.body['why']}")


@app.command("review")
def review(
    name: Name,
    why: WhyOption,
    seq: SeqOption = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Take a contest into review, or over from another person; who decided what it is about cannot."""
    from arrears.review import contests

    _act(
        name, seq, lang, source,
        lambda engine, named, seen: contests.review(
            engine, named, actor=actor(by), why=why, at=instant(source_named(source), at), expected_seq=seen
        ),
    )  # fmt: skip


@app.command("answer")
def answer(
    name: Name,
    finding: Annotated[Finding, typer.Option("--finding", help="Whether the customer is right.")],
    why: Annotated[str, typer.Option("--why", help="The reasons, which the customer reads.")],
    seq: SeqOption = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Answer a contest; by who reviews it. What stood still goes on, unless somebody ends it."""
    from arrears.review import contests

    _act(
        name, seq, lang, source,
        lambda engine, named, seen: contests.answer(
            engine, named, finding, actor=actor(by), why=why, at=instant(source_named(source), at), expected_seq=seen
        ),
    )  # fmt: skip


@app.command("withdraw")
def withdraw(
    name: Name,
    why: WhyOption,
    seq: SeqOption = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """The customer takes it back."""
    from arrears.review import contests

    _act(
        name, seq, lang, source,
        lambda engine, named, seen: contests.withdraw(
            engine, named, actor=actor(by), why=why, at=instant(source_named(source), at), expected_seq=seen
        ),
    )  # fmt: skip


def _act(
    name: str, seq: int | None, lang: Language, source: str | None, do: "Callable[[Engine, str, int], TakenIn]"
) -> None:
    from arrears.casebook.contests import named as contest_named

    named = source_named(source)
    with casebook_of(named) as engine:
        with engine.connect() as connection:
            seen = contest_named(connection, name.strip())
        done = do(engine, seen.contest.contest_id, seq or seen.seq)
    _print([done], named, lang)


def _pack(source: str, taken: "TakenIn") -> Pack:
    """The law of the day on which it was taken in."""
    declared = load_source(source)
    opened_on = taken.contest.opened_at.astimezone(declared.zone).date()
    return load_pack(settings().policy, declared.declared.jurisdiction, opened_on)


def _print(found: "list[TakenIn]", source: str, lang: Language) -> None:
    from arrears.review.contests import due_at

    zone = load_source(source).zone
    table = Table(box=None, pad_edge=False)
    for heading in (
        "contest",
        "account",
        "about",
        "state",
        "taken in",
        "due by",
        "reviewer",
        "finding",
        "the customer says",
    ):
        table.add_column(lang.say(heading))
    for each in found:
        contest = each.contest
        moments = (contest.opened_at, due_at(each, _pack(source, each)))
        days = [f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in moments]
        finding = lang.say(contest.finding.replace("_", " ")) if contest.finding else "-"
        state = lang.say(contest.state.replace("_", " "))
        table.add_row(
            contest.contest_id[:12], contest.account_id, contest.subject_id[:12], state, *days, contest.reviewer or "-",
            finding, each.complaint,
        )  # fmt: skip
    console().print(table)
