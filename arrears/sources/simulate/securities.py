"""Deposits, guarantees and insurance of accounts. A deposit is called when the account closes and leaves debt."""

from dataclasses import dataclass

import numpy as np

from .behaviour import Paths
from .billing import price
from .columns import Columns, Window, coded, office_stamps, texts
from .months import NEVER
from .parameters import INDUSTRY, PARAMETERS
from .population import Accounts
from .premises import Premises
from .random_streams import Ints, RandomStreams

DEPOSIT, GUARANTEE, INSURANCE = range(3)
TYPE_CODES = ("01", "02", "03")
_RELEASED, _CALLED = range(2)
_END_CODES = ("01", "02")
_HUNDRED_YUAN = 10_000


@dataclass(frozen=True)
class Securities:
    """Flat: one row per security; `ended` is NEVER while it is in force."""

    row: Ints
    kind: Ints
    fen: Ints
    begins: Ints
    ended: Ints
    end_kind: Ints


@dataclass(frozen=True)
class CalledDeposits:
    """One row per account: what of its deposit pays its debt after the closing; `paid_on` is NEVER for most."""

    paid_on: Ints
    fen: Ints


def make_securities(
    streams: RandomStreams, accounts: Accounts, premises: Premises, paths: Paths, start_day: int
) -> Securities:
    """Most from the opening on; a third of the deposits is asked for later, once the books run."""
    figures, index = PARAMETERS.securing, accounts.index
    asked = np.array(figures.deposit_shares)[accounts.segment]
    asked = asked * np.exp(-figures.deposit_by_willingness * streams.normal("willingness", accounts.customer))
    has = [
        streams.chance("deposit", asked, index),
        premises.guarantor >= 0,
        (accounts.segment == INDUSTRY) & streams.chance("insured", figures.insured_share, index),
    ]
    month = np.rint(accounts.base_kwh * 30.4).astype(np.int64)[:, None]
    bill_fen = price(accounts, month, np.full_like(month, 30))[:, 0]
    low, high = figures.deposit_months
    months = low + (high - low) * streams.uniform("deposit/months", index)
    later = start_day + streams.between("deposit/later", 1, PARAMETERS.population.days_of_growth, index)
    is_later = streams.chance("deposit/is later", 0.33, index)
    begins = np.maximum(accounts.opened + streams.between("deposit/after", 0, 30, index), 0)
    parts = []
    for kind, holds in enumerate(has):
        on = np.where(is_later & (kind != GUARANTEE), np.maximum(later, begins), begins)
        amount = np.maximum((bill_fen * months * (1 + kind)).astype(np.int64) // _HUNDRED_YUAN, 2) * _HUNDRED_YUAN
        row = np.nonzero(holds & (on < paths.closed))[0]
        parts.append((row, np.full_like(row, kind), amount[row], on[row]))
    row, kinds, fen, on = (np.concatenate(each) for each in zip(*parts, strict=True))
    is_called = paths.fails[row] & (kinds != INSURANCE)
    wait = np.where(
        is_called,
        streams.between("deposit/called", *figures.called_days, index)[row],
        streams.between("deposit/released", *figures.released_days, index)[row],
    )
    closed = paths.closed[row]
    ended = np.where(closed < NEVER, closed + wait, NEVER)
    return Securities(row, kinds, fen, on, ended, np.where(is_called, _CALLED, _RELEASED))


def call_deposits(securities: Securities, unpaid_fen: Ints) -> tuple[CalledDeposits, Ints]:
    """What the deposits pay, and what is unpaid after that: the oldest bills are covered first."""
    called = (securities.kind == DEPOSIT) & (securities.end_kind == _CALLED) & (securities.ended < NEVER)
    held = np.zeros(len(unpaid_fen), dtype=np.int64)
    held[securities.row[called]] = securities.fen[called]
    paid_on = np.full(len(unpaid_fen), NEVER)
    paid_on[securities.row[called]] = securities.ended[called]
    running = np.cumsum(unpaid_fen, axis=1)
    covered = np.clip(held[:, None] - (running - unpaid_fen), 0, unpaid_fen)
    return CalledDeposits(paid_on, covered.sum(axis=1)), unpaid_fen - covered


def security_entries(
    streams: RandomStreams, accounts: Accounts, securities: Securities, window: Window
) -> dict[str, Columns]:
    """Securities, and their ends."""
    key = (accounts.index[securities.row] + 1) * 10 + securities.kind
    begun: Columns = {
        "dep_id": key,
        "cons_no": texts(accounts.account_no)[securities.row],
        "dep_type": coded(TYPE_CODES, securities.kind),
        "dep_fen": securities.fen,
        "bgn_date": securities.begins,
        "entered_at": office_stamps(streams, "deposit", securities.begins, key),
    }
    ended: Columns = {
        "dep_id": key,
        "end_type": coded(_END_CODES, securities.end_kind),
        "end_date": securities.ended,
        "entered_at": np.maximum(
            office_stamps(streams, "deposit/end", securities.ended, key), begun["entered_at"] + 3600
        ),
    }
    return {"c_deposit": window.cut(begun), "c_deposit_end": window.cut(ended, securities.ended < NEVER)}
