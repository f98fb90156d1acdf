"""How `arrears quarantine` shows rows: counts by rule, a row to a line, or a file that holds each row whole."""

import csv
import datetime as dt
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table

from arrears.cli.words import Language
from arrears.deployment import load_source
from arrears.domain.spreadsheet import harmless
from arrears.review.quarantined import Aside, Quarantine


def summed(there: Quarantine, source: str, lang: Language) -> str:
    """One sentence: rows, money, and what of it names nobody."""
    return lang.say(
        "{source}: {count} rows are in quarantine, over {money} {currency}; {suspense} of it is in suspense: it names no "
        "known account.",
        source=source,
        count=f"{len(there.rows):,}",
        money=f"{there.money:,}",
        suspense=f"{there.suspense:,}",
        currency=load_source(source).declared.currency,
    )


def print_counts(out: Console, there: Quarantine, found: tuple[Aside, ...], lang: Language) -> None:
    counted: dict[tuple[str, str], list[Aside]] = defaultdict(list)
    for each in found:
        counted[each.table, each.rule].append(each)
    shown = Table(box=None, pad_edge=False)
    for heading in ("table", "rule", "rows", "money", "what it means"):
        shown.add_column(lang.say(heading), justify="right" if heading in ("rows", "money") else "left")
    for (table, rule), rows in sorted(counted.items(), key=lambda item: (-len(item[1]), item[0])):
        money = [each.money for each in rows if each.money is not None]
        meaning = there.words_of(rows[0]).meaning(lang.tag)
        shown.add_row(table, rule, f"{len(rows):,}", f"{sum(money, Decimal(0)):,}" if money else "-", meaning)
    out.print(shown)
    out.print("")


def print_rows(out: Console, found: tuple[Aside, ...], lang: Language) -> None:
    shown = Table(box=None, pad_edge=False)
    for heading in ("id", "state", "table", "account", "money", "rule", "value", "place"):
        shown.add_column(
            lang.say(heading), justify="right" if heading == "money" else "left", no_wrap=heading in ("id", "money")
        )
    for each in found:
        shown.add_row(
            each.quarantine_id[:12],
            lang.say(each.state),
            each.table,
            (each.account_id or "-") + ("" if each.account_is_known or not each.account_id else " ?"),
            f"{each.money:,}" if each.money is not None else "-",
            each.rule,
            cell(each.given.get(each.column)),
            place(each),
        )
    out.print(shown)


def write(file: Path, found: tuple[Aside, ...]) -> None:
    """Every row whole; its own columns follow, whichever tables they are of."""
    columns = list(dict.fromkeys(name for each in found for name in each.given))
    own = ("quarantine_id", "state", "table", "rule", "file", "row", "account_id", "money")
    with file.open("w", newline="", encoding="utf-8-sig") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow([*own, *(f"given_{name}" for name in columns)])
        for each in found:
            head = [getattr(each, name) for name in own]
            writer.writerow([harmless(value) for value in (*head, *(each.given.get(name) for name in columns))])


def place(row: Aside) -> str:
    return f"{row.file}:{row.row}" if row.file else "-"


def cell(value: str | None) -> str:
    if value is None or not value.strip():
        return "-"
    return value if len(value) <= 40 else value[:40] + "…"


def when(at: dt.datetime, source: str) -> str:
    return f"{at.astimezone(load_source(source).zone):%Y-%m-%d %H:%M}"


def console() -> Console:
    found = Console(soft_wrap=False, highlight=False, markup=False)
    return found if found.is_terminal else Console(soft_wrap=True, highlight=False, markup=False, width=240)
