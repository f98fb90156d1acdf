"""Load curves of some large users: `load-YYYY-MM-DD.csv.gz` has a line per user, with the use of 48 half-hours."""

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa

from .meter import (
    MEASURED,
    MISSING,
    Supplies,
    asset_numbers,
    collected_at,
    kilowatt_hours,
    meter_places,
    missing,
    supplied,
    watt_hours,
    write_packed,
)
from .parameters import FARM, PARAMETERS
from .random_streams import Floats, Ints, RandomStreams

SLOTS = 48
OUT_OF_SERVICE = "3"
"""A meter without supply still has its line, so that no file is without one."""


def load_path(folder: Path, day: dt.date) -> Path:
    """Where the load curves of a day lie."""
    return folder / f"load-{day.isoformat()}.csv.gz"


def write_load_file(streams: RandomStreams, supplies: Supplies, folder: Path, day: int) -> None:
    """Writes the file of `day`, whole or not at all. The half-hours of a day add up to the day's read."""
    rows = np.nonzero(supplies.has_load_curve)[0]
    date = dt.date(1970, 1, 1) + dt.timedelta(days=day)
    energy = _half_hours(streams, supplies, rows, day, watt_hours(streams, supplies, day)[rows])
    is_supplied, failed = supplied(supplies, day)[rows], missing(streams, supplies, day)[rows]
    slots = np.arange(SLOTS, dtype=np.int64)
    share = PARAMETERS.installing.lost_interval_share
    lost = streams.chance("load/lost", share, supplies.index[rows][:, None], day * SLOTS + slots)
    lost |= (failed | ~is_supplied)[:, None]
    status = np.where(is_supplied, np.where(failed, MISSING, MEASURED), OUT_OF_SERVICE)
    numbers = supplies.account_no.take(pa.array(rows, pa.int64()))
    columns = {
        "cons_no": numbers,
        "asset_no": asset_numbers(numbers, meter_places(supplies, day)[rows]),
        "data_date": pa.repeat(pa.scalar(str(date)), len(rows)),
        "status": pa.array(status),
        "col_time": pa.repeat(pa.scalar(collected_at(day)), len(rows)),
        **{f"p{slot + 1}": kilowatt_hours(energy[:, slot], lost[:, slot], 3) for slot in range(SLOTS)},
    }
    write_packed(load_path(folder, date), pa.table(columns))


def _half_hours(streams: RandomStreams, supplies: Supplies, rows: Ints, day: int, energy: Ints) -> Ints:
    slots = np.arange(SLOTS, dtype=np.int64)
    # households and farms peak in the evening, businesses at noon
    peak = np.where(supplies.segment[rows] > FARM, 26.0, 40.0)[:, None]
    shape = 0.6 + 0.5 * np.cos((slots - peak) * (2 * np.pi / SLOTS))
    noise = streams.normal("load/noise", supplies.index[rows][:, None], day * SLOTS + slots)
    weight: Floats = np.cumsum(shape * np.maximum(1 + 0.08 * noise, 0.1), axis=1)
    upto = np.rint(energy[:, None] * (weight / weight[:, -1:])).astype(np.int64)
    half_hours: Ints = np.diff(upto, axis=1, prepend=0)
    return half_hours
