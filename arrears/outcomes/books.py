"""The books of the first of a month: what was booked of each account, what fell due, and how old what it owes is."""

import datetime as dt

from arrears.domain.money import ZERO
from arrears.domain.run import Receipt, Run
from arrears.engine import duckdb as engine
from arrears.errors import BalanceError
from arrears.lake import partition
from arrears.lake.buckets import passes
from arrears.lake.lake import Lake
from arrears.outcomes.judging import rows_of_bucket
from arrears.outcomes.labels import STEPS
from arrears.settings import Settings
from arrears.snapshot.features import accounts_known, narrow_gates, open_gates

STAGE = "books"


def close_month(run: Run, settings: Settings, lake: Lake) -> Receipt:
    """Write `books` as of the first of a month, one file for each bucket; money in is what was booked, money out what is
    open less credit balances. `run` must have been pulled. Books that stand give their receipt again."""
    folder = lake.stage_folder(STAGE, run)
    with partition.exclusive(folder.parent), lake.reading():
        done = partition.read(folder)
        if done is not None:
            done.verify()
            return Receipt.from_json(done.manifest["receipt"])
        writer = lake.writer(STAGE, run)
        rows, booked, told = 0, ZERO, ZERO
        con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
        try:
            open_gates(con, run, settings, lake)
            for buckets in passes(accounts_known(con)):
                narrow_gates(con, run, settings, lake, buckets)
                make_books(con, settings, run.as_of)
                money = engine.one(con, _MONEY)
                booked, told = booked + money[0], told + money[1]
                for bucket in buckets:
                    table = rows_of_bucket(con, STAGE, bucket)
                    rows += table.num_rows
                    writer.write(f"bucket={bucket}.parquet", table)
        finally:
            con.close()
        if booked != told:
            raise BalanceError(f"{run.source}: {booked} were booked as of {run.as_of}, and {told} are open less credit")
        receipt = Receipt(STAGE, run.run_key, rows, rows, money_in=booked, money_out=told)
        writer.commit({"run": run.to_json(), "receipt": receipt.to_json()})
    return receipt


def make_books(con: engine.Connection, settings: Settings, as_of: dt.date) -> None:
    """Leaves the temporary table `books`; the gates must stand at `as_of`, the first of a month."""
    first_on = (as_of - dt.timedelta(days=1)).replace(day=1)
    for step in (*STEPS, "debt"):
        day = first_on if step == "cohort" else as_of
        engine.create_from_file(con, settings.sql / "features" / f"{step}.sql", {"as_of": day})
    values = {"as_of": as_of, "first_on": first_on}
    engine.create_from_file(con, settings.sql / "outcomes" / "books.sql", values)


_MONEY = """SELECT
    coalesce(sum(opening_balance_amount + billed_amount - paid_amount - credited_amount - written_off_amount), 0),
    coalesce(sum(open_amount - credit_amount), 0)
FROM books"""
