"""A night judged when its horizon has passed: what it said of each account, beside what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from arrears.domain.identity import BUCKETS
from arrears.domain.money import ZERO
from arrears.domain.run import Receipt, Run, RunKind
from arrears.engine import duckdb as engine
from arrears.errors import BalanceError
from arrears.lake import partition
from arrears.lake.lake import Lake
from arrears.outcomes.labels import Outcome, became
from arrears.settings import Settings

STAGE = "outcomes"


@dataclass(frozen=True, slots=True)
class Capacity:
    """Cases that the staff of a district work in a day."""

    cases: int
    by_district: Mapping[str, int]


def judging_of(run: Run, matured: Run) -> Run:
    """The run under which the judged night lies in the lake: as of the night, known at the end of its horizon."""
    return replace(run, known_at=matured.known_at, kind=RunKind.RESTATE)


def judge(run: Run, matured: Run, outcome: Outcome, capacity: Capacity, settings: Settings, lake: Lake) -> Receipt:
    """Write `outcomes` of the night `run`, one file for each bucket: as many rows and as much open debt as its signals have.
    `matured` is the run, pulled, at the end of the horizon. A night that was judged gives its receipt again."""
    judging = judging_of(run, matured)
    folder = lake.stage_folder(STAGE, judging)
    with partition.exclusive(folder.parent), lake.reading():
        done = partition.read(folder)
        if done is not None:
            done.verify()
            return Receipt.from_json(done.manifest["receipt"])
        signals = lake.stage("signals", run)
        writer = lake.writer(STAGE, judging)
        rows, money_in, money_out = 0, ZERO, ZERO
        con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
        try:
            con.register("became", became(run, matured, outcome, settings, lake))
            con.register("capacity", _by_district(capacity))
            con.read_parquet([str(path) for path in signals.files], hive_partitioning=False).create_view("signal")
            values = {"as_of": run.as_of, "cases": capacity.cases}
            engine.create_from_file(con, settings.sql / "outcomes" / "outcomes.sql", values)
            money_in = engine.one(con, "SELECT coalesce(sum(open_amount), 0) FROM signal")[0]
            money_out = engine.one(con, "SELECT coalesce(sum(open_amount), 0) FROM outcomes")[0]
            for bucket in BUCKETS:
                table = rows_of_bucket(con, STAGE, bucket)
                rows += table.num_rows
                writer.write(f"bucket={bucket}.parquet", table)
        finally:
            con.close()
        if rows != signals.manifest["rows"] or money_in != money_out:
            raise BalanceError(
                f"{run.source}: {signals.manifest['rows']} signals of {run.as_of} speak of {money_in}, {rows} outcomes of "
                f"{money_out}"
            )
        receipt = Receipt(STAGE, judging.run_key, rows, rows, money_in=money_in, money_out=money_out)
        said = {"horizon_days": outcome.horizon_days, "least_amount": str(outcome.least_amount)}
        writer.commit({"run": judging.to_json(), "receipt": receipt.to_json(), "outcome": said})
    return receipt


def rows_of_bucket(con: engine.Connection, table: str, bucket: str) -> pa.Table:
    """The rows of `table` whose slot lies in the bucket, in order of account."""
    sql = f"SELECT * FROM {table} WHERE slot BETWEEN $first AND $last ORDER BY account_id"  # noqa: S608 - a name of our own
    found: pa.Table = con.sql(sql, params={"first": f"{bucket}0", "last": f"{bucket}f"}).to_arrow_table()
    return found


def _by_district(capacity: Capacity) -> pa.Table:
    return pa.table(
        {
            "district": pa.array(list(capacity.by_district), pa.string()),
            "cases": pa.array(list(capacity.by_district.values()), pa.int32()),
        }
    )
