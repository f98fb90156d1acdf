"""Daily meter files: `YYYY-MM-DD.csv.gz` holds the reads of that day and the repairs of earlier ones, collected at
00:40 of the next day. A file is never touched again."""

import datetime as dt
import gzip
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .months import first_days
from .parameters import PARAMETERS
from .random_streams import Bools, Ints, RandomStreams

HEADER = "cons_no,data_date,pap_e,status,col_time\n"
MEASURED, ESTIMATED, MISSING = "0", "1", "2"
_COLLECTED = dt.time(0, 40)


@dataclass(frozen=True)
class Supplies:
    """What the meter system knows of the accounts; `daily_kwh` has a column for each of `months`."""

    index: Ints
    account_no: list[str]
    segment: Ints
    opened: Ints
    closed: Ints
    months: Ints
    daily_kwh: NDArray[np.float32]


def meter_path(folder: Path, day: dt.date) -> Path:
    """Where the file of a day lies."""
    return folder / f"{day.isoformat()}.csv.gz"


def write_meter_file(streams: RandomStreams, supplies: Supplies, folder: Path, day: int, first_day: int) -> int:
    """Writes the file of `day`, whole or not at all; returns its rows. No file repairs a day before `first_day`."""
    date = dt.date(1970, 1, 1) + dt.timedelta(days=day)
    collected = dt.datetime.combine(date + dt.timedelta(days=1), _COLLECTED).isoformat(sep=" ")
    lines = _day_lines(streams, supplies, day, collected)
    shortest, longest = PARAMETERS.metering.repair_days
    for wait in range(shortest, longest + 1):
        if day - wait >= first_day:
            lines += _repair_lines(streams, supplies, day - wait, wait, collected)
    _write(meter_path(folder, date), HEADER + "".join(lines))
    return len(lines)


def _write(path: Path, content: str) -> None:
    """The same bytes for the same content: gzip's own stamp and name are left out."""
    raw = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=4, mtime=0) as packed:
        packed.write(content.encode())
    aside = path.with_suffix(".part")
    aside.write_bytes(raw.getvalue())
    aside.replace(path)


def _supplied(supplies: Supplies, day: int) -> Bools:
    return (supplies.opened <= day) & (day <= supplies.closed)


def _missing(streams: RandomStreams, supplies: Supplies, day: int) -> Bools:
    """Single failed reads, and meters out of reach for a week."""
    figures = PARAMETERS.metering
    single = streams.chance("meter/missing", figures.missing_share, supplies.index, day)
    return single | streams.chance("meter/outage", figures.outage_share, supplies.index, day // 7)


def _watt_hours(streams: RandomStreams, supplies: Supplies, day: int) -> Ints:
    figures = PARAMETERS.metering
    column = int(np.searchsorted(first_days(supplies.months), day, side="right")) - 1
    noise = 1 + figures.daily_spread * streams.normal("meter/noise", supplies.index, day)
    # 1970-01-01 was a Thursday: days 2 and 3 of that week were Saturday and Sunday
    weekend = np.array(figures.weekend)[supplies.segment] if day % 7 in (2, 3) else 1.0
    use = supplies.daily_kwh[:, column].astype(np.float64) * np.maximum(noise, 0) * weekend
    energy: Ints = np.rint(use * 1000).astype(np.int64)
    return energy


def _lines(supplies: Supplies, rows: Ints, day: int, energy: Ints, status: list[str], collected: str) -> list[str]:
    date = dt.date(1970, 1, 1) + dt.timedelta(days=day)
    return [
        f"{supplies.account_no[row]},{date},{_kwh(wh) if mark != MISSING else ''},{mark},{collected}\n"
        for row, wh, mark in zip(rows.tolist(), energy.tolist(), status, strict=True)
    ]


def _kwh(watt_hours: int) -> str:
    return f"{watt_hours // 1000}.{watt_hours % 1000:03d}"


def _day_lines(streams: RandomStreams, supplies: Supplies, day: int, collected: str) -> list[str]:
    rows = np.nonzero(_supplied(supplies, day))[0]
    missing = _missing(streams, supplies, day)[rows]
    estimated = streams.chance("meter/estimated", PARAMETERS.metering.estimated_share, supplies.index, day)[rows]
    status = np.where(missing, MISSING, np.where(estimated, ESTIMATED, MEASURED)).tolist()
    return _lines(supplies, rows, day, _watt_hours(streams, supplies, day)[rows], status, collected)


def _repair_lines(streams: RandomStreams, supplies: Supplies, day: int, wait: int, collected: str) -> list[str]:
    """Reads of `day` that were missing and come in `wait` days later, half of them as an estimate."""
    figures = PARAMETERS.metering
    repaired = _supplied(supplies, day) & _missing(streams, supplies, day)
    repaired &= streams.chance("meter/repaired", figures.repaired_share, supplies.index, day)
    repaired &= streams.between("meter/repair days", *figures.repair_days, supplies.index, day) == wait
    rows = np.nonzero(repaired)[0]
    estimated = streams.chance("meter/repair estimated", 0.5, supplies.index, day)[rows]
    status = np.where(estimated, ESTIMATED, MEASURED).tolist()
    return _lines(supplies, rows, day, _watt_hours(streams, supplies, day)[rows], status, collected)
