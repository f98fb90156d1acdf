"""`arrears backfill plan`, `arrears backfill run`: nights of the past, into a shadow."""

from typing import TYPE_CHECKING, Annotated

import typer

from arrears.cli.choices import SourceOption, day, source_named
from arrears.cli.progress import foretelling, size_text, time_text

if TYPE_CHECKING:
    from arrears.domain.run import Run
    from arrears.nights.plan import Plan

app = typer.Typer(
    help="Nights that never ran, into a shadow: no live warning changes, no letter goes out.", no_args_is_help=True
)

FromOption = Annotated[str, typer.Option("--from", help="The first night, such as 2026-10-01.")]
ToOption = Annotated[str, typer.Option("--to", help="The last night.")]


@app.command("plan")
def plan(first: FromOption, last: ToOption, source: SourceOption = None) -> None:
    """Say what a backfill would do, and change nothing: nights that stand, nights that are missing, raw rows that are
    missing, time and disk. Exit code 1 when something stands in the way."""
    from arrears.nights.plan import plan_backfill

    planned = plan_backfill(source_named(source), day(first, "--from"), day(last, "--to"))
    _print_plan(planned)
    if planned.problems:
        raise typer.Exit(1)


@app.command("run")
def run(
    first: FromOption,
    last: ToOption,
    source: SourceOption = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that work at the same time.")] = 1,
    backwards: Annotated[bool, typer.Option("--backwards", help="The latest night first.")] = False,
) -> None:
    """Make the nights that are missing, as kind backfill: nothing live changes, nothing is sent. Tonight's run may go on
    meanwhile. Broken off, or killed: run the same command again, and only what is missing is done."""
    from arrears.nights.backfill import backfill

    with foretelling("backfill") as tell:
        done = backfill(
            source_named(source),
            day(first, "--from"),
            day(last, "--to"),
            workers=workers,
            backwards=backwards,
            progress=tell,
        )
    typer.echo(
        f"{done.source}: {len(done.missing):,} nights made, {len(done.to_file):,} that were there filed in the shadow, "
        f"{len(done.whole):,} stood."
    )


def _print_plan(planned: "Plan") -> None:
    first, last = planned.runs[0].as_of, planned.runs[-1].as_of
    typer.echo(f"{planned.source}: {len(planned.runs):,} nights, {first} to {last}")
    typer.echo(f"  stand            {_spans(planned.whole)}")
    typer.echo(f"  to be filed      {_spans(planned.to_file)}")
    typer.echo(f"  missing          {_spans(planned.missing)}")
    by_span: dict[str, list[str]] = {}
    for each in planned.unpulled:
        since = f"recorded from {each.first} on" if each.first else "everything (first load)"
        by_span.setdefault(f"{since}, before {each.until}", []).append(each.table)
    for span, tables in by_span.items():
        typer.echo(f"  to be pulled     {span}: {', '.join(tables)}")
    if not by_span:
        typer.echo("  to be pulled     nothing")
    typer.echo(f"  time             {_time(planned)}")
    typer.echo(f"  disk             {_disk(planned)}")
    for problem in planned.problems:
        typer.echo(f"  IN THE WAY       {problem}")


def _time(planned: "Plan") -> str:
    seconds, timed = planned.seconds, planned.estimate.timed
    if seconds is None:
        return "no night has run yet to judge by"
    night = time_text(planned.estimate.seconds or 0)
    seen = f"{len(timed)} nights from {min(timed)} to {max(timed)}" if len(timed) > 1 else f"the night of {timed[0]}"
    pulling = ", and the pull" if planned.unpulled else ""
    return f"at most {time_text(seconds)}{pulling}: {night} a night as seen in {seen}; nights made together take less"


def _disk(planned: "Plan") -> str:
    if planned.bytes is None:
        return f"no night stands yet to judge by; {size_text(planned.free_bytes)} are free"
    night = size_text(planned.estimate.bytes or 0)
    return (
        f"{size_text(planned.bytes)}: {night} a night as in that of {planned.estimate.measured}; "
        f"{size_text(planned.free_bytes)} are free"
    )


def _spans(runs: "tuple[Run, ...]") -> str:
    """`3: 2026-10-01, 2026-10-04 to 2026-10-05`."""
    if not runs:
        return "none"
    spans: list[list[Run]] = []
    for each in runs:
        if spans and (each.as_of - spans[-1][-1].as_of).days == 1:
            spans[-1].append(each)
        else:
            spans.append([each])
    told = [f"{span[0].as_of} to {span[-1].as_of}" if len(span) > 1 else str(span[0].as_of) for span in spans]
    return f"{len(runs):,}: {', '.join(told)}"
