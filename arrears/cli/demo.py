"""`arrears simulate`: make the utility that does not exist, or add days to it."""

from pathlib import Path
from typing import Annotated

import typer

from arrears.cli.choices import day
from arrears.cli.progress import telling
from arrears.settings import settings

DEMO = "demo"
"""The source that does not exist outside."""


def simulate(
    accounts: Annotated[int | None, typer.Option(help="Accounts. Default: 20,000.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First day of the books. Default: 2022-11-01.")] = None,
    until: Annotated[
        str | None, typer.Option(help="Last day of the books; a later one adds days and changes none before it.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed is another utility.")] = 1,
    meter_from: Annotated[str, typer.Option(help="First day with meter files.")] = "2026-06-01",
    url: Annotated[
        str | None, typer.Option(help="Database for the books (any SQLAlchemy URL). Default: SQLite.")
    ] = None,
    meter_folder: Annotated[Path | None, typer.Option(help="Folder for the daily meter files.")] = None,
) -> None:
    """Make a demo utility as a utility would hold it: a billing database and daily meter files.

    The books have a schema of their own, mapped in sql/sources/demo/. Nothing in them is real. Run it again with a
    later --until and it adds the days that are missing."""
    from arrears.sources.simulate import simulate as make

    here = settings()
    folder = here.state / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    with telling("simulate") as tell:
        made = make(
            url=url or f"sqlite:///{folder / 'billing.db'}",
            meter_folder=meter_folder or folder / "meter",
            accounts=accounts or here.demo_accounts,
            start=day(start, "--from") if start else here.demo_from,
            until=day(until, "--until") if until else here.demo_until,
            seed=seed,
            meter_from=day(meter_from, "--meter-from"),
            progress=tell,
        )
    if not made.rows and not made.meter_files:
        typer.echo("The demo utility is there already, up to that day.")
        return
    for table, rows in made.rows.items():
        typer.echo(f"{rows:>12,}  {table}")
    typer.echo(f"{made.meter_rows:>12,}  readings in {made.meter_files} files")
    typer.echo("Next: arrears run --as-of 2026-11-01")
