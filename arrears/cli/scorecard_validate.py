"""`arrears scorecard validate`: what a card is worth on rows whose outcome is known."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from arrears.cli.words import Language
from arrears.errors import UsageError
from arrears.settings import settings


def validate(
    card: Annotated[Path, typer.Option(help="The card, as JSON.")],
    data: Annotated[Path, typer.Option(help="The table with known outcomes: CSV (.gz too) or Parquet.")],
    target: Annotated[str | None, typer.Option(help="Column of the outcome; otherwise the fit's.")] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", help="Column of the customer's or account's id: intervals allow for repeats.")
    ] = None,
    time: Annotated[
        str | None, typer.Option(help="Column of dates: figures by month, and later rows than the fit's by themselves.")
    ] = None,
    weight: Annotated[str | None, typer.Option(help="Column with how much a row counts.")] = None,
    segment: Annotated[str, typer.Option(help="Columns to show figures by, with commas between.")] = "",
    baseline: Annotated[
        str,
        typer.Option(help="Columns that the card must beat, such as last month's overdue flag, with commas between."),
    ] = "",
    protected: Annotated[
        str, typer.Option(help="Columns kept out of the card, by whose groups it must be fair, with commas between.")
    ] = "",
    capacity: Annotated[
        float | None, typer.Option(help="Share of all rows that staff can work; else the policy's.", min=0.001, max=1.0)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the report goes, one HTML file.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Where all figures go, as JSON.")] = None,
    csv_folder: Annotated[Path | None, typer.Option("--csv", help="Folder for all figures as CSV tables.")] = None,
    lang: Annotated[Language, typer.Option(help="Language of the report and of what is said here.")] = Language.EN,
) -> None:
    """Validate CARD on DATA and say how far it clears the bars."""
    from arrears.cli.scorecard import read_card
    from arrears.policy.bars import load_demands
    from arrears.scorecard.export import write_csv
    from arrears.scorecard.judged_table import Asked, read_judged
    from arrears.scorecard.report import render
    from arrears.scorecard.report_summary import Summary
    from arrears.scorecard.validate import validate as validate_card

    for path in (out, json_file):
        if path is not None and path.is_dir():
            raise UsageError(f"{path}: this is a folder; name a file")
    judging = read_card(card)
    asked = Asked(target, id_column, time, weight, _names(segment), _names(protected), _names(baseline))
    rows, provenance = read_judged(data, judging, asked)
    demands = load_demands(settings().policy, dt.datetime.now(dt.UTC).date())
    found = validate_card(judging, rows, provenance, capacity=capacity or demands.capacity, bars=demands.bars)
    labels = _labels(lang)
    if out is not None:
        _write(out, render(found, judging, lang.value, settings().templates, labels))
    if json_file is not None:
        _write(json_file, found.to_json() + "\n")
    if csv_folder is not None:
        write_csv(found, csv_folder)
    for line in Summary(found, judging, lang.value, labels).lines():
        typer.echo(line)
    for made in (out, json_file, csv_folder):
        if made is not None:
            typer.echo(str(made))


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _labels(lang: Language) -> dict[str, str]:
    """What the features of this deployment's catalogue are called; other columns go by their own names."""
    from arrears.snapshot.catalogue import load_catalogue

    place = 0 if lang is Language.ZH else 1
    return {name: labels[place] for name, labels in load_catalogue(settings().sql).labels().items()}


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    aside = path.with_name(f".{path.name}.part")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
