"""`arrears outcomes`: nights judged when their horizon has passed, and what a manager reads of it."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from arrears.cli.choices import SourceOption, day, month, source_named
from arrears.cli.progress import foretelling
from arrears.cli.warnings import LanguageOption
from arrears.cli.words import Language
from arrears.errors import UsageError
from arrears.settings import settings

app = typer.Typer(help="What became of warnings: judge nights, and report by month.", no_args_is_help=True)


@app.command()
def label(
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Judge what had matured by this day. Default: today.")
    ] = None,
    source: SourceOption = None,
) -> None:
    """Judge every stored night whose horizon has passed, oldest first, and close the books of past months.

    What is judged stays as it is: running this again does nothing twice."""
    from arrears.nights.outcomes import label as label_nights

    named = source_named(source)
    until = _day(named, as_of)
    with foretelling("outcomes") as tell:
        made = label_nights(named, until, tell)
    if not (made.judged or made.stood or made.waiting):
        raise UsageError(
            f"{named}: no night is stored until {until}; `arrears run` and `arrears backfill run` make them"
        )
    typer.echo(
        f"{named}: {len(made.judged):,} nights judged, {len(made.stood):,} were before; "
        f"the books of {len(made.closed):,} months closed"
    )
    young = [each for each in made.waiting if each.why is None]
    if young:
        typer.echo(f"{len(young):,} nights are too young; the next one can be judged on {young[0].matures_on}")
    for each in made.waiting:
        if each.why:
            typer.echo(f"not judged: {each.why}", err=True)


@app.command()
def report(
    first: Annotated[str, typer.Option("--from", help="The first month, such as 2026-01.")],
    last: Annotated[str, typer.Option("--to", help="The last month.")],
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The day that stands on the report. Default: today.")
    ] = None,
    source: SourceOption = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the report. Default: below the state folder.")] = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """Write what became of warnings: report.html for people, one CSV for each figure, and all of it as outcomes.json.

    It tells of nights that `arrears outcomes label` judged, and says what is not known yet."""
    from arrears.nights.outcomes import report as report_months
    from arrears.nights.outcomes import report_folder
    from arrears.outcomes.files import write

    named, here = source_named(source), settings()
    begins, ends = month(first, "--from"), month(last, "--to")
    made = report_months(named, begins, ends, _day(named, as_of))
    page = write(made, out or report_folder(named, made.span), "zh" if lang is Language.ZH else "en", here.templates)
    judged, stored = (sum(getattr(each, name) for each in made.coverage) for name in ("judged", "stored"))
    typer.echo(f"{judged:,} of {stored:,} stored nights are judged: {page}")


def _day(source: str, as_of: str | None) -> dt.date:
    from arrears.deployment import load_source

    return day(as_of) if as_of else dt.datetime.now(load_source(source).zone).date()
