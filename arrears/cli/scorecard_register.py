"""`arrears scorecard register`, `list`, `show`, `report`, and the acts on a registered card: who did what, when and why."""

import datetime as dt
import getpass
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from arrears.cli.choices import SourceOption, day, source_named
from arrears.deployment import casebook_of
from arrears.domain.register import CardAct
from arrears.errors import UsageError
from arrears.settings import settings

if TYPE_CHECKING:
    from arrears.outcomes.promotion import By

Version = Annotated[str, typer.Argument(help="The card's version, or how it begins.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, kept with what is done.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Who acts. Default: who is logged in.")]
FromOption = Annotated[str, typer.Option("--from", help="The first night that is judged by it, such as 2026-11-02.")]


def add_to(app: typer.Typer) -> None:
    """All commands of the register."""
    for command in (register, list_cards, show, report, approve, refuse, promote, demote, shadow, retire):
        app.command(command.__name__.removesuffix("_cards"))(command)


def register(
    card: Annotated[Path, typer.Option(help="The card, as JSON.")],
    report: Annotated[Path, typer.Option(help="Its report, as `arrears scorecard validate --out` writes it.")],
    why: WhyOption,
    figures: Annotated[
        Path | None,
        typer.Option("--figures", help="What `arrears scorecard validate --json` wrote: verdict and figures."),
    ] = None,
    by: ByOption = None,
    source: SourceOption = None,
) -> None:
    """Keep a card in the casebook and score by it in the shadow every night. It decides nothing before it is promoted.

    --by is who fitted it: somebody else must approve it."""
    from arrears.cli.scorecard import read_card
    from arrears.deployment import load_rules
    from arrears.outcomes.promotion import check_features
    from arrears.outcomes.promotion import register as register_card
    from arrears.snapshot.catalogue import load_catalogue

    name = source_named(source)
    found = read_card(card)
    check_features(found, load_catalogue(settings().sql))
    load_rules(dt.datetime.now(dt.UTC).date(), found)
    told = _figures(figures, found.version)
    with casebook_of(name) as engine:
        new = register_card(engine, settings().state, found, report, _by(by, why), **told)
    typer.echo(f"{name}: card {new.version} ({new.name}) is registered and in the shadow")
    typer.echo(f"its report: {settings().state / new.report}")


def list_cards(source: SourceOption = None) -> None:
    """All cards: what was fitted on which rows by whom, what was done with each last, and which one decides from when on."""
    from arrears.casebook.cards import register_of, registered

    name = source_named(source)
    with casebook_of(name) as engine, engine.connect() as connection:
        cards, events = registered(connection), register_of(connection)
    table = Table("card", "name", "state", "window", "AUC", "verdict", "fitted by", "since", box=None, pad_edge=False)
    for version, each in cards.items():
        auc = each.metrics.get("held_out", {}).get("auc")
        state = events.state(version).value.removeprefix("card_")
        cells = (each.data_window or "-", "-" if auc is None else f"{auc:.3f}", each.verdict or "-", each.fitted_by)
        table.add_row(version[:12], each.name, state, *cells, f"{each.registered_at:%Y-%m-%d}")
    out = Console(soft_wrap=True, highlight=False, markup=False, width=200)
    if cards:
        out.print(table)
    changes = [each for each in events.events if each.from_on is not None]
    for event in changes:
        ruling = event.version if event.act is CardAct.PROMOTED else event.restores
        told = "the policy's expert card" if ruling is None else f"card {ruling[:12]}"
        out.print(
            f"from {event.from_on} on: {told} ({event.act.value.removeprefix('card_')} by {event.actor}: {event.why})"
        )
    if not changes:
        out.print(f"{name}: the policy's expert card decides; none of the register was promoted")


def show(version: Version, source: SourceOption = None) -> None:
    """A card with everything that was done with it."""
    from arrears.casebook.cards import card_named, register_of

    with casebook_of(source_named(source)) as engine, engine.connect() as connection:
        card, events = card_named(engine, version), register_of(connection).events
    facts = {
        "card": card.version,
        "name": card.name,
        "window": card.data_window or "-",
        "data (sha-256)": card.data_sha256 or "-",
        "verdict": card.verdict or "-",
        "report": str(settings().state / card.report),
        "report (sha-256)": card.report_sha256,
        "figures": json.dumps(card.metrics, sort_keys=True),
    }
    for heading, value in facts.items():
        typer.echo(f"{heading:<18}{value}")
    for event in events:
        if card.version in (event.version, event.restores):
            what = event.act.value.removeprefix("card_")
            restored = " (which restores this card)" if event.restores == card.version else ""
            since = f" from {event.from_on} on" if event.from_on else ""
            typer.echo(f"{event.occurred_at:%Y-%m-%d %H:%M}Z  {what}{since}{restored} by {event.actor}: {event.why}")


def report(version: Version, source: SourceOption = None) -> None:
    """Where the report lies that a card was registered with; checks that it is the same, byte for byte."""
    from arrears.casebook.cards import card_named
    from arrears.outcomes.promotion import report_of

    with casebook_of(source_named(source)) as engine:
        typer.echo(str(report_of(card_named(engine, version), settings().state)))


def approve(version: Version, why: WhyOption, by: ByOption = None, source: SourceOption = None) -> None:
    """Say that a card, as its report shows it, may decide. Not by who fitted it."""
    _decide(version, CardAct.APPROVED, why, by, source)


def refuse(version: Version, why: WhyOption, by: ByOption = None, source: SourceOption = None) -> None:
    """Say that a card may not decide; it leaves the shadow."""
    _decide(version, CardAct.REFUSED, why, by, source)


def shadow(version: Version, why: WhyOption, by: ByOption = None, source: SourceOption = None) -> None:
    """Score by a card in the shadow again that was refused, demoted or retired; it needs a new approval."""
    _decide(version, CardAct.SHADOWED, why, by, source)


def retire(version: Version, why: WhyOption, by: ByOption = None, source: SourceOption = None) -> None:
    """Take a challenger out of the shadow."""
    _decide(version, CardAct.RETIRED, why, by, source)


def promote(
    version: Version, first: FromOption, why: WhyOption, by: ByOption = None, source: SourceOption = None
) -> None:
    """Let an approved card decide from a night on. Nights that stand are not changed."""
    from arrears.outcomes.promotion import promote as promote_card

    name = source_named(source)
    with casebook_of(name) as engine:
        event = promote_card(engine, settings().state, version, day(first, "--from"), _by(by, why))
    typer.echo(f"{name}: card {event.version} decides from the night of {event.from_on} on")


def demote(first: FromOption, why: WhyOption, by: ByOption = None, source: SourceOption = None) -> None:
    """From a night on, let the card decide again that did before the one in force was promoted: the same, byte for byte."""
    from arrears.outcomes.promotion import demote as demote_card

    name = source_named(source)
    with casebook_of(name) as engine:
        event = demote_card(engine, day(first, "--from"), _by(by, why))
    restored = f"card {event.restores}" if event.restores else "the policy's expert card"
    typer.echo(f"{name}: from the night of {event.from_on} on {restored} decides, and card {event.version} no more")


def _decide(version: str, act: CardAct, why: str, by: str | None, source: str | None) -> None:
    from arrears.outcomes.promotion import decide

    name = source_named(source)
    with casebook_of(name) as engine:
        event = decide(engine, version, act, _by(by, why))
    typer.echo(f"{name}: card {event.version} was {act.value.removeprefix('card_')} by {event.actor}")


def _by(by: str | None, why: str) -> "By":
    from arrears.outcomes.promotion import By

    return By(by or getpass.getuser(), dt.datetime.now(dt.UTC), why.strip())


def _figures(path: Path | None, version: str) -> dict[str, Any]:
    """Verdict and figures of the rows that a card was judged by; UsageError when they are another card's."""
    from arrears.outcomes.judge import figures_of

    if path is None:
        return {}
    try:
        return figures_of(json.loads(path.read_text(encoding="utf-8")), version)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: these are not the figures of a validation: {error}") from error
