"""Small demo utilities for tests, and their rows as plain values."""

import datetime as dt
import gzip
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select

from arrears.sources.simulate import SimulationSummary, simulate
from arrears.sources.simulate.tables import JOURNALS

Rows = dict[str, list[tuple[Any, ...]]]
LIVELY_START, LIVELY_UNTIL, LIVELY_METER_FROM = dt.date(2023, 11, 1), dt.date(2026, 10, 31), dt.date(2026, 10, 12)
"""Of the utility that is large and old enough for everything to occur."""


def column(rows: list[tuple[Any, ...]], place: int) -> Counter[Any]:
    """How often each value occurs."""
    return Counter(row[place] for row in rows)


def is_first_issue(bill: tuple[Any, ...]) -> bool:
    """Of a month's use: no re-issue, no recovery."""
    return bill[8] is None and bill[9] == "01"


@dataclass(frozen=True)
class Utility:
    """Where a simulated utility's books and meter files are, or are to be."""

    folder: Path
    accounts: int = 300
    start: dt.date = dt.date(2024, 11, 1)
    seed: int = 5
    meter_from: dt.date | None = None
    database: str | None = None

    @property
    def url(self) -> str:
        return self.database or f"sqlite:///{self.folder}/billing.db"

    @property
    def meter(self) -> Path:
        return self.folder / "meter"

    def simulate(self, until: dt.date, block: int = 10_000) -> SimulationSummary:
        return simulate(
            url=self.url,
            meter_folder=self.meter,
            accounts=self.accounts,
            start=self.start,
            until=until,
            seed=self.seed,
            meter_from=self.meter_from,
            progress=None,
            block=block,
        )

    def rows(self, before: dt.date | None = None) -> Rows:
        """Every journal's rows in order of their key, of those entered before a day."""
        engine = create_engine(self.url)
        found: Rows = {}
        with engine.connect() as connection:
            for table in JOURNALS:
                query = select(table).order_by(*table.primary_key)
                if before is not None:
                    query = query.where(table.c.entered_at < dt.datetime.combine(before, dt.time()))
                found[table.name] = [tuple(row) for row in connection.execute(query)]
        engine.dispose()
        return found

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.meter.iterdir())}

    def reads(self) -> list[list[str]]:
        """The lines of all files of daily reads, without their headers: account, day, use, status, collected at, meter,
        register."""
        return self._lines("2*.csv.gz")

    def load_curves(self) -> list[list[str]]:
        """The lines of all load files: account, meter, day, status, collected at, 48 values."""
        return self._lines("load-*.csv.gz")

    def _lines(self, pattern: str) -> list[list[str]]:
        texts = [gzip.decompress(path.read_bytes()).decode() for path in sorted(self.meter.glob(pattern))]
        return [line.split(",") for text in texts for line in text.splitlines()[1:]]
