"""What became known too late for a night: raw rows that the restated run knows and the night, as it was, did not."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.lake.contract import TABLES, Contract, load_contract
from arrears.lake.gate import is_known_sql
from arrears.lake.lake import Lake
from arrears.settings import Settings

COUNTED = ("reading", "profile")
"""Tables of which an account has too many rows to tell them one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class LateFact:
    """One version of one row: `row` as recorded, `earlier` the version before it (None: the row was new), `undone` the
    payment that a reversal undoes. Of counted tables `row` is `rows`, `first_on` and `last_on`, for one night. `nights`
    are those that came after it and did not know it."""

    table: str
    key: str
    account_id: str
    event_on: dt.date | None
    recorded_at: dt.datetime
    pulled_until: dt.datetime | None
    nights: frozenset[dt.date]
    is_deleted: bool
    row: Mapping[str, Any]
    earlier: Mapping[str, Any] | None = None
    undone: Mapping[str, Any] | None = None

    @property
    def changed(self) -> list[str]:
        """The columns in which this version differs from the one before it."""
        earlier = self.earlier or {}
        return [name for name, value in self.row.items() if name != "recorded_at" and earlier.get(name) != value]


FactsOf = Mapping[str, tuple[LateFact, ...]]
"""By account."""


def late_facts(
    lake: Lake, settings: Settings, pairs: Sequence[tuple[Run, Run]], customers: Mapping[str, str]
) -> dict[dt.date, FactsOf]:
    """By night, for the accounts in `customers` (account id to customer id), in order of event and record."""
    nights = [before for before, _ in pairs]
    after = max((restated for _, restated in pairs), key=lambda run: run.as_of)
    named: dict[str, list[str]] = lake.stage("inputs", after).manifest["raw"]
    facts: list[LateFact] = []
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        _load(con, "night", {"as_of": [run.as_of for run in nights], "known_at": [run.known_at for run in nights]})
        _load(con, "changed", {"account_id": list(customers), "customer_id": list(customers.values())})
        for table in TABLES:
            contract = load_contract(settings.sql / "contract", table)
            files = lake.raw_paths(table, named.get(table, []))
            if files and _owner(contract):
                facts += _of_table(con, contract, files, after)
    finally:
        con.close()
    facts.sort(key=lambda fact: (fact.table in COUNTED, fact.event_on or dt.date.min, fact.recorded_at, fact.key))
    return {run.as_of: _by_account(fact for fact in facts if run.as_of in fact.nights) for run in nights}


def _by_account(facts: Iterable[LateFact]) -> FactsOf:
    grouped: dict[str, list[LateFact]] = defaultdict(list)
    for fact in facts:
        grouped[fact.account_id].append(fact)
    return {account_id: tuple(found) for account_id, found in grouped.items()}


def _load(con: duckdb.DuckDBPyConnection, name: str, columns: dict[str, list[Any]]) -> None:
    con.register(
        "given", pa.table(columns) if next(iter(columns.values())) else pa.table({"none": pa.array([], pa.string())})
    )
    con.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
    con.unregister("given")


def _owner(contract: Contract) -> str | None:
    """The column by which a row belongs to an account; a customer's rows belong to all accounts of his."""
    return next((name for name in ("account_id", "customer_id") if name in contract.columns), None)


def _of_table(con: duckdb.DuckDBPyConnection, contract: Contract, files: Sequence[Path], after: Run) -> list[LateFact]:
    columns = list(contract.columns)
    owner = _owner(contract)
    event = contract.event
    moved = (
        f"least(coalesce(now.{event}, before.{event}), coalesce(before.{event}, now.{event}))"
        if event
        else "CAST(NULL AS DATE)"
    )
    same_key = " AND ".join(f"before.{name} = now.{name}" for name in contract.key)
    con.read_parquet([str(path) for path in files], hive_partitioning=False).create_view("raw", replace=True)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE late AS
WITH now AS (
    SELECT * FROM raw WHERE version_no >= 1 AND {is_known_sql(after.known_at)}
),
paired AS (
    SELECT {", ".join(f"now.{name} AS now_{name}, before.{name} AS before_{name}" for name in columns)},
        changed.account_id AS owner_id, {moved} AS event_on, now.recorded_at, now.pulled_until,
        now.is_deleted, before.version_no AS version_before
    FROM now
    JOIN changed ON changed.{owner} = now.{owner}
    LEFT JOIN raw AS before ON {same_key} AND before.version_no = now.version_no - 1
)
SELECT paired.*, night.as_of
FROM paired
JOIN night ON (event_on IS NULL OR event_on < night.as_of) AND NOT ({is_known_sql("night.known_at")})"""
    )
    if contract.table in COUNTED:
        return _counted(con, contract)
    wanted = ", ".join(f"now_{name}, before_{name}" for name in columns)
    rows = con.execute(
        f"""SELECT owner_id, event_on, recorded_at, pulled_until, is_deleted, version_before, list(as_of), {wanted}
FROM late GROUP BY owner_id, event_on, recorded_at, pulled_until, is_deleted, version_before, {wanted}"""
    ).fetchall()
    undone = _payments(con) if contract.table == "payment" else {}
    facts = []
    for owner_id, event_on, recorded_at, pulled_until, is_deleted, version_before, nights, *values in rows:
        row = dict(zip(columns, values[::2], strict=True))
        facts.append(
            LateFact(
                table=contract.table,
                key=" ".join(str(row[name]) for name in contract.key),
                account_id=owner_id,
                event_on=event_on,
                recorded_at=recorded_at,
                pulled_until=pulled_until,
                nights=frozenset(nights),
                is_deleted=is_deleted,
                row=row,
                earlier=None if version_before is None else dict(zip(columns, values[1::2], strict=True)),
                undone=undone.get(row.get("reverses_payment_id") or ""),
            )
        )
    return facts


def _payments(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Any]]:
    """The payments that late reversals undo, by id."""
    rows = con.execute(
        "SELECT payment_id, paid_on, amount FROM raw WHERE version_no = 1 "
        "AND payment_id IN (SELECT now_reverses_payment_id FROM late WHERE now_reverses_payment_id IS NOT NULL)"
    ).fetchall()
    return {payment_id: {"paid_on": paid_on, "amount": amount} for payment_id, paid_on, amount in rows}


def _counted(con: duckdb.DuckDBPyConnection, contract: Contract) -> list[LateFact]:
    rows = con.execute(
        "SELECT owner_id, as_of, count(*), min(event_on), max(event_on), max(recorded_at), max(pulled_until) "
        "FROM late GROUP BY owner_id, as_of"
    ).fetchall()
    return [
        LateFact(
            table=contract.table,
            key="",
            account_id=owner_id,
            event_on=first_on,
            recorded_at=recorded_at,
            pulled_until=pulled_until,
            nights=frozenset([night]),
            is_deleted=False,
            row={"rows": count, "first_on": first_on, "last_on": last_on},
        )
        for owner_id, night, count, first_on, last_on, recorded_at, pulled_until in rows
    ]
