"""From a block's arrays to the rows of the journals, cut to the stamps that are to be added."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .behaviour import Paths, live
from .billing import Bills, make_bills
from .incidents import Incidents, make_incidents
from .months import NEVER, stamps
from .parameters import CHANNEL_CODES, DISTRICTS, PARAMETERS, SEGMENTS, TRADES, VOLTAGES
from .payments import BOUNCED, Payments, make_payments
from .population import LANGUAGE_CODES, Accounts, make_accounts
from .random_streams import Bools, Ints, RandomStreams

Objects: TypeAlias = NDArray[np.object_]
Columns: TypeAlias = dict[str, NDArray[Any]]
"""By column name; days and stamps as whole numbers, `entered_at` always among them, codes and texts as objects."""

_OPEN_SECOND, _EVENING_SECOND = 10 * 3600, 18 * 3600


@dataclass(frozen=True)
class Window:
    """The stamps to add, [since, end) in local seconds."""

    since: int
    end: int

    def cut(self, columns: Columns, where: Bools | None = None) -> Columns:
        """The rows stamped within, of those `where` holds."""
        entered = columns["entered_at"]
        kept = (entered >= self.since) & (entered < self.end)
        if where is not None:
            kept &= where
        return {name: column[kept] for name, column in columns.items()}


@dataclass(frozen=True)
class Block:
    """Everything about some accounts, also what lies beyond the end of the books."""

    accounts: Accounts
    paths: Paths
    bills: Bills
    payments: Payments
    incidents: Incidents


def make_block(
    streams: RandomStreams, first: int, count: int, start_day: int, first_month: int, last_month: int
) -> Block:
    """The accounts `first` … `first + count - 1` from the first to the last month."""
    accounts = make_accounts(streams, first, count, start_day)
    paths = live(streams, accounts, first_month, last_month)
    bills = make_bills(streams, accounts, paths)
    payments = make_payments(streams, accounts, paths, bills)
    return Block(accounts, paths, bills, payments, make_incidents(streams, accounts, paths))


def entries(streams: RandomStreams, block: Block, window: Window) -> dict[str, Columns]:
    """The rows of each journal."""
    return {
        **_master_entries(streams, block, window),
        **_bill_entries(streams, block, window),
        **_payment_entries(block, window),
        **_case_entries(streams, block, window),
    }


def _coded(codes: list[Any], position: Ints) -> Objects:
    """Codes by position; None for a negative position."""
    table = np.array([*codes, None], dtype=object)
    coded: Objects = table[position]
    return coded


def _or_null(values: Ints, is_known: Bools) -> Objects:
    column: Objects = values.astype(object)
    column[~is_known] = None
    return column


def _master_entries(streams: RandomStreams, block: Block, window: Window) -> dict[str, Columns]:
    accounts, closed = block.accounts, block.paths.closed
    numbers = np.array(accounts.account_no, dtype=object)
    customers: Columns = {
        "cust_id": accounts.customer + 1,
        "cust_name": np.array(accounts.name, dtype=object),
        "lang_code": _coded(list(LANGUAGE_CODES), accounts.language),
        "entered_at": stamps(accounts.opened, _OPEN_SECOND - 600),
    }
    voltage = np.where(accounts.has_voltage, accounts.voltage, -1)
    supplies: Columns = {
        "cons_id": accounts.index + 1,
        "cons_no": numbers,
        "cust_id": accounts.customer + 1,
        "org_no": _coded([area.code for area in DISTRICTS], accounts.district),
        "volt_code": _coded([part.code for part in VOLTAGES], voltage),
        "elec_type_code": _coded([part.code for part in SEGMENTS], accounts.segment),
        "trade_code": _coded([line.code for line in TRADES], accounts.trade),
        "contract_cap": _or_null(accounts.capacity_kva, accounts.capacity_kva > 0),
        "build_date": accounts.opened,
        "entered_at": stamps(accounts.opened, _OPEN_SECOND),
    }
    closings: Columns = {
        "cons_id": accounts.index + 1,
        "close_date": closed,
        "reason_code": _coded(["01", "02"], block.paths.fails.astype(np.int64)),
        "entered_at": stamps(closed, 16 * 3600 + streams.between("closing/second", 0, 7200, accounts.index)),
    }
    return {
        "c_cust": window.cut(customers, accounts.customer == accounts.index),
        "c_cons": window.cut(supplies),
        "c_cons_close": window.cut(closings, closed < NEVER),
    }


def _bill_entries(streams: RandomStreams, block: Block, window: Window) -> dict[str, Columns]:
    accounts, bills = block.accounts, block.bills
    row, column = np.nonzero(bills.exists)
    at = (row, column)
    bill_id = bill_ids(accounts.index[row], column)
    number = np.array(accounts.account_no, dtype=object)[row]
    corrected = bills.is_corrected[at]
    second = _EVENING_SECOND + streams.between("issue/second", 0, 10_800, bill_id)
    issues: Columns = {
        "rcvbl_amt_id": bill_id,
        "cons_no": number,
        "release_date": bills.issued[at],
        "bgn_date": bills.period_start[at],
        "end_date": bills.period_end[at],
        "pay_limit_date": bills.first_due[at],
        "t_pq": np.where(corrected, bills.wrong_kwh[at], bills.kwh[at]),
        "rcvbl_fen": np.where(corrected, bills.wrong_fen[at], bills.fen[at]),
        "orig_amt_id": np.full(len(row), None, dtype=object),
        "entered_at": stamps(bills.issued[at], second),
    }
    cancelled = bills.cancelled[at]
    cancelled_at = stamps(cancelled, 9 * 3600 + streams.between("cancel/second", 0, 3600, bill_id))
    again: Columns = {
        **issues,
        "rcvbl_amt_id": bill_id + 1,
        "release_date": cancelled,
        "pay_limit_date": bills.due[at],
        "t_pq": bills.kwh[at],
        "rcvbl_fen": bills.fen[at],
        "orig_amt_id": bill_id.astype(object),
        "entered_at": cancelled_at + 60,
    }
    first, second_issue = window.cut(issues), window.cut(again, corrected)
    cancels: Columns = {"rcvbl_amt_id": bill_id, "cancel_date": cancelled, "entered_at": cancelled_at}
    return {
        "a_rcvbl_flow": {name: np.concatenate([first[name], second_issue[name]]) for name in first},
        "a_rcvbl_cancel": window.cut(cancels, corrected),
    }


def bill_ids(index: Ints, column: Ints) -> Ints:
    """The id of the first issue; a re-issue has the next number."""
    return ((index + 1) * 1000 + column) * 10


def _payment_entries(block: Block, window: Window) -> dict[str, Columns]:
    accounts, payments = block.accounts, block.payments
    charge_id = bill_ids(accounts.index[payments.row], payments.column) + payments.kind
    charges: Columns = {
        "charge_id": charge_id,
        "cons_no": np.array(accounts.account_no, dtype=object)[payments.row],
        "charge_date": payments.paid_on,
        "rcved_fen": payments.fen,
        "pay_mode": _coded(list(CHANNEL_CODES), accounts.channel[payments.row]),
        "entered_at": payments.entered,
    }
    reversals: Columns = {
        "charge_id": charge_id,
        "rev_date": payments.reversed_on,
        "reason_code": _coded(["02", "01"], (payments.kind == BOUNCED).astype(np.int64)),
        "entered_at": payments.reversal_entered,
    }
    return {
        "a_pay_flow": window.cut(charges),
        "a_pay_reversal": window.cut(reversals, payments.reversed_on < NEVER),
    }


def _case_entries(streams: RandomStreams, block: Block, window: Window) -> dict[str, Columns]:
    accounts, bills, found = block.accounts, block.bills, block.incidents
    numbers = np.array(accounts.account_no, dtype=object)
    case_id = bill_ids(accounts.index[found.row], found.column)
    thefts: Columns = {
        "case_id": case_id,
        "cons_no": numbers[found.row],
        "case_type": _coded(list(PARAMETERS.integrity.kind_codes), found.kind),
        "confirm_date": found.confirmed,
        "entered_at": stamps(found.confirmed, 11 * 3600 + streams.between("theft/second", 0, 18_000, case_id)),
    }
    revoked: Columns = {
        "case_id": case_id,
        "revoke_date": found.overturned,
        "entered_at": stamps(found.overturned, 15 * 3600),
    }
    row, column = np.nonzero(bills.dispute_opened < NEVER)
    appeal_id = bill_ids(accounts.index[row], column)
    opened, closed = bills.dispute_opened[row, column], bills.dispute_closed[row, column]
    appeals: Columns = {
        "appeal_id": appeal_id,
        "cons_no": numbers[row],
        "rcvbl_amt_id": appeal_id,
        "accept_date": opened,
        "entered_at": stamps(opened, 9 * 3600 + streams.between("appeal/second", 0, 28_000, appeal_id)),
    }
    ends: Columns = {
        "appeal_id": appeal_id,
        "finish_date": closed,
        "result_code": np.full(len(row), "03", dtype=object),
        "entered_at": stamps(closed, 9 * 3600 + streams.between("appeal/end second", 0, 28_000, appeal_id)),
    }
    return {
        "c_theft_case": window.cut(thefts),
        "c_theft_revoke": window.cut(revoked, found.overturned < NEVER),
        "s_appeal": window.cut(appeals),
        "s_appeal_end": window.cut(ends),
    }
