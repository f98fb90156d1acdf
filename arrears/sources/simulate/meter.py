"""Daily meter files. `YYYY-MM-DD.csv.gz` holds the reads of that day and the repairs of earlier ones, collected at 00:40
of the next day; `load-YYYY-MM-DD.csv.gz` the load curves of some large users. A file is never touched again."""

import datetime as dt
import gzip
import io
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from .installations import shown
from .months import first_days
from .parameters import PARAMETERS
from .random_streams import Bools, Floats, Ints, RandomStreams

Texts = NDArray[np.str_]
MEASURED, ESTIMATED, MISSING = "0", "1", "2"
_COLLECTED = dt.time(0, 40)
_EARLIEST_SHARE = 0.6
"""A register is read in the last so much of the day; as what it shows always grows, so do the reads."""


@dataclass(frozen=True)
class Supplies:
    """What the meter system knows of the accounts; `daily_kwh` and `used_kwh` have a column for each of `months`."""

    index: Ints
    account_no: "pa.Array[Any]"
    segment: Ints
    opened: Ints
    closed: Ints
    swapped: Ints
    by_register: Bools
    digits: Ints
    offset_kwh: Floats
    has_load_curve: Bools
    months: Ints
    daily_kwh: NDArray[np.float32]
    used_kwh: Floats
    """Since the first month of the accounts' paths, when a month begins."""


def meter_path(folder: Path, day: dt.date) -> Path:
    """Where the reads of a day lie."""
    return folder / f"{day.isoformat()}.csv.gz"


def write_meter_file(streams: RandomStreams, supplies: Supplies, folder: Path, day: int, first_day: int) -> int:
    """Writes the file of `day`, whole or not at all; returns its rows. No file repairs a day before `first_day`."""
    date = dt.date(1970, 1, 1) + dt.timedelta(days=day)
    reads = [_day_reads(streams, supplies, day)]
    shortest, longest = PARAMETERS.metering.repair_days
    for wait in range(shortest, longest + 1):
        if day - wait >= first_day:
            reads.append(_repaired_reads(streams, supplies, day - wait, wait))
    whole = pa.concat_tables(reads)
    write_packed(meter_path(folder, date), whole)
    return int(whole.num_rows)


def write_packed(path: Path, rows: pa.Table) -> None:
    """As CSV. The same bytes for the same rows: gzip's own stamp and name are left out."""
    plain, raw = io.BytesIO((",".join(rows.column_names) + "\n").encode()), io.BytesIO()
    plain.seek(0, io.SEEK_END)
    csv.write_csv(rows, plain, csv.WriteOptions(include_header=False, quoting_style="none"))
    with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=4, mtime=0) as packed:
        packed.write(plain.getbuffer())
    aside = path.with_suffix(".part")
    aside.write_bytes(raw.getvalue())
    aside.replace(path)


def collected_at(day: int) -> str:
    """When the reads of a day come in."""
    return dt.datetime.combine(dt.date(1970, 1, 1) + dt.timedelta(days=day + 1), _COLLECTED).isoformat(sep=" ")


def supplied(supplies: Supplies, day: int) -> Bools:
    """Per account, whether it has supply on a day."""
    return (supplies.opened <= day) & (day <= supplies.closed)


def missing(streams: RandomStreams, supplies: Supplies, day: int) -> Bools:
    """Single failed reads, and meters out of reach for a week."""
    figures = PARAMETERS.metering
    single = streams.chance("meter/missing", figures.missing_share, supplies.index, day)
    return single | streams.chance("meter/outage", figures.outage_share, supplies.index, day // 7)


def watt_hours(streams: RandomStreams, supplies: Supplies, day: int) -> Ints:
    """The use of a day."""
    figures = PARAMETERS.metering
    noise = 1 + figures.daily_spread * streams.normal("meter/noise", supplies.index, day)
    # 1970-01-01 was a Thursday: days 2 and 3 of that week were Saturday and Sunday
    weekend = np.array(figures.weekend)[supplies.segment] if day % 7 in (2, 3) else 1.0
    use = supplies.daily_kwh[:, _month(supplies, day)].astype(np.float64) * np.maximum(noise, 0) * weekend
    energy: Ints = np.rint(use * 1000).astype(np.int64)
    return energy


def meter_places(supplies: Supplies, day: int) -> Ints:
    """0 for the first meter, 1 for the one that took its place."""
    return (day > supplies.swapped).astype(np.int64)


def _month(supplies: Supplies, day: int) -> int:
    return int(np.searchsorted(first_days(supplies.months), day, side="right")) - 1


def _reads(streams: RandomStreams, supplies: Supplies, rows: Ints, day: int, status: Texts, wait: int) -> pa.Table:
    """One per row; a read by register shows what the meter showed at some hour of the evening."""
    date, collected = str(dt.date(1970, 1, 1) + dt.timedelta(days=day)), collected_at(day + wait)
    place = meter_places(supplies, day)[rows]
    numbers = supplies.account_no.take(pa.array(rows, pa.int64()))
    register = _registers(streams, supplies, rows, day, place)
    failed, by_register = status == MISSING, register >= 0
    columns = {
        "cons_no": numbers,
        "data_date": pa.repeat(pa.scalar(date), len(rows)),
        "pap_e": kilowatt_hours(watt_hours(streams, supplies, day)[rows], failed | by_register, 3),
        "status": pa.array(status),
        "col_time": pa.repeat(pa.scalar(collected), len(rows)),
        "asset_no": asset_numbers(numbers, place),
        "pap_r": kilowatt_hours(register, failed | ~by_register, 2),
    }
    return pa.table(columns)


def kilowatt_hours(units: Ints, is_empty: Bools, places: int) -> "pa.Array[Any]":
    """From whole units of the last decimal place; nothing where it is empty."""
    whole = pa.array(units, mask=is_empty).cast(pa.decimal128(19, 0))
    return pc.multiply(whole, pa.scalar(Decimal(1).scaleb(-places)))


def asset_numbers(account_no: "pa.Array[Any]", place: Ints) -> "pa.Array[Any]":
    """The number on the meter: that of the account it was made for, and 1 or 2."""
    joined: pa.Array[Any] = pc.binary_join_element_wise(account_no, pa.array((place + 1).astype(str)), "")
    return joined


def _registers(streams: RandomStreams, supplies: Supplies, rows: Ints, day: int, place: Ints) -> Ints:
    """In 1/100 kWh; -1 for a meter that reports the day's use."""
    registers = np.full(len(rows), -1)
    here = np.nonzero(supplies.by_register[rows, place])[0]
    at, column = rows[here], _month(supplies, day)
    passed = 1 - _EARLIEST_SHARE * streams.uniform("meter/read at", supplies.index[at], day)
    within = supplies.daily_kwh[at, column] * (day - first_days(supplies.months)[column] + passed)
    used = supplies.used_kwh[at, column] + within
    registers[here] = shown(supplies.offset_kwh[at, place[here]], used, supplies.digits[at, place[here]])
    return registers


def _day_reads(streams: RandomStreams, supplies: Supplies, day: int) -> pa.Table:
    rows = np.nonzero(supplied(supplies, day))[0]
    failed = missing(streams, supplies, day)[rows]
    estimated = streams.chance("meter/estimated", PARAMETERS.metering.estimated_share, supplies.index, day)[rows]
    status = np.where(failed, MISSING, np.where(estimated, ESTIMATED, MEASURED))
    return _reads(streams, supplies, rows, day, status, 0)


def _repaired_reads(streams: RandomStreams, supplies: Supplies, day: int, wait: int) -> pa.Table:
    """Reads of `day` that were missing and come in `wait` days later, half of them as an estimate."""
    figures = PARAMETERS.metering
    repaired = supplied(supplies, day) & missing(streams, supplies, day)
    repaired &= streams.chance("meter/repaired", figures.repaired_share, supplies.index, day)
    repaired &= streams.between("meter/repair days", *figures.repair_days, supplies.index, day) == wait
    rows = np.nonzero(repaired)[0]
    estimated = streams.chance("meter/repair estimated", 0.5, supplies.index, day)[rows]
    status = np.where(estimated, ESTIMATED, MEASURED)
    return _reads(streams, supplies, rows, day, status, wait)
