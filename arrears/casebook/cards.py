"""The register of scorecards as the casebook keeps it: the cards, and one stream of events for all of them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, select

from arrears.casebook import tables
from arrears.domain.register import CardAct, CardEvent, Register
from arrears.errors import CasebookError, UsageError
from arrears.scorecard.card import Card, from_json

STREAM = "scorecard"


@dataclass(frozen=True, slots=True)
class Registered:
    """A card as it was registered; `card` is its canonical JSON. `report` lies below the state folder; `verdict` and
    `metrics` are what the validation said."""

    version: str
    name: str
    card: str
    data_window: str | None
    data_sha256: str | None
    metrics: Mapping[str, Any]
    verdict: str | None
    report: str
    report_sha256: str
    fitted_by: str
    registered_at: dt.datetime
    why: str

    def read(self) -> Card:
        """CasebookError when the stored text is no longer what its version says."""
        card = from_json(self.card)
        if card.version != self.version:
            raise CasebookError(f"card {self.version} in the casebook is not what was registered; restore a backup")
        return card


def register_of(connection: Connection) -> Register:
    """Everything that was done with cards."""
    e = tables.event.c
    query = select(tables.event).where(e.stream_id == STREAM).order_by(e.seq)
    return Register(
        tuple(
            CardEvent(
                version=row.body["version"],
                act=CardAct(row.type),
                actor=row.actor,
                occurred_at=row.occurred_at,
                why=row.body["why"],
                report_sha256=row.body["report_sha256"],
                from_on=dt.date.fromisoformat(row.body["from_on"]) if row.body["from_on"] else None,
                restores=row.body["restores"],
            )
            for row in connection.execute(query)
        )
    )


def registered(connection: Connection) -> dict[str, Registered]:
    """All cards by version, in the order in which they were registered."""
    query = select(tables.scorecard).order_by(tables.scorecard.c.registered_at, tables.scorecard.c.version)
    return {row.version: Registered(**row._mapping) for row in connection.execute(query)}


def card_named(engine: Engine, version: str) -> Registered:
    """The card whose version begins so; UsageError when none does, or several."""
    with engine.connect() as connection:
        found = [each for name, each in registered(connection).items() if version and name.startswith(version)]
    if len(found) != 1:
        said = "no card's version begins" if not found else f"the versions of {len(found)} cards begin"
        raise UsageError(f"{said} with {version!r}; `arrears scorecard list` shows all")
    return found[0]
