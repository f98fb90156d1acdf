"""A lake of forty accounts on one night: everyone owes 1.00, every third paid 1.50, and every fifth in part."""

import datetime as dt
from pathlib import Path

from arrears.domain.run import Run, RunKind
from arrears.lake.contract import TABLES
from arrears.lake.lake import Lake
from tests.lake.raw_rows import Raw, Row, arrive, money
from tests.snapshot.night import write
from tests.snapshot.rows import AS_OF, KNOWN_AT, account, day

RUN = Run("demo", AS_OF, KNOWN_AT, RunKind.NIGHTLY, "1", "policy", "card")
ACCOUNTS = [f"A{number:02}" for number in range(40)]


def bill(account_id: str, cents: int) -> Row:
    return {
        "bill_id": f"b-{account_id}",
        "account_id": account_id,
        "issued_on": day(40),
        "period_start_on": day(70),
        "period_end_on": day(41),
        "due_on": day(20),
        "amount": money(cents),
        "energy_wh": 1000,
        "status": "issued",
        "recorded_at": KNOWN_AT - dt.timedelta(days=40),
    }


def payment(account_id: str, cents: int) -> Row:
    return {
        "payment_id": f"p-{account_id}",
        "account_id": account_id,
        "paid_on": day(10),
        "amount": money(cents),
        "channel": None,
        "reverses_payment_id": None,
        "recorded_at": KNOWN_AT - dt.timedelta(days=9),
    }


def small_lake(folder: Path) -> Lake:
    """Pulled, and nothing more."""
    raw: Raw = {
        "account": [account(name) for name in ACCOUNTS],
        "bill": [bill(name, 100) for name in ACCOUNTS],
        "payment": [payment(name, 150) for name in ACCOUNTS[::3]]
        + [payment(name, 40) for name in ACCOUNTS[::5] if name not in ACCOUNTS[::3]],
    }
    return lake_of(folder, RUN, raw)


def lake_of(folder: Path, run: Run, raw: Raw) -> Lake:
    """A lake in which the run has pulled these rows."""
    lake = Lake(folder / "lake", folder / "scratch")
    lake.folder.mkdir()
    files = write(lake.folder, {table: arrive(table, [], rows) for table, rows in raw.items()})
    named = {table: [path.name for path in files.get(table, [])] for table in TABLES}
    lake.writer("inputs", run).commit({"raw": named, "quarantine": {}})
    return lake


OWED = 26 * 100 - 5 * 40 - 14 * 50
"""Open debt less credit, in cents."""
