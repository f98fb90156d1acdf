"""What a night keeps beside its results for those who work on cases: of every account that staff may open, all that is known of
it in one row, so that a page reads one small row group instead of all that was ever pulled.

Nothing is decided by it, and it can be worked out again from what a night read."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from arrears.domain.identity import BUCKETS
from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.lake import gate, partition
from arrears.lake.buckets import passes
from arrears.lake.lake import Lake
from arrears.lake.partition import Partition
from arrears.review.judged import STAGES, night_rules, stance_sql
from arrears.settings import Settings
from arrears.snapshot.features import named_files

STAGE = "case_facts"
PEOPLE = ("account", "customer", "premise")
BOOKS = ("bill", "payment", "adjustment", "dispute", "incident", "hold", "protection", "security", "arrangement")
AT_A_TIME = 20_000
"""Accounts put together in one pass."""
ACCOUNTS_IN_A_GROUP = 64
"""In one row group: what is read for one page. It is packed for reading fast, not for being small."""


def keep(run: Run, standing: Iterable[str], settings: Settings, lake: Lake) -> Partition:
    """Write it for the accounts that the night warns of and for `standing`, those with a case that staff still see. One that
    stands stays."""
    folder = lake.stage_folder(STAGE, run)
    with partition.exclusive(folder.parent), lake.reading():
        found = partition.read(folder)
        if found is not None:
            return found
        con = _connect(run, settings, lake)
        try:
            wanted = "SELECT account_id FROM signals WHERE level IS NOT NULL"
            _choose(con, sorted(standing), settings, also=wanted)
            return _write(con, run, settings, lake)
        finally:
            con.close()


def work_out(run: Run, accounts: Sequence[str], settings: Settings, lake: Lake) -> list[dict[str, Any]]:
    """The same rows of these accounts, read from all that was pulled: slow, for those that the night kept none of. An account
    that it does not know has no row."""
    with lake.reading():
        con = _connect(run, settings, lake)
        try:
            _choose(con, accounts, settings)
            con.execute("CREATE TEMP TABLE chosen AS SELECT account_id FROM person")
            return list(_facts(con, settings).to_pylist())
        finally:
            con.close()


def _connect(run: Run, settings: Settings, lake: Lake) -> engine.Connection:
    """The night's results as views, its raw rows behind the gate, and `stance`."""
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    for contract, files in named_files(run, settings, lake):
        if contract.table in (*PEOPLE, *BOOKS):
            gate.open_gate(con, contract, files, as_of=run.as_of, known_at=run.known_at)
    for name in STAGES:
        con.execute(f"CREATE TEMP VIEW {name} AS FROM {engine.parquet(lake.stage(name, run).files)}")
    con.execute(f"CREATE TEMP VIEW stance AS {stance_sql(con, night_rules(run, lake))}")
    return con


def _choose(con: engine.Connection, accounts: Sequence[str], settings: Settings, *, also: str = "") -> None:
    """Make `person` and `linked` of these accounts, and of those that the SQL `also` names."""
    con.register("asked", pa.table({"account_id": pa.array(accounts, pa.string())}))
    union = f" UNION {also}" if also else ""
    con.execute(f"CREATE TEMP TABLE wanted AS SELECT account_id FROM asked{union}")
    con.unregister("asked")
    for name, file in (("person", "case_people"), ("linked", "case_linked")):
        text = (settings.sql / "reports" / f"{file}.sql").read_text(encoding="utf-8")
        engine.execute(con, text, prefix=f"CREATE TEMP TABLE {name} AS\n")


def _write(con: engine.Connection, run: Run, settings: Settings, lake: Lake) -> Partition:
    writer = lake.writer(STAGE, run)
    for together in passes(engine.one(con, "SELECT count(*) FROM person")[0], AT_A_TIME):
        con.execute(
            "CREATE OR REPLACE TEMP TABLE chosen AS SELECT account_id, substr(md5(account_id), 1, 1) AS bucket FROM person "
            f"WHERE substr(md5(account_id), 1, 1) BETWEEN '{together[0]}' AND '{together[-1]}'"
        )
        found = _facts(con, settings)
        for bucket in together:
            named = con.execute("SELECT account_id FROM chosen WHERE bucket = ?", [bucket]).fetchall()
            wanted = pa.array([account_id for (account_id,) in named], pa.string())
            table = found.filter(pc.is_in(found["account_id"], wanted))
            name = f"bucket={bucket}.parquet"
            write_bucket(table, writer.path(name))
            writer.add(name, table.num_rows)
    return writer.commit({"run": run.to_json(), "buckets": list(BUCKETS)})


def write_bucket(rows: pa.Table, path: Path) -> None:
    """Of rows in order of their accounts."""
    pq.write_table(
        rows, path, compression="snappy", row_group_size=ACCOUNTS_IN_A_GROUP, use_dictionary=False,
        write_statistics=["account_id"],
    )  # fmt: skip


def _facts(con: engine.Connection, settings: Settings) -> pa.Table:
    text = (settings.sql / "reports" / "case_facts.sql").read_text(encoding="utf-8")
    found: pa.Table = con.sql(text).to_arrow_table()
    return found
