"""`arrears case`: stopping supply lawfully, step by step, from the demand to the restoration."""

import datetime as dt
import getpass
import unicodedata
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from arrears.casebook_stages import law_desk
from arrears.cli.choices import SourceOption, day, source_named
from arrears.cli.quarantine_tables import console
from arrears.cli.warnings import LanguageOption
from arrears.cli.words import Language
from arrears.deployment import casebook_of, load_source
from arrears.domain.actor import Actor
from arrears.domain.law.case import BESIDE, Channel, Measure, State, Step
from arrears.domain.law.record import OPEN, FieldAnswer, Record
from arrears.domain.money import ZERO
from arrears.domain.run import midnight
from arrears.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from arrears.review.lawful import LawDesk

app = typer.Typer(help="Stopping supply, step by step: only what the law lets be done is done.", no_args_is_help=True)

AccountArgument = Annotated[str, typer.Argument(help="The account id.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, kept with the case.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Who acts. Default: who is logged in.")]
AtOption = Annotated[
    str | None, typer.Option("--at", help="When it was done, local time, such as '2026-11-09 14:30'. Default: now.")
]
SeqOption = Annotated[
    int | None, typer.Option("--seq", min=1, help="The change that `show` told: refused when somebody was there since.")
]
MeasureOption = Annotated[Measure, typer.Option("--measure", help="What the case ends in when nothing stops it.")]
ProofOption = Annotated[str, typer.Option("--proof", help="How it is proved, such as a registered letter's number.")]
RightOption = Annotated[
    list[str] | None,
    typer.Option(
        "--right", help="The right that it is answered by; may be repeated. Default: those of the account's roles."
    ),
]
ChannelOption = Annotated[Channel, typer.Option("--channel", help="How it was served.")]


@app.command("list")
def list_cases(
    state: Annotated[
        State | None, typer.Option("--state", help="Only cases in this state. Default: the open ones.")
    ] = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """List the open cases, in order of account."""
    from arrears.casebook.law_cases import cases
    from arrears.cli.case_tables import listed

    named = source_named(source)
    with casebook_of(named) as engine, engine.connect() as connection:
        found = cases(connection, (state,) if state else OPEN)
    out = console()
    out.print(lang.say("{source}: {count} cases", source=named, count=f"{len(found):,}"))
    if found:
        out.print(listed(found, load_source(named).zone, lang))


@app.command("orders")
def orders(lang: LanguageOption = Language.EN, source: SourceOption = None) -> None:
    """List the orders to the field that wait for an answer: what to do, where, from and until when."""
    from arrears.casebook.law_cases import cases
    from arrears.cli.case_tables import ordered

    named = source_named(source)
    with casebook_of(named) as engine, engine.connect() as connection:
        found = [each for each in cases(connection, tuple(State)) if each.open_order]
    out = console()
    out.print(lang.say("{source}: {count} orders wait", source=named, count=f"{len(found):,}"))
    if found:
        out.print(ordered(found, load_source(named).zone, lang))


@app.command("show")
def show(
    account: AccountArgument,
    measure: MeasureOption = Measure.DISCONNECTION,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Show an account's open case, or its latest: where it stands, and everything that was done in it."""
    from arrears.casebook.law_cases import case_of, history
    from arrears.cli.case_tables import head, steps

    named = source_named(source)
    zone = load_source(named).zone
    with casebook_of(named) as engine:
        record = case_of(engine, normal(account), measure)
        with engine.connect() as connection:
            entries = history(connection, record.case.case_id)
    out = console()
    out.print(head(record, zone, lang))
    out.print(steps(entries, zone, lang))


@app.command("demand")
def demand(
    account: AccountArgument,
    channel: ChannelOption,
    proof: ProofOption,
    why: WhyOption = "",
    measure: MeasureOption = Measure.DISCONNECTION,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Record that a demand was served: a case opens, for the bills that are overdue."""
    from arrears.cli.case_tables import head
    from arrears.review import lawful

    named = source_named(source)
    with casebook_of(named) as engine:
        desk = law_desk(named, engine, actor(by), instant(named, at))
        record = lawful.demand(desk, normal(account), channel, proof, why, measure)
    console().print(head(record, load_source(named).zone, lang))


@app.command("propose")
def propose(
    account: AccountArgument,
    why: WhyOption,
    notice_by: Annotated[Channel, typer.Option("--notice-by", help="How the notice is to go.")] = Channel.LETTER,
    measure: MeasureOption = Measure.DISCONNECTION,
    seq: SeqOption = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Ask a second person to approve what is owed now."""
    from arrears.review import lawful

    _act(
        account,
        measure,
        seq,
        by,
        at,
        source,
        lang,
        lambda desk, case, seen: lawful.propose(desk, case, notice_by, why, seen),
    )


@app.command("approve")
def approve(
    account: AccountArgument,
    why: WhyOption,
    right: RightOption = None,
    measure: MeasureOption = Measure.DISCONNECTION,
    seq: SeqOption = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Approve exactly what is proposed. Never one's own proposal."""
    from arrears.review import lawful

    _act(
        account,
        measure,
        seq,
        by,
        at,
        source,
        lang,
        lambda desk, case, seen: lawful.approve(desk, case, rights(desk.engine, by, right), why, seen),
    )


@app.command("refuse")
def refuse(
    account: AccountArgument,
    why: WhyOption,
    right: RightOption = None,
    measure: MeasureOption = Measure.DISCONNECTION,
    seq: SeqOption = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Refuse what is proposed: the case ends."""
    from arrears.review import lawful

    _act(
        account,
        measure,
        seq,
        by,
        at,
        source,
        lang,
        lambda desk, case, seen: lawful.refuse(desk, case, rights(desk.engine, by, right), why, seen),
    )


@app.command("serve")
def serve(
    account: AccountArgument,
    channel: ChannelOption,
    proof: ProofOption,
    why: WhyOption = "",
    measure: MeasureOption = Measure.DISCONNECTION,
    seq: SeqOption = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Record that the notice was served, by the channel that was approved."""
    from arrears.review import lawful

    _act(
        account, measure, seq, by, at, source, lang,
        lambda desk, case, seen: lawful.serve(desk, case, channel, proof, why, seen),
    )  # fmt: skip


@app.command("renotify")
def renotify(
    account: AccountArgument,
    channel: ChannelOption,
    proof: ProofOption,
    why: WhyOption = "",
    measure: MeasureOption = Measure.DISCONNECTION,
    seq: SeqOption = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Record that the customer was told again, shortly before the cut."""
    from arrears.review import lawful

    _act(
        account, measure, seq, by, at, source, lang,
        lambda desk, case, seen: lawful.renotify(desk, case, channel, proof, why, seen),
    )  # fmt: skip


@app.command("record")
def record(
    account: AccountArgument,
    step: Annotated[Step, typer.Argument(help="What was done: " + ", ".join(BESIDE) + ".")],
    proof: ProofOption = "",
    why: WhyOption = "",
    measure: MeasureOption = Measure.DISCONNECTION,
    seq: SeqOption = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Record what is done beside the main steps: a contact, a visit, an offer, what the authority was told or said."""
    from arrears.review import lawful

    if step not in BESIDE:
        raise UsageError(f"{step} has a command of its own; here goes one of {', '.join(BESIDE)}")
    _act(
        account, measure, seq, by, at, source, lang,
        lambda desk, case, seen: lawful.beside(desk, case, step, proof, why, seen),
    )  # fmt: skip


@app.command("order")
def order(
    account: AccountArgument,
    why: WhyOption = "",
    measure: MeasureOption = Measure.DISCONNECTION,
    seq: SeqOption = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Send the field to cut, from the first lawful moment on until notice or approval lapses."""
    from arrears.review import lawful

    _act(account, measure, seq, by, at, source, lang, lambda desk, case, seen: lawful.order(desk, case, why, seen))


@app.command("answer")
def answer(
    account: AccountArgument,
    said: Annotated[FieldAnswer, typer.Argument(help="What the field says of the order that waits.")],
    paid: Annotated[str | None, typer.Option("--paid", help="How much was paid at the door, such as 250.00.")] = None,
    why: WhyOption = "",
    measure: MeasureOption = Measure.DISCONNECTION,
    seq: SeqOption = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Record the field's answer to the order that waits, at the moment at which it was done."""
    from arrears.review import lawful

    amount = _amount(paid)
    _act(
        account, measure, seq, by, at, source, lang,
        lambda desk, case, seen: lawful.answer(desk, case, said, why, seen, amount),
    )  # fmt: skip


@app.command("cancel")
def cancel(
    account: AccountArgument,
    why: WhyOption,
    measure: MeasureOption = Measure.DISCONNECTION,
    seq: SeqOption = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """End a case before the cut; an order that waits is withdrawn."""
    from arrears.review import lawful

    _act(account, measure, seq, by, at, source, lang, lambda desk, case, seen: lawful.cancel(desk, case, why, seen))


@app.command("restore")
def restore(
    account: AccountArgument,
    why: WhyOption = "",
    measure: MeasureOption = Measure.DISCONNECTION,
    seq: SeqOption = None,
    by: ByOption = None,
    at: AtOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Send the field to restore supply, by the law's deadline; `answer ACCOUNT done` says that it is back."""
    from arrears.review import lawful

    _act(account, measure, seq, by, at, source, lang, lambda desk, case, seen: lawful.restore(desk, case, why, seen))


def _act(
    account: str,
    measure: Measure,
    seq: int | None,
    by: str | None,
    at: str | None,
    source: str | None,
    lang: Language,
    do: "Callable[[LawDesk, str, int], Record]",
) -> None:
    from arrears.casebook.law_cases import case_of, history
    from arrears.cli.case_tables import head, steps

    named = source_named(source)
    zone = load_source(named).zone
    with casebook_of(named) as engine:
        desk = law_desk(named, engine, actor(by), instant(named, at))
        seen = case_of(engine, normal(account), measure)
        after = do(desk, seen.case.case_id, seq or seen.seq)
        with engine.connect() as connection:
            entries = history(connection, after.case.case_id)
    out = console()
    out.print(head(after, zone, lang))
    out.print(steps(entries[seen.seq :], zone, lang, seen.seq))


def instant(source: str, text: str | None, option: str = "--at") -> dt.datetime:
    """A local date or time as typed, or now; UsageError when it is none, or lies ahead."""
    now, zone = dt.datetime.now(dt.UTC), load_source(source).zone
    if text is None:
        return now
    try:
        typed = dt.datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text!r} is no time; write it like '2026-11-09 14:30'") from None
    if len(text) == len("2026-11-09"):
        at = midnight(day(text, option), zone)
    else:
        at = (typed.replace(tzinfo=zone) if typed.tzinfo is None else typed).astimezone(dt.UTC)
    if at > now:
        raise UsageError(f"{option} {text} lies ahead")
    return at


def actor(by: str | None) -> str:
    return str(Actor.of(by or getpass.getuser()))


def rights(engine: "Engine", by: str | None, said: Sequence[str] | None) -> frozenset[str]:
    """By which rights somebody answers: those of the roles of the account, of which `said` picks; without an account `said`."""
    from arrears.review.people import rights_of

    with engine.connect() as connection:
        return rights_of(connection, actor(by), frozenset(said or ()))


def normal(account: str) -> str:
    return unicodedata.normalize("NFC", account.strip())  # as the lake keeps ids


def _amount(text: str | None) -> Decimal:
    if text is None:
        return ZERO
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found <= 0 or found != found.quantize(Decimal("0.01")):
        raise UsageError(f"--paid {text!r} is no amount; write it like 250.00")
    return found.quantize(Decimal("0.01"))
