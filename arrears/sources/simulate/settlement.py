"""When and how bills are settled. An account settles its bills in order, so that one bad month drags the next along.
Rows are accounts, columns the months of the books."""

from dataclasses import dataclass

import numpy as np

from .adjustments import Openings
from .behaviour import Paths
from .billing import Bills
from .months import NEVER, first_days
from .parameters import BANK_DEBIT, PARAMETERS, SEGMENTS, VOLTAGES
from .population import PREPAY, Accounts
from .random_streams import Bools, Floats, Ints, RandomStreams


@dataclass(frozen=True)
class Settlement:
    """What becomes of each month's bill; days are NEVER where a thing does not happen."""

    stressed: Bools
    """The money was not there when the bill came."""
    planned: Ints
    """When the bill would be settled if the account did not close before and leave it."""
    settled: Ints
    owed_fen: Ints
    """The bill less credit, rounded up by those who pay in round sums: what is paid in the end, if it is."""
    rounded_fen: Ints
    """What of that is rounding."""
    part_on: Ints
    part_fen: Ints
    """What is paid of it before, if the account does not close before and leave it."""
    bounced_on: Ints


def stress_log_odds(accounts: Accounts, paths: Paths, bills: Bills) -> Floats:
    """Log-odds that the money for a bill is not there."""
    figures = PARAMETERS.paying
    level = np.array([part.stress for part in SEGMENTS])[accounts.segment]
    level = level + np.array([part.stress for part in VOLTAGES])[accounts.voltage]
    odds: Floats = level[:, None] - figures.liquidity_weight * paths.liquidity[:, 1:]
    return odds - figures.willingness_weight * paths.willingness[:, 1:] + figures.burden_weight * bills.burden


def settle(
    streams: RandomStreams, accounts: Accounts, paths: Paths, bills: Bills, openings: Openings, granted: Ints
) -> Settlement:
    """`granted` is the credit that each month's bill finds on the account, beside what is left over from before."""
    figures, index, months = PARAMETERS.paying, accounts.index[:, None], paths.months[1:]
    odds = stress_log_odds(accounts, paths, bills)
    stressed = streams.chance("stressed", 1 / (1 + np.exp(-odds)), index, months)
    debits = (accounts.channel == BANK_DEBIT)[:, None]
    wanted = np.where(stressed, _stressed_days(streams, index, months, odds), _usual_days(streams, accounts, paths))
    wanted = np.where(debits & ~stressed, -2, wanted)
    wanted += np.where(accounts.splits[:, None], streams.between("splits/days", 0, 6, index, months), 0)
    issued = np.where(bills.is_corrected, bills.cancelled, bills.issued)
    settled = np.maximum(bills.due + wanted, issued + 1)
    tops_up = (accounts.mode == PREPAY)[:, None] & ~stressed
    settled = np.where(tops_up, _topped_up(streams, index, months, bills), settled)
    bounces = bills.exists & debits & stressed & streams.chance("bounces", figures.bounce_share, index, months)
    bounced_on = np.where(bounces, np.maximum(bills.due - 2, issued + 1), NEVER)
    settled = np.where(bounces, np.maximum(settled, bounced_on + 9), settled)
    disputed = bills.dispute_opened < NEVER
    settled = np.where(disputed, np.maximum(settled, bills.dispute_closed + 2), settled)
    settled[:, 0] = np.maximum(settled[:, 0], openings.chained)
    settled = _in_order(np.where(bills.exists, settled, NEVER), bills.exists & ~disputed)
    unpaid = paths.fails[:, None] & (settled > paths.closed[:, None])
    pays_part = stressed & ~debits & streams.chance("part", figures.part_share, index, months)
    pays_part |= accounts.splits[:, None]
    part_on = np.maximum(bills.due + streams.between("part/days", -3, 14, index, months), issued + 1)
    is_part = bills.exists & pays_part & (part_on < settled)
    leaves = paths.fails[:, None] & (part_on >= paths.closed[:, None])
    owed_fen, rounded_fen = _amounts(accounts, bills, np.maximum(-openings.fen, 0), granted)
    part_share = 0.2 + 0.6 * streams.uniform("part/share", index, months)
    return Settlement(
        stressed=stressed,
        planned=settled,
        settled=np.where(unpaid, NEVER, settled),
        owed_fen=owed_fen,
        rounded_fen=rounded_fen,
        part_on=np.where(is_part & ~leaves, part_on, NEVER),
        part_fen=np.where(is_part, (owed_fen * part_share).astype(np.int64) // 100 * 100, 0),
        bounced_on=bounced_on,
    )


def _topped_up(streams: RandomStreams, index: Ints, months: Ints, bills: Bills) -> Ints:
    """Before the period ends, so before the bill is issued; but in the month of the bill, as the books end with a month."""
    ahead = streams.between("prepays/days", *PARAMETERS.supplying.prepay_ahead_days, index, months)
    days: Ints = np.maximum(bills.period_end - ahead, np.maximum(bills.period_start, first_days(months)))
    return days


def _usual_days(streams: RandomStreams, accounts: Accounts, paths: Paths) -> Ints:
    """The account's rhythm with a jitter of some days; now and then a bill is forgotten."""
    figures, index, months = PARAMETERS.paying, accounts.index[:, None], paths.months[1:]
    chance = figures.forgetful_share - figures.forgetful_by_willingness * paths.willingness[:, 1:]
    forgets = streams.chance("forgets", np.maximum(0.002, chance), index, months)
    extra = np.where(forgets, streams.between("forgets/days", *figures.forgotten_days, index, months), 0)
    jitter = streams.between("rhythm/jitter", -2, 2, index, months)
    days: Ints = np.minimum(accounts.rhythm_days[:, None] + jitter, 13) + extra
    return days


def _stressed_days(streams: RandomStreams, index: Ints, months: Ints, odds: Floats) -> Ints:
    figures = PARAMETERS.paying
    mean = figures.stress_days + figures.stress_days_by_depth * np.maximum(0, odds + 1)
    drawn = streams.exponential("stressed/days", index, months) + streams.exponential("stressed/more", index, months)
    days = figures.stress_days_least + (mean * drawn / 2).astype(np.int64)
    hopeless = streams.chance("hopeless", figures.hopeless_share, index, months)
    wait = streams.between("hopeless/days", *figures.hopeless_days, index, months)
    return np.minimum(days + np.where(hopeless, wait, 0), 700)


def _in_order(settled: Ints, counts: Bools) -> Ints:
    """No bill before the one before it, but for bills under dispute, which hold nobody up."""
    chained = np.where(counts, settled, 0)
    return np.where(counts, np.maximum.accumulate(chained, axis=1), settled)


def _amounts(accounts: Accounts, bills: Bills, credit: Ints, granted: Ints) -> tuple[Ints, Ints]:
    """What is paid for each bill in the end: its amount less credit, rounded up by those who pay in round sums; and what
    the rounding adds."""
    amounts, rounded = np.zeros_like(bills.fen), np.zeros_like(bills.fen)
    rounds = accounts.rounds | (accounts.mode == PREPAY)
    for column in range(bills.fen.shape[1]):
        credit = credit + granted[:, column]
        billed = np.where(bills.exists[:, column], bills.fen[:, column], 0)
        owed = np.maximum(0, billed - credit)
        amount = np.where(rounds, -(-owed // 5_000) * 5_000, owed)
        credit = np.maximum(0, credit - billed) + amount - owed
        amounts[:, column], rounded[:, column] = amount, amount - owed
    return amounts, rounded
