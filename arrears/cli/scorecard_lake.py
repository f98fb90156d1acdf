"""`arrears scorecard fit --from … --to …`: a card from the lake's own nights."""

import datetime as dt
from pathlib import Path

import typer

from arrears.cli.choices import month
from arrears.cli.progress import foretelling
from arrears.errors import UsageError


def fit_from_lake(
    first: str | None, last: str | None, source: str, name: str, data: Path | None, target: str | None, out: Path | None
) -> None:
    """Says what the card reached, and how it is registered."""
    from arrears.deployment import load_source
    from arrears.nights.challenger import make_challenger

    if first is None or last is None or data is not None or target is not None:
        raise UsageError("the lake needs --from and --to, and neither --data nor --target")
    today = dt.datetime.now(load_source(source).zone).date()
    with foretelling("fit") as tell:
        made = make_challenger(source, month(first, "--from"), month(last, "--to"), name, today, tell)
    training = made.card.training
    for note in training.notes if training else ():
        typer.echo(f"note: {note}", err=True)
    for line in made.summary("en"):
        typer.echo(line)
    if out is not None:
        out.write_text(made.card.to_json() + "\n", encoding="utf-8")
    typer.echo(f"\nCard {made.card.version} and its reports are in {made.folder}")
    typer.echo("Next, when you want it in the shadow:")
    folder = made.folder
    typer.echo(
        f"  arrears scorecard register --source {source} --card {folder / 'card.json'} --report {made.report('en')} "
        f"--figures {folder / 'figures.json'} --why …"
    )
