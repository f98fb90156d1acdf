"""`arrears source list`, `new`, `check`: whose books there are, a first mapping of a new system, and whether one fits."""

import datetime as dt
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from arrears.cli.choices import day
from arrears.cli.progress import telling
from arrears.domain.run import midnight
from arrears.errors import SourceError, SourceUnreachableError, UsageError
from arrears.settings import settings

if TYPE_CHECKING:
    from arrears.sources.examine import Examined

app = typer.Typer(help="The systems that data comes from, and how each is mapped.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="The source: its folder in sql/sources/.")]


@app.command("list")
def list_sources() -> None:
    """List the sources there are: name, zone, currency, tables that are mapped."""
    from arrears.sources.mapping import load_source

    folder = settings().sql
    for path in sorted(folder.glob("sources/*/source.yaml")):
        source = load_source(folder, path.parent.name)
        declared = source.declared
        told = f"{declared.zone:<20} {declared.currency}  {declared.commodity:<11}  {len(source.tables)} tables"
        typer.echo(f"{source.name:<20} {told}")


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="What to call it: small letters, digits and _.")],
    database: Annotated[str | None, typer.Option(help="SQLAlchemy URL of its database; it is only read.")] = None,
    files: Annotated[Path | None, typer.Option(help="Folder with its CSV or Parquet files.")] = None,
) -> None:
    """Write a first mapping of a new system: source.yaml, and one commented SELECT for each table of the contract.

    Tables and columns are guessed by their names, and each guess is marked. Nothing that is there is written over."""
    from arrears.sources import survey
    from arrears.sources.mapping import FILL_IN
    from arrears.sources.scaffold import write_scaffold

    if (database is None) == (files is None):
        raise UsageError("say where the system's data is: --database URL, or --files FOLDER")
    if files is not None:
        system = survey.survey_folder(name, files)
    else:
        try:
            system = survey.survey_database(name, str(database))
        except SourceUnreachableError as error:
            system = survey.unseen_database(name, str(database))
            typer.echo(f"Nothing is guessed: {error}")
    made = write_scaffold(settings().sql, name, system)
    typer.echo(f"{made.folder}")
    for table, found in made.guessed.items():
        typer.echo(f"  {table + '.sql':<20} guessed from {found.table}: {len(found.columns)} columns")
    typer.echo(f"  {'source.yaml':<20} and every other file: fill in what says {FILL_IN}")
    typer.echo(f"Next: arrears source check {name}")


@app.command("check")
def check(
    name: NameArgument,
    table: Annotated[str | None, typer.Option(help="Only this table of the contract.")] = None,
    rows: Annotated[int, typer.Option(min=0, help="How many rows to show of each table.")] = 10,
    since: Annotated[
        str | None,
        typer.Option(help="Only rows recorded since this day began, such as 2026-11-01: quicker for large tables."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one JSON object.")] = False,
) -> None:
    """Read a source as a first pull would, and say table by table what fits, what is missing, which rows break which rule.

    Nothing is written, in the source or here. Exit code 3 when something does not fit."""
    from arrears.sources.examine import examine
    from arrears.sources.mapping import load_source

    here = settings()
    source = load_source(here.sql, name)
    if table is not None and table not in source.tables:
        raise UsageError(f"{name} has no table '{table}'; there are: {', '.join(source.tables)}")
    begins = midnight(day(since, "--since"), source.zone) if since else None
    wanted = [table] if table else list(source.tables)
    found: list[Examined] = []
    with telling("check") as tell:
        for each in examine(here, source, wanted, begins, dt.datetime.now(dt.UTC), rows):
            tell(each.table, (len(found) + 1) / len(wanted))
            found.append(each)
    if as_json:
        said = {
            "source": name,
            "absent": source.declared.absent,
            "tables": [asdict(each) | {"fits": each.fits} for each in found],
        }
        typer.echo(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        _print(found)
    if not all(each.fits for each in found):
        raise typer.Exit(SourceError.exit_code)


def _print(found: "list[Examined]") -> None:
    out = Console(soft_wrap=True, highlight=False, markup=False)
    for each in found:
        mark = "ok     " if each.fits else "NOT OK "
        out.print(f"{mark} {each.table:<16} {each.fitting:,} of {each.rows:,} rows fit ({each.mapping})")
        for fault in each.faults:
            out.print(f"        {fault}")
        for broken in each.broken:
            out.print(
                f"        {broken.rule}: {broken.rows:,} {'row is' if broken.rows == 1 else 'rows are'} set aside"
            )
            for example in broken.examples:
                out.print(f"          {example}")
        if each.left_out:
            out.print(f"        left out: {', '.join(each.left_out)}")
        if each.sample:
            _print_rows(each, out)
    unfit = [each.table for each in found if not each.fits]
    out.print(
        f"\n{len(found) - len(unfit)} of {len(found)} tables fit" + (f"; not: {', '.join(unfit)}" if unfit else "")
    )


def _print_rows(each: "Examined", out: Console) -> None:
    """One line for each column, one column for each row: a contract's table is wider than a screen."""
    shown = Table(box=None, pad_edge=False, show_header=False)
    shown.add_column()
    for _ in each.sample:
        shown.add_column(no_wrap=True, max_width=24)
    for name in each.sample[0]:
        shown.add_row(f"        {name}", *(row[name] if row[name] is not None else "-" for row in each.sample))
    wide = Console(highlight=False, markup=False, width=None if out.is_terminal else 240)
    wide.print(shown)
    out.print("")
