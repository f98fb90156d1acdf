"""`arrears notice list`, `show`, `history`: what waits to leave, and who was told what."""

import datetime as dt
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from arrears.cli.choices import SourceOption, source_named
from arrears.cli.words import Language
from arrears.deployment import casebook_of, load_source
from arrears.domain.delivery import State
from arrears.domain.notice import Channel, NoticeKind
from arrears.errors import UsageError
from arrears.settings import settings

if TYPE_CHECKING:
    from arrears.casebook.outbox_read import Listed

SHOWN = 50
SHORT = 12
"""Digits of an id that lists show, and that name a notice."""

SETTLE = (
    "it was handed over and no answer came: ask the provider, and say so with `arrears notice receipt LIST.csv`, a list "
    "with the columns key, outcome (sent, or not_sent: it goes again) and why; the key is the id, a dot, and the way's number"
)

REPORT = (
    "`arrears notice list --unreported` names them: ask whoever delivers, and say so with `arrears notice receipt LIST.csv`, a "
    "list with the columns key, outcome (delivered, or returned) and why; the key is the id, a dot, and the way's number"
)

KindOption = Annotated[NoticeKind | None, typer.Option("--kind", help="Only this kind, such as payment_reminder.")]
LanguageOption = Annotated[Language, typer.Option("--lang", help="Language of headings and states.")]


def list_notices(
    state: Annotated[State | None, typer.Option(help="Only these, such as drafted, in_doubt or failed.")] = None,
    kind: KindOption = None,
    account: Annotated[str | None, typer.Option(help="Only this account's.")] = None,
    unreported: Annotated[
        bool, typer.Option("--unreported", help="Only what was handed over long ago, and nothing was reported of.")
    ] = False,
    most: Annotated[int, typer.Option("--most", min=1, help="So many at the most.")] = SHOWN,
    source: SourceOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """List notices, the oldest night first: how many of each kind are in each state, and which."""
    from arrears.casebook import outbox_read
    from arrears.nights.dispatch import awaited_since

    name = source_named(source)
    with casebook_of(name) as engine:
        counts = outbox_read.counts(engine)
        silent = outbox_read.unreported(engine, awaited_since(name, clock()))
        found = outbox_read.notices(
            engine,
            states=[state] if state else None,
            kinds=[kind] if kind else None,
            account_id=_account(account) if account else None,
            ids=silent if unreported else None,
            most=most,
        )
    out = console_of()
    for (each, now), number in counts.items():
        out.print(f"{lang.say(each.value)}  {lang.say(now.value)}: {number:,}")
    if found:
        out.print(listed_table(found, lang))
    if silent:
        out.print(lang.say("handed over long ago, and nothing was reported: {count}", count=f"{len(silent):,}"))
        out.print(lang.say(REPORT))


def show(
    notice: Annotated[str, typer.Argument(help="The notice's id, or how it begins.")],
    channel: Annotated[Channel | None, typer.Option(help="Show its words on this channel.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the words to this file; a letter is a PDF.")] = None,
    source: SourceOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """Show a notice: on which ways it goes, what happened to it, and the words as they leave or left."""
    from arrears.casebook import outbox_read
    from arrears.notices.code import shown

    name = source_named(source)
    with casebook_of(name) as engine:
        found = outbox_read.notice_named(engine, notice)
        body = outbox_read.words(engine, found.notice_id, channel.value) if channel else None
        link = outbox_read.pay_link(engine, found.notice_id)
        deliveries = outbox_read.deliveries(engine, [found.notice_id])
        told = outbox_read.told(engine, found.notice_id)
    if channel is not None:
        if body is None:
            raise UsageError(f"notice {found.notice_id[:SHORT]} has no words on {channel.value}")
        _write_words(channel, shown(body, link), out)
        return
    console = console_of()
    console.print(f"{found.notice_id}  {lang.say(found.kind.value)}  {lang.say(found.state.value)}")
    console.print(listed_table([found], lang))
    for each in deliveries:
        said = " · ".join(text for text in (each.reference, each.why) if text)
        line = f"  {each.attempt} {lang.say(each.way.value)} → {each.address}: {lang.say(each.state.value)}"
        console.print(f"{line}, {lang.say('tries')} {each.tries}" + (f" ({said})" if said else ""))
    if found.state is State.IN_DOUBT:
        console.print(f"  {lang.say(SETTLE)}")
    for event in told:
        way = f" {lang.say(event.way.value)}" if event.way else ""
        console.print(f"  {_when(event.at, name)}  {lang.say(event.act.value)}{way}, {event.actor}: {event.why or '-'}")


def history(
    account: Annotated[str, typer.Argument(help="The account id.")],
    source: SourceOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """Who was told what, when, through what: everything that left for an account, or was kept from leaving."""
    from arrears.casebook import outbox_read

    name, account = source_named(source), _account(account)
    with casebook_of(name) as engine:
        found = outbox_read.notices(engine, account_id=account)
        told = sorted(
            ((event, each) for each in found for event in outbox_read.told(engine, each.notice_id)),
            key=lambda pair: pair[0].at,
        )
    if not found:
        raise UsageError(f"{name}: account {account} was never written to")
    table = Table(box=None, pad_edge=False)
    for heading in ("when", "notice", "kind", "amount", "act", "way", "who", "reason"):
        table.add_column(lang.say(heading))
    for each in found:
        if not any(one is each for _, one in told):
            row = (
                each.notice_id[:SHORT],
                lang.say(each.kind.value),
                f"{each.total_amount:,}",
                lang.say(each.state.value),
            )
            table.add_row(str(each.as_of), *row, "", "", "")
    for event, each in told:
        row = (each.notice_id[:SHORT], lang.say(each.kind.value), f"{each.total_amount:,}", lang.say(event.act.value))
        way = lang.say(event.way.value) if event.way else ""
        table.add_row(_when(event.at, name), *row, way, event.actor, event.why or "")
    console_of().print(table)


def listed_table(found: "Sequence[Listed]", lang: Language) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("notice", "account", "kind", "language", "amount", "night", "state"):
        table.add_column(lang.say(heading), justify="right" if heading == "amount" else "left")
    for each in found:
        kind = lang.say(each.kind.value)
        cells = (
            each.account_id,
            kind,
            each.language,
            f"{each.total_amount:,}",
            str(each.as_of),
            lang.say(each.state.value),
        )
        table.add_row(each.notice_id[:SHORT], *cells)
    return table


def _write_words(channel: Channel, body: str, out: Path | None) -> None:
    if channel is Channel.LETTER:
        from arrears.notices.letter import Typesetter

        if out is None:
            raise UsageError("a letter is a PDF; say where it goes, such as --out letter.pdf")
        out.write_bytes(Typesetter(settings().templates / "notices").set(body))
    elif out is not None:
        out.write_text(body, encoding="utf-8")
    else:
        typer.echo(body)


def _when(at: dt.datetime, source: str) -> str:
    return f"{at.astimezone(load_source(source).zone):%Y-%m-%d %H:%M}"


def _account(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip())


def console_of() -> Console:
    return Console(soft_wrap=True, highlight=False, markup=False, width=200)


def clock() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
