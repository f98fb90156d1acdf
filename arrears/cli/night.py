"""`arrears run`, `catch-up`, `pull`, `night`, `serve`: a night by itself, or through Airflow."""

import datetime as dt
from typing import Annotated, Literal

import typer

from arrears.cli.choices import SourceOption, day, source_named
from arrears.cli.demo import DEMO
from arrears.cli.progress import foretelling, telling
from arrears.domain.run import Receipt, RunKind, midnight
from arrears.settings import settings


def run(
    as_of: Annotated[str, typer.Option("--as-of", help="The night, such as 2026-11-01: what was known when it began.")],
    source: SourceOption = None,
    kind: Annotated[
        RunKind,
        typer.Option(
            help="nightly: folds into live warnings. backfill: into a shadow. restate: needs --known-at. "
            "dry-run: today's rules on that night, nothing kept."
        ),
    ] = RunKind.NIGHTLY,
    known_at: Annotated[
        str | None, typer.Option("--known-at", help="For a restatement: with what was known when this day began.")
    ] = None,
) -> None:
    """Run one night: pull, features, scores, signals, shadow, fold, decide, law, worklist, draft.

    A stage that is done already is not done again: the same command after a failure goes on where it stopped, and a
    night that is complete stays as it was, byte for byte. No notice is sent."""
    from arrears.cli.warnings import print_summary
    from arrears.deployment import load_source
    from arrears.pipeline import STAGES, open_run, run_stage

    named = source_named(source)
    known = midnight(day(known_at, "--known-at"), load_source(named).zone) if known_at else None
    night = open_run(named, day(as_of), kind, known)
    for name in STAGES:
        with telling(name) as tell:
            receipt = run_stage(name, night, tell)
        typer.echo(_line(receipt))
    typer.echo("")
    print_summary(night)


def catch_up(
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The last night to run. Default: the one that began last.")
    ] = None,
    source: SourceOption = None,
) -> None:
    """Run every night that was missed, in order, each as of its own date, then the last one with the letters of all.

    Missed are the nights after the last one that live warnings know. The same command after a failure goes on where it
    stopped."""
    from arrears.cli.warnings import print_summary
    from arrears.deployment import load_source
    from arrears.nights.catch_up import catch_up_before
    from arrears.pipeline import STAGES, open_run, run_stage

    named = source_named(source)
    tonight = dt.datetime.now(load_source(named).zone).date()
    night = open_run(named, day(as_of) if as_of else tonight)
    with foretelling("catch up") as foretell:
        missed = catch_up_before(night, progress=foretell)
    typer.echo(f"{len(missed):,} missed nights" + (f", {missed[0]} to {missed[-1]}" if missed else ""))
    for name in STAGES:
        with telling(name) as tell:
            receipt = run_stage(name, night, tell)
        typer.echo(_line(receipt))
    typer.echo("")
    print_summary(night)


def pull(
    as_of: Annotated[str, typer.Option("--as-of", help="The night to bring the lake up to.")],
    source: SourceOption = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Pull this very night once more, beside what was pulled before.")
    ] = False,
) -> None:
    """Bring the lake up to a night without judging it; with --refresh, pull a faulty night again."""
    from arrears import pipeline

    night = pipeline.open_run(source_named(source), day(as_of))
    with telling("pull") as tell:
        receipt = pipeline.refresh(night, tell) if refresh else pipeline.run_stage("pull", night, tell)
    typer.echo(_line(receipt))


def through_airflow(
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The night. Default: the day after the demo's last.")
    ] = None,
    source: SourceOption = None,
) -> None:
    """Run one night as the `nightly` DAG, through Airflow, and say what it did."""
    from arrears import service
    from arrears.cli.choices import stored_run
    from arrears.cli.warnings import print_summary

    night = day(as_of) if as_of else settings().demo_until + dt.timedelta(days=1)
    named = source_named(source)
    service.run_night(night, named)
    typer.echo("")
    print_summary(stored_run(named, night.isoformat()))


def serve(
    only_review: Annotated[bool, typer.Option("--only-review", help="Without Airflow and its schedule.")] = False,
    on: Annotated[
        str | None,
        typer.Option(
            "--on",
            help="The day on which people work in the review app: a date, `today`, or `night` for the day of the latest night. "
            "Default: today, and for the demo the latest night's.",
        ),
    ] = None,
) -> None:
    """Bring up PostgreSQL, the review app, and Airflow with the nightly DAG; stop them on Ctrl-C."""
    from arrears import service

    here = settings()
    if on is None:
        is_trial = here.source == DEMO and here.business_day is None
        work_on: dt.date | Literal["night"] | None = "night" if is_trial else here.business_day
    else:
        work_on = "night" if on == "night" else (None if on == "today" else day(on, "--on"))
    raise typer.Exit(service.serve(work_on, only_review=only_review, is_trial=here.source == DEMO))


def airflow(context: typer.Context) -> None:
    """Airflow's own command line on this deployment, such as: arrears airflow backfill create --help"""
    from arrears import service

    raise typer.Exit(service.run_airflow(context.args))


def _line(receipt: Receipt) -> str:
    parts = [f"{receipt.rows_out:,} of {receipt.rows_in:,} rows"]
    if receipt.rows_quarantined:
        parts.append(f"{receipt.rows_quarantined:,} set aside")
    if receipt.rows_repeated:
        parts.append(f"{receipt.rows_repeated:,} known already")
    if receipt.rows_released:
        parts.append(f"{receipt.rows_released:,} out of quarantine")
    if receipt.rows_deleted:
        parts.append(f"{receipt.rows_deleted:,} deleted at the source")
    if receipt.money_in:
        parts.append(f"money {receipt.money_in:,}")
    if receipt.money_in_suspense:
        parts.append(f"in suspense {receipt.money_in_suspense:,}")
    told = "".join(f"\n            {remark}" for remark in receipt.remarks)
    return f"{receipt.stage:<10}  {' · '.join(parts)}{told}"
