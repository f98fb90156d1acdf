"""What nobody sees: ability and willingness to pay, and use, month by month. Rows are accounts, columns months."""

from dataclasses import dataclass

import numpy as np

from .months import NEVER, first_days
from .parameters import DISTRICTS, HOUSEHOLD, PARAMETERS, SEGMENTS, TRADES
from .population import Accounts
from .random_streams import Bools, Floats, Ints, RandomStreams


@dataclass(frozen=True)
class Paths:
    """`months` begins one month before the books, because the first bill reaches back."""

    months: Ints
    liquidity: Floats
    """What can be spent on a bill: ability after savings have softened it."""
    willingness: Floats
    daily_kwh: Floats
    is_distressed: Bools
    closed: Ints
    """Per account: the day of closing, or NEVER."""
    fails: Bools
    """Per account: whether what is open at the closing stays unpaid."""


def live(streams: RandomStreams, accounts: Accounts, first_month: int, last_month: int) -> Paths:
    """Paths from the month before `first_month` to `last_month`; a later last month only adds columns."""
    figures = PARAMETERS.behaviour
    months = np.arange(first_month - figures.burn_in_months, last_month + 1, dtype=np.int64)
    shocks = industry_shocks(streams, months)
    distressed = _distress(streams, accounts, months, shocks)
    ability = _ability(streams, accounts, months, shocks, distressed)
    kept = slice(figures.burn_in_months - 1, None)
    closed, fails = _closings(streams, accounts, months[kept][1:], distressed[:, kept][:, 1:])
    return Paths(
        months=months[kept],
        liquidity=_smooth(ability, figures.buffer_persistence)[:, kept],
        willingness=_willingness(streams, accounts, months)[:, kept],
        daily_kwh=_use(streams, accounts, months, shocks, distressed)[:, kept],
        is_distressed=distressed[:, kept],
        closed=closed,
        fails=fails,
    )


def _autoregression(innovations: Floats, persistence: float) -> Floats:
    """AR(1) along columns with unit variance, started in its stationary state."""
    scale = (1 - persistence**2) ** 0.5
    path = innovations.copy()
    for column in range(1, path.shape[1]):
        path[:, column] = persistence * path[:, column - 1] + scale * innovations[:, column]
    return path


def _smooth(path: Floats, persistence: float) -> Floats:
    smooth = path.copy()
    for column in range(1, path.shape[1]):
        smooth[:, column] = persistence * smooth[:, column - 1] + (1 - persistence) * path[:, column]
    return smooth


def _regime(enters: Bools, leaves: Bools) -> Bools:
    """A state per column that is entered and left by chance."""
    state = np.zeros_like(enters)
    for column in range(1, enters.shape[1]):
        before = state[:, column - 1]
        state[:, column] = np.where(before, ~leaves[:, column], enters[:, column])
    return state


def industry_shocks(streams: RandomStreams, months: Ints) -> Floats:
    """Ups and downs by industry (rows) and month; a crisis comes at once and fades."""
    figures = PARAMETERS.behaviour
    trades = np.arange(len(TRADES), dtype=np.int64)[:, None]
    crisis = streams.chance("industry/crisis", figures.industry_crisis, trades, months)
    scale = (1 - figures.industry_persistence**2) ** 0.5
    innovations = figures.industry_spread * scale * streams.normal("industry", trades, months)
    innovations -= figures.industry_crisis_depth * crisis
    shocks = innovations.copy()
    for column in range(1, shocks.shape[1]):
        shocks[:, column] += figures.industry_persistence * shocks[:, column - 1]
    felt: Floats = shocks * np.array([line.cyclical for line in TRADES])[:, None]
    return felt


def _of_trade(accounts: Accounts, shocks: Floats) -> Floats:
    return np.where((accounts.trade >= 0)[:, None], shocks[accounts.trade], 0.0)


def _distress(streams: RandomStreams, accounts: Accounts, months: Ints, shocks: Floats) -> Bools:
    figures = PARAMETERS.behaviour
    customer = accounts.customer[:, None]
    entry = np.array([part.distress_entry for part in SEGMENTS])[accounts.segment][:, None]
    pressed = np.exp(-0.9 * _of_trade(accounts, shocks))
    enters = streams.chance("distress/enters", entry * pressed, customer, months)
    leaves = streams.chance("distress/leaves", figures.distress_exit, customer, months)
    return _regime(enters, leaves)


def _ability(streams: RandomStreams, accounts: Accounts, months: Ints, shocks: Floats, distressed: Bools) -> Floats:
    figures = PARAMETERS.behaviour
    drift = _autoregression(streams.normal("ability", accounts.customer[:, None], months), figures.ability_persistence)
    depth = figures.distress_depth * (0.5 + streams.uniform("distress/depth", accounts.customer))
    place = np.array([area.ability for area in DISTRICTS])[accounts.district]
    ability: Floats = figures.ability_spread * drift + place[:, None] + 0.7 * _of_trade(accounts, shocks)
    return ability - depth[:, None] * distressed


def _willingness(streams: RandomStreams, accounts: Accounts, months: Ints) -> Floats:
    figures = PARAMETERS.behaviour
    customer = accounts.customer[:, None]
    fixed = figures.willingness_fixed * streams.normal("willingness", customer)
    drift = _autoregression(streams.normal("willingness/drift", customer, months), figures.willingness_persistence)
    willingness: Floats = fixed + figures.willingness_drift * drift
    return willingness


def _use(streams: RandomStreams, accounts: Accounts, months: Ints, shocks: Floats, distressed: Bools) -> Floats:
    figures = PARAMETERS.behaviour
    index = accounts.index[:, None]
    kinds = np.arange(len(SEGMENTS), dtype=np.int64)[:, None]
    season = np.log(np.array([part.season for part in SEGMENTS]))[:, months % 12]
    weather = season + figures.weather_spread * streams.normal("weather", kinds, months)
    full_drop = np.array([part.distress_drop for part in SEGMENTS])[accounts.segment][:, None]
    drop = _smooth(distressed.astype(np.float64), 1 - figures.use_falls_per_month)
    level = figures.use_spread * _autoregression(streams.normal("use", index, months), figures.use_persistence)
    level += weather[accounts.segment] - full_drop * drop + 0.12 * _of_trade(accounts, shocks)
    empties = streams.chance("vacancy/enters", figures.vacancy_entry, index, months)
    fills = streams.chance("vacancy/leaves", figures.vacancy_exit, index, months)
    vacant = _regime(empties & (accounts.segment == HOUSEHOLD)[:, None], fills)
    use: Floats = accounts.base_kwh[:, None] * np.exp(level) * np.where(vacant, figures.vacancy_use, 1.0)
    return use


def _closings(streams: RandomStreams, accounts: Accounts, months: Ints, distressed: Bools) -> tuple[Ints, Bools]:
    """The first month that ends an account counts; a day of it is drawn. No account closes in its first two months."""
    figures = PARAMETERS.population
    index = accounts.index[:, None]
    business = (accounts.segment != HOUSEHOLD)[:, None]
    moves = streams.chance("closing/moves", figures.closing_per_month, index, months)
    failed = business & distressed & streams.chance("closing/fails", figures.failing_per_month, index, months)
    days = first_days(months) + streams.between("closing/day", 0, 27, index, months)
    ends = (moves | failed) & (days > accounts.opened[:, None] + 60)
    ended, column = ends.any(axis=1), ends.argmax(axis=1)
    row = np.arange(len(accounts.index))
    closed = np.where(ended, days[row, column], NEVER)
    skips = streams.chance("closing/skips", figures.skipping_share, accounts.index)
    return closed, ended & (failed[row, column] | skips)
