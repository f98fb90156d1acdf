"""`arrears doctor`: is everything there that a night needs, and is what the lake holds still what was written?"""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from arrears.cli.choices import SourceOption, source_named
from arrears.errors import ArrearsError
from arrears.settings import settings

Check = Callable[[str], str]


def doctor(
    source: SourceOption = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also compare every file of the lake with its checksum.")
    ] = False,
) -> None:
    """Check settings, policy, source, casebook and lake; one line for each, exit code 1 when one fails."""
    named = source_named(source)
    checks: list[tuple[str, Check]] = [
        ("python", _python),
        ("state folder", _state),
        ("policy and card", _rules),
        ("source", _source),
        ("notices", _notices),
        ("casebook", _casebook),
        ("lake", _lake_deep if deep else _lake),
    ]
    failed = 0
    for name, check in checks:
        try:
            typer.echo(f"ok      {name:<16} {check(named)}")
        except (ArrearsError, OSError) as error:
            failed += 1
            typer.echo(f"FAILED  {name:<16} {error}")
    if failed:
        raise typer.Exit(1)


def _python(_source: str) -> str:
    return sys.version.split()[0]


def _state(_source: str) -> str:
    folder = settings().state
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / ".doctor"
    probe.write_text("", encoding="utf-8")
    probe.unlink()
    return str(folder)


def _rules(source: str) -> str:
    import datetime as dt

    from arrears.deployment import champion, load_rules

    today = dt.datetime.now(dt.UTC).date()
    load_rules(today)  # a wrong file is told whatever the casebook says
    card, policy = load_rules(today, champion(source, today))
    return f"policy {policy.version[:8]}, card {card.name} {card.version[:8]}"


def _notices(source: str) -> str:
    import datetime as dt

    from arrears.deployment import load_source
    from arrears.notices.stationery import load_sender, load_templates, try_out
    from arrears.snapshot.catalogue import load_catalogue

    here, today = settings(), dt.datetime.now(dt.UTC).date()
    own, labels = here.templates / "notices", load_catalogue(here.sql).labels()
    sender = load_sender(here.policy, load_source(source).declared, labels, today)
    return f"{try_out(own, load_templates(own), sender)} letters set as a trial, law of {sender.pack.name}"


def _source(source: str) -> str:
    from arrears.deployment import load_source
    from arrears.sources.pull import reach

    return reach(settings(), load_source(source))


def _casebook(source: str) -> str:
    from arrears.casebook import read
    from arrears.deployment import casebook_of

    with casebook_of(source) as engine:
        return f"{len(read.open_episodes(engine)):,} open episodes"


def _lake(source: str) -> str:
    from arrears.deployment import lake_of

    nights = [night for night, _ in lake_of(source).nights("signals")]
    return f"{len(nights)} nights, {nights[0]} to {nights[-1]}" if nights else "no night yet; `arrears run` makes one"


def _lake_deep(source: str) -> str:
    from arrears.deployment import lake_of
    from arrears.lake import partition

    lake = lake_of(source)
    files = 0
    for manifest in sorted(lake.folder.rglob(partition.MANIFEST)):
        found = partition.read(manifest.parent)
        if found is not None:
            found.verify()
            files += len(found.files)
    return f"{_lake(source)}; {files:,} files are what was written"
