"""`arrears restate`: what nights of the past would have said, had they known what was known later."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from arrears.cli.backfill import FromOption, ToOption
from arrears.cli.choices import SourceOption, day, source_named
from arrears.cli.progress import foretelling
from arrears.cli.warnings import LanguageOption
from arrears.cli.words import Language
from arrears.domain.spreadsheet import harmless
from arrears.settings import settings

if TYPE_CHECKING:
    from arrears.review.restatement import RestatedNight


def restate(
    first: FromOption,
    last: ToOption,
    known_at: Annotated[
        str, typer.Option("--known-at", help="With what was known when this day began, such as 2026-11-01.")
    ],
    source: SourceOption = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the report. Default: below the state folder.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that work at the same time.")] = 1,
    lang: LanguageOption = Language.EN,
) -> None:
    """Work nights out once more with what was known later, kept apart, and report what differs and why.

    Nothing that those nights made is touched. The report is report.html for people, and nights.csv, accounts.csv and
    facts.csv for programs."""
    from arrears.deployment import load_source
    from arrears.nights.restate import restate as restate_nights
    from arrears.review.restatement_page import page, stories
    from arrears.snapshot.catalogue import load_catalogue

    named, here = source_named(source), settings()
    declared = load_source(named)
    known_on = day(known_at, "--known-at")
    with foretelling("restate") as tell:
        nights = restate_nights(
            named, day(first, "--from"), day(last, "--to"), known_on, workers=workers, progress=tell
        )
    span = f"{nights[0].before_run.as_of}_{nights[-1].before_run.as_of}"
    folder = out or here.state / "reports" / named / f"restate_{span}_known_at_{known_on}"
    folder.mkdir(parents=True, exist_ok=True)
    _write_nights(folder / "nights.csv", nights)
    _write_accounts(folder / "accounts.csv", nights, declared.zone, lang.tag)
    _write_facts(folder / "facts.csv", nights, declared.zone, lang.tag)
    text = page(nights, here.templates, load_catalogue(here.sql), declared.zone, lang.tag, declared.declared.currency)
    (folder / "report.html").write_text(text, encoding="utf-8")
    for night in nights:
        told = ", ".join(f"{night.count(change):,} {change}" for change in ("raised", "up", "down", "cleared"))
        loss = night.after.expected_loss_amount - night.before.expected_loss_amount
        typer.echo(
            f"{night.before_run.as_of}  {len(night.accounts):,} accounts differ: {told}; expected loss {loss:+,}"
        )
    typer.echo(f"{len(stories(nights)):,} accounts in all: {folder / 'report.html'}")


def _write_nights(path: Path, nights: "Sequence[RestatedNight]") -> None:
    from arrears.review.restatement import CHANGES, Figures

    names = [field.name for field in fields(Figures)]
    heading = ["as_of", "known_at", *CHANGES, *(f"{name}_{when}" for name in names for when in ("before", "after"))]
    rows = (
        [
            night.before_run.as_of,
            night.after_run.known_at.isoformat(),
            *(night.count(change) for change in CHANGES),
            *(getattr(figures, name) for name in names for figures in (night.before, night.after)),
        ]
        for night in nights
    )
    _write(path, heading, rows)


def _write_accounts(path: Path, nights: "Sequence[RestatedNight]", zone: ZoneInfo, language: str) -> None:
    from arrears.review.fact_words import sentence
    from arrears.review.restatement import AccountChange

    names = [field.name for field in fields(AccountChange)]
    rows = (
        [
            night.before_run.as_of,
            *(getattr(each, name) for name in names),
            "; ".join(sentence(fact, zone, language) for fact in night.why(each.account_id)),
        ]
        for night in nights
        for each in night.accounts
    )
    _write(path, ["as_of", *names, "why"], rows)


def _write_facts(path: Path, nights: "Sequence[RestatedNight]", zone: ZoneInfo, language: str) -> None:
    from arrears.review.fact_words import sentence

    facts = dict.fromkeys(fact for night in nights for found in night.facts.values() for fact in found)
    heading = [
        "account_id",
        "table",
        "key",
        "event_on",
        "recorded_at",
        "pulled_until",
        "first_night",
        "last_night",
        "fact",
    ]
    rows = (
        [
            fact.account_id,
            fact.table,
            fact.key,
            fact.event_on,
            fact.recorded_at.isoformat(),
            fact.pulled_until.isoformat() if fact.pulled_until else None,
            min(fact.nights),
            max(fact.nights),
            sentence(fact, zone, language),
        ]
        for fact in facts
    )
    _write(path, heading, rows)


def _write(path: Path, heading: list[str], rows: Iterable[list[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heading)
        writer.writerows([harmless(value) for value in row] for row in rows)
