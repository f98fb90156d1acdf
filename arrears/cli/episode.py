"""`arrears episode`: the cases that nights raise, and what people do to them."""

import datetime as dt
import getpass
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from arrears.cli.choices import SourceOption, day, source_named, stored_run
from arrears.cli.quarantine_tables import console
from arrears.cli.warnings import LanguageOption
from arrears.cli.words import Language
from arrears.deployment import casebook_of, lake_of, load_source
from arrears.domain.actor import Actor
from arrears.domain.episode_events import ContactChannel, ContactResult, DismissalReason, State
from arrears.domain.run import midnight
from arrears.errors import LakeError, UsageError

if TYPE_CHECKING:
    from arrears.review.cases import Case, Desk, Seen

app = typer.Typer(help="The cases that nights raise, and what people do to them.", no_args_is_help=True)

SHOWN = 50
"""Cases that the list shows."""

AccountArgument = Annotated[str, typer.Argument(help="The account id, as in the list.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, kept with what is done.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Who acts. Default: who is logged in.")]
OnOption = Annotated[str | None, typer.Option("--on", help="The day on which it is done, when it is not today.")]
SeqOption = Annotated[
    int | None,
    typer.Option("--seq", min=1, help="The step that `show` told: refused when somebody else was there since."),
]


@app.command("list")
def list_cases(
    mine: Annotated[bool, typer.Option("--mine", help="Only those whose owner I am (or --by).")] = False,
    owner: Annotated[str | None, typer.Option(help="Only this owner's.")] = None,
    due: Annotated[bool, typer.Option("--due", help="Only those to be looked at today (or --on) or before.")] = False,
    state: Annotated[State | None, typer.Option(help="Only cases in this state.")] = None,
    district: Annotated[str | None, typer.Option(help="Only this district.")] = None,
    by: ByOption = None,
    on: OnOption = None,
    source: SourceOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """List the open cases, the largest expected loss first."""
    from arrears.cli.episode_tables import listed
    from arrears.review import case_list

    if mine and owner:
        raise UsageError("give --mine or --owner, not both")
    if state is State.RESOLVED:
        raise UsageError("only open cases are listed; `arrears episode history ACCOUNT` shows those that have ended")
    name = source_named(source)
    wanted = _actor(by) if mine else (Actor.of(owner) if owner else None)
    with _desk(name, by, on) as desk:
        try:
            run = stored_run(name, None)
        except LakeError:
            run = None
        found = case_list.cases(
            desk.engine,
            lake_of(name),
            run,
            owner=str(wanted) if wanted else None,
            due=desk.local_day if due else None,
            state=state,
            district=district,
        )
    out = console()
    out.print(lang.say("{source}: {count} open cases", source=name, count=f"{len(found):,}"))
    if found:
        out.print(listed(found[:SHOWN], lang))
    if len(found) > SHOWN:
        out.print(
            lang.say("and {count} more; --owner, --due, --state and --district show fewer", count=len(found) - SHOWN)
        )


@app.command("show")
def show(account: AccountArgument, source: SourceOption = None, lang: LanguageOption = Language.EN) -> None:
    """Show an account's open case, or its latest one: where it stands, and everything that happened to it."""
    from arrears.cli.episode_tables import print_case
    from arrears.review import cases

    with _desk(source_named(source)) as desk:
        print_case(cases.open_case(desk, _normal(account)), desk, lang)


@app.command("history")
def history(account: AccountArgument, source: SourceOption = None, lang: LanguageOption = Language.EN) -> None:
    """Show all cases of an account, oldest first."""
    from arrears.cli.episode_tables import print_case
    from arrears.review import cases

    with _desk(source_named(source)) as desk:
        found = cases.history(desk, _normal(account))
        if not found:
            raise UsageError(f"{desk.source}: account {_normal(account)} was never warned of")
        for each in found:
            print_case(each, desk, lang)


@app.command("acknowledge")
def acknowledge(
    account: AccountArgument,
    why: WhyOption = "",
    seq: SeqOption = None,
    by: ByOption = None,
    on: OnOption = None,
    source: SourceOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """Take note of a warning."""
    from arrears.review import cases

    _act(account, seq, by, on, source, lang, lambda desk, seen: cases.acknowledge(desk, seen, why))


@app.command("begin-treatment")
def begin_treatment(
    account: AccountArgument,
    why: WhyOption = "",
    seq: SeqOption = None,
    by: ByOption = None,
    on: OnOption = None,
    source: SourceOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """Say that something is being done about it."""
    from arrears.review import cases

    _act(account, seq, by, on, source, lang, lambda desk, seen: cases.begin_treatment(desk, seen, why))


@app.command("dismiss")
def dismiss(
    account: AccountArgument,
    reason: Annotated[DismissalReason, typer.Option(help="Why it is no warning.")],
    why: WhyOption,
    seq: SeqOption = None,
    by: ByOption = None,
    on: OnOption = None,
    source: SourceOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """Say that it is no warning. The account is not warned of again within the cool-down, unless it gets worse."""
    from arrears.review import cases

    _act(account, seq, by, on, source, lang, lambda desk, seen: cases.dismiss(desk, seen, reason, why))


@app.command("assign")
def assign(
    account: AccountArgument,
    to: Annotated[str, typer.Option("--to", help="The owner: a name, or issuer:name; empty for nobody.")],
    why: WhyOption = "",
    seq: SeqOption = None,
    by: ByOption = None,
    on: OnOption = None,
    source: SourceOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """Make a case somebody's, or nobody's."""
    from arrears.review import cases

    owner = Actor.of(to) if to.strip() else None
    _act(account, seq, by, on, source, lang, lambda desk, seen: cases.assign(desk, seen, owner, why))


@app.command("follow-up")
def follow_up(
    account: AccountArgument,
    at: Annotated[str, typer.Option("--at", help="The day, such as 2026-11-09; empty for none.")],
    why: WhyOption = "",
    seq: SeqOption = None,
    by: ByOption = None,
    on: OnOption = None,
    source: SourceOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """Set the day on which somebody looks at a case again."""
    from arrears.review import cases

    chosen = day(at, "--at") if at.strip() else None
    _act(account, seq, by, on, source, lang, lambda desk, seen: cases.follow_up(desk, seen, chosen, why))


@app.command("note")
def note(
    account: AccountArgument,
    text: Annotated[str, typer.Argument(help="What is to be remembered.")],
    seq: SeqOption = None,
    by: ByOption = None,
    on: OnOption = None,
    source: SourceOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """Write something down, also on a case that has ended."""
    from arrears.review import cases

    _act(account, seq, by, on, source, lang, lambda desk, seen: cases.note(desk, seen, text))


@app.command("contact")
def contact(
    account: AccountArgument,
    channel: Annotated[ContactChannel, typer.Option(help="How.")],
    result: Annotated[ContactResult, typer.Option(help="With what result.")],
    why: WhyOption = "",
    seq: SeqOption = None,
    by: ByOption = None,
    on: OnOption = None,
    source: SourceOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """Record that somebody talked, or tried to talk, with the customer."""
    from arrears.review import cases

    _act(account, seq, by, on, source, lang, lambda desk, seen: cases.record_contact(desk, seen, channel, result, why))


@app.command("promise")
def promise(
    account: AccountArgument,
    amount: Annotated[str, typer.Option(help="How much, such as 250.00.")],
    until: Annotated[str, typer.Option("--until", help="The last day for it, such as 2026-11-09.")],
    why: WhyOption = "",
    seq: SeqOption = None,
    by: ByOption = None,
    on: OnOption = None,
    source: SourceOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """Record a promise to pay. The nights judge whether it is kept; the next pull knows of it."""
    from arrears.review import cases

    sum_, last = _amount(amount), day(until, "--until")
    _act(account, seq, by, on, source, lang, lambda desk, seen: cases.promise(desk, seen, sum_, last, why))


@app.command("reverse-run")
def reverse_run(
    run: Annotated[str, typer.Argument(help="The night's date, or how the key of its run begins.")],
    why: WhyOption,
    by: ByOption = None,
    on: OnOption = None,
    source: SourceOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """Take back what the run of a night did to cases, decisions and notices that have not left, the newest night first.
    Nothing is deleted.

    Cases that somebody worked on since are named and stay as they are."""
    from arrears.review import cases
    from arrears.review.case_words import sentence
    from arrears.review.law_words import sentence as law_sentence

    with _desk(source_named(source), by, on) as desk:
        done = cases.reverse_run(desk, run, why)
    out = console()
    night = done.night.run
    said = "{source}: the night of {as_of} (run {run}) is reversed: {count} cases are as they were before it"
    out.print(
        lang.say(said, source=desk.source, as_of=night.as_of, run=night.run_key[:12], count=f"{done.taken_back:,}")
    )
    said = (
        "notices withdrawn: {notices}, had left: {sent}; decisions reversed: {decisions}, acted on and left: {acted_on}"
    )
    counts = {"notices": done.notices, "sent": done.sent, "decisions": done.decisions, "acted_on": done.acted_on}
    out.print(lang.say(said, **{name: f"{count:,}" for name, count in counts.items()}))
    out.print(lang.say("cases of the law taken back: {law_cases}", law_cases=f"{done.law_cases:,}"))
    if done.law_left:
        out.print(lang.say("What it did in cases of the law, and stays:"))
        table = Table(lang.say("account"), lang.say("what"), box=None, pad_edge=False)
        for left in done.law_left:
            table.add_row(left.account_id, law_sentence(left.entry, desk.zone, lang.tag))
        out.print(table)
    if done.left:
        out.print(lang.say("Left as they are, since somebody worked on them:"))
        table = Table(lang.say("account"), lang.say("who"), lang.say("what"), box=None, pad_edge=False)
        for each in done.left:
            table.add_row(each.account_id, each.actor, sentence(each.event, lang.tag))
        out.print(table)


def _act(
    account: str,
    seq: int | None,
    by: str | None,
    on: str | None,
    source: str | None,
    lang: Language,
    do: "Callable[[Desk, Seen], Case]",
) -> None:
    from arrears.cli.episode_tables import print_head
    from arrears.review import cases
    from arrears.review.case_words import sentence
    from arrears.review.cases import Seen

    with _desk(source_named(source), by, on) as desk:
        seen = cases.open_case(desk, _normal(account)).seen
        case = do(desk, Seen(seen.episode_id, seq) if seq else seen)
        print_head(case.episode, lang)
        console().print(f"{case.episode.seq}  {sentence(case.events[-1].event, lang.tag)}")


@contextmanager
def _desk(source: str, by: str | None = None, on: str | None = None) -> "Iterator[Desk]":
    """Acts count from the moment they are made, or from the beginning of the day `on`."""
    from arrears.review.cases import Desk

    zone, now = load_source(source).zone, dt.datetime.now(dt.UTC)
    at = midnight(day(on, "--on"), zone) if on else now
    if at > now:
        raise UsageError(f"--on {on} lies ahead")
    with casebook_of(source) as engine:
        yield Desk(engine, source, zone, _actor(by), lambda: at)


def _actor(by: str | None) -> Actor:
    return Actor.of(by or getpass.getuser())


def _normal(account: str) -> str:
    return unicodedata.normalize("NFC", account.strip())  # as the lake keeps ids


def _amount(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise UsageError(f"--amount {text!r} is no amount; write it like 250.00")
    return found
