"""`arrears lake status`, `compact`, `retention`: what the lake holds, and how it is kept small."""

from typing import Annotated

import typer

from arrears.cli.choices import SourceOption, source_named
from arrears.cli.progress import size_text, telling
from arrears.errors import UsageError
from arrears.settings import settings

app = typer.Typer(help="What the lake holds, and how it is kept small.", no_args_is_help=True)


@app.command("status")
def status(source: SourceOption = None) -> None:
    """Disk, rows, nights and versions, table by table."""
    from arrears.deployment import lake_of
    from arrears.lake import disk

    lake = lake_of(source_named(source))
    typer.echo(f"{'raw table':<16} {'rows':>13} {'disk':>10} {'files':>6} {'months':>7} {'again':>6}  pulled")
    for raw in disk.raw_tables(lake):
        typer.echo(
            f"{raw.table:<16} {raw.rows:>13,} {size_text(raw.bytes):>10} {raw.partitions:>6,} {raw.months:>7,} "
            f"{raw.refreshed:>6,}  {raw.first} to {raw.last}"
        )
    typer.echo(f"\n{'made by runs':<16} {'nights':>13} {'disk':>10} {'restated':>13} {'removed':>8}  as of")
    for made in disk.stages(lake):
        span = f"{made.first} to {made.last}" if made.first else "-"
        typer.echo(
            f"{made.stage:<16} {made.nights:>13,} {size_text(made.bytes):>10} {made.restated:>13,} {made.removed:>8,}  {span}"
        )
    night = disk.newest_night(lake)
    if night is not None:
        typer.echo(
            f"\nThe night of {night.as_of}: {size_text(night.bytes)} for {night.accounts:,} accounts, "
            f"{size_text(night.bytes_per_million)} for a million."
        )


@app.command("compact")
def compact(
    source: SourceOption = None,
    before: Annotated[
        str | None, typer.Option(help="Only months before this one, such as 2026-11. Default: all but the newest.")
    ] = None,
) -> None:
    """Merge each month's raw partitions of a table into one. No result changes: every stored night reads the same rows.

    The month of the newest pull is left alone, and so are nights that were pulled again. What was merged is compared with
    what it was made of before anything is taken away; killed at any moment, run it again."""
    from arrears.deployment import lake_of
    from arrears.engine import duckdb as engine
    from arrears.lake.compact import compact as compact_lake
    from arrears.lake.contract import TABLES, load_contract

    here = settings()
    contracts = [load_contract(here.sql / "contract", table) for table in TABLES]
    con = engine.connect(threads=here.threads, memory=here.memory, spill=here.state / "spill")
    try:
        with telling("compact") as tell:
            done = compact_lake(con, lake_of(source_named(source)), contracts, _month(before), tell)
    finally:
        con.close()
    for each in done:
        typer.echo(
            f"{each.table:<16} {each.month}  {each.partitions:>3} partitions, {each.rows:,} rows: "
            f"{size_text(each.bytes_before)} became {size_text(each.bytes_after)}"
        )
    if not done:
        typer.echo("Nothing to compact.")


@app.command("retention")
def retention(
    keep: Annotated[int, typer.Option(min=1, help="Days before the newest night whose features and scores stay.")],
    source: SourceOption = None,
    remove: Annotated[bool, typer.Option("--remove", help="Do it. Without: only say what would go.")] = False,
) -> None:
    """Take away features and scores of nights older than --keep days; say what would go unless --remove is given.

    Scores of challengers go too. Manifests stay, so that it is known what there was. Raw rows, signals and the casebook are
    never touched, so a dry run of such a night works it out again."""
    from arrears.deployment import lake_of
    from arrears.lake import retention as policy

    lake = lake_of(source_named(source))
    found = policy.surplus(lake, keep)
    for stage in policy.stages(lake):
        gone = [each for each in found if each.stage == stage]
        if gone:
            size = size_text(sum(each.bytes for each in gone))
            typer.echo(f"{stage[:23]:<10} {len(gone):,} nights, {gone[0].as_of} to {gone[-1].as_of}: {size}")
    if remove:
        policy.remove(lake, found)
    total = size_text(sum(each.bytes for each in found))
    typer.echo(
        f"{total} {'were removed' if remove else 'would go; --remove takes them away'}."
        if found
        else "Nothing to remove."
    )


def _month(text: str | None) -> str | None:
    import datetime as dt

    if text is None:
        return None
    try:
        return dt.date.fromisoformat(f"{text}-01").isoformat()[:7]
    except ValueError:
        raise UsageError(f"--before {text!r} is not a month; write it like 2026-11") from None
