"""`arrears policy check`: every file of a policy, what is in force, and what no account reaches."""

import datetime as dt
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from arrears.cli.choices import AsOfOption, SourceOption, day, source_named, stored_run
from arrears.domain.run import Run
from arrears.errors import LakeError, UsageError
from arrears.settings import settings

if TYPE_CHECKING:
    from arrears.policy.reach import Reach
    from arrears.policy.rules import Policy
    from arrears.scorecard.card import Card


def check(
    policy: Annotated[Path | None, typer.Option("--policy", help="The folder. Default: the settings' policy.")] = None,
    as_of: AsOfOption = None,
    source: SourceOption = None,
) -> None:
    """Check every file of a policy, say what is in force, and which rules no account of a stored night reaches.

    Without --as-of: the latest stored night, or today when there is none. Ends with 4 when a file is refused."""
    from arrears.policy import folder as policy_folder
    from arrears.snapshot.catalogue import load_catalogue

    here = settings()
    folder = policy or here.policy
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder")
    catalogue = load_catalogue(here.sql)
    files = policy_folder.check_folder(folder, catalogue)
    named = source_named(source)
    run = _night(named, as_of)
    on = day(as_of) if as_of else run.as_of if run else dt.datetime.now(dt.UTC).date()
    champion = _champion(named, on) if folder.resolve() == here.policy.resolve() else None
    card, found = policy_folder.in_force(folder, on, catalogue, champion)
    out = Console(soft_wrap=True, highlight=False, markup=False)
    out.print(f"{folder}: {files} files, all sound. In force on {on}, version {found.version[:12]}:")
    table = Table("part", "file", "since", "until", box=None, pad_edge=False)
    for part in policy_folder.parts(folder, on):
        table.add_row(part.part, str(part.file), str(part.since), str(part.until or "-"))
    out.print(table)
    if champion is not None:
        out.print(f"The register's card {card.version[:12]} ({card.name}) scores in the place of the policy's own.")
    if run is None:
        out.print(f"\n{named}: no night stands, so that it cannot be said which rules are reached.")
        return
    _print_reach(run, _reach(run, card, found), out)


def _night(source: str, as_of: str | None) -> Run | None:
    try:
        return stored_run(source, as_of)
    except LakeError:
        return None


def _champion(source: str, as_of: dt.date) -> "Card | None":
    from arrears.deployment import champion

    return champion(source, as_of)


def _reach(run: Run, card: "Card", policy: "Policy") -> "list[Reach]":
    """Over the night's features and scores, or the scores that the policy's own card gives where it is another."""
    from arrears.deployment import lake_of
    from arrears.engine import duckdb as engine
    from arrears.engine.duckdb import parquet
    from arrears.policy.reach import reach
    from arrears.scorecard.sql import scoring_sql

    here, lake = settings(), lake_of(run.source)
    with lake.reading():
        con = engine.connect(threads=here.threads, memory=here.memory, spill=here.state / "spill")
        try:
            con.execute(f"CREATE VIEW features AS SELECT * FROM {parquet(lake.stage('features', run).files)}")
            if run.card_version == card.version:
                con.execute(f"CREATE VIEW scores AS SELECT * FROM {parquet(lake.stage('scores', run).files)}")
            else:
                engine.execute(con, scoring_sql(card), prefix="CREATE TEMP TABLE scores AS\n")
            return reach(con, policy)
        finally:
            con.close()


def _print_reach(run: Run, found: "list[Reach]", out: Console) -> None:
    out.print(f"\nAccounts of {run.source} as of {run.as_of} that each line reaches:")
    for what, lines in groupby(found, key=lambda line: line.what):
        out.print(f"  {what}: " + ", ".join(f"{line.id} {line.accounts:,}" for line in lines))
    unreached = [line for line in found if not line.accounts]
    if not unreached:
        out.print("Every line is reached.")
        return
    out.print(f"\nLines that reach no account of that night: {len(unreached)}")
    for line in unreached:
        out.print(f"  {line.place}: {line.what}: {line.id}")
