"""`arrears policy simulate`: what another policy would say of a stored night, and would have said of past ones."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arrears.cli.choices import AsOfOption, SourceOption, day, source_named, stored_run
from arrears.cli.progress import telling
from arrears.cli.words import Language
from arrears.errors import UsageError
from arrears.settings import settings

if TYPE_CHECKING:
    from arrears.review.simulation import PastNight, Simulation

EXAMPLES = 100


def simulate(
    policy: Annotated[
        Path,
        typer.Option(
            "--policy", help="The folder to try: a whole policy. Its newest files speak, whatever their date."
        ),
    ],
    as_of: AsOfOption = None,
    first: Annotated[
        str | None, typer.Option("--from", help="Also past nights from this one on, against what really happened.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="The last of those past nights.")] = None,
    source: SourceOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the report. Default: in the state folder, below reports.")
    ] = None,
    lang: Annotated[Language, typer.Option("--lang", help="Language of the report.")] = Language.EN,
) -> None:
    """Try a policy before it is live: who moves from what to what, what it costs, a hundred examples. Nothing is changed.

    Without --as-of: the latest stored night. Writes report.html, moves.csv, totals.csv."""
    from arrears.nights.trial import past_nights, simulate_night

    if (first is None) != (last is None):
        raise UsageError("--from and --to go together")
    if not policy.is_dir():
        raise UsageError(f"{policy}: there is no such folder; copy the policy folder and change the copy")
    named = source_named(source)
    run = stored_run(named, as_of)
    folder = out or settings().state / "reports" / named / f"simulate-{run.as_of}"
    folder.mkdir(parents=True, exist_ok=True)
    past: list[PastNight] = []
    with telling("simulate") as tell:
        if first and last:
            past = past_nights(
                named, policy, day(first, "--from"), day(last, "--to"), dt.datetime.now(dt.UTC).date(), tell
            )
        simulation = simulate_night(run, policy, folder, EXAMPLES, past, lang.tag, tell)
    _tell(simulation, past, folder)


def _tell(simulation: "Simulation", past: "list[PastNight]", folder: Path) -> None:
    whole = simulation.whole()
    typer.echo(f"{simulation.moved:,} of {simulation.accounts:,} accounts move")
    for name, figure, places in (
        ("warned of", whole.warned, 0),
        ("their expected loss", whole.warned_loss, 2),
        ("staff hours", whole.hours, 1),
        ("hard decisions", whole.hurting, 0),
    ):
        typer.echo(
            f"{name:<20}{figure.before:>16,.{places}f} -> {figure.after:>16,.{places}f}  {figure.change:+,.{places}f}"
        )
    if past:
        typer.echo(f"{len(past)} past nights with a known outcome are in the report")
    for name in ("report.html", "moves.csv", "totals.csv"):
        typer.echo(f"  {folder / name}")
