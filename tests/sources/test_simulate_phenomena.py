"""Everything that a utility has to live with occurs, and the books add up."""

import datetime as dt
from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from arrears.sources.simulate.parameters import CHANNEL_CODES, DEPOSIT_CODE, DISTRICTS, SEGMENTS, TRADES, VOLTAGES
from bench.simulated_books import Books, read_books, unpaid_fen

from .demo_utility import LIVELY_UNTIL, Rows, Utility, column, is_first_issue

pytestmark = pytest.mark.xdist_group("lively")
ROUND_FEN = 5_000


@pytest.fixture(scope="module")
def utility(lively: Utility) -> Utility:
    return lively


@pytest.fixture(scope="module")
def rows(lively: Utility) -> Rows:
    return lively.rows()


@pytest.fixture(scope="module")
def books(utility: Utility) -> Books:
    return read_books(utility.folder / "billing.db")


def test_all_kinds_of_accounts_occur(rows: Rows) -> None:
    supplies = rows["c_cons"]
    assert set(column(supplies, 4)) == {part.code for part in VOLTAGES} | {None}
    assert set(column(supplies, 5)) == {part.code for part in SEGMENTS}
    assert set(column(supplies, 3)) == {area.code for area in DISTRICTS}
    assert set(column(supplies, 6)) == {line.code for line in TRADES} | {None}
    assert set(column(rows["c_cust"], 2)) == {"1", "2", None}
    assert column(supplies, 4)["AC03802"] > 0.8 * len(supplies)
    assert column(supplies, 7)[None] > 0
    assert max(column(supplies, 2).values()) >= 3
    assert all(row[1].encode().isascii() == (row[2] == "2") for row in rows["c_cust"] if row[2])


def test_accounts_open_and_close(rows: Rows) -> None:
    opened_later = [row for row in rows["c_cons"] if row[8] >= dt.date(2023, 11, 1)]
    assert 0.05 < len(opened_later) / len(rows["c_cons"]) < 0.13
    assert set(column(rows["c_cons_close"], 2)) == {"01", "02"}
    opened = {row[0]: row[8] for row in rows["c_cons"]}
    assert all(row[1] > opened[row[0]] for row in rows["c_cons_close"])


def test_payments_are_partial_reversed_late_and_by_every_channel(rows: Rows) -> None:
    payments = rows["a_pay_flow"]
    assert set(column(payments, 4)) == {*CHANNEL_CODES, DEPOSIT_CODE}
    posted_late = Counter((row[-1].date() - row[2]).days for row in payments)
    assert all(posted_late[days] > 0 for days in range(6))
    assert sum(number for days, number in posted_late.items() if days >= 7) > 50
    assert len({row[0] for row in payments if row[0] % 10 == 0}) > 200
    assert set(column(rows["a_pay_reversal"], 2)) >= {"01", "02"}
    assert any(row[3] % ROUND_FEN == 0 for row in payments)


def test_bills_are_corrected_and_disputed(rows: Rows) -> None:
    bills = {row[0]: row for row in rows["a_rcvbl_flow"]}
    again = {row[8]: row for row in rows["a_rcvbl_flow"] if row[8] is not None}
    recoveries = {row[0] for row in rows["a_rcvbl_flow"] if row[9] == "02"}
    cancelled = {row[0]: row for row in rows["a_rcvbl_cancel"] if row[0] not in recoveries}
    assert len(cancelled) > 50
    assert set(again) == set(cancelled)
    for bill_id, replacement in again.items():
        first = bills[bill_id]
        assert (replacement[1], replacement[3:5]) == (first[1], first[3:5])
        assert replacement[2] == cancelled[bill_id][1]
        assert replacement[7] != first[7]
        assert first[-1] < cancelled[bill_id][-1] < replacement[-1]
    assert len(rows["s_appeal"]) > len(rows["s_appeal_end"]) > 0
    assert all(bills[row[2]][1] == row[1] for row in rows["s_appeal"])


def test_periods_of_an_account_follow_each_other(rows: Rows) -> None:
    periods = defaultdict(list)
    for row in rows["a_rcvbl_flow"]:
        if is_first_issue(row):
            periods[row[1]].append((row[3], row[4]))
    for of_account in periods.values():
        of_account.sort()
        for before, after in pairwise(of_account):
            assert after[0] == before[1] + dt.timedelta(days=1)


def test_theft_is_found_and_some_of_it_overturned(rows: Rows) -> None:
    assert set(column(rows["c_theft_case"], 2)) == {"01", "02", "03", "04"}
    assert 0 < len(rows["c_theft_revoke"]) < len(rows["c_theft_case"]) / 2


def test_reads_are_missing_estimated_and_repaired(utility: Utility) -> None:
    reads = utility.reads()
    by_key = defaultdict(list)
    for number, day, energy, status, collected, meter, register in reads:
        by_key[number, day].append((collected, status))
        assert meter[:-1] == number
        assert (energy == "") + (register == "") == (2 if status == "2" else 1), "a use or a register, never both"
        assert collected.endswith(" 00:40:00")
    assert {status for versions in by_key.values() for _, status in versions} == {"0", "1", "2"}
    for (_, day), versions in by_key.items():
        assert versions[0][0][:10] == str(dt.date.fromisoformat(day) + dt.timedelta(days=1))
    repaired = [versions for versions in by_key.values() if len(versions) > 1]
    assert len(repaired) > 20
    for versions in repaired:
        assert len(versions) == 2
        assert versions[0][0] < versions[1][0]
        assert versions[0][1] == "2"
        assert versions[1][1] in ("0", "1")


def test_every_supplied_account_is_in_the_file_of_a_day(utility: Utility, rows: Rows) -> None:
    day = dt.date(2026, 10, 20)
    closed = {row[0]: row[1] for row in rows["c_cons_close"]}
    supplied = {row[1] for row in rows["c_cons"] if row[8] <= day <= closed.get(row[0], LIVELY_UNTIL)}
    read = [line[0] for line in utility.reads() if line[1] == str(day) and line[4] == "2026-10-21 00:40:00"]
    assert len(read) == len(set(read))
    assert set(read) == supplied


def test_a_bill_is_what_the_meter_read(utility: Utility, rows: Rows) -> None:
    """The daily reads scatter around the use that is billed; over all accounts the scatter averages out."""
    billed = {row[1]: row[6] / ((row[4] - row[3]).days + 1) for row in rows["a_rcvbl_flow"] if is_first_issue(row)}
    energy: dict[str, float] = defaultdict(float)
    days = Counter[str]()
    for number, _, kwh, status, *_ in utility.reads():
        if status == "0" and kwh:
            energy[number] += float(kwh)
            days[number] += 1
    ratios = [
        energy[number] / days[number] / billed[number] for number in billed if days[number] > 10 and billed[number] > 1
    ]
    assert 0.85 < float(np.median(ratios)) < 1.15


def test_reversals_undo_a_payment_once_and_cancellations_leave_no_orphan(books: Books) -> None:
    payments = books.payments
    assert (payments.fen != 0).all()
    net = np.bincount(payments.account, weights=payments.fen, minlength=len(books.accounts.opened))
    assert (net >= 0).all()


def fen_by_account(rows: list[tuple[Any, ...]], number: int, fen: int) -> Counter[str]:
    total = Counter[str]()
    for row in rows:
        total[row[number]] += row[fen]
    return total


def test_the_books_conserve_money(rows: Rows, books: Books) -> None:
    """Opening + billed − paid − credited − written off, added up from the journals, is what is open less credit, worked
    out by another ledger, for every account."""
    cancelled, withdrawn = {row[0] for row in rows["a_rcvbl_cancel"]}, {row[0] for row in rows["a_adjust_cancel"]}
    undone = {row[0] for row in rows["a_pay_reversal"]}
    billed = fen_by_account([row for row in rows["a_rcvbl_flow"] if row[0] not in cancelled], 1, 7)
    paid = fen_by_account([row for row in rows["a_pay_flow"] if row[0] not in undone], 1, 3)
    adjusted = [row for row in rows["a_adjust_flow"] if row[0] not in withdrawn]
    opening, credited, written_off = (
        fen_by_account([row for row in adjusted if row[2] == code], 1, 6) for code in ("01", "02", "03")
    )
    bills = books.bills.known(books.last_day + 1)
    unpaid = unpaid_fen(bills, books.payments, np.full(len(bills.due), books.last_day + 1))
    count = len(books.accounts.opened)
    open_fen = np.bincount(bills.account, weights=unpaid, minlength=count).astype(np.int64)
    owed = np.bincount(bills.account, weights=bills.fen, minlength=count).astype(np.int64)
    settled = np.bincount(books.payments.account, weights=books.payments.fen, minlength=count).astype(np.int64)
    credit = np.maximum(settled - owed, 0)
    for place, supply in enumerate(rows["c_cons"]):
        number = supply[1]
        rest = opening[number] + billed[number] - paid[number] - credited[number] - written_off[number]
        assert rest == open_fen[place] - credit[place], number
    assert (open_fen > 0).sum() > 100
    assert (credit > 0).sum() > 20


def test_nobody_pays_more_for_a_bill_than_it_says(rows: Rows) -> None:
    """But to round up. Payments carry the number of their bill's month: parts, the rest, and instalments."""
    bills: dict[int, int] = defaultdict(int)
    cancelled = {row[0] for row in rows["a_rcvbl_cancel"]}
    for row in rows["a_rcvbl_flow"]:
        if row[9] == "01" and row[0] not in cancelled:
            bills[row[0] // 10] = row[7]
    paid: dict[int, int] = defaultdict(int)
    for row in rows["a_pay_flow"]:
        if row[0] % 10 in (0, 1, 7, 8):
            paid[row[0] // 10] += row[3]
    for month, fen in bills.items():
        assert paid[month] <= -(-fen // ROUND_FEN) * ROUND_FEN
    in_full = [month for month, fen in bills.items() if paid[month] >= fen]
    assert len(in_full) > 0.85 * len(bills)
