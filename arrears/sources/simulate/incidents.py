"""Theft and breach found at an account, some of it overturned later. Rows are accounts, columns months."""

from dataclasses import dataclass

import numpy as np

from .behaviour import Paths
from .months import NEVER, first_days
from .parameters import PARAMETERS
from .population import Accounts
from .random_streams import Ints, RandomStreams


@dataclass(frozen=True)
class Incidents:
    """Flat: one row per incident; `overturned` is NEVER for most."""

    row: Ints
    column: Ints
    kind: Ints
    confirmed: Ints
    overturned: Ints


def make_incidents(streams: RandomStreams, accounts: Accounts, paths: Paths) -> Incidents:
    """At most one incident per account and month, while supply is given."""
    figures, index, months = PARAMETERS.integrity, accounts.index[:, None], paths.months[1:]
    chance = figures.theft_share * np.exp(-0.9 * paths.willingness[:, 1:])
    confirmed = first_days(months) + streams.between("theft/day", 0, 27, index, months)
    supplied = (confirmed > accounts.opened[:, None]) & (confirmed < paths.closed[:, None])
    row, column = np.nonzero(supplied & streams.chance("theft", chance, index, months))
    key = accounts.index[row] * 100_000 + months[column]
    overturned = confirmed[row, column] + streams.between("theft/overturned days", *figures.overturned_days, key)
    return Incidents(
        row=row,
        column=column,
        kind=streams.choice("theft/kind", np.array(figures.kind_shares), key),
        confirmed=confirmed[row, column],
        overturned=np.where(streams.chance("theft/overturned", figures.overturned_share, key), overturned, NEVER),
    )
