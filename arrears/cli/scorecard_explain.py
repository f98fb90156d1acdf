"""`arrears scorecard explain`: the points of one row of any table, what cost most, and what would change it."""

import json
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from arrears.errors import UsageError

if TYPE_CHECKING:
    from arrears.scorecard.case import Case
    from arrears.scorecard.explain import Move


def explain(
    card: Annotated[Path, typer.Option(help="The card, as JSON.")],
    data: Annotated[Path, typer.Option("--data", help="The table: CSV (.gz too) or Parquet.")],
    row: Annotated[str, typer.Option("--row", help="The row's id, or its number from 1 where there is no id.")],
    id_column: Annotated[str | None, typer.Option("--id", help="Column of the id; otherwise the fit's.")] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--change",
            help="COLUMN=down,COLUMN=up: what can change, and which way: up, down, any, or clear (down, or until there is "
            "none). May be given several times.",
        ),
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say what a row's points are made of, and the fewest changes of --change columns that reach the next better grade."""
    from arrears.cli.scorecard import read_card
    from arrears.scorecard.case import explain_row

    found = explain_row(read_card(card), data, row, read_changes(change or []), key=id_column)
    if is_json:
        typer.echo(json.dumps(asdict(found), default=_text, ensure_ascii=False, indent=1))
        return
    _tell(found, is_asked=bool(change))


def read_changes(given: list[str]) -> dict[str, str]:
    """Ways by column from COLUMN=down,COLUMN=up."""
    ways: dict[str, str] = {}
    for each in (part for text in given for part in text.split(",") if part.strip()):
        name, equals, way = each.rpartition("=")
        if not equals or not name.strip():
            raise UsageError(f"--change {each}: it must be COLUMN=WAY, such as late_bills=down")
        ways[name.strip()] = way.strip()
    return ways


def _tell(case: "Case", *, is_asked: bool) -> None:
    out = Console(soft_wrap=True, highlight=False, markup=False, width=160)
    interval = "" if case.interval is None else f" (95 % interval {case.interval[0]:.4f} to {case.interval[1]:.4f})"
    out.print(
        f"row {case.id}: {case.points} points, grade {case.grade.grade}, probability {case.probability:.4f}{interval}"
    )
    table = Table("feature", "value", "points", "of", "lost", box=None, pad_edge=False)
    for each in sorted(case.brought, key=lambda each: (each.points - each.best, each.feature)):
        cells = (str(each.points), str(each.best), str(each.best - each.points))
        table.add_row(each.feature, _shown(each.value), *cells)
    out.print(table)
    out.print(f"base points {case.base_points}")
    out.print("reasons: " + ("; ".join(f"{name} ({cost})" for name, cost in case.reasons) or "nothing cost points"))
    if case.is_best:
        out.print("what would change it: nothing is better than this grade")
    elif case.change is not None:
        out.print(f"what would change it: to grade {case.change.grade.grade}, {case.change.points} points")
        values = {each.feature: each.value for each in case.brought}
        for move in case.change.moves:
            out.print(f"  {move.feature}: {_shown(values[move.feature])} → {_to(move)} (+{move.gain})")
    elif is_asked:
        out.print("what would change it: the columns of --change do not reach the next grade")
    else:
        out.print("what would change it: name the columns that can change with --change COLUMN=down")


def _to(move: "Move") -> str:
    if move.bin.kind == "missing":
        return "none"
    if move.bin.kind == "values":
        return " or ".join(move.bin.values)
    if move.least is None:
        return f"below {move.below}"
    return f"{move.least} or more" + (f", below {move.below}" if move.below is not None else "")


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{value!r} cannot be written as JSON")
