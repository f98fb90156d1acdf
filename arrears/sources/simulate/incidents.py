"""Theft and breach found at an account, some of it overturned later, and the bill for what was taken. Rows are accounts,
columns months."""

from dataclasses import dataclass

import numpy as np

from .behaviour import Paths
from .billing import unit_price
from .columns import Columns, Window, bill_ids, coded, constant, texts
from .months import NEVER, first_days, stamps
from .parameters import PARAMETERS
from .population import Accounts
from .random_streams import Bools, Ints, RandomStreams

RECOVERY_TYPE = "02"
_BREACH = 3


@dataclass(frozen=True)
class Incidents:
    """Flat: one row per incident; `overturned` is NEVER for most. What was taken is billed on `billed`; a breach takes
    nothing, its `billed` is NEVER and `fen` 0."""

    row: Ints
    column: Ints
    kind: Ints
    confirmed: Ints
    overturned: Ints
    began: Ints
    billed: Ints
    kwh: Ints
    fen: Ints
    paid_on: Ints

    def where(self, kept: Bools) -> "Incidents":
        """The rows that `kept` holds."""
        return Incidents(**{name: column[kept] for name, column in vars(self).items()})


def make_incidents(streams: RandomStreams, accounts: Accounts, paths: Paths) -> Incidents:
    """At most one incident per account and month, while supply is given."""
    figures, index, months = PARAMETERS.integrity, accounts.index[:, None], paths.months[1:]
    chance = figures.theft_share * np.exp(-0.9 * paths.willingness[:, 1:])
    confirmed = first_days(months) + streams.between("theft/day", 0, 27, index, months)
    supplied = (confirmed > accounts.opened[:, None]) & (confirmed < paths.closed[:, None])
    row, column = np.nonzero(supplied & streams.chance("theft", chance, index, months))
    key = accounts.index[row] * 100_000 + months[column]
    overturned = confirmed[row, column] + streams.between("theft/overturned days", *figures.overturned_days, key)
    overturned = np.where(streams.chance("theft/overturned", figures.overturned_share, key), overturned, NEVER)
    kind = streams.choice("theft/kind", np.array(figures.kind_shares), key)
    recovering = PARAMETERS.recovering
    on = confirmed[row, column]
    began = np.maximum(on - recovering.back_days, accounts.opened[row])
    low, high = recovering.stolen_share
    stolen = accounts.base_kwh[row] * (on - began) * (low + (high - low) * streams.uniform("recovery/share", key))
    kwh = np.where(kind == _BREACH, 0, np.maximum(stolen.astype(np.int64), 1))
    billed = np.where(kind == _BREACH, NEVER, on + streams.between("recovery/days", *recovering.days, key))
    return Incidents(
        row=row,
        column=column,
        kind=kind,
        confirmed=on,
        overturned=overturned,
        began=began,
        billed=billed,
        kwh=kwh,
        fen=kwh * unit_price(accounts)[row] * recovering.times // 100,
        paid_on=_recovery_days(streams, paths, row, column, key, billed, overturned),
    )


def _recovery_days(
    streams: RandomStreams, paths: Paths, row: Ints, column: Ints, key: Ints, billed: Ints, overturned: Ints
) -> Ints:
    """Thieves are not in a hurry to pay; nobody pays once the case is overturned."""
    figures = PARAMETERS.recovering
    delay = figures.delay_days * streams.exponential("recovery/delay", key)
    delay *= np.exp(-0.6 * paths.willingness[row, column + 1])
    wanted = figures.term_days + streams.between("recovery/paid", *figures.paid_days, key) + delay.astype(np.int64)
    paid_on = billed + np.minimum(wanted, 400)
    unpaid = (paid_on >= overturned) | (paths.fails[row] & (paid_on > paths.closed[row])) | (billed == NEVER)
    return np.where(unpaid, NEVER, paid_on)


def incident_entries(
    streams: RandomStreams, accounts: Accounts, found: Incidents, window: Window
) -> dict[str, Columns]:
    """Cases, their assessment and their being overturned."""
    case_id = bill_ids(accounts.index[found.row], found.column)
    thefts: Columns = {
        "case_id": case_id,
        "cons_no": texts(accounts.account_no)[found.row],
        "case_type": coded(PARAMETERS.integrity.kind_codes, found.kind),
        "confirm_date": found.confirmed,
        "entered_at": stamps(found.confirmed, 11 * 3600 + streams.between("theft/second", 0, 18_000, case_id)),
    }
    assessed: Columns = {
        "case_id": case_id,
        "rec_pq": found.kwh,
        "rec_fen": found.fen,
        "rcvbl_amt_id": case_id + 2,
        "entered_at": stamps(found.billed, 17 * 3600),
    }
    revoked: Columns = {
        "case_id": case_id,
        "revoke_date": found.overturned,
        "entered_at": stamps(found.overturned, 15 * 3600),
    }
    return {
        "c_theft_case": window.cut(thefts),
        "c_theft_assess": window.cut(assessed, found.billed < NEVER),
        "c_theft_revoke": window.cut(revoked, found.overturned < NEVER),
    }


def recovery_bills(accounts: Accounts, found: Incidents, window: Window) -> dict[str, Columns]:
    """The bills for what was taken, and the cancellation of those whose case was overturned."""
    found = found.where(found.billed < NEVER)
    bill_id, rows = bill_ids(accounts.index[found.row], found.column) + 2, len(found.row)
    bills: Columns = {
        "rcvbl_amt_id": bill_id,
        "cons_no": texts(accounts.account_no)[found.row],
        "release_date": found.billed,
        "bgn_date": found.began,
        "end_date": found.confirmed - 1,
        "pay_limit_date": found.billed + PARAMETERS.recovering.term_days,
        "t_pq": found.kwh,
        "rcvbl_fen": found.fen,
        "orig_amt_id": constant(None, rows),
        "amt_type": constant(RECOVERY_TYPE, rows),
        "peak_pq": constant(None, rows),
        "flat_pq": constant(None, rows),
        "valley_pq": constant(None, rows),
        "entered_at": stamps(found.billed, 17 * 3600 + 600),
    }
    cancels: Columns = {
        "rcvbl_amt_id": bill_id,
        "cancel_date": found.overturned,
        "entered_at": stamps(found.overturned, 15 * 3600 + 600),
    }
    return {"a_rcvbl_flow": window.cut(bills), "a_rcvbl_cancel": window.cut(cancels, found.overturned < NEVER)}
