"""`arrears scorecard compare` and `monitor`: challengers beside the card that decides, and cards month by month."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from arrears.cli.choices import AsOfOption, SourceOption, month, source_named, stored_run
from arrears.cli.progress import foretelling
from arrears.settings import settings

if TYPE_CHECKING:
    from arrears.scorecard.card import Card


def compare(as_of: AsOfOption = None, source: SourceOption = None) -> None:
    """How each challenger sees a night, beside the card that decided it. Without --as-of: the latest night there is."""
    from arrears.casebook.cards import register_of, registered
    from arrears.deployment import casebook_of, lake_of
    from arrears.outcomes.compare import compare as compare_scores
    from arrears.pipeline import challenger_table, score_by
    from arrears.policy.bars import load_demands

    run = stored_run(source_named(source), as_of)
    with casebook_of(run.source) as engine, engine.connect() as connection:
        cards = registered(connection)
        challengers = [cards[version] for version in register_of(connection).in_shadow()]
    if not challengers:
        typer.echo(f"{run.source}: there is no challenger; `arrears scorecard register` makes one")
        return
    lake, capacity = lake_of(run.source), load_demands(settings().policy, run.as_of).capacity
    for each in challengers:
        score_by(run, each.read())
        files = lake.stage(challenger_table(each.version), run).files
        found = compare_scores(lake.stage("scores", run).files, files, capacity)
        typer.echo(
            f"challenger {each.version[:12]} ({each.name}) beside card {run.card_version[:12]}, "
            f"{run.source} as of {run.as_of}:\n"
            f"  {found.accounts:,} accounts, {found.same:,} of the same grade, {found.worse:,} worse, {found.better:,} better\n"
            f"  mean probability {found.mean_challenger:.4f} (card that decides: {found.mean_decided:.4f}); of the "
            f"{found.capacity:,} riskiest, which staff can work, {found.both:,} are the same"
        )
        for (grade, other), accounts in found.grades.items():
            typer.echo(f"  {grade} -> {other}: {accounts:,}")


def monitor(
    first: Annotated[str, typer.Option("--from", help="The first month, such as 2026-01.")],
    last: Annotated[str, typer.Option("--to", help="The last month.")],
    version: Annotated[str | None, typer.Argument(help="The card's version; otherwise the one in force today.")] = None,
    source: SourceOption = None,
) -> None:
    """Month by month: what a card said of the first night, what became of the accounts, and how far they have drifted.

    PSI is of the points, CSI of the characteristic that moved most: from 0.10 watch, from 0.25 act. Where the outcome is
    not known yet there is drift alone."""
    from arrears.deployment import load_source
    from arrears.nights.monitor import monitor as monitor_card

    name = source_named(source)
    today = dt.datetime.now(load_source(name).zone).date()
    card = _card(name, version, today)
    with foretelling("monitor") as tell:
        months = monitor_card(name, card, month(first, "--from"), month(last, "--to"), today, tell)
    headings = ("month", "accounts", "bads", "came", "said", "AUC", "KS", "Brier", "PSI", "", "CSI", "of", "")
    table = Table(*headings, title=f"card {card.version[:12]} ({card.name}), {name}", title_justify="left", box=None)
    for each in months:
        f, psi, moved = each.figures, each.points, each.moved
        known = ("-",) * 6 if f is None else (
            f"{f.bads:,.0f}", _share(f.bad_rate), _share(f.mean_probability), _figure(f.auc), _figure(f.ks), _figure(f.brier)
        )  # fmt: skip
        drifted = ("-", "") if psi is None else (f"{psi.index:.3f}", psi.drift.value)
        most = ("-", "", "") if moved is None else (f"{moved[1].index:.3f}", moved[0], moved[1].drift.value)
        table.add_row(each.month, f"{each.accounts:,}", *known, *drifted, *most)
    Console(soft_wrap=True, highlight=False, markup=False, width=200).print(table)


def _card(source: str, version: str | None, today: dt.date) -> "Card":
    from arrears.casebook.cards import card_named
    from arrears.deployment import casebook_of, champion, load_rules

    if version is None:
        return champion(source, today) or load_rules(today)[0]
    with casebook_of(source) as engine:
        return card_named(engine, version).read()


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
