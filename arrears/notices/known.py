"""What the newest night knows of those to whom something may leave: how to reach them, and whether they paid meanwhile."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa

from arrears.domain.delivery import Contact, Way
from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.lake import gate
from arrears.lake.lake import Lake
from arrears.settings import Settings
from arrears.snapshot.features import named_files

TABLES = ("account", "contact", "payment", "premise")
COLUMNS: dict[str, pa.DataType] = {
    "notice_id": pa.string(),
    "account_id": pa.string(),
    "drafted_at": pa.timestamp("us", tz="UTC"),
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that has not left. `drafted_at`: what its letter was written from was known by then."""

    notice_id: str
    account_id: str
    drafted_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Known:
    """By account its contacts, by notice what is owed now; those who paid since their letter was written."""

    as_of: dt.date
    contacts: Mapping[str, Sequence[Contact]]
    owed: Mapping[str, Decimal]
    paid: frozenset[str]


def known_of(run: Run, waiting: Sequence[Waiting], settings: Settings, lake: Lake) -> Known:
    """As known by the run, whose inputs and signals stand in the lake."""
    rows = [
        {"notice_id": each.notice_id, "account_id": each.account_id, "drafted_at": each.drafted_at} for each in waiting
    ]
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        with lake.reading():
            for contract, files in named_files(run, settings, lake):
                if contract.table in TABLES:
                    gate.open_gate(con, contract, files, as_of=run.as_of, known_at=run.known_at)
            signals = engine.parquet(lake.stage("signals", run).files)
            con.execute(f"CREATE TEMP VIEW signal AS SELECT account_id, overdue_amount, next_due_amount FROM {signals}")
            con.register("waiting", pa.Table.from_pylist(rows, schema=pa.schema(COLUMNS)))
            reached = engine.execute(con, _report(settings, "notice_contacts")).fetchall()
            owed = engine.execute(con, _report(settings, "notice_owed")).fetchall()
    finally:
        con.close()
    contacts: dict[str, list[Contact]] = defaultdict(list)
    for account_id, contact_id, channel, address, consent, status in reached:
        contacts[account_id].append(Contact(contact_id, Way(channel), address, consent, status))
    amounts = {notice_id: amount for notice_id, amount, _ in owed}
    return Known(run.as_of, contacts, amounts, frozenset(notice_id for notice_id, _, has_paid in owed if has_paid))


def _report(settings: Settings, name: str) -> str:
    return (settings.sql / "reports" / f"{name}.sql").read_text(encoding="utf-8")
