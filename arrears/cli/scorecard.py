"""`arrears scorecard`: fit a card on a table, score a table by a card, validate a card."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arrears.cli import scorecard_explain, scorecard_lake, scorecard_register, scorecard_validate, scorecard_watch
from arrears.cli.choices import SourceOption, source_named
from arrears.errors import UsageError

if TYPE_CHECKING:
    from arrears.scorecard.card import Card

app = typer.Typer(
    help="Fit a scorecard on any table with a known outcome, and score any table by it.", no_args_is_help=True
)

Data = Annotated[Path, typer.Option("--data", help="The table: CSV (.gz too) or Parquet.")]

app.command("validate")(scorecard_validate.validate)
app.command("explain")(scorecard_explain.explain)
scorecard_register.add_to(app)
app.command("compare")(scorecard_watch.compare)
app.command("monitor")(scorecard_watch.monitor)


@app.command()
def fit(
    data: Annotated[Path | None, typer.Option("--data", help="The table: CSV (.gz too) or Parquet.")] = None,
    target: Annotated[
        str | None, typer.Option(help="Column of the outcome: 1 bad, 0 good (or true/false, yes/no, bad/good).")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the card goes, as JSON.")] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="From the lake instead of a table: the first month, such as 2025-01.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="From the lake: the last month, whose outcomes must be known by now.")
    ] = None,
    source: SourceOption = None,
    id_column: Annotated[
        str | None,
        typer.Option("--id", help="Column of the customer's or account's id; errors are clustered where ids repeat."),
    ] = None,
    time: Annotated[
        str | None, typer.Option(help="Column of dates: the latest quarter is kept aside to judge by.")
    ] = None,
    weight: Annotated[str | None, typer.Option(help="Column with how much a row counts.")] = None,
    segment: Annotated[
        str | None,
        typer.Option(help="Column whose values get characteristics of their own, where they have rows enough."),
    ] = None,
    exclude: Annotated[str, typer.Option(help="Columns to leave out, with commas between.")] = "",
    monotone: Annotated[
        str,
        typer.Option(help="auto (the data choose), none, a trend for all, or a YAML file of trends by column."),
    ] = "auto",
    special: Annotated[
        list[str] | None,
        typer.Option(help="COLUMN=96,98: numbers that are codes; COLUMN= for none. May be given for several columns."),
    ] = None,
    grades: Annotated[
        str,
        typer.Option(help="A=560,B=540,…: grades and where they begin; otherwise by the population's odds."),
    ] = "",
    points: Annotated[
        str, typer.Option(help="POINTS@ODDS/PDO: POINTS stand for these odds good:bad, PDO more double them.")
    ] = "600@50/20",
    reasons: Annotated[str, typer.Option(help="What points lost are held against: the best bin, or neutral.")] = "best",
    name: Annotated[str, typer.Option(help="What the card is called.")] = "fitted",
) -> None:
    """Fit a card on DATA and say what it is worth on rows kept aside; or, with --from and --to, on the first nights of those
    months in the lake, and judge it by the policy's bars on the latest of them."""
    if first is not None or last is not None:
        scorecard_lake.fit_from_lake(first, last, source_named(source), name, data, target, out)
        return
    if data is None or target is None or out is None:
        raise UsageError("a table needs --data, --target and --out; the lake needs --from and --to")
    from arrears.scorecard.fit import fit as fit_card
    from arrears.scorecard.prepare import Options
    from arrears.scorecard.requests import read_cuts, read_scale, read_shapes, read_specials
    from arrears.scorecard.training import Roles, read_training

    if reasons not in ("best", "neutral"):
        raise UsageError(f"--reasons is best or neutral, not {reasons}")
    shape, shapes = read_shapes(monotone)
    options = Options(
        name=name,
        shape=shape,
        shapes=shapes,
        specials=read_specials(special or []),
        scale=read_scale(points),
        cuts=read_cuts(grades),
        reasons_against=reasons,
    )
    excluded = [each.strip() for each in exclude.split(",") if each.strip()]
    given = read_training(data, Roles(target, id_column, time, weight, segment, excluded))
    card = fit_card(given, options)
    write_card(card, out)
    _tell(card, out)


@app.command()
def apply(
    card: Annotated[Path, typer.Option(help="The card, as JSON.")],
    data: Data,
    out: Annotated[Path, typer.Option(help="Where the scores go: CSV, .gz too, or Parquet.")],
    id_column: Annotated[
        str | None, typer.Option("--id", help="Column of the id; otherwise the fit's, or the row's number.")
    ] = None,
) -> None:
    """Score DATA: probability with its interval, points, grade and up to four reasons for each row."""
    from arrears.scorecard.scoring import apply_card

    applied = apply_card(read_card(card), data, out, key=id_column)
    for note in applied.notes:
        typer.echo(f"note: {note}", err=True)
    typer.echo(f"{applied.rows} rows scored into {out}")


def read_card(path: Path) -> "Card":
    """The card in a file; UsageError when it is none."""
    from arrears.scorecard.card import from_json

    try:
        return from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"{path}: there is no such file") from error
    except (UsageError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error


def write_card(card: "Card", out: Path) -> None:
    """Whole or not at all."""
    aside = out.with_name(f".{out.name}.part")
    aside.write_text(card.to_json() + "\n", encoding="utf-8")
    aside.replace(out)


def _tell(card: "Card", out: Path) -> None:
    training = card.training
    if training is None:
        return
    for note in training.notes:
        typer.echo(f"note: {note}", err=True)
    for column, reason in training.left_out.items():
        typer.echo(f"left out: {column}: {reason}", err=True)
    kept = [each.feature for each in card.parts[-1].characteristics]
    held = training.metrics["held_out"]
    typer.echo(f"{training.rows} rows, {training.bads:g} of them bad; {len(kept)} columns kept: {', '.join(kept)}")
    typer.echo(
        f"On rows kept aside ({held['how']}): AUC {held['auc']:.4f}, KS {held['ks']:.4f}, Brier {held['brier']:.4f}, "
        f"calibration slope {held['slope']:.3f}"
        if held["auc"] is not None and held["slope"] is not None
        else "Too few rows were kept aside to say what the card is worth."
    )
    typer.echo(f"Card {card.version} is in {out}")
