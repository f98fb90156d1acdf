"""What several commands ask for in the same words."""

import datetime as dt
from typing import Annotated

import typer

from arrears.domain.run import Run, RunKind, midnight
from arrears.errors import LakeError, UsageError
from arrears.settings import settings

EARLIEST = 1900

SourceOption = Annotated[
    str | None, typer.Option("--source", help="Whose books: a folder in sql/sources/. Default: the settings' source.")
]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="The night: what was known when this day began, such as 2026-11-01.")
]


def source_named(name: str | None) -> str:
    """The source asked for, or the settings'."""
    return name or settings().source


def day(text: str, option: str = "--as-of") -> dt.date:
    """A date as typed; UsageError when it is none."""
    try:
        found = dt.date.fromisoformat(text)
    except ValueError:
        found = dt.date.min
    if found.year < EARLIEST:
        raise UsageError(f"{option} {text!r} is not a date; write it like 2026-11-01")
    return found


def month(text: str, option: str) -> dt.date:
    """A month as typed, by its first day; UsageError when it is none."""
    if len(text) != len("2025-01"):
        raise UsageError(f"{option} {text!r} is not a month; write it like 2025-01")
    return day(f"{text}-01", option)


def stored_run(source: str, as_of: str | None, known_at: str | None = None) -> Run:
    """The stored night asked for, or the latest one that has signals; LakeError when there is none."""
    from arrears.deployment import lake_of, load_source

    zone = load_source(source).zone
    nights = [Run.from_json(found.manifest["run"]) for _, found in lake_of(source).nights("signals")]
    if known_at is not None:
        wanted = midnight(day(known_at, "--known-at"), zone)
        nights = [run for run in nights if run.known_at == wanted]
    else:
        nights = [run for run in nights if run.kind is not RunKind.RESTATE]
    if as_of is not None:
        nights = [run for run in nights if run.as_of == day(as_of)]
    if not nights:
        when = f"as of {as_of}" if as_of else "yet"
        raise LakeError(f"{source}: no night {when}; `arrears run --source {source} --as-of DATE` makes one")
    return nights[-1]
