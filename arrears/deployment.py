"""What this deployment has of a source: its mapping, the rules in force, its lake and its casebook. Opened when asked for."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from arrears.settings import settings

if TYPE_CHECKING:
    from pathlib import Path

    import sqlalchemy as sa

    from arrears.lake.lake import Lake
    from arrears.policy.rules import Policy
    from arrears.scorecard.card import Card
    from arrears.sources.mapping import Source


def load_source(name: str) -> "Source":
    """The source's mapping."""
    from arrears.sources.mapping import load_source as load

    return load(settings().sql, name)


def load_rules(as_of: dt.date, card: "Card | None" = None) -> "tuple[Card, Policy]":
    """The policy in force on `as_of`, checked for `card`; without one for the policy's own, the expert card."""
    from arrears.policy.rules import load_policy
    from arrears.scorecard.expert import load_card
    from arrears.snapshot.catalogue import load_catalogue

    here = settings()
    catalogue = load_catalogue(here.sql)
    card = card or load_card(here.policy, as_of, catalogue)
    return card, load_policy(here.policy, as_of, catalogue, card)


def champion(source: str, as_of: dt.date) -> "Card | None":
    """The card of the register that is in force on `as_of`; None: the policy's expert card is."""
    from arrears.casebook.cards import register_of, registered

    if not has_casebook():
        return None
    with casebook_of(source) as engine, engine.connect() as connection:
        version = register_of(connection).in_force(as_of)
        return None if version is None else registered(connection)[version].read()


def has_casebook() -> bool:
    """Whether there is a casebook to be asked; where none was ever made, nobody said anything."""
    here = settings()
    return here.casebook_url is not None or (here.state / "postgres").exists()


def lake_of(source: str) -> "Lake":
    """The source's lake in the state folder."""
    from arrears.lake.lake import Lake

    return Lake(settings().state / "lake" / source, settings().state / "dry-run" / source)


@contextmanager
def casebook_of(source: str) -> "Iterator[sa.Engine]":
    """The source's casebook, its server started when it has to be."""
    from arrears.casebook.schema import open_casebook
    from arrears.casebook.server import casebook_url

    with casebook_url(settings()) as url:
        engine = open_casebook(url, source)
        try:
            yield engine
        finally:
            engine.dispose()


def notices_folder(source: str) -> "Path":
    """Where rendered notices lie to be looked at."""
    return settings().state / "notices" / source
