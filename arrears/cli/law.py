"""`arrears law why`: what may be done against an account now, what not, why not, and when."""

from typing import Annotated

import typer

from arrears.casebook_stages import law_desk
from arrears.cli.case import AccountArgument, MeasureOption, instant, normal
from arrears.cli.choices import SourceOption, source_named
from arrears.cli.quarantine_tables import console
from arrears.cli.warnings import LanguageOption
from arrears.cli.words import Language
from arrears.deployment import casebook_of, load_source
from arrears.domain.law.acts import RUN
from arrears.domain.law.case import Measure
from arrears.errors import UsageError

app = typer.Typer(help="What the law lets be done.", no_args_is_help=True)


@app.command("why")
def why(
    account: AccountArgument,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Asked at the beginning of this day, such as 2026-11-01.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="Asked at this local time, such as '2026-11-09 14:30'.")
    ] = None,
    measure: MeasureOption = Measure.DISCONNECTION,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Say of each step whether it may be done; if not, every rule that bars it, with its reference, and when it may."""
    from arrears.cli.case_tables import head, told_why
    from arrears.review import lawful
    from arrears.review.law_words import must

    if as_of is not None and at is not None:
        raise UsageError("give --as-of or --at, not both")
    named = source_named(source)
    zone = load_source(named).zone
    with casebook_of(named) as engine:
        desk = law_desk(named, engine, RUN, instant(named, at or as_of, "--at" if at else "--as-of"))
        said = lawful.why(desk, normal(account), measure)
    out = console()
    asked = desk.at.astimezone(zone)
    out.print(
        lang.say(
            "{account} at {at}, as the night of {as_of} knows it, by the law of {pack}",
            account=normal(account),
            at=f"{asked:%Y-%m-%d %H:%M}",
            as_of=said.night.as_of,
            pack=desk.pack.name,
        )
    )
    if said.record is not None:
        out.print(head(said.record, zone, lang))
    if said.duty is not None:
        out.print(must(said.duty, zone, lang.tag))
    out.print(told_why(said, zone, lang))
