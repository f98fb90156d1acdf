"""The payments that settle bills, openings and recoveries, and what undoes some of them."""

from dataclasses import dataclass

import numpy as np

from .adjustments import Openings
from .arrangements import Arrangements
from .incidents import Incidents
from .months import DAY_SECONDS, NEVER, stamps
from .parameters import COUNTER, PARAMETERS
from .population import Accounts
from .random_streams import Ints, RandomStreams
from .securities import CalledDeposits
from .settlement import Settlement

PART, FINAL, BOUNCED, MISPOSTED, RECOVERY, OPENING, DEPOSIT, INSTALMENT, LATER_INSTALMENT = range(9)
_UNDONE = (BOUNCED, MISPOSTED)


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


def make_payments(
    streams: RandomStreams,
    accounts: Accounts,
    months: Ints,
    settlement: Settlement,
    openings: Openings,
    incidents: Incidents,
    arrangements: Arrangements,
    called: CalledDeposits,
) -> Payments:
    """Every payment of the block, also those beyond the end of the books: they are cut by their stamp."""
    settled, rest = settlement.settled, arrangements.rest_fen
    at_desk = (accounts.channel >= COUNTER)[:, None]
    figures = PARAMETERS.paying
    misposted = at_desk & streams.chance("misposted", figures.misposted_share, accounts.index[:, None], months)

    def of_months(kind: int, paid_on: Ints, fen: Ints) -> "_Columns":
        row, column = np.nonzero((paid_on < NEVER) & (fen > 0))
        return _posted(streams, accounts, months, kind, row, column, paid_on[row, column], fen[row, column])

    def once(kind: int, paid_on: Ints, fen: Ints) -> "_Columns":
        row = np.nonzero((paid_on < NEVER) & (fen > 0))[0]
        return _posted(streams, accounts, months, kind, row, np.zeros_like(row), paid_on[row], fen[row])

    found = incidents.where(incidents.paid_on < NEVER)
    recovered = _posted(streams, accounts, months, RECOVERY, found.row, found.column, found.paid_on, found.fen)
    pieces = [
        of_months(PART, settlement.part_on, settlement.part_fen),
        of_months(FINAL, settled, rest),
        of_months(BOUNCED, settlement.bounced_on, settlement.owed_fen),
        of_months(MISPOSTED, np.where(misposted, settled, NEVER), rest),
        _refunded(found, recovered),
        once(OPENING, openings.settled, openings.fen),
        once(DEPOSIT, called.paid_on, called.fen),
        *(of_months(INSTALMENT + part, arrangements.part_on[part], arrangements.part_fen) for part in range(2)),
    ]
    return Payments(*(np.concatenate(parts) for parts in zip(*pieces, strict=True)))


_Columns = tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints]


def _posted(
    streams: RandomStreams,
    accounts: Accounts,
    months: Ints,
    kind: int,
    row: Ints,
    column: Ints,
    paid_on: Ints,
    fen: Ints,
) -> _Columns:
    """The payments of one kind, flat, with the stamps at which they, and what undoes them, reach the books."""
    figures = PARAMETERS.paying
    longest = np.array(figures.posting_days)[accounts.channel[row]]
    key = accounts.index[row] * 100_000 + kind // 4 * 10_000 + months[column] * 4 + kind % 4
    lag = (streams.uniform("posting/days", key) * (longest + 1)).astype(np.int64)
    weeks = streams.between("posting/weeks", *figures.weeks_late_days, key)
    lag = np.where(streams.chance("posting/late", figures.weeks_late_share, key), weeks, lag)
    entered_on = paid_on + lag
    entered = stamps(entered_on, streams.between("posting/second", 8 * 3600, 21 * 3600, key))
    if kind in _UNDONE:
        reversed_on = entered_on + streams.between("reversal/days", 1, 4, key)
        second = streams.between("reversal/second", 9 * 3600, 17 * 3600, key)
        reversal_entered = stamps(reversed_on, second)
    else:
        reversed_on = np.full_like(paid_on, NEVER)
        reversal_entered = reversed_on * DAY_SECONDS
    return row, column, np.full_like(row, kind), paid_on, fen, entered, reversed_on, reversal_entered


def _refunded(found: Incidents, recovered: _Columns) -> _Columns:
    """What was paid for a recovery whose case is overturned goes back, once it has been posted."""
    row, column, kind, paid_on, fen, entered, never, _ = recovered
    posted_on = entered // DAY_SECONDS
    back_on = np.where(found.overturned < NEVER, np.maximum(found.overturned, posted_on) + 2, never)
    return row, column, kind, paid_on, fen, entered, back_on, stamps(back_on, 11 * 3600)
