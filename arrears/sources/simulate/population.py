"""The accounts of a block: who holds them, what they are, how they like to pay. Nothing here changes with time."""

from dataclasses import dataclass

import numpy as np

from .names import customer_names
from .parameters import (
    BANK_DEBIT,
    DISTRICTS,
    HOUSEHOLD,
    INDUSTRY,
    PARAMETERS,
    SEGMENTS,
    SHOP,
    TRADES,
    VOLTAGES,
    WECHAT,
)
from .random_streams import Bools, Floats, Ints, RandomStreams

_UNKNOWN_LANGUAGE, _CHINESE, _ENGLISH = range(3)
LANGUAGE_CODES = (None, "1", "2")
POSTPAY, PREPAY, SPLIT_SETTLEMENT, DIRECT_DEBIT = range(4)
MODE_CODES = ("01", "02", "03", "04")


@dataclass(frozen=True)
class Accounts:
    """One row per account, in order of `index`; codes are positions in the tuples of the parameters."""

    index: Ints
    customer: Ints
    """The index of the customer's first account: what customers share is drawn by it."""
    segment: Ints
    district: Ints
    trade: Ints
    voltage: Ints
    has_voltage: Bools
    language: Ints
    name: list[str]
    account_no: list[str]
    base_kwh: Floats
    """Mean use per day."""
    capacity_kva: Ints
    """0: not agreed."""
    opened: Ints
    """Never before the customer's first account."""
    read_day: Ints
    """Day of the month on which the meter is read for the bill."""
    term_days: Ints
    channel: Ints
    rhythm_days: Ints
    """Usual days from the due date to the payment; negative: before."""
    splits: Bools
    rounds: Bools
    mode: Ints
    """How the contract says that bills are paid."""


def make_accounts(streams: RandomStreams, first: int, count: int, start_day: int) -> Accounts:
    """The accounts `first` … `first + count - 1`."""
    figures = PARAMETERS.population
    index = np.arange(first, first + count, dtype=np.int64)
    customer = customers(streams, first, count)
    segment = streams.choice("segment", np.array([part.share for part in SEGMENTS]), customer)
    district = districts(streams, customer)
    trade = _trades(streams, customer, segment)
    voltage = streams.choice("voltage", np.array([part.voltage_shares for part in SEGMENTS])[segment], index)
    language = _languages(streams, customer)
    channel = streams.choice("channel", np.array([part.channel_shares for part in SEGMENTS])[segment], index)
    base_kwh = _levels(streams, index, segment, voltage)
    splits = (segment >= SHOP) & streams.chance("splits", figures.split_payer_share, index)
    return Accounts(
        index=index,
        customer=customer,
        segment=segment,
        district=district,
        trade=trade,
        voltage=voltage,
        has_voltage=~streams.chance("voltage/unknown", figures.unknown_voltage_share, index),
        language=language,
        name=customer_names(streams, customer, segment, district, trade, language == _ENGLISH),
        account_no=[
            f"{DISTRICTS[area].code}{number:08d}"
            for area, number in zip(district.tolist(), (index + 1).tolist(), strict=True)
        ],
        base_kwh=base_kwh,
        capacity_kva=_capacities(streams, index, segment, base_kwh),
        opened=opening_days(streams, index, customer, start_day),
        read_day=streams.between("read/day", 1, 28, index),
        term_days=streams.between("term", *PARAMETERS.billing.term_days, index),
        channel=channel,
        rhythm_days=_rhythm_days(streams, index, segment, voltage),
        splits=splits,
        rounds=(segment == HOUSEHOLD)
        & (channel <= WECHAT + 1)
        & streams.chance("rounds", figures.rounding_share, index),
        mode=_modes(streams, index, customer, segment, channel, splits & ((segment == INDUSTRY) | (voltage > 0))),
    )


def customers(streams: RandomStreams, first: int, count: int) -> Ints:
    """Of the accounts `first` … `first + count - 1`, the index of their customer's first account."""
    within = PARAMETERS.population.linked_within
    origin = first - first % within
    index = np.arange(origin, first + count, dtype=np.int64)
    is_linked = streams.chance("linked", PARAMETERS.population.linked_share, index) & (index % within != 0)
    return np.maximum.accumulate(np.where(is_linked, 0, index))[first - origin :]


def districts(streams: RandomStreams, customer: Ints) -> Ints:
    """A customer's accounts are all in one."""
    return streams.choice("district", np.array([part.share for part in DISTRICTS]), customer)


def opening_days(streams: RandomStreams, index: Ints, customer: Ints, start_day: int) -> Ints:
    """Never before the customer's first account."""
    return np.maximum(_opening_days(streams, index, start_day), _opening_days(streams, customer, start_day))


def _trades(streams: RandomStreams, customer: Ints, segment: Ints) -> Ints:
    drawn = streams.uniform("trade", customer)
    trade = np.full(len(customer), -1, dtype=np.int64)
    for kind in range(HOUSEHOLD + 1, INDUSTRY + 1):
        members = np.array([place for place, line in enumerate(TRADES) if kind in line.segments])
        here = segment == kind
        trade[here] = members[(drawn[here] * len(members)).astype(np.int64)]
    return trade


def _languages(streams: RandomStreams, customer: Ints) -> Ints:
    figures = PARAMETERS.population
    known = 1 - figures.unknown_language_share
    shares = np.array([figures.unknown_language_share, known - figures.english_share, figures.english_share])
    return streams.choice("language", shares, customer)


def _levels(streams: RandomStreams, index: Ints, segment: Ints, voltage: Ints) -> Floats:
    median = np.array([part.monthly_kwh for part in SEGMENTS])[segment]
    spread = np.array([part.spread for part in SEGMENTS])[segment]
    size = np.array([part.size for part in VOLTAGES])[voltage]
    level: Floats = median * size / 30.4 * np.exp(spread * streams.normal("level", index))
    return level


def _capacities(streams: RandomStreams, index: Ints, segment: Ints, base_kwh: Floats) -> Ints:
    """What the mean load needs at a load factor of 15–55 %, in steps of 5 kVA; a third of the households have none."""
    load_factor = 0.15 + 0.40 * streams.uniform("load factor", index)
    needed = np.maximum(1, np.ceil(base_kwh / 24 / load_factor / 5)).astype(np.int64) * 5
    is_unknown = (segment == HOUSEHOLD) & streams.chance("capacity/unknown", 0.33, index)
    return np.where(is_unknown, 0, needed)


def _opening_days(streams: RandomStreams, index: Ints, start_day: int) -> Ints:
    figures = PARAMETERS.population
    is_old = streams.chance("opened/before", figures.open_at_start, index)
    before = start_day - streams.between("opened/on", 40, figures.years_before * 365, index)
    after = start_day + streams.between("opened/on", 1, figures.days_of_growth, index)
    return np.where(is_old, before, after)


def _rhythm_days(streams: RandomStreams, index: Ints, segment: Ints, voltage: Ints) -> Ints:
    """By rhythm: early, at the due date, on payday (anywhere in the month), habitually some days after."""
    shares = np.array([part.rhythm_shares for part in SEGMENTS])[segment]
    laxness = np.array([part.laxness for part in VOLTAGES])[voltage]
    rhythm = streams.choice("rhythm", shares, index)
    rhythm = np.where((rhythm > 1) & ~streams.chance("rhythm/lax", laxness, index), 1, rhythm)
    lows, highs = np.array([-14, -6, -13, 3]), np.array([-5, -2, 11, 11])
    drawn = streams.uniform("rhythm/days", index)
    days: Ints = lows[rhythm] + (drawn * (highs - lows + 1)[rhythm]).astype(np.int64)
    return days


def _modes(
    streams: RandomStreams, index: Ints, customer: Ints, segment: Ints, channel: Ints, splits_by_contract: Bools
) -> Ints:
    figures = PARAMETERS.supplying
    unwilling = np.exp(-figures.prepay_by_willingness * streams.normal("willingness", customer))
    prepays = streams.chance("prepays", np.array(figures.prepay_shares)[segment] * unwilling, index)
    mode = np.where(channel == BANK_DEBIT, DIRECT_DEBIT, np.where(prepays, PREPAY, POSTPAY))
    return np.where(splits_by_contract, SPLIT_SETTLEMENT, mode)
