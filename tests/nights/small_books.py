"""A utility of few accounts and four tables, in a SQLite database, so that a night costs little and every row can be told."""

import datetime as dt
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from arrears.lake.contract import TABLES
from arrears.settings import ROOT

COLUMNS = {
    "customer": ("customer_id", "name", "language"),
    "account": (
        "account_id", "customer_id", "district", "voltage_class", "tariff", "industry", "contracted_capacity_kva",
        "opened_on", "closed_on",
    ),
    "bill": (
        "bill_id", "account_id", "issued_on", "period_start_on", "period_end_on", "due_on", "amount", "energy_wh", "status",
    ),
    "payment": ("payment_id", "account_id", "paid_on", "amount", "channel", "reverses_payment_id"),
}  # fmt: skip

FILLERS = 24
"""Accounts beside the ones that a test makes."""

CHANGED = ("reversed", "corrected", "cancelled", "entered-late", "falls-due")
"""Accounts to which something happens between the nights of 28 September and 1 October, called by what does; `opened` is one
more, from 29 September on."""

ACCOUNTS = FILLERS + len(CHANGED) + 1

FIRST_BILL = dt.date(2026, 1, 1)
LAST_DAY = dt.date(2026, 10, 31)


@dataclass(frozen=True)
class SmallBooks:
    """The source `small`: its mapping and its database lie in `folder`."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "books.db"

    @property
    def environment(self) -> dict[str, str]:
        return {"ARREARS_SQL": str(self.folder / "sql"), "ARREARS_SOURCE": "small"}

    def add(self, table: str, recorded_at: str, **values: Any) -> None:
        """One row; what is not given is missing."""
        names = (*COLUMNS[table], "recorded_at")
        row = {**dict.fromkeys(names), **values, "recorded_at": recorded_at}
        with closing(sqlite3.connect(self.database)) as con:
            con.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", [row[name] for name in names])
            con.commit()

    def account(self, account_id: str, *, opened_on: str = "2020-01-01") -> None:
        """An account and its customer, known from long ago."""
        stamp = "2020-01-01 09:00:00.000000"
        self.add("customer", stamp, customer_id=f"C-{account_id}", name=f"Customer of {account_id}", language="en")
        self.add(
            "account", stamp, account_id=account_id, customer_id=f"C-{account_id}", district="North", voltage_class="<1kV",
            tariff="residential", contracted_capacity_kva="8.00", opened_on=opened_on,
        )  # fmt: skip

    def bill(self, bill_id: str, account_id: str, issued_on: str, due_on: str, amount: str, **values: Any) -> None:
        """Of the month before it was issued, recorded at nine on the day it was issued unless told otherwise."""
        issued = dt.date.fromisoformat(issued_on)
        period = {
            "period_start_on": str(issued - dt.timedelta(days=30)),
            "period_end_on": str(issued - dt.timedelta(days=1)),
        }
        recorded_at = values.pop("recorded_at", f"{issued_on} 09:00:00.000000")
        row = {"energy_wh": 200_000, "status": "issued", **period, "due_on": due_on, "amount": amount, **values}
        self.add("bill", recorded_at, bill_id=bill_id, account_id=account_id, issued_on=issued_on, **row)

    def payment(self, payment_id: str, account_id: str, paid_on: str, amount: str, **values: Any) -> None:
        """Recorded at nine on the day after it was paid unless told otherwise."""
        entered = dt.date.fromisoformat(paid_on) + dt.timedelta(days=1)
        recorded_at = values.pop("recorded_at", f"{entered} 09:00:00.000000")
        row = {"paid_on": paid_on, "amount": amount, "channel": "counter", **values}
        self.add("payment", recorded_at, payment_id=payment_id, account_id=account_id, **row)


def small_books(folder: Path) -> SmallBooks:
    """Empty tables and the mapping."""
    mapping = folder / "sql" / "sources" / "small"
    mapping.mkdir(parents=True)
    for part in ("contract", "features", "outcomes", "reports"):
        (folder / "sql" / part).symlink_to(ROOT / "sql" / part)
    declared = yaml.safe_load((ROOT / "sql" / "sources" / "ibm_ar" / "source.yaml").read_text())
    declared |= {"name": "small", "zone": "Asia/Shanghai", "currency": "CNY"}
    declared |= {"absent": [table for table in TABLES if table not in COLUMNS]}
    books = SmallBooks(folder)
    declared["connections"] = {"books": {"kind": "database", "env": "SMALL", "url": f"sqlite:///{books.database}"}}
    (mapping / "source.yaml").write_text(yaml.safe_dump(declared, allow_unicode=True))
    with closing(sqlite3.connect(books.database)) as con:
        for table, columns in COLUMNS.items():
            window = "recorded_at >= :since AND recorded_at < :until"
            (mapping / f"{table}.sql").write_text(
                f"-- connection: books\nSELECT {', '.join(columns)}, recorded_at FROM {table}\nWHERE {window}\n"
            )
            con.execute(f"CREATE TABLE {table} ({', '.join((*columns, 'recorded_at'))})")
        con.commit()
    return books


def filled_books(folder: Path) -> SmallBooks:
    """With accounts that pay early, late, in part or not at all, a bill each month; and those of CHANGED."""
    books = small_books(folder)
    change_between(books)
    for number in range(FILLERS):
        account_id = f"F{number:02}"
        books.account(account_id)
        issued = FIRST_BILL + dt.timedelta(days=number)
        for month in range(10):
            bill_id = f"{account_id}-{month}"
            due = issued + dt.timedelta(days=20)
            amount = 100 + 7 * number
            books.bill(bill_id, account_id, str(issued), str(due), f"{amount}.00")
            paid = due + dt.timedelta(days=(number % 6) * 9 - 12 + month % 3)
            if (number + month) % 7 and paid <= LAST_DAY:
                books.payment(f"p-{bill_id}", account_id, str(paid), f"{amount if number % 5 else amount // 2}.00")
            issued += dt.timedelta(days=30)
    return books


def change_between(books: SmallBooks) -> None:
    """What happens to the accounts of CHANGED, and `opened`."""
    for account_id in CHANGED:
        books.account(account_id)
        due = "2026-09-29" if account_id == "falls-due" else "2026-09-15"
        books.bill(f"b-{account_id}", account_id, "2026-08-26", due, "500.00")
    books.payment("p-reversed", "reversed", "2026-09-12", "500.00")
    stamp = "2026-09-29 10:00:00.000000"
    books.payment("r-reversed", "reversed", "2026-09-28", "500.00", reverses_payment_id="p-reversed", recorded_at=stamp)
    books.bill("b-corrected", "corrected", "2026-08-26", "2026-09-15", "200.00", recorded_at=stamp)
    stamp = "2026-09-30 10:00:00.000000"
    books.bill("b-cancelled", "cancelled", "2026-08-26", "2026-09-15", "500.00", status="cancelled", recorded_at=stamp)
    books.payment("p-entered-late", "entered-late", "2026-09-14", "500.00", recorded_at=stamp)
    books.account("opened", opened_on="2026-09-29")
