"""From a block's arrays to the rows of the journals, cut to the stamps that are to be added."""

from dataclasses import dataclass

import numpy as np

from .adjustments import Credits, Openings, adjustment_entries, make_credits, make_openings
from .arrangements import Arrangements, arrangement_entries, make_arrangements
from .behaviour import Paths, live
from .billing import Bills, energy_by_period, make_bills, period_shares
from .columns import Columns, Window, bill_ids, coded, constant, joined, or_null, texts
from .contacts import contact_entries
from .incidents import Incidents, incident_entries, make_incidents, recovery_bills
from .installations import Meters, make_meters, meter_entries
from .months import NEVER, stamps
from .parameters import CHANNEL_CODES, DEPOSIT_CODE, DISTRICTS, HOUSEHOLD, SEGMENTS, SHOP, TRADES, VOLTAGES
from .payments import BOUNCED, DEPOSIT, RECOVERY, Payments, make_payments
from .population import LANGUAGE_CODES, MODE_CODES, Accounts, make_accounts
from .premises import Premises, make_premises
from .protections import protection_entries
from .public_records import record_entries
from .random_streams import Ints, RandomStreams
from .securities import Securities, call_deposits, make_securities, security_entries
from .settlement import settle

USE_TYPE = "01"
_OPEN_SECOND, _EVENING_SECOND = 10 * 3600, 18 * 3600


@dataclass(frozen=True)
class Block:
    """Everything about some accounts, also what lies beyond the end of the books."""

    start_day: int
    accounts: Accounts
    premises: Premises
    paths: Paths
    meters: Meters
    bills: Bills
    incidents: Incidents
    openings: Openings
    credits: Credits
    arrangements: Arrangements
    securities: Securities
    payments: Payments
    given_up_fen: Ints
    """By account and month, what nobody paid of the bill."""


def make_block(
    streams: RandomStreams, first: int, count: int, start_day: int, first_month: int, last_month: int
) -> Block:
    """The accounts `first` … `first + count - 1` from the first to the last month."""
    accounts = make_accounts(streams, first, count, start_day)
    premises = make_premises(streams, accounts, start_day)
    paths = live(streams, accounts, first_month, last_month)
    bills = make_bills(streams, accounts, paths)
    incidents = make_incidents(streams, accounts, paths)
    openings = make_openings(streams, accounts, paths, start_day)
    credits = make_credits(streams, accounts, paths, bills)
    settlement = settle(streams, accounts, paths, bills, openings, credits.granted())
    arrangements = make_arrangements(streams, accounts, paths, bills, settlement)
    securities = make_securities(streams, accounts, premises, paths, start_day)
    unpaid_fen = arrangements.rest_fen + np.where(settlement.part_on < NEVER, 0, settlement.part_fen)
    left = bills.exists & (settlement.settled == NEVER)
    unpaid_fen = np.where(left, np.maximum(unpaid_fen - settlement.rounded_fen, 0), 0)
    called, given_up_fen = call_deposits(securities, unpaid_fen)
    payments = make_payments(streams, accounts, paths.months[1:], settlement, openings, incidents, arrangements, called)
    return Block(
        start_day=start_day,
        accounts=accounts,
        premises=premises,
        paths=paths,
        meters=make_meters(streams, accounts, paths),
        bills=bills,
        incidents=incidents,
        openings=openings,
        credits=credits,
        arrangements=arrangements,
        securities=securities,
        payments=payments,
        given_up_fen=given_up_fen,
    )


def entries(streams: RandomStreams, block: Block, window: Window) -> dict[str, Columns]:
    """The rows of each journal."""
    accounts, paths, premises = block.accounts, block.paths, block.premises
    adjusted = (block.openings, block.credits, block.given_up_fen)
    return {
        **_master_entries(streams, block, window),
        **meter_entries(streams, accounts, paths, block.meters, window),
        **_bill_entries(streams, block, window),
        **_payment_entries(block, window),
        **adjustment_entries(streams, accounts, paths, block.bills, *adjusted, window),
        **incident_entries(streams, accounts, block.incidents, window),
        **_appeal_entries(streams, block, window),
        **arrangement_entries(streams, accounts, block.arrangements, window),
        **security_entries(streams, accounts, block.securities, window),
        **contact_entries(streams, accounts, premises, paths, window),
        **protection_entries(streams, accounts, paths, block.start_day, window),
        **record_entries(streams, accounts, paths, window),
    }


def _master_entries(streams: RandomStreams, block: Block, window: Window) -> dict[str, Columns]:
    accounts, premises, closed = block.accounts, block.premises, block.paths.closed
    organisation = coded(tuple(area.code for area in DISTRICTS), accounts.district)
    customers: Columns = {
        "cust_id": accounts.customer + 1,
        "cust_name": texts(accounts.name),
        "lang_code": coded(LANGUAGE_CODES, accounts.language),
        "cust_type": coded(("02", "01"), (accounts.segment == HOUSEHOLD).astype(np.int64)),
        "entered_at": stamps(accounts.opened, _OPEN_SECOND - 600),
    }
    places: Columns = {
        "prem_id": premises.premise + 1,
        "org_no": organisation,
        "prem_addr": texts(premises.address),
        "post_code": texts(premises.postcode),
        "entered_at": stamps(accounts.opened, _OPEN_SECOND - 300),
    }
    voltage = np.where(accounts.has_voltage, accounts.voltage, -1)
    supplies: Columns = {
        "cons_id": accounts.index + 1,
        "cons_no": texts(accounts.account_no),
        "cust_id": accounts.customer + 1,
        "org_no": organisation,
        "volt_code": coded(tuple(part.code for part in VOLTAGES), voltage),
        "elec_type_code": coded(tuple(part.code for part in SEGMENTS), accounts.segment),
        "trade_code": coded(tuple(line.code for line in TRADES), accounts.trade),
        "contract_cap": or_null(accounts.capacity_kva, accounts.capacity_kva > 0),
        "build_date": accounts.opened,
        "prem_id": premises.premise + 1,
        "guar_cust_id": or_null(premises.guarantor + 1, premises.guarantor >= 0),
        "occ_code": coded(("01", "02"), premises.occupancy),
        "settle_mode": coded(MODE_CODES, accounts.mode),
        "entered_at": stamps(accounts.opened, _OPEN_SECOND),
    }
    closings: Columns = {
        "cons_id": accounts.index + 1,
        "close_date": closed,
        "reason_code": coded(("01", "02"), block.paths.fails.astype(np.int64)),
        "entered_at": stamps(closed, 16 * 3600 + streams.between("closing/second", 0, 7200, accounts.index)),
    }
    return {
        "c_cust": window.cut(customers, accounts.customer == accounts.index),
        "c_prem": window.cut(places, premises.premise == accounts.index),
        "c_cons": window.cut(supplies),
        "c_cons_close": window.cut(closings, closed < NEVER),
    }


def _bill_entries(streams: RandomStreams, block: Block, window: Window) -> dict[str, Columns]:
    accounts, bills = block.accounts, block.bills
    row, column = np.nonzero(bills.exists)
    at = (row, column)
    bill_id = bill_ids(accounts.index[row], column)
    corrected = bills.is_corrected[at]
    second = _EVENING_SECOND + streams.between("issue/second", 0, 10_800, bill_id)
    first_kwh = np.where(corrected, bills.wrong_kwh[at], bills.kwh[at])
    by_period = np.nonzero(accounts.segment[row] >= SHOP)[0]
    shares = period_shares(streams, accounts, block.paths, row[by_period], column[by_period])
    issues: Columns = {
        "rcvbl_amt_id": bill_id,
        "cons_no": texts(accounts.account_no)[row],
        "release_date": bills.issued[at],
        "bgn_date": bills.period_start[at],
        "end_date": bills.period_end[at],
        "pay_limit_date": bills.first_due[at],
        "t_pq": first_kwh,
        "rcvbl_fen": np.where(corrected, bills.wrong_fen[at], bills.fen[at]),
        "orig_amt_id": constant(None, len(row)),
        "amt_type": constant(USE_TYPE, len(row)),
        **energy_by_period(first_kwh, by_period, shares),
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
        **energy_by_period(bills.kwh[at], by_period, shares),
        "entered_at": cancelled_at + 60,
    }
    cancels: Columns = {"rcvbl_amt_id": bill_id, "cancel_date": cancelled, "entered_at": cancelled_at}
    recovered = recovery_bills(accounts, block.incidents, window)
    return {
        "a_rcvbl_flow": joined([window.cut(issues), window.cut(again, corrected), recovered["a_rcvbl_flow"]]),
        "a_rcvbl_cancel": joined([window.cut(cancels, corrected), recovered["a_rcvbl_cancel"]]),
    }


def _payment_entries(block: Block, window: Window) -> dict[str, Columns]:
    accounts, payments = block.accounts, block.payments
    charge_id = bill_ids(accounts.index[payments.row], payments.column) + payments.kind
    channel = np.where(payments.kind == DEPOSIT, len(CHANNEL_CODES), accounts.channel[payments.row])
    charges: Columns = {
        "charge_id": charge_id,
        "cons_no": texts(accounts.account_no)[payments.row],
        "charge_date": payments.paid_on,
        "rcved_fen": payments.fen,
        "pay_mode": coded((*CHANNEL_CODES, DEPOSIT_CODE), channel),
        "entered_at": payments.entered,
    }
    reason = np.select([payments.kind == BOUNCED, payments.kind == RECOVERY], [1, 2], 0)
    reversals: Columns = {
        "charge_id": charge_id,
        "rev_date": payments.reversed_on,
        "reason_code": coded(("02", "01", "03"), reason),
        "entered_at": payments.reversal_entered,
    }
    return {
        "a_pay_flow": window.cut(charges),
        "a_pay_reversal": window.cut(reversals, payments.reversed_on < NEVER),
    }


def _appeal_entries(streams: RandomStreams, block: Block, window: Window) -> dict[str, Columns]:
    accounts, bills = block.accounts, block.bills
    row, column = np.nonzero(bills.dispute_opened < NEVER)
    appeal_id = bill_ids(accounts.index[row], column)
    opened, closed = bills.dispute_opened[row, column], bills.dispute_closed[row, column]
    upheld = block.credits.upheld_on[row, column] < NEVER
    appeals: Columns = {
        "appeal_id": appeal_id,
        "cons_no": texts(accounts.account_no)[row],
        "rcvbl_amt_id": appeal_id,
        "accept_date": opened,
        "entered_at": stamps(opened, 9 * 3600 + streams.between("appeal/second", 0, 28_000, appeal_id)),
    }
    ends: Columns = {
        "appeal_id": appeal_id,
        "finish_date": closed,
        "result_code": coded(("03", "02"), upheld.astype(np.int64)),
        "entered_at": stamps(closed, 9 * 3600 + streams.between("appeal/end second", 0, 28_000, appeal_id)),
    }
    return {"s_appeal": window.cut(appeals), "s_appeal_end": window.cut(ends)}
