"""The meters of an account: the first one, and the one that takes its place. Some are read by their register, which
begins again at zero when its digits are used up; the others report each day's use."""

from dataclasses import dataclass

import numpy as np

from .behaviour import Paths
from .columns import Columns, Window, coded, office_stamps, texts
from .months import NEVER, first_days, stamps
from .parameters import INDUSTRY, PARAMETERS, VOLTAGES
from .population import Accounts
from .random_streams import Bools, Floats, Ints, RandomStreams

BY_REGISTER, BY_DAY = range(2)
TYPE_CODES = ("01", "02")
"""Old electronic meters, read by their register; smart meters."""
_SMART_DIGITS, _LARGE_DIGITS = 6, 8
_LOAD_VOLTAGE = [part.name for part in VOLTAGES].index("110kV")


@dataclass(frozen=True)
class Meters:
    """Rows are accounts, columns the first meter and the second; what a meter shows is in 1/100 kWh."""

    has_load_curve: Bools
    by_register: Bools
    digits: Ints
    installed: Ints
    """NEVER where there is no second meter. The day's use still belongs to the meter that goes."""
    removed: Ints
    """NEVER while it is there; the day on which the next one comes, or of the closing."""
    start: Ints
    offset_kwh: Floats
    """What the register shows, less what the account has used since the books began."""

    def asset_no(self, account_no: list[str], row: Ints, place: Ints) -> list[str]:
        """The number on the meter: that of the account it was made for, and 1 or 2."""
        return [f"{account_no[at]}{which + 1}" for at, which in zip(row.tolist(), place.tolist(), strict=True)]


def used_by_month(paths: Paths) -> Floats:
    """Per account, the energy used since the first month of its paths, up to the beginning of each."""
    length = np.diff(first_days(np.append(paths.months, paths.months[-1] + 1)))
    used: Floats = np.cumsum(paths.daily_kwh * length, axis=1)
    return np.concatenate([np.zeros((len(used), 1)), used[:, :-1]], axis=1)


def make_meters(streams: RandomStreams, accounts: Accounts, paths: Paths) -> Meters:
    """A meter that is read by its register is replaced more often, and mostly by a smart one."""
    figures, index = PARAMETERS.installing, accounts.index
    has_load = (accounts.voltage >= _LOAD_VOLTAGE) & streams.chance("load", figures.load_share, index)
    has_load |= index == 0  # so that every utility has a load curve
    shares = np.array(figures.by_register_shares)[accounts.segment]
    first = streams.chance("meter/by register", shares, index) & ~has_load
    again = streams.chance("meter/again by register", figures.again_by_register_share, index)
    by_register = np.stack([first, first & again], axis=1)
    swapped = _swaps(streams, accounts, paths, first)
    few = streams.chance("meter/few digits", figures.few_digits_share, index)
    large = np.where(accounts.segment == INDUSTRY, _LARGE_DIGITS, _SMART_DIGITS)
    digits = np.where(by_register, np.where(few, 4, 5)[:, None], large[:, None])
    installed = np.stack([accounts.opened, swapped], axis=1)
    removed = np.stack([np.minimum(swapped, paths.closed), np.where(swapped < NEVER, paths.closed, NEVER)], axis=1)
    begun = np.stack([streams.between("meter/start", 0, 300, index), np.zeros_like(index)], axis=1)
    row = np.arange(len(index))
    at_start = np.stack([_used(accounts, paths, each, row) for each in (accounts.opened, swapped + 1)], axis=1)
    return Meters(has_load, by_register, digits, installed, removed, begun, begun / 100 - at_start)


def _swaps(streams: RandomStreams, accounts: Accounts, paths: Paths, by_register: Bools) -> Ints:
    """The day in the first month that brings one, or NEVER."""
    figures, index, months = PARAMETERS.installing, accounts.index[:, None], paths.months[1:]
    chance = np.where(by_register, figures.replaced_by_register_per_month, figures.replaced_per_month)[:, None]
    days = first_days(months) + streams.between("meter/swap day", 0, 27, index, months)
    swaps = streams.chance("meter/swapped", chance, index, months)
    swaps &= (days > accounts.opened[:, None]) & (days < paths.closed[:, None])
    return np.where(swaps.any(axis=1), days[np.arange(len(index)), swaps.argmax(axis=1)], NEVER)


def _used(accounts: Accounts, paths: Paths, day: Ints, row: Ints) -> Floats:
    """Energy used since the first month of the paths when a day begins; before that month, at the account's mean."""
    begins = first_days(paths.months)
    column = np.clip(np.searchsorted(begins, day, side="right") - 1, 0, None)
    within = used_by_month(paths)[row, column] + paths.daily_kwh[row, column] * (day - begins[column])
    used: Floats = np.where(day < begins[0], accounts.base_kwh[row] * (day - begins[0]), within)
    return used


def shown(offset_kwh: Floats, used_kwh: Floats, digits: Ints) -> Ints:
    """What a register shows, in 1/100 kWh."""
    register: Ints = np.rint((offset_kwh + used_kwh) * 100).astype(np.int64) % 10 ** (digits + 2)
    return register


def meter_entries(
    streams: RandomStreams, accounts: Accounts, paths: Paths, meters: Meters, window: Window
) -> dict[str, Columns]:
    """Installations and removals."""
    row, place = np.nonzero(meters.installed < NEVER)
    key = (accounts.index[row] + 1) * 10 + place + 1
    on = meters.installed[row, place]
    entered = np.where(place == 0, stamps(on, 10 * 3600 + 60), office_stamps(streams, "meter/in", on, key))
    installed: Columns = {
        "meter_id": key,
        "cons_no": texts(accounts.account_no)[row],
        "asset_no": texts(meters.asset_no(accounts.account_no, row, place)),
        "type_code": coded(TYPE_CODES, np.where(meters.by_register[row, place], BY_REGISTER, BY_DAY)),
        "digits": meters.digits[row, place],
        "inst_date": on,
        "bgn_num": meters.start[row, place],
        "entered_at": entered,
    }
    off = meters.removed[row, place]
    used = _used(accounts, paths, off + 1, row)
    removed: Columns = {
        "meter_id": key,
        "rmv_date": off,
        "end_num": shown(meters.offset_kwh[row, place], used, meters.digits[row, place]),
        "entered_at": np.maximum(office_stamps(streams, "meter/out", off, key), entered + 3600),
    }
    return {"c_meter_inst": window.cut(installed), "c_meter_rmv": window.cut(removed, off < NEVER)}
