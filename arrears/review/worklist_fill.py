"""The stage that makes the warning list: what the latest live night says of each account that staff may have work with."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Engine, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from arrears.casebook import read, store
from arrears.casebook.schema import lock
from arrears.casebook.tables import LIVE, episode
from arrears.casebook.worklist_tables import worklist
from arrears.domain.episode_events import State
from arrears.domain.money import ZERO
from arrears.domain.run import Receipt, Run, RunKind
from arrears.engine import duckdb as engine_of_lake
from arrears.errors import CasebookError
from arrears.lake import gate
from arrears.lake.lake import Lake
from arrears.policy.files import Capacity
from arrears.review.search_words import searched_of
from arrears.settings import Settings
from arrears.snapshot.features import named_files

STAGE = "worklist"
PLACES = ("account", "customer", "premise")
"""The tables that say who a customer is, and where."""

AT_ONCE = 10_000
"""Rows in memory at a time."""

_STANDING: dict[str, pa.DataType] = {"account_id": pa.string(), "episode_id": pa.string(), "raised_on": pa.date32()}
_CAPACITY: dict[str, pa.DataType] = {"district": pa.string(), "cases": pa.int32()}


def fill(run: Run, engine: Engine, settings: Settings, lake: Lake, capacity: Capacity) -> Receipt:
    """The list of `run`, which is decided, in the place of the one before. A night that has its list gives its stored receipt;
    only the latest live night has one. CasebookError for a live night that is not folded."""
    if run.kind is not RunKind.NIGHTLY:
        return Receipt(STAGE, run.run_key, 0, 0, remarks=(f"a {run.kind} makes no list",))
    with engine.begin() as connection:
        lock(connection, f"casebook of {run.source}")
        stored = read.receipt_of(connection, run, STAGE)
        if stored is not None:
            return stored
        receipt = _fill(connection, run, settings, lake, capacity)
        store.write_receipt(connection, run, receipt)
    store.tidy_worklist(engine)
    return receipt


def _fill(connection: Connection, run: Run, settings: Settings, lake: Lake, capacity: Capacity) -> Receipt:
    nights = [night.run for night in read.nights(connection, LIVE)]
    if nights and nights[-1].as_of > run.as_of:
        return Receipt(STAGE, run.run_key, 0, 0, remarks=(f"no list: live stands at {nights[-1].as_of}",))
    if run.run_key not in {night.run_key for night in nights}:
        raise CasebookError(f"the night of {run.as_of} is not folded yet: no list of it can be made")
    standing = _standing(connection, run)
    money, within, rows = ZERO, 0, 0

    found_by: list[tuple[Any, ...]] = []

    def told() -> Iterator[tuple[Any, ...]]:
        nonlocal money, within, rows
        for row in _rows(run, settings, lake, capacity, standing):
            money += row["open_amount"]
            within += row["is_within_capacity"]
            rows += 1
            found_by.append(searched_of(row["account_id"], row["customer_name"], row["address"]).row)
            yield tuple(row[column.name] for column in worklist.columns)

    store.write_worklist(connection, told(), found_by)
    remarks = (f"within capacity: {within:,}",)
    return Receipt(STAGE, run.run_key, rows, rows, money_in=money, money_out=money, remarks=remarks)


def _standing(connection: Connection, run: Run) -> pa.Table:
    """Of each account the case that staff see: its open one, else one that was dismissed and keeps quiet, else one that ended
    with this night."""
    c = episode.c
    query = (
        select(c.account_id, c.episode_id, c.raised_on)
        .where(c.timeline == LIVE, or_(c.state != State.RESOLVED.value, c.is_quiet, c.resolved_on == run.as_of))
        .ext(distinct_on(c.account_id))
        .order_by(c.account_id, c.state == State.RESOLVED.value, c.is_quiet.desc(), c.raised_on.desc())
    )
    found = connection.execute(query).all()
    return pa.Table.from_pylist([dict(row._mapping) for row in found], schema=pa.schema(_STANDING))


def _rows(
    run: Run, settings: Settings, lake: Lake, capacity: Capacity, standing: pa.Table
) -> Iterator[Mapping[str, Any]]:
    sql = (settings.sql / "reports" / "worklist.sql").read_text(encoding="utf-8")
    con = engine_of_lake.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        with lake.reading():
            for contract, files in named_files(run, settings, lake):
                if contract.table in PLACES:
                    gate.open_gate(con, contract, files, as_of=run.as_of, known_at=run.known_at)
            for stage in ("signals", "scores"):
                con.execute(f"CREATE TEMP VIEW {stage} AS FROM {engine_of_lake.parquet(lake.stage(stage, run).files)}")
            for name, table in (("standing", standing), ("capacity", _by_district(capacity))):
                con.register("given", table)
                con.execute(f"CREATE TEMP TABLE {name} AS FROM given")
                con.unregister("given")
            found = engine_of_lake.execute(con, sql, {"cases": capacity.cases_per_district_day})
            names = [column[0] for column in found.description]
            while rows := found.fetchmany(AT_ONCE):
                for row in rows:
                    yield dict(zip(names, row, strict=True)) | {"as_of": run.as_of, "run_key": run.run_key}
    finally:
        con.close()


def _by_district(capacity: Capacity) -> pa.Table:
    rows = [{"district": name, "cases": cases} for name, cases in capacity.by_district.items()]
    return pa.Table.from_pylist(rows, schema=pa.schema(_CAPACITY))
