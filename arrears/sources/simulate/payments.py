"""When and how bills are paid. An account settles its bills in order, so that one bad month drags the next along."""

from dataclasses import dataclass

import numpy as np

from .behaviour import Paths
from .billing import Bills
from .months import DAY_SECONDS, NEVER, stamps
from .parameters import BANK_DEBIT, COUNTER, PARAMETERS, SEGMENTS, VOLTAGES
from .population import Accounts
from .random_streams import Bools, Floats, Ints, RandomStreams

PART, FINAL, BOUNCED, MISPOSTED = range(4)


@dataclass(frozen=True)
class Payments:
    """Flat: one row per payment. `kind` tells the payments of one bill apart; `reversed_on` is NEVER for most."""

    row: Ints
    """Position of the account in its block."""
    column: Ints
    """Month of the books."""
    kind: Ints
    paid_on: Ints
    fen: Ints
    entered: Ints
    reversed_on: Ints
    reversal_entered: Ints


@dataclass(frozen=True)
class _Plan:
    settled: Ints
    part_on: Ints
    part_share: Floats
    bounced_on: Ints


def make_payments(streams: RandomStreams, accounts: Accounts, paths: Paths, bills: Bills) -> Payments:
    """Every payment of the block, also those beyond the end of the books: they are cut by their stamp."""
    months = paths.months[1:]
    plan = _plan(streams, accounts, paths, bills)
    due_fen = _amounts(accounts, bills, plan.settled)
    part_fen = np.where(plan.part_on < NEVER, (due_fen * plan.part_share).astype(np.int64) // 100 * 100, 0)
    paid_fen = np.where(plan.settled < NEVER, due_fen - part_fen, 0)
    at_desk = (accounts.channel >= COUNTER)[:, None]
    figures = PARAMETERS.paying
    misposted = at_desk & streams.chance("misposted", figures.misposted_share, accounts.index[:, None], months)
    pieces = [
        _piece(streams, accounts, months, PART, plan.part_on, part_fen),
        _piece(streams, accounts, months, FINAL, plan.settled, paid_fen),
        _piece(streams, accounts, months, BOUNCED, plan.bounced_on, due_fen),
        _piece(streams, accounts, months, MISPOSTED, np.where(misposted, plan.settled, NEVER), paid_fen),
    ]
    return Payments(*(np.concatenate(parts) for parts in zip(*pieces, strict=True)))


def stress_log_odds(accounts: Accounts, paths: Paths, bills: Bills) -> Floats:
    """Log-odds that the money for a bill is not there."""
    figures = PARAMETERS.paying
    level = np.array([part.stress for part in SEGMENTS])[accounts.segment]
    level = level + np.array([part.stress for part in VOLTAGES])[accounts.voltage]
    odds: Floats = level[:, None] - figures.liquidity_weight * paths.liquidity[:, 1:]
    return odds - figures.willingness_weight * paths.willingness[:, 1:] + figures.burden_weight * bills.burden


def _plan(streams: RandomStreams, accounts: Accounts, paths: Paths, bills: Bills) -> _Plan:
    figures, index, months = PARAMETERS.paying, accounts.index[:, None], paths.months[1:]
    odds = stress_log_odds(accounts, paths, bills)
    stressed = streams.chance("stressed", 1 / (1 + np.exp(-odds)), index, months)
    debits = (accounts.channel == BANK_DEBIT)[:, None]
    wanted = np.where(stressed, _stressed_days(streams, index, months, odds), _usual_days(streams, accounts, paths))
    wanted = np.where(debits & ~stressed, -2, wanted)
    wanted += np.where(accounts.splits[:, None], streams.between("splits/days", 0, 6, index, months), 0)
    issued = np.where(bills.is_corrected, bills.cancelled, bills.issued)
    settled = np.maximum(bills.due + wanted, issued + 1)
    bounces = bills.exists & debits & stressed & streams.chance("bounces", figures.bounce_share, index, months)
    bounced_on = np.where(bounces, np.maximum(bills.due - 2, issued + 1), NEVER)
    settled = np.where(bounces, np.maximum(settled, bounced_on + 9), settled)
    disputed = bills.dispute_opened < NEVER
    settled = np.where(disputed, np.maximum(settled, bills.dispute_closed + 2), settled)
    settled = _in_order(np.where(bills.exists, settled, NEVER), bills.exists & ~disputed)
    unpaid = paths.fails[:, None] & (settled > paths.closed[:, None])
    pays_part = stressed & ~debits & streams.chance("part", figures.part_share, index, months)
    pays_part |= accounts.splits[:, None]
    part_on = np.maximum(bills.due + streams.between("part/days", -3, 14, index, months), issued + 1)
    is_part = bills.exists & pays_part & (part_on < settled) & (part_on < paths.closed[:, None])
    return _Plan(
        settled=np.where(unpaid, NEVER, settled),
        part_on=np.where(is_part, part_on, NEVER),
        part_share=0.2 + 0.6 * streams.uniform("part/share", index, months),
        bounced_on=bounced_on,
    )


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


def _amounts(accounts: Accounts, bills: Bills, settled: Ints) -> Ints:
    """What is paid for each bill in the end: its amount less credit, rounded up by those who pay in round sums."""
    amounts = np.zeros_like(bills.fen)
    credit = np.zeros(len(accounts.index), dtype=np.int64)
    for column in range(bills.fen.shape[1]):
        billed = np.where(bills.exists[:, column], bills.fen[:, column], 0)
        owed = np.maximum(0, billed - credit)
        rounds = accounts.rounds & (settled[:, column] < NEVER)
        amount = np.where(rounds, -(-owed // 5_000) * 5_000, owed)
        credit = np.maximum(0, credit - billed) + amount - owed
        amounts[:, column] = amount
    return amounts


def _piece(
    streams: RandomStreams, accounts: Accounts, months: Ints, kind: int, paid_on: Ints, fen: Ints
) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints]:
    """The payments of one kind, flat, with the stamps at which they, and what undoes them, reach the books."""
    figures = PARAMETERS.paying
    row, column = np.nonzero((paid_on < NEVER) & (fen > 0))
    paid_on, fen = paid_on[row, column], fen[row, column]
    longest = np.array(figures.posting_days)[accounts.channel[row]]
    key = accounts.index[row] * 100_000 + months[column] * 4 + kind
    lag = (streams.uniform("posting/days", key) * (longest + 1)).astype(np.int64)
    weeks = streams.between("posting/weeks", *figures.weeks_late_days, key)
    lag = np.where(streams.chance("posting/late", figures.weeks_late_share, key), weeks, lag)
    entered_on = paid_on + lag
    entered = stamps(entered_on, streams.between("posting/second", 8 * 3600, 21 * 3600, key))
    if kind in (BOUNCED, MISPOSTED):
        reversed_on = entered_on + streams.between("reversal/days", 1, 4, key)
        second = streams.between("reversal/second", 9 * 3600, 17 * 3600, key)
        reversal_entered = stamps(reversed_on, second)
    else:
        reversed_on = np.full_like(paid_on, NEVER)
        reversal_entered = reversed_on * DAY_SECONDS
    return row, column, np.full_like(row, kind), paid_on, fen, entered, reversed_on, reversal_entered
