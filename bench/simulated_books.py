"""The demo utility's books as arrays, read straight from its database: an independent small ledger, for judging the
simulator by other code than the one it is made for. Days are whole numbers since 1970-01-01, amounts whole fen."""

import argparse
import datetime as dt
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arrears.sources.simulate import simulate

Ints = NDArray[np.int64]
NEVER = 10**7
_SPAN = 10**6
"""More days than there are; an account and a day make one sortable number."""


@dataclass(frozen=True)
class Accounts:
    """Row = position everywhere else."""

    customer: Ints
    tariff: list[str]
    voltage: list[str]
    district: list[str]
    capacity_kva: Ints
    opened: Ints
    closed: Ints
    occupancy: list[str]
    mode: list[str]


@dataclass(frozen=True)
class Bills:
    """In order of account, due date, issue date and id. `entered` and `cancelled` are the days of the stamps. A debt that
    the books begin with is a bill without energy."""

    account: Ints
    issued: Ints
    due: Ints
    fen: Ints
    kwh: Ints
    days: Ints
    entered: Ints
    cancelled: Ints
    disputed: Ints
    """The day a dispute was entered, or NEVER."""
    dispute_closed: Ints

    def known(self, day: int) -> "Bills":
        """Those entered, and not cancelled, before `day` begins."""
        return self.where((self.entered < day) & (self.cancelled >= day))

    def where(self, kept: NDArray[np.bool_]) -> "Bills":
        """The rows that `kept` holds."""
        return Bills(**{name: column[kept] for name, column in vars(self).items()})

    def running_fen(self) -> Ints:
        """What the account was billed up to and with this bill."""
        return running_sum(self.account, self.fen)


@dataclass(frozen=True)
class Payments:
    """Payments, and reversals as negative payments on the day of the reversal; in order of account and day. So are
    credits, write-offs and credit that the books begin with, with channel 0."""

    account: Ints
    day: Ints
    fen: Ints
    entered: Ints
    channel: Ints

    def known(self, day: int) -> "Payments":
        """Those entered before `day` begins."""
        kept = self.entered < day
        return Payments(**{name: column[kept] for name, column in vars(self).items()})

    def paid_before(self, account: Ints, day: Ints) -> Ints:
        """Net amount that each account had paid before each day began."""
        running = np.concatenate([[0], np.cumsum(self.fen)])
        keys = self.account * _SPAN + self.day
        from_day = np.searchsorted(keys, account * _SPAN + day)
        net: Ints = running[from_day] - running[np.searchsorted(keys, account * _SPAN)]
        return net


@dataclass(frozen=True)
class Books:
    """Everything. `events` are (account, day of the stamp): incidents, arrangements, parts of them that were broken, public
    records about the customer, addresses of the customer that proved wrong."""

    accounts: Accounts
    bills: Bills
    payments: Payments
    events: dict[str, tuple[Ints, Ints]]
    last_day: int


EVENTS = {
    "incidents": "SELECT cons_no, entered_at FROM c_theft_case",
    "arrangements": "SELECT cons_no, entered_at FROM s_pay_plan",
    "broken": "SELECT cons_no, ended.entered_at FROM s_pay_plan_result AS ended INNER JOIN s_pay_plan_term USING (term_id)"
    " INNER JOIN s_pay_plan USING (plan_id) WHERE result_code = '02'",
    "records": "SELECT cons_no, x_pub_record.entered_at FROM x_pub_record INNER JOIN c_cons USING (cust_id)",
    "wrong_addresses": "SELECT cons_no, changed.entered_at FROM c_contact_chg AS changed"
    " INNER JOIN c_contact USING (contact_id) INNER JOIN c_cons USING (cust_id) WHERE valid_code = '0'",
}


def running_sum(group: Ints, values: Ints) -> Ints:
    """Cumulative sum within runs of equal `group`."""
    total = np.cumsum(values)
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    before = np.concatenate([[0], total])[starts]
    running: Ints = total - np.repeat(before, np.diff(np.append(starts, len(group))))
    return running


def unpaid_fen(bills: Bills, payments: Payments, day: Ints) -> Ints:
    """What of each bill was open when its `day` began, oldest bill first."""
    rest = bills.running_fen() - payments.paid_before(bills.account, day)
    unpaid: Ints = np.clip(rest, 0, bills.fen)
    return unpaid


def demo_books(description: str | None) -> Books:
    """The books that the command line names, or new ones of the size and seed that it asks for."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--books", type=Path)
    asked = parser.parse_args()
    if asked.books is not None:
        return read_books(asked.books)
    with tempfile.TemporaryDirectory() as folder:
        simulate(
            url=f"sqlite:///{folder}/billing.db",
            meter_folder=Path(folder),
            accounts=asked.accounts,
            start=dt.date(2022, 11, 1),
            until=dt.date(2026, 10, 31),
            seed=asked.seed,
            meter_from=None,
            progress=None,
        )
        return read_books(Path(folder) / "billing.db")


def read_books(path: Path) -> Books:
    """From the SQLite file of `arrears simulate`."""
    connection = sqlite3.connect(path)
    try:
        return _read(connection)
    finally:
        connection.close()


def _columns(connection: sqlite3.Connection, sql: str) -> list[list[object]]:
    rows = connection.execute(sql).fetchall()
    return [list(column) for column in zip(*rows, strict=True)]


def _days(texts: list[object]) -> Ints:
    dates = [NEVER if text is None else str(text)[:10] for text in texts]
    lookup = {text: NEVER if text == NEVER else int(np.datetime64(str(text), "D").astype(int)) for text in set(dates)}
    return np.array([lookup[text] for text in dates], dtype=np.int64)


def _ints(values: list[object]) -> Ints:
    return np.array([0 if value is None else int(str(value)) for value in values], dtype=np.int64)


def _read(connection: sqlite3.Connection) -> Books:
    no, customer, tariff, voltage, district, capacity, opened, closed, occupancy, mode = _columns(
        connection,
        "SELECT cons_no, cust_id, elec_type_code, volt_code, org_no, contract_cap, build_date, close_date, occ_code,"
        " settle_mode"
        " FROM c_cons LEFT JOIN c_cons_close USING (cons_id) ORDER BY c_cons.cons_id",
    )
    position = {number: place for place, number in enumerate(no)}
    accounts = Accounts(
        _ints(customer),
        [str(code) for code in tariff],
        [str(code) for code in voltage],
        [str(code) for code in district],
        _ints(capacity),
        _days(opened),
        _days(closed),
        [str(code) for code in occupancy],
        [str(code) for code in mode],
    )
    (until,) = connection.execute("SELECT value FROM demo_origin WHERE name = 'until'").fetchone()
    return Books(
        accounts,
        _read_bills(connection, position),
        _read_payments(connection, position),
        {name: _read_events(connection, position, sql) for name, sql in EVENTS.items()},
        int(_days([until])[0]),
    )


def _read_events(connection: sqlite3.Connection, position: dict[object, int], sql: str) -> tuple[Ints, Ints]:
    rows = connection.execute(sql).fetchall()
    return np.array([position[number] for number, _ in rows], dtype=np.int64), _days([stamp for _, stamp in rows])


def _read_bills(connection: sqlite3.Connection, position: dict[object, int]) -> Bills:
    bill_id, no, issued, due, fen, kwh, bgn, end, entered, cancelled, accepted, finished = _columns(
        connection,
        "SELECT flow.rcvbl_amt_id, flow.cons_no, release_date, pay_limit_date, rcvbl_fen, t_pq, bgn_date, end_date,"
        " flow.entered_at, cancel.entered_at, appeal.entered_at, ended.entered_at FROM a_rcvbl_flow AS flow"
        " LEFT JOIN a_rcvbl_cancel AS cancel USING (rcvbl_amt_id)"
        " LEFT JOIN s_appeal AS appeal ON appeal.appeal_id = flow.rcvbl_amt_id"
        " LEFT JOIN s_appeal_end AS ended ON ended.appeal_id = flow.rcvbl_amt_id"
        " UNION ALL SELECT adj_id, cons_no, adj_date, due_date, adj_fen, 0, adj_date, adj_date, entered_at, NULL, NULL, NULL"
        " FROM a_adjust_flow WHERE adj_type = '01' AND adj_fen > 0",
    )
    account = np.array([position[number] for number in no], dtype=np.int64)
    issue_days, due_days = _days(issued), _days(due)
    order = np.lexsort((_ints(bill_id), issue_days, due_days, account))
    bills = Bills(
        account,
        issue_days,
        due_days,
        _ints(fen),
        _ints(kwh),
        _days(end) - _days(bgn) + 1,
        _days(entered),
        _days(cancelled),
        _days(accepted),
        _days(finished),
    )
    return Bills(**{name: column[order] for name, column in vars(bills).items()})


def _read_payments(connection: sqlite3.Connection, position: dict[object, int]) -> Payments:
    no, day, fen, entered, channel = _columns(
        connection,
        "SELECT cons_no, charge_date, rcved_fen, entered_at, pay_mode FROM a_pay_flow UNION ALL"
        " SELECT cons_no, rev_date, -rcved_fen, undone.entered_at, pay_mode"
        " FROM a_pay_reversal AS undone INNER JOIN a_pay_flow USING (charge_id) UNION ALL"
        " SELECT cons_no, adj_date, abs(adj_fen), entered_at, 0 FROM a_adjust_flow"
        " WHERE adj_type <> '01' OR adj_fen < 0 UNION ALL"
        " SELECT cons_no, cancel_date, -adj_fen, undone.entered_at, 0"
        " FROM a_adjust_cancel AS undone INNER JOIN a_adjust_flow USING (adj_id)",
    )
    account, days = np.array([position[number] for number in no], dtype=np.int64), _days(day)
    order = np.lexsort((days, account))
    payments = Payments(account, days, _ints(fen), _days(entered), _ints(channel))
    return Payments(**{name: column[order] for name, column in vars(payments).items()})
