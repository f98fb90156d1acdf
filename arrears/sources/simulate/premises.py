"""Where supply is given, who shares the place, and who answers for whom. Nothing here changes with time."""

from dataclasses import dataclass

import numpy as np

from .names import addresses
from .parameters import DISTRICTS, FARM, PARAMETERS
from .population import Accounts, customers, districts, opening_days
from .random_streams import Ints, RandomStreams

OWNER, TENANT = range(2)
UNKNOWN = -1


@dataclass(frozen=True)
class Premises:
    """One row per account."""

    premise: Ints
    """The index of the first account there; all accounts of a place are of one district, and opened after the first."""
    address: list[str]
    postcode: list[str]
    """Begins with 99, which no Chinese postcode does."""
    occupancy: Ints
    guarantor: Ints
    """The customer who answers for the account, known to the utility before it; UNKNOWN where nobody does."""


def make_premises(streams: RandomStreams, accounts: Accounts, start_day: int) -> Premises:
    """Those of a block's accounts."""
    premise = _premise(streams, accounts, start_day)
    figures = PARAMETERS.supplying
    willingness = streams.normal("willingness", accounts.customer)
    rents = np.array(figures.tenant_shares)[accounts.segment] * np.exp(-figures.tenant_by_willingness * willingness)
    occupancy = np.where(streams.chance("tenant", rents, accounts.index), TENANT, OWNER)
    hidden = streams.chance("tenant/unknown", figures.unknown_occupancy_share, accounts.index)
    return Premises(
        premise=premise,
        address=addresses(streams, premise, accounts.district),
        postcode=[f"99{DISTRICTS[area].code}00" for area in accounts.district.tolist()],
        occupancy=np.where(hidden, UNKNOWN, occupancy),
        guarantor=_guarantors(streams, accounts, start_day),
    )


def _premise(streams: RandomStreams, accounts: Accounts, start_day: int) -> Ints:
    """A chain of neighbours never crosses a multiple of `linked_within`, so that a block needs no other."""
    figures, within = PARAMETERS.supplying, PARAMETERS.population.linked_within
    first, count = int(accounts.index[0]), len(accounts.index)
    origin = first - first % within
    index = np.arange(origin, first + count, dtype=np.int64)
    customer = customers(streams, origin, len(index))
    district, opened = districts(streams, customer), opening_days(streams, index, customer, start_day)
    chance = np.where(customer[1:] == customer[:-1], figures.shared_by_customer, figures.shared_by_neighbours)
    shares = streams.chance("premise/shared", chance, index[1:]) & (index[1:] % within != 0)
    shares &= (district[1:] == district[:-1]) & (opened[1:] >= opened[:-1])
    chained = np.maximum.accumulate(np.concatenate([index[:1], np.where(shares, 0, index[1:])]))
    return chained[first - origin :]


def _guarantors(streams: RandomStreams, accounts: Accounts, start_day: int) -> Ints:
    """The first customer of some 64 accounts answers for others among them."""
    candidate = accounts.index - accounts.index % PARAMETERS.population.linked_within
    known = opening_days(streams, candidate, candidate, start_day) <= accounts.opened
    answers = streams.chance("guarantor", PARAMETERS.supplying.guarantor_share, accounts.index)
    answers &= accounts.segment > FARM
    return np.where(answers & known & (candidate != accounts.customer), candidate, UNKNOWN)
