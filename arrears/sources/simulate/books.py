"""Makes the demo utility's books, or takes books that are there further."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from arrears.errors import UsageError

from .columns import Window
from .entries import Block, entries, make_block
from .installations import used_by_month
from .journal import append, index_stamps, read_origin, write_origin
from .load_curves import load_path, write_load_file
from .meter import Supplies, meter_path, write_meter_file
from .months import DAY_SECONDS, day_number, month_number
from .parameters import DISTRICTS, ENERGY_PRICE, PARAMETERS, SEGMENTS, TRADES, VOLTAGES
from .random_streams import RandomStreams
from .tables import BOOKS, JOURNALS, ORIGIN

Progress = Callable[[str, float], None]
BLOCK = 6_000
"""Accounts that are worked out at a time; changes memory and speed, never a row."""


@dataclass
class SimulationSummary:
    """What was added."""

    rows: dict[str, int] = field(default_factory=dict)
    """By journal."""
    meter_files: int = 0
    meter_rows: int = 0


@dataclass(frozen=True)
class Request:
    """Which utility, and how far its books are to reach."""

    accounts: int
    start: dt.date
    until: dt.date
    seed: int
    meter_from: dt.date | None

    def __post_init__(self) -> None:
        if self.accounts < 1:
            raise UsageError(f"a utility of {self.accounts} accounts: ask for at least one")
        if self.start.day != 1:
            raise UsageError(f"the books begin with a month: {self.start.replace(day=1)}, not {self.start}")
        if self.until < self.start:
            raise UsageError(f"the books would end on {self.until}, before they begin on {self.start}")
        if self.meter_from is not None and self.meter_from < self.start:
            raise UsageError(
                f"meter reads from {self.meter_from}: begin them with the books, on {self.start}, or later"
            )

    def origin(self) -> dict[str, str]:
        """What may not change between two runs on the same books."""
        return {
            "accounts": str(self.accounts),
            "start": self.start.isoformat(),
            "seed": str(self.seed),
            "meter_from": "" if self.meter_from is None else self.meter_from.isoformat(),
            "version": _version(),
        }


def _version() -> str:
    """Of what makes the books: all parameters, and the shape of every table."""
    tables = [[str(table), *(f"{column.name} {column.type}" for column in table.columns)] for table in JOURNALS]
    made_of = (PARAMETERS, SEGMENTS, VOLTAGES, DISTRICTS, TRADES, ENERGY_PRICE, tables)
    return sha256(repr(made_of).encode()).hexdigest()[:16]


def simulate(
    *,
    url: str,
    meter_folder: Path,
    accounts: int,
    start: dt.date,
    until: dt.date,
    seed: int,
    meter_from: dt.date | None,
    progress: Progress | None,
    block: int = BLOCK,
) -> SimulationSummary:
    """Adds to the database and the folder what they lack up to the end of `until`, and changes nothing there.

    The database is filled in one transaction. `progress` is told a stage and the share of it that is done.
    """
    request = Request(accounts, start, until, seed, meter_from)
    tell = progress or _tell_nobody
    streams, summary = RandomStreams(seed), SimulationSummary()
    with _transaction(url) as connection:
        window = _missing_window(connection, request)
        days = _missing_meter_days(request, meter_folder)
        if window is None and not days:
            return summary
        supplies = _write_books(connection, request, streams, window, block, summary, tell)
    meter_folder.mkdir(parents=True, exist_ok=True)
    for done, day in enumerate(days):
        first_day = day_number(request.meter_from or request.start)
        write_load_file(streams, supplies, meter_folder, day)
        summary.meter_rows += write_meter_file(streams, supplies, meter_folder, day, first_day)
        summary.meter_files += 1
        tell("meter", (done + 1) / len(days))
    return summary


def _tell_nobody(_stage: str, _share: float) -> None:
    pass


@contextmanager
def _transaction(url: str) -> Iterator[Connection]:
    """Commits at the end, or nothing; the folder of a SQLite file is made."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed)
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise UsageError(
            f"the books cannot be written: {reason}; see that the database runs and the URL is right"
        ) from error


def _missing_window(connection: Connection, request: Request) -> Window | None:
    """The stamps that the books lack; None when they reach as far already."""
    end = (day_number(request.until) + 1) * DAY_SECONDS
    held = read_origin(connection)
    if not held:
        return Window(since=-(2**62), end=end)
    if held.get("version") != _version():
        raise UsageError(
            "the books that are there were made by another version of the simulator, with other tables or numbers, and "
            "cannot be taken further: remove the database and the meter files, and make them anew, or name an empty database"
        )
    for name, value in request.origin().items():
        if held.get(name) != value:
            raise UsageError(
                f"the books that are there were made with {name} {held.get(name) or 'none'}, not {value or 'none'}: "
                "ask for the same, or name an empty database"
            )
    until = dt.date.fromisoformat(held["until"])
    if request.until < until:
        raise UsageError(f"the books already reach {until}; they are never cut back to {request.until}")
    return None if until == request.until else Window(since=(day_number(until) + 1) * DAY_SECONDS, end=end)


def _missing_meter_days(request: Request, folder: Path) -> list[int]:
    """A day's file is there from the next morning on, so that of `until` itself is not."""
    if request.meter_from is None:
        return []
    wanted = range(day_number(request.meter_from), day_number(request.until))
    dates = {day: dt.date(1970, 1, 1) + dt.timedelta(days=day) for day in wanted}
    return [
        day
        for day, date in dates.items()
        if not (meter_path(folder, date).exists() and load_path(folder, date).exists())
    ]


def _blocks(request: Request, streams: RandomStreams, size: int) -> Iterator[Block]:
    for first in range(0, request.accounts, size):
        yield make_block(
            streams,
            first,
            min(size, request.accounts - first),
            day_number(request.start),
            month_number(request.start),
            month_number(request.until),
        )


def _write_books(
    connection: Connection,
    request: Request,
    streams: RandomStreams,
    window: Window | None,
    size: int,
    summary: SimulationSummary,
    tell: Progress,
) -> Supplies:
    if window is not None:
        ORIGIN.create(connection, checkfirst=True)
        BOOKS.create_all(connection)
        write_origin(connection, {**request.origin(), "until": request.until.isoformat()})
    parts: list[Supplies] = []
    for number, block in enumerate(_blocks(request, streams, size)):
        parts.append(_supplies(block, request.meter_from))
        if window is not None:
            added = entries(streams, block, window)
            for table in JOURNALS:
                rows = append(connection, table, added[table.name])
                summary.rows[table.name] = summary.rows.get(table.name, 0) + rows
            del added
        del block  # before the next one is made: two at a time would double the memory
        tell("books", min(1.0, (number + 1) * size / request.accounts))
    if window is not None:
        index_stamps(connection)
    return _joined(parts)


def _supplies(block: Block, meter_from: dt.date | None) -> Supplies:
    """Kept for all accounts at once, so only the months of the meter files, and use in single precision."""
    months, accounts, meters = block.paths.months, block.accounts, block.meters
    kept = slice(len(months) if meter_from is None else int(np.searchsorted(months, month_number(meter_from))), None)
    return Supplies(
        index=accounts.index,
        account_no=pa.array(accounts.account_no),
        segment=accounts.segment,
        opened=accounts.opened,
        closed=block.paths.closed,
        swapped=meters.installed[:, 1],
        by_register=meters.by_register,
        digits=meters.digits,
        offset_kwh=meters.offset_kwh,
        has_load_curve=meters.has_load_curve,
        months=months[kept],
        daily_kwh=block.paths.daily_kwh[:, kept].astype(np.float32),
        used_kwh=used_by_month(block.paths)[:, kept],
    )


def _joined(parts: list[Supplies]) -> Supplies:
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _BY_ACCOUNT}
    numbers = pa.concat_arrays([part.account_no for part in parts])
    return Supplies(account_no=numbers, months=parts[0].months, **columns)


_BY_ACCOUNT = tuple(part.name for part in fields(Supplies) if part.name not in ("account_no", "months"))
