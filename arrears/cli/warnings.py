"""`arrears warnings list`, `arrears summary`: what a night says."""

import csv
import datetime as dt
import json
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import asdict, fields
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from arrears.casebook_stages import waiting
from arrears.cli.choices import AsOfOption, SourceOption, source_named, stored_run
from arrears.cli.words import Language
from arrears.deployment import casebook_of, has_casebook, lake_of, load_source, notices_folder
from arrears.domain.run import Run, RunKind
from arrears.domain.spreadsheet import harmless
from arrears.errors import UsageError
from arrears.policy.credit import load_credit
from arrears.review import warning_list
from arrears.review.axis_words import axis_word, value_word
from arrears.review.customer_credit import receivables
from arrears.review.proposed import proposed
from arrears.review.warning_list import Warned
from arrears.settings import settings
from arrears.snapshot.catalogue import load_catalogue

app = typer.Typer(help="The warning list of a night.", no_args_is_help=True)

WORST = 10
WIDE = 150
"""Columns of a terminal from which on the list shows everything."""


class Format(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class Level(StrEnum):
    """Warning levels, the mildest first."""

    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


LanguageOption = Annotated[Language, typer.Option("--lang", help="Language of headings, labels and reasons.")]


@app.command("list")
def list_warnings(
    as_of: AsOfOption = None,
    source: SourceOption = None,
    level: Annotated[Level | None, typer.Option(help="Only this level.")] = None,
    district: Annotated[str | None, typer.Option(help="Only this district.")] = None,
    most: Annotated[int | None, typer.Option("--most", min=1, help="The first N, by expected loss.")] = None,
    form: Annotated[
        Format, typer.Option("--format", help="table for people, csv and json for programs.")
    ] = Format.TABLE,
    lang: LanguageOption = Language.EN,
) -> None:
    """List the accounts that a night warns of, the largest expected loss first.

    Without --as-of: the latest night there is."""
    run = stored_run(source_named(source), as_of)
    lake = lake_of(run.source)
    if district is not None and district not in (there := warning_list.districts(lake, run)):
        raise UsageError(f"{run.source}: no district '{district}' as of {run.as_of}; there are: {', '.join(there)}")
    found = warning_list.warnings(lake, run, level=level, district=district, most=most)
    if form is Format.JSON:
        typer.echo(json.dumps([asdict(each) for each in found], default=_plain, ensure_ascii=False, indent=1))
    elif form is Format.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow([field.name for field in fields(Warned)])
        writer.writerows([harmless(value) for value in asdict(each).values()] for each in found)
    else:
        title = "{count} warnings of {source} as of {as_of}"
        _print_table(found, lang.say(title, count=f"{len(found):,}", source=run.source, as_of=run.as_of), lang)


def summary(as_of: AsOfOption = None, source: SourceOption = None, lang: LanguageOption = Language.EN) -> None:
    """What a night did: warnings by level and district, the ten worst accounts, where notices lie, what to do next."""
    print_summary(stored_run(source_named(source), as_of), lang)


def print_summary(run: Run, lang: Language = Language.EN) -> None:
    """The night on one screen."""
    lake = lake_of(run.source)
    currency = load_source(run.source).declared.currency
    night = warning_list.portfolio(lake, run)
    out = _console()
    out.print(
        lang.say(
            "{source}, as of {as_of}: {accounts} open accounts owe {open} {currency}, of which {overdue} is overdue.",
            source=run.source,
            as_of=run.as_of,
            accounts=f"{night.accounts:,}",
            open=f"{night.open_amount:,}",
            currency=currency,
            overdue=f"{night.overdue_amount:,}",
        ),
    )
    out.print(
        lang.say(
            "{warned} accounts are warned of, with an expected loss of {loss} {currency}; "
            "{collection} more are in collection already, with {owed} {currency} overdue.",
            warned=f"{night.warned:,}",
            loss=f"{night.warned_expected_loss_amount:,}",
            currency=currency,
            collection=f"{night.in_collection:,}",
            owed=f"{night.in_collection_amount:,}",
        )
        + "\n",
    )
    suspense = Decimal(lake.stage("inputs", run).manifest["receipt"]["money_in_suspense"])
    if suspense:
        said = "{suspense} {currency} in quarantine name no known account: `arrears quarantine list --source {source}`"
        out.print(lang.say(said, suspense=f"{suspense:,}", currency=currency, source=run.source) + "\n")
    _print_alarms(run, out, lang)
    _print_counts(warning_list.counts(lake, run), out, lang)
    _print_proposed(run, out, lang)
    _print_cases(run, out, lang)
    _print_waiting(run, out)
    worst = warning_list.warnings(lake, run, most=WORST)
    _print_table(worst, lang.say("The {count} largest expected losses", count=len(worst)), lang)
    folder = notices_folder(run.source) / f"as_of={run.as_of}"
    letters = len(list(folder.glob("*.html"))) if folder.exists() else 0
    if run.kind is RunKind.NIGHTLY and letters:
        said = "{count} notices were drafted that night, none is sent: {folder}"
        out.print("\n" + lang.say(said, count=f"{letters:,}", folder=folder))
    command = "arrears" if shutil.which("arrears") else ".venv/bin/arrears"
    out.print("\n" + lang.say("Next:"))
    if worst:
        out.print(f"  {command} explain {worst[0].account_id} --source {run.source} --as-of {run.as_of}")
    out.print(f"  {command} warnings list --source {run.source} --as-of {run.as_of} --format csv")


def _print_alarms(run: Run, out: Console, lang: Language) -> None:
    owed = receivables(lake_of(run.source), run, load_credit(settings().policy, run.as_of))
    places = ", ".join(f"{each.district} ({lang.say(each.segment)})" for each in owed if each.is_reached)
    if places:
        said = "Ceilings reached: {places}; no new deferral there: `arrears ceilings --source {source} --as-of {as_of}`"
        out.print(lang.say(said, places=places, source=run.source, as_of=run.as_of) + "\n")


def _print_proposed(run: Run, out: Console, lang: Language) -> None:
    """What is proposed on each axis, and how much of it waits for a person."""
    found = proposed(lake_of(run.source), run)
    for axis, group in groupby(found, key=lambda each: each.axis):
        told = ", ".join(f"{value_word(axis, each.value, lang.tag)} {each.accounts:,}" for each in group)
        out.print(f"{axis_word(axis, lang.tag)}: {told}")
    hard = sum(each.accounts for each in found if each.hurts)
    if hard:
        said = (
            "{count} proposals would hurt, and are not in force before a person confirms them: "
            "`arrears decision list --state waiting`"
        )
        out.print(lang.say(said, count=f"{hard:,}"))
    out.print("")


def _print_cases(run: Run, out: Console, lang: Language) -> None:
    """How many cases of the law stand where by now, and how many orders wait in the field."""
    from arrears.casebook.law_cases import cases
    from arrears.review.law_words import term

    if run.kind is not RunKind.NIGHTLY or not has_casebook():
        return
    with casebook_of(run.source) as engine, engine.connect() as connection:
        found = cases(connection)
    if not found:
        return
    states = Counter(term(each.case.state, lang.tag) for each in found)
    told = ", ".join(f"{state} {count:,}" for state, count in states.items())
    orders = sum(each.open_order is not None for each in found)
    said = "cases of stopping supply: {told}; orders that wait in the field: {orders}; `arrears case list`"
    out.print(lang.say(said, told=told, orders=f"{orders:,}") + "\n")


def _print_waiting(run: Run, out: Console) -> None:
    """Holds that expired, approvals and contests that wait, as the night names them."""
    if run.kind is not RunKind.NIGHTLY or not has_casebook():
        return
    with casebook_of(run.source) as engine:
        told = waiting(run, engine)
    for line in told:
        out.print(line)
    if told:
        out.print("")


def _print_counts(counts: list[warning_list.Count], out: Console, lang: Language) -> None:
    by_district: dict[str, dict[str, int]] = defaultdict(dict)
    lost: dict[str, Decimal] = defaultdict(Decimal)
    for each in counts:
        by_district[each.district][each.level] = each.accounts
        lost[each.district] += each.expected_loss_amount
    table = _table(lang, "district")
    for heading in (*Level, "all", "expected loss"):
        table.add_column(lang.say(heading), justify="right")
    for district, levels in by_district.items():
        cells = [f"{levels.get(level, 0):,}" for level in Level]
        table.add_row(district, *cells, f"{sum(levels.values()):,}", f"{lost[district]:,}")
    totals = [sum(levels.get(level, 0) for levels in by_district.values()) for level in Level]
    table.add_row(lang.say("all"), *(f"{total:,}" for total in totals), f"{sum(totals):,}", f"{sum(lost.values()):,}")
    out.print(table)


def _print_table(found: list[Warned], title: str, lang: Language) -> None:
    out = _console()
    if not found:
        out.print(lang.say("No account is warned of."))
        return
    features = load_catalogue(settings().sql).features
    is_wide = out.width >= WIDE
    columns: list[tuple[str, bool, Callable[[Warned], str]]] = [
        ("level", True, lambda each: lang.say(each.level)),
        ("account", True, lambda each: each.account_id),
        ("district", True, lambda each: each.district),
        ("class", is_wide, lambda each: each.voltage_class or "-"),
        ("grade", True, lambda each: each.grade),
        ("expected loss", True, lambda each: f"{each.expected_loss_amount:,}"),
        ("open", is_wide, lambda each: f"{each.open_amount:,}"),
        ("overdue", True, lambda each: f"{each.overdue_amount:,}"),
        ("days", is_wide, lambda each: str(each.oldest_days_past_due or 0)),
        ("mode", is_wide, lambda each: lang.say(each.payment_mode)),
        (
            "main reasons",
            True,
            lambda each: "; ".join(features[name].label(lang.tag) for name in each.reasons[: 2 if is_wide else 1]),
        ),
    ]
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading, is_shown, _ in columns:
        if is_shown:
            is_amount = heading in {"expected loss", "open", "overdue", "days"}
            table.add_column(
                lang.say(heading), justify="right" if is_amount else "left", no_wrap=heading != "main reasons"
            )
    for each in found:
        table.add_row(*(value(each) for _, is_shown, value in columns if is_shown))
    out.print(table)


def _table(lang: Language, *headings: str) -> Table:
    return Table(*(lang.say(heading) for heading in headings), box=None, pad_edge=False)


def _console() -> Console:
    """As wide as the terminal, or wide enough for every column where nobody looks."""
    found = Console(soft_wrap=True, highlight=False, markup=False)
    return found if found.is_terminal else Console(soft_wrap=True, highlight=False, markup=False, width=240)


def _plain(value: Any) -> str:
    if isinstance(value, (Decimal, dt.date)):
        return str(value)
    raise TypeError(f"{value!r} cannot be written as JSON")
