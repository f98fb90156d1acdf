"""What stands in an account's ledger and is neither bill nor payment: balances that the books begin with, credits, and old
debt that is written off."""

from dataclasses import dataclass

import numpy as np

from .behaviour import Paths
from .billing import Bills, unit_price
from .columns import Columns, Window, bill_ids, constant, joined, office_stamps, texts
from .months import NEVER, stamps
from .parameters import PARAMETERS
from .population import Accounts
from .random_streams import Bools, Ints, RandomStreams

_OPENING, _GOODWILL, _UPHELD, _WRITTEN_OFF, _OPENING_WRITTEN_OFF = range(1, 6)
_OPENING_CODE, _CREDIT_CODE, _WRITE_OFF_CODE = "01", "02", "03"
_MONTHS_TO_COUNT = 2
"""A credit lowers what is paid for the bill after the next: by then it has been booked."""


@dataclass(frozen=True)
class Openings:
    """One row per account: what it owed (positive), or had paid ahead (negative), when the books began; 0 for most."""

    booked: Ints
    fen: Ints
    due: Ints
    settled: Ints
    """The day on which an opening debt is paid, or NEVER."""
    chained: Ints
    """No bill is settled before this day; 0 where nothing holds it up."""
    written_off: Ints
    entered: Ints


@dataclass(frozen=True)
class Credits:
    """By account and month; the days are NEVER where there is none."""

    goodwill_on: Ints
    goodwill_fen: Ints
    upheld_on: Ints
    """A dispute that ended in the customer's favour: the credit names the bill."""
    upheld_fen: Ints
    is_mistaken: Bools
    """Withdrawn after some days; nobody reckoned with it."""

    def granted(self) -> Ints:
        """Credit that each month's bill finds."""
        goodwill = np.where((self.goodwill_on < NEVER) & ~self.is_mistaken, self.goodwill_fen, 0)
        fen = goodwill + np.where(self.upheld_on < NEVER, self.upheld_fen, 0)
        granted = np.zeros_like(fen)
        granted[:, _MONTHS_TO_COUNT:] = fen[:, :-_MONTHS_TO_COUNT]
        return granted


def make_openings(streams: RandomStreams, accounts: Accounts, paths: Paths, start_day: int) -> Openings:
    """For accounts older than the books."""
    figures, index = PARAMETERS.adjusting, accounts.index
    is_old = accounts.opened < start_day
    weight = np.exp(
        -figures.owing_by_willingness * paths.willingness[:, 0] - figures.owing_by_liquidity * paths.liquidity[:, 0]
    )
    owes = is_old & streams.chance("opening/owes", figures.owing_at_start * weight, index)
    ahead = is_old & ~owes & streams.chance("opening/ahead", figures.in_credit_at_start, index)
    low, high = figures.opening_months
    months = low + (high - low) * streams.uniform("opening/months", index)
    fen = (accounts.base_kwh * 30.4 * months * unit_price(accounts) / 100).astype(np.int64) + 100
    fen = np.where(ahead, -np.maximum(fen // 2 // 1_000 * 1_000, 1_000), fen)
    planned = start_day + 3 + (figures.opening_paid_days * streams.exponential("opening/paid", index)).astype(np.int64)
    never = streams.chance("opening/never", figures.opening_never_paid, index)
    leaves = paths.fails & (planned > paths.closed)
    given_up = np.where(never, start_day, paths.closed) + _writing_off_days(streams, index)
    straggles = streams.chance("opening/straggles", figures.straggler_share, index)
    batch = np.where(straggles, streams.between("opening/batch", *figures.straggler_days, index), 0)
    return Openings(
        booked=np.full_like(index, start_day),
        fen=np.where(owes | ahead, fen, 0),
        due=start_day - streams.between("opening/age", *figures.opening_age_days, index),
        settled=np.where(owes & ~never & ~leaves, planned, NEVER),
        chained=np.where(owes & ~never, planned, 0),
        written_off=np.where(owes & (never | leaves), given_up, NEVER),
        entered=stamps(start_day + batch, streams.between("opening/second", 6 * 3600, 7 * 3600, index)),
    )


def make_credits(streams: RandomStreams, accounts: Accounts, paths: Paths, bills: Bills) -> Credits:
    """Goodwill at any time, and part of the bill after some disputes."""
    figures, index, months = PARAMETERS.adjusting, accounts.index[:, None], paths.months[1:]
    given = bills.exists & streams.chance("goodwill", figures.goodwill_per_month, index, months)
    on = bills.issued + streams.between("goodwill/days", 1, 25, index, months)
    disputed = bills.dispute_opened < NEVER
    upheld = disputed & streams.chance("upheld", figures.upheld_dispute_share, index, months)
    low, high = figures.upheld_shares
    share = low + (high - low) * streams.uniform("upheld/share", index, months)
    fen = (bills.fen * share).astype(np.int64)
    return Credits(
        goodwill_on=np.where(given, on, NEVER),
        goodwill_fen=streams.between("goodwill/yuan", *figures.goodwill_yuan, index, months) * 100,
        upheld_on=np.where(upheld & (fen > 0), bills.dispute_closed + 1, NEVER),
        upheld_fen=fen,
        is_mistaken=streams.chance("goodwill/mistaken", figures.mistaken_share, index, months),
    )


def _writing_off_days(streams: RandomStreams, index: Ints) -> Ints:
    return streams.between("write-off/days", *PARAMETERS.adjusting.written_off_days, index)


def adjustment_entries(
    streams: RandomStreams,
    accounts: Accounts,
    paths: Paths,
    bills: Bills,
    openings: Openings,
    credits: Credits,
    unpaid_fen: Ints,
    window: Window,
) -> dict[str, Columns]:
    """The rows of both journals; `unpaid_fen` is what nobody paid of each bill."""
    number, index = texts(accounts.account_no), accounts.index
    last_issue = bill_ids(index[:, None], np.arange(bills.fen.shape[1])) + bills.is_corrected
    figures = PARAMETERS.adjusting

    def rows(kind: int, code: str, row: Ints, column: Ints, days: Ints, fen: Ints, *, names_bill: bool) -> Columns:
        key = bill_ids(index[row], column) + kind
        return {
            "adj_id": key,
            "cons_no": number[row],
            "adj_type": constant(code, len(row)),
            "rcvbl_amt_id": last_issue[row, column].astype(object) if names_bill else constant(None, len(row)),
            "adj_date": days,
            "due_date": np.full_like(days, NEVER),
            "adj_fen": fen,
            "entered_at": office_stamps(streams, "adjustment", days, key),
        }

    row = np.nonzero(openings.fen)[0]
    opened = rows(_OPENING, _OPENING_CODE, row, row * 0, openings.booked[row], openings.fen[row], names_bill=False)
    opened["due_date"] = np.where(openings.fen[row] > 0, openings.due[row], NEVER)
    opened["entered_at"] = openings.entered[row]
    row, column = np.nonzero(credits.goodwill_on < NEVER)
    on, fen = credits.goodwill_on[row, column], credits.goodwill_fen[row, column]
    goodwill = rows(_GOODWILL, _CREDIT_CODE, row, column, on, fen, names_bill=False)
    mistaken = [(goodwill, credits.is_mistaken[row, column])]
    row, column = np.nonzero(credits.upheld_on < NEVER)
    on, fen = credits.upheld_on[row, column], credits.upheld_fen[row, column]
    upheld = rows(_UPHELD, _CREDIT_CODE, row, column, on, fen, names_bill=True)
    given_up = streams.chance("write-off", figures.written_off_share, index)
    row, column = np.nonzero((unpaid_fen > 0) & given_up[:, None] & (paths.closed < NEVER)[:, None])
    on = (paths.closed + _writing_off_days(streams, index))[row]
    written_off = rows(_WRITTEN_OFF, _WRITE_OFF_CODE, row, column, on, unpaid_fen[row, column], names_bill=True)
    mistaken.append((written_off, streams.chance("write-off/mistaken", figures.mistaken_share, index)[row]))
    row = np.nonzero(openings.written_off < NEVER)[0]
    on, fen = openings.written_off[row], openings.fen[row]
    cleared = rows(_OPENING_WRITTEN_OFF, _WRITE_OFF_CODE, row, row * 0, on, fen, names_bill=False)
    return {
        "a_adjust_flow": joined([window.cut(part) for part in (opened, goodwill, upheld, written_off, cleared)]),
        "a_adjust_cancel": joined([_withdrawn(streams, part, where, window) for part, where in mistaken]),
    }


def _withdrawn(streams: RandomStreams, adjusted: Columns, where: Bools, window: Window) -> Columns:
    key = adjusted["adj_id"]
    days = adjusted["entered_at"] // 86_400 + streams.between("adjustment/withdrawn", 1, 12, key)
    return window.cut({"adj_id": key, "cancel_date": days, "entered_at": stamps(days, 14 * 3600)}, where)
