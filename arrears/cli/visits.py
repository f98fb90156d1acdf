"""`arrears visits`: the field-visit list of a night."""

import csv
import sys
from dataclasses import asdict, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from arrears.cli.choices import AsOfOption, SourceOption, source_named, stored_run
from arrears.cli.quarantine_tables import console
from arrears.cli.warnings import LanguageOption
from arrears.cli.words import Language
from arrears.deployment import champion, lake_of, load_rules
from arrears.domain.spreadsheet import harmless
from arrears.errors import UsageError
from arrears.review import visits as field_visits
from arrears.review import warning_list
from arrears.settings import settings
from arrears.snapshot.catalogue import load_catalogue

if TYPE_CHECKING:
    from arrears.review.visits import Visit, Visits

app = typer.Typer(help="Whom to visit, in each district in the order of the road.", no_args_is_help=True)


WAITING = "{count} more wait for another day: that is what the district can work"


class Format(StrEnum):
    """How the list is printed."""

    TABLE = "table"
    CSV = "csv"


@app.command("list")
def list_visits(
    as_of: AsOfOption = None,
    source: SourceOption = None,
    district: Annotated[str | None, typer.Option(help="Only this district.")] = None,
    form: Annotated[Format, typer.Option("--format", help="table for people, csv for programs.")] = Format.TABLE,
    lang: LanguageOption = Language.EN,
) -> None:
    """List whom to visit: as many as each district can work in a day, the most urgent and the largest expected losses.

    In each district in route order: by postcode, then by address, with numbers in it taken as numbers."""
    run = stored_run(source_named(source), as_of)
    lake = lake_of(run.source)
    if district is not None and district not in (there := warning_list.districts(lake, run)):
        raise UsageError(f"{run.source}: no district '{district}' as of {run.as_of}; there are: {', '.join(there)}")
    _, policy = load_rules(run.as_of, champion(run.source, run.as_of))
    found = field_visits.visits(lake, run, settings(), policy.credit.capacity, district=district)
    reasons = lake.stage("signals", run).manifest["reasons"]["treatment"]
    told = {rule: words[lang.value] for rule, words in reasons.items()}
    if form is Format.CSV:
        _print_csv(found, told, lang)
    else:
        _print_tables(found, told, lang)


def _print_csv(found: "Visits", reasons: dict[str, str], lang: Language) -> None:
    names = [each.name for each in fields(field_visits.Visit)]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*names, "reason"])
    for each in found.stops:
        row = {**asdict(each), "protections": _protections(each, lang), "reason": reasons[each.rule]}
        writer.writerow([harmless(row[name]) for name in (*names, "reason")])
    for district, waiting in found.waiting.items():
        typer.echo(f"{district}: " + lang.say(WAITING, count=waiting), err=True)


def _print_tables(found: "Visits", reasons: dict[str, str], lang: Language) -> None:
    out = console()
    if not found.stops:
        out.print(lang.say("Nobody is to be visited."))
        return
    for district in dict.fromkeys(each.district for each in found.stops):
        here = [each for each in found.stops if each.district == district]
        title = lang.say("{district}: {count} visits, in route order", district=district, count=len(here))
        table = Table(title=title, title_justify="left", box=None, pad_edge=False)
        for heading in ("stop", "postcode", "address", "account", "customer name"):
            table.add_column(lang.say(heading))
        for heading in ("overdue", "days", "in dispute"):
            table.add_column(lang.say(heading), justify="right")
        for heading in ("by", "reason", "protections"):
            table.add_column(lang.say(heading))
        for each in here:
            table.add_row(
                str(each.stop),
                each.postcode or "-",
                each.address or "-",
                each.account_id,
                each.customer_name or "-",
                f"{each.overdue_amount:,}",
                str(each.oldest_days_past_due),
                f"{each.disputed_amount:,}" if each.disputed_amount else "-",
                str(each.by_on),
                reasons[each.rule],
                _protections(each, lang) or "-",
            )
        out.print(table)
        if waiting := found.waiting.get(district):
            out.print(lang.say(WAITING, count=waiting))


def _protections(visit: "Visit", lang: Language) -> str:
    features = load_catalogue(settings().sql).features
    return "; ".join(features[name].label(lang.tag) for name in visit.protections)
