"""`arrears quarantine list`, `show`, `release`, `drop`: rows that broke a rule, and what is to become of them."""

import datetime as dt
import getpass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from arrears.cli.choices import SourceOption, day, source_named
from arrears.cli.quarantine_tables import cell, console, place, print_counts, print_rows, summed, when, write
from arrears.cli.warnings import LanguageOption
from arrears.cli.words import Language
from arrears.deployment import casebook_of, lake_of, load_source
from arrears.domain.run import midnight
from arrears.errors import UsageError
from arrears.lake.contract import TABLES
from arrears.review.quarantined import Aside, Quarantine, look
from arrears.settings import settings

if TYPE_CHECKING:
    from arrears.casebook.quarantined import Said
    from arrears.review.quarantine_acts import Word

SHOWN = 30
"""Rows that the list shows; a file by --csv holds all."""

app = typer.Typer(help="Rows that broke a rule, and what is to become of them.", no_args_is_help=True)

TableOption = Annotated[str | None, typer.Option("--table", help="Only this table, such as payment.")]
RuleOption = Annotated[
    str | None, typer.Option("--rule", help="Only this rule: amount.not_a_number, or not_a_number of any column.")
]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, kept with the decision.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Who decides. Default: who is logged in.")]
OnOption = Annotated[
    str | None, typer.Option("--on", help="The day from which the decision counts, when it is not today.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="All rows of --table and --rule, without asking.")]


@app.command("list")
def list_rows(
    table: TableOption = None,
    rule: RuleOption = None,
    source: SourceOption = None,
    file: Annotated[Path | None, typer.Option("--csv", help="Write all of them to this file, each row whole.")] = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """List the rows in quarantine: how many by table and rule, what the rule means, and the newest ones.

    Money in suspense is money of rows that name no account the lake knows."""
    name = source_named(source)
    there = _looked(name)
    found = there.chosen(_table_named(table), rule)
    out = console()
    out.print(summed(there, name, lang))
    if file is not None:
        write(file, found)
        out.print(lang.say("{count} rows were written to {file}", count=f"{len(found):,}", file=file))
        return
    if not found:
        return
    print_counts(out, there, found, lang)
    print_rows(out, found[:SHOWN], lang)
    if len(found) > SHOWN:
        out.print(lang.say("and {count} more; --csv FILE writes all", count=f"{len(found) - SHOWN:,}"))


@app.command("show")
def show(
    row: Annotated[str, typer.Argument(help="The row's id, or how it begins.")],
    source: SourceOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """Show a row whole, as the source gave it: the rule it breaks, what to do about it, and what was decided."""
    name = source_named(source)
    there = _looked(name)
    found = there.named(row)
    words = there.words_of(found)
    out = console()
    out.print(f"{found.quarantine_id}  {name}: {found.table}")
    facts = Table(box=None, pad_edge=False, show_header=False)
    for heading, value in (
        ("rule", f"{found.rule}: {words.meaning(lang.tag)}"),
        ("remedy", words.remedy(lang.tag)),
        ("place", place(found)),
        ("account", found.account_id or "-"),
        ("known since", when(found.set_aside_at, name)),
        ("state", lang.say(found.state)),
    ):
        facts.add_row(lang.say(heading), value)
    if found.said is not None:
        said = found.said
        did = lang.say("drop" if said.is_dropped else "release")
        facts.add_row(lang.say("decision"), f"{did} · {said.actor} · {when(said.decided_at, name)} · {said.why}")
    out.print(facts)
    columns = Table(lang.say("column"), lang.say("value"), lang.say("set to"), box=None, pad_edge=False)
    corrections = found.said.corrections if found.said else {}
    for column, given in found.given.items():
        is_it = "→ " if column == found.column else "  "
        columns.add_row(is_it + column, cell(given), cell(corrections[column]) if column in corrections else "")
    out.print(columns)


@app.command("release")
def release(
    why: WhyOption,
    rows: Annotated[list[str] | None, typer.Argument(help="Ids of rows, or how they begin.")] = None,
    assigned: Annotated[
        list[str] | None, typer.Option("--set", help="column=value, to correct one row; column= makes it empty.")
    ] = None,
    table: TableOption = None,
    rule: RuleOption = None,
    yes: YesOption = False,
    by: ByOption = None,
    on: OnOption = None,
    source: SourceOption = None,
) -> None:
    """Let rows pass at the next pull: as corrected by --set, or past the rule they break, where the row can be read.

    A row that cannot be read needs --set. Several at once: --table, --rule or both, and --yes."""
    from arrears.review.quarantine_acts import released

    name = source_named(source)
    there = _looked(name)
    chosen = _chosen(there, rows, table, rule, yes=yes)
    corrections = _corrections(assigned or [], chosen)
    said = _said(name, by, on, why)
    _keep(name, [released(there, each, said, corrections) for each in chosen])
    typer.echo(f"{name}: tried again at the next pull, as decided by {said.actor}: {len(chosen):,}")


@app.command("drop")
def drop(
    why: WhyOption,
    rows: Annotated[list[str] | None, typer.Argument(help="Ids of rows, or how they begin.")] = None,
    table: TableOption = None,
    rule: RuleOption = None,
    yes: YesOption = False,
    by: ByOption = None,
    on: OnOption = None,
    source: SourceOption = None,
) -> None:
    """Never try these rows again. They are kept, their money counts as dropped, and `release` takes it back."""
    from arrears.review.quarantine_acts import dropped

    name = source_named(source)
    chosen = _chosen(_looked(name), rows, table, rule, yes=yes)
    said = _said(name, by, on, why)
    _keep(name, [dropped(each, said) for each in chosen])
    typer.echo(f"{name}: dropped from the next pull on, as decided by {said.actor}: {len(chosen):,}")


def _looked(source: str) -> Quarantine:
    from arrears.casebook.quarantined import said_by

    lake = lake_of(source)
    if not (lake.folder / "quarantine").exists():
        return look(lake, settings().sql, {})
    with casebook_of(source) as engine:
        return look(lake, settings().sql, said_by(engine))


def _chosen(
    there: Quarantine, rows: list[str] | None, table: str | None, rule: str | None, *, yes: bool
) -> tuple[Aside, ...]:
    if rows:
        if table or rule:
            raise UsageError("name rows by their ids, or choose them by --table and --rule, not both")
        return tuple({each.quarantine_id: each for each in map(there.named, rows)}.values())
    if not (table or rule):
        raise UsageError("say which rows: their ids, or --table, --rule or both")
    found = there.chosen(_table_named(table), rule)
    if not found:
        raise UsageError("there is no such row in quarantine; `arrears quarantine list` shows them")
    money = sum((each.money for each in found if each.money is not None), Decimal(0))
    typer.echo(f"rows: {len(found):,} · money: {money:,}")
    if not yes:
        raise UsageError("add --yes to decide on all of them")
    return found


def _corrections(assigned: list[str], chosen: tuple[Aside, ...]) -> dict[str, str | None]:
    from arrears.review.quarantine_acts import check_corrections

    if assigned and len(chosen) != 1:
        raise UsageError("--set corrects one row; name it by its id")
    corrections: dict[str, str | None] = {}
    for each in assigned:
        column, is_set, value = each.partition("=")
        if not is_set:
            raise UsageError(f"--set {each}: write column=value")
        corrections[column] = value or None
    if corrections:
        check_corrections(settings().sql, chosen[0], corrections)
    return corrections


def _said(source: str, by: str | None, on: str | None, why: str) -> "Word":
    """A decision counts from the moment it is made, or from the beginning of the day `on`."""
    from arrears.review.quarantine_acts import Word

    now = dt.datetime.now(dt.UTC)
    decided_at = midnight(day(on, "--on"), load_source(source).zone) if on else now
    if decided_at > now:
        raise UsageError(f"--on {on} lies ahead")
    return Word(by or getpass.getuser(), why, decided_at)


def _keep(source: str, decisions: "list[Said]") -> None:
    from arrears.review.quarantine_acts import keep

    with casebook_of(source) as engine:
        keep(engine, decisions, dt.datetime.now(dt.UTC))


def _table_named(table: str | None) -> str | None:
    if table is not None and table not in TABLES:
        raise UsageError(f"there is no table {table}; there are: {', '.join(TABLES)}")
    return table
