"""What all requests of a running review app share: one source's casebook and lake, its words and its clock."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from arrears.casebook import read
from arrears.casebook.tables import LIVE
from arrears.domain.run import Run, midnight
from arrears.lake.lake import Lake
from arrears.settings import Settings
from arrears.snapshot.catalogue import Catalogue, load_catalogue
from arrears.sources.mapping import Source

if TYPE_CHECKING:
    from arrears.web.gate import Gate

Clock = Callable[[], dt.datetime]

NIGHT_KEPT_S = 5.0
"""For how long the latest night is taken from memory."""


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Nights:
    """The latest live night, looked up once in a few seconds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._found: tuple[float, list[Run]] | None = None

    def finished(self) -> list[Run]:
        """Those that have ended well, in as-of order."""
        moment = time.monotonic()
        if self._found is None or moment - self._found[0] > NIGHT_KEPT_S:
            with self._engine.connect() as connection:
                done = read.finished_nights(connection, LIVE)
                self._found = moment, [each.run for each in read.nights(connection, LIVE) if each.run.as_of in done]
        return self._found[1]


def clock_of(business_day: dt.date | Literal["night"] | None, zone: ZoneInfo, nights: Nights) -> Clock:
    """The clock on the wall; for trials its time of day on `business_day`, or on the day of the latest night."""
    if business_day is None:
        return now

    def on_that_day() -> dt.datetime:
        moment = now().astimezone(zone)
        latest = (run.as_of for run in reversed(nights.finished()))
        day = business_day if isinstance(business_day, dt.date) else next(latest, moment.date())
        return midnight(day, zone) + (moment - midnight(moment.date(), zone))

    return on_that_day


@dataclass
class Site:
    """`clock` gives the business's time, as aware UTC; `gate` says who sends a request."""

    source: Source
    engine: Engine
    settings: Settings
    lake: Lake
    clock: Clock
    gate: "Gate"
    nights: Nights

    @property
    def name(self) -> str:
        return self.source.declared.name

    @property
    def zone(self) -> ZoneInfo:
        return self.source.zone

    @property
    def currency(self) -> str:
        return self.source.declared.currency

    @property
    def today(self) -> dt.date:
        return self.clock().astimezone(self.zone).date()

    @cached_property
    def catalogue(self) -> Catalogue:
        return load_catalogue(self.settings.sql)

    def night(self) -> Run | None:
        """The latest live night that had begun by now and has ended well; None before the first."""
        at = self.clock()
        return next((run for run in reversed(self.nights.finished()) if run.known_at <= at), None)


@contextmanager
def open_site(settings: Settings, gate: "Gate") -> Iterator[Site]:
    """The settings' source, with the server of its casebook up for as long as the context is open."""
    from arrears.deployment import casebook_of, lake_of, load_source

    source = load_source(settings.source)
    with casebook_of(settings.source) as engine:
        nights = Nights(engine)
        clock = clock_of(settings.business_day, source.zone, nights)
        yield Site(source, engine, settings, lake_of(settings.source), clock, gate, nights)
