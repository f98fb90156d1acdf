"""`arrears notice release`, `withdraw`, `resend`, `send`, `receipt`: what people do with notices, and what comes back."""

import getpass
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arrears.cli.choices import SourceOption, source_named
from arrears.cli.outbox import SHORT, SHOWN, KindOption, LanguageOption, console_of, listed_table
from arrears.cli.outbox import clock as _now
from arrears.cli.words import Language
from arrears.deployment import casebook_of
from arrears.domain.actor import Actor
from arrears.domain.delivery import State
from arrears.domain.notice import NoticeKind
from arrears.errors import CasebookError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from arrears.casebook.outbox_read import Listed

Names = Annotated[list[str] | None, typer.Argument(help="Ids of notices, or how they begin.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, kept with the notice.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Who acts. Default: who is logged in.")]
YesOption = Annotated[bool, typer.Option("--yes", help="All that are shown, without asking.")]


def release(
    notices: Names = None,
    kind: KindOption = None,
    yes: YesOption = False,
    why: Annotated[str | None, typer.Option("--why", help="A reason, kept with the notices.")] = None,
    by: ByOption = None,
    source: SourceOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """Let drafts leave: some by their ids, or all of a kind with --kind and --yes. Without --yes they are shown only.

    What is in doubt goes out again, once somebody has found out that it was not taken."""
    from arrears.nights import letters

    name, at, actor = source_named(source), _now(), str(_who(by))
    with casebook_of(name) as engine:
        chosen = _chosen(engine, notices, kind, (State.DRAFTED, State.IN_DOUBT))
        _tell(chosen, lang)
        if not yes and not notices:
            raise UsageError("add --yes to release all of them")
        done = letters.release(name, engine, chosen, at, actor, why)
    typer.echo(
        lang.say(
            "{released} released, {superseded} superseded, {expired} expired, {unreachable} without an address",
            released=len(done.released),
            superseded=len(done.superseded),
            expired=len(done.expired),
            unreachable=len(done.unreachable),
        )
    )


def withdraw(
    why: WhyOption,
    notices: Names = None,
    kind: KindOption = None,
    yes: YesOption = False,
    by: ByOption = None,
    source: SourceOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """Keep notices from leaving, for good: some by their ids, or all of a kind with --kind and --yes."""
    from arrears.nights import letters

    with casebook_of(source_named(source)) as engine:
        chosen = _chosen(engine, notices, kind, (State.DRAFTED, State.RELEASED))
        _tell(chosen, lang)
        if not yes and not notices:
            raise UsageError("add --yes to withdraw all of them")
        done = letters.withdraw(engine, chosen, _now(), str(_who(by)), why)
    typer.echo(lang.say("{count} withdrawn", count=len(done)))
    if len(done) < len(chosen):
        left = ", ".join(each.notice_id[:SHORT] for each in chosen if each.notice_id not in done)
        raise CasebookError(f"too late for {left}: they are on their way")


def resend(
    notice: Annotated[str, typer.Argument(help="The notice's id, or how it begins.")],
    why: WhyOption,
    by: ByOption = None,
    source: SourceOption = None,
) -> None:
    """Send a notice once more: a new notice with the same words, marked as a copy, which leaves with the next dispatch."""
    from arrears.casebook import outbox_read
    from arrears.nights import letters

    name = source_named(source)
    with casebook_of(name) as engine:
        made = letters.resend(name, engine, outbox_read.notice_named(engine, notice), _now(), str(_who(by)), why)
    typer.echo(f"{made[:SHORT]}: released")


def send(source: SourceOption = None) -> None:
    """Dispatch now, as the schedule does: release what the policy releases, and send what is due in contact hours."""
    from arrears.nights.dispatch import dispatch, stop_sentence
    from arrears.notices.channels.carrier import CarrierDownError

    name = source_named(source)
    with casebook_of(name) as engine:
        done = dispatch(name, engine, _now)
    typer.echo(f"{name}: {done.sentence()}")
    if done.tally.closed:
        typer.echo(f"outside of contact hours: {', '.join(way.value for way in done.tally.closed)}")
    if (stopped := stop_sentence(done)) is not None:
        raise CarrierDownError(stopped)


def receipt(
    files: Annotated[list[Path], typer.Argument(help="Mails that came back (.eml), lists of a provider (.csv).")],
    by: ByOption = None,
    source: SourceOption = None,
) -> None:
    """Take in what came back: bounces, arrivals, and what a provider says of what is in doubt. Taken twice, it changes nothing.

    A list has the columns key (of a manifest, or a Message-ID), outcome (delivered, returned, sent, not_sent) and why."""
    from arrears.casebook import outbox
    from arrears.nights.dispatch import take_up_delivered
    from arrears.notices.receipts import Fault, Receipt, read_receipts

    read = [each for file in files for each in read_receipts(file)]
    faults = [each for each in read if isinstance(each, Fault)]
    receipts = [each for each in read if isinstance(each, Receipt)]
    changed = 0
    with casebook_of(source_named(source)) as engine:
        for act in dict.fromkeys(each.act for each in receipts):
            said = {each.key: each.why for each in receipts if each.act is act}
            changed += len(outbox.report(engine, act, said, _now(), str(_who(by))))
        steps, refused = take_up_delivered(source_named(source), engine, _now())
    typer.echo(f"receipts: {len(receipts)}, notices changed: {changed}, not understood: {len(faults)}")
    if steps or refused:
        typer.echo(f"served in cases of the law: {steps}, no service: {len(refused)}")
    for why in refused:
        typer.echo(why, err=True)
    for fault in faults:
        typer.echo(fault.sentence, err=True)
    if faults:
        raise typer.Exit(UsageError.exit_code)


def _chosen(
    engine: "Engine", names: list[str] | None, kind: NoticeKind | None, states: Sequence[State]
) -> "list[Listed]":
    from arrears.casebook import outbox_read

    if bool(names) == (kind is not None):
        raise UsageError("say which notices: their ids, or --kind")
    if names:
        found = list(
            {each.notice_id: each for each in (outbox_read.notice_named(engine, name) for name in names)}.values()
        )
        for each in found:
            if each.state not in states:
                raise UsageError(f"notice {each.notice_id[:SHORT]} is {each.state.value.replace('_', ' ')} already")
        return found
    return outbox_read.notices(engine, states=states[:1], kinds=[kind] if kind else None)


def _tell(chosen: "Sequence[Listed]", lang: Language) -> None:
    if chosen:
        console_of().print(listed_table(chosen[:SHOWN], lang))
    money = sum((each.total_amount for each in chosen), Decimal("0.00"))
    typer.echo(lang.say("notices: {count}, money: {money}", count=f"{len(chosen):,}", money=f"{money:,}"))


def _who(by: str | None) -> Actor:
    return Actor.of(by or getpass.getuser())
