"""Bills, their corrections and disputes. Rows are accounts, columns the months of the books."""

from dataclasses import dataclass

import numpy as np

from .behaviour import Paths
from .columns import Objects, constant
from .months import NEVER, first_days
from .parameters import ENERGY_PRICE, PARAMETERS, SEGMENTS, VOLTAGES
from .population import Accounts
from .random_streams import Bools, Floats, Ints, RandomStreams


@dataclass(frozen=True)
class Bills:
    """A corrected bill is issued wrong, cancelled, and issued again; `due` and `fen` are those of the last issue."""

    exists: Bools
    period_start: Ints
    period_end: Ints
    issued: Ints
    first_due: Ints
    kwh: Ints
    fen: Ints
    due: Ints
    burden: Floats
    """Logarithm of the use per day over the account's mean, never below zero: the bill is a shock."""
    is_corrected: Bools
    cancelled: Ints
    """The day of cancellation and re-issue, or NEVER."""
    wrong_kwh: Ints
    wrong_fen: Ints
    dispute_opened: Ints
    """NEVER where there is none."""
    dispute_closed: Ints


def make_bills(streams: RandomStreams, accounts: Accounts, paths: Paths) -> Bills:
    """One bill per account and month in which supply was given."""
    figures = PARAMETERS.billing
    index, months = accounts.index[:, None], paths.months[1:]
    read_on = first_days(paths.months) + accounts.read_day[:, None] - 1
    start = np.maximum(read_on[:, :-1] + 1, accounts.opened[:, None])
    end = np.minimum(read_on[:, 1:], paths.closed[:, None])
    exists = start <= end
    days = np.maximum(end - start + 1, 1)
    days_before = np.clip(first_days(months) - start, 0, days)
    used = days_before * paths.daily_kwh[:, :-1] + (days - days_before) * paths.daily_kwh[:, 1:]
    noise = 1 + figures.reading_noise * streams.normal("reading/noise", index, months)
    kwh = np.rint(used * noise).astype(np.int64)
    issued = read_on[:, 1:] + streams.between("issue/lag", 1, 3, index, months)
    first_due = issued + accounts.term_days[:, None]
    is_corrected = exists & streams.chance("corrected", figures.corrected_share, index, months)
    cancelled = np.where(is_corrected, issued + _correction_lag(streams, index, months), NEVER)
    wrong_kwh = np.rint(kwh * np.where(streams.chance("wrong/low", 0.3, index, months), 0.4, 2.1)).astype(np.int64) + 7
    burden = np.maximum(0, np.log((used / days + 0.1) / (accounts.base_kwh[:, None] + 0.1)))
    opened, closed = _disputes(streams, index, months, exists & ~is_corrected, burden, issued, first_due)
    return Bills(
        exists=exists,
        period_start=start,
        period_end=end,
        issued=issued,
        first_due=first_due,
        kwh=kwh,
        fen=price(accounts, kwh, days),
        due=np.where(is_corrected, cancelled + accounts.term_days[:, None], first_due),
        burden=burden,
        is_corrected=is_corrected,
        cancelled=cancelled,
        wrong_kwh=wrong_kwh,
        wrong_fen=price(accounts, wrong_kwh, days),
        dispute_opened=opened,
        dispute_closed=closed,
    )


def unit_price(accounts: Accounts) -> Ints:
    """Of energy, by account, in 1/100 fen per kWh."""
    per_kwh = np.array(ENERGY_PRICE, dtype=np.int64)[accounts.segment]
    unit: Ints = per_kwh - np.array([part.price_discount for part in VOLTAGES], dtype=np.int64)[accounts.voltage]
    return unit


def price(accounts: Accounts, kwh: Ints, days: Ints) -> Ints:
    """Energy in whole fen, half up, and the capacity charge of a full period."""
    per_kva = np.array([part.capacity_fen for part in SEGMENTS])[accounts.segment]
    energy = (kwh * unit_price(accounts)[:, None] + 50) // 100
    fen: Ints = energy + np.where(days >= 28, (per_kva * accounts.capacity_kva)[:, None], 0)
    return fen


def period_shares(
    streams: RandomStreams, accounts: Accounts, paths: Paths, row: Ints, column: Ints
) -> tuple[Floats, Floats]:
    """Shares of peak and valley in the energy of some bills, flat; in distress the night shift goes first."""
    figures, index = PARAMETERS.periods, accounts.index[row]
    key = index * 100_000 + paths.months[column + 1]
    own = figures.spread * streams.normal("periods/own", index)
    month = figures.monthly_spread * streams.normal("periods/month", key)
    lost = figures.night_shift_lost * paths.is_distressed[row, column + 1]
    valley = np.clip(figures.valley_share - own + month, 0.05, 0.60) * (1 - lost)
    return np.clip(figures.peak_share + own / 2 - month, 0.05, 0.60), valley


def energy_by_period(
    kwh: Ints,
    at: Ints,
    shares: tuple[Floats, Floats],
) -> dict[str, Objects]:
    """Energy by period of use, for the bills `at`; unknown for the others."""
    columns = {name: constant(None, len(kwh)) for name in ("peak_pq", "flat_pq", "valley_pq")}
    peak, valley = ((kwh[at] * share).astype(np.int64) for share in shares)
    for name, part in (("peak_pq", peak), ("flat_pq", kwh[at] - peak - valley), ("valley_pq", valley)):
        columns[name][at] = part
    return columns


def _correction_lag(streams: RandomStreams, index: Ints, months: Ints) -> Ints:
    figures = PARAMETERS.billing
    late = streams.chance("corrected/late", figures.late_correction_share, index, months)
    soon = streams.between("corrected/days", *figures.correction_days, index, months)
    return np.where(late, streams.between("corrected/days", *figures.late_correction_days, index, months), soon)


def _disputes(
    streams: RandomStreams, index: Ints, months: Ints, may: Bools, burden: Floats, issued: Ints, due: Ints
) -> tuple[Ints, Ints]:
    figures = PARAMETERS.billing
    chance = figures.dispute_share + figures.dispute_by_burden * np.maximum(0, burden - 0.5)
    is_disputed = may & streams.chance("disputed", chance, index, months)
    opened = issued + 2 + (streams.uniform("disputed/on", index, months) * (due - issued)).astype(np.int64)
    closed = opened + streams.between("disputed/days", *figures.dispute_days, index, months)
    return np.where(is_disputed, opened, NEVER), np.where(is_disputed, closed, NEVER)
