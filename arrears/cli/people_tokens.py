"""`arrears people token`: what programs sign in with."""

import datetime as dt
from typing import Annotated

import typer
from rich.table import Table

from arrears.cli.case import ByOption, actor
from arrears.cli.choices import SourceOption, source_named
from arrears.cli.quarantine_tables import console
from arrears.cli.warnings import LanguageOption
from arrears.cli.words import Language
from arrears.deployment import casebook_of
from arrears.domain.actor import Actor

app = typer.Typer(help="What programs sign in with, each as a person.", no_args_is_help=True)


@app.command("add")
def add(
    account: Annotated[str, typer.Argument(help="The account as which the program acts.")],
    purpose: Annotated[str, typer.Option("--for", help="What the token is for.")],
    days: Annotated[int, typer.Option(help="For how many days it is good.")] = 90,
    by: ByOption = None,
    source: SourceOption = None,
) -> None:
    """Make a token, printed once: a program sends it as `Authorization: Bearer …`."""
    from arrears.review import tokens

    with casebook_of(source_named(source)) as engine:
        typer.echo(tokens.make(engine, account, purpose, days, Actor.of(actor(by)), dt.datetime.now(dt.UTC)))


@app.command("list")
def list_tokens(lang: LanguageOption = Language.EN, source: SourceOption = None) -> None:
    """List all tokens there ever were, the newest first."""
    from arrears.casebook import tokens

    with casebook_of(source_named(source)) as engine, engine.connect() as connection:
        found = tokens.tokens(connection)
    now = dt.datetime.now(dt.UTC)
    shown = Table(box=None, pad_edge=False)
    for heading in ("token", "account name", "for", "until", "state"):
        shown.add_column(lang.say(heading))
    for each in found:
        state = lang.say("good" if each.is_good(now) else "ended")
        shown.add_row(each.name, str(each.actor), each.purpose, f"{each.expires_at:%Y-%m-%d}", state)
    console().print(shown)


@app.command("end")
def end(
    token: Annotated[str, typer.Argument(help="Its name, as `list` shows it.")], source: SourceOption = None
) -> None:
    """End a token: it is of no use from now on."""
    from arrears.review import tokens

    with casebook_of(source_named(source)) as engine:
        tokens.end(engine, token, dt.datetime.now(dt.UTC))
    typer.echo(f"token {token} has ended")
