"""The features stage: what is known of every open account as of an instant, bucket by bucket, and then across them."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from arrears.domain.run import Receipt, Run
from arrears.engine import duckdb as engine
from arrears.lake import gate, quarantine
from arrears.lake.buckets import passes
from arrears.lake.contract import TABLES, Contract, load_contract
from arrears.lake.lake import Lake
from arrears.settings import Settings
from arrears.snapshot.across import link, put_aside
from arrears.snapshot.balance import Totals
from arrears.snapshot.catalogue import OF_A_BUCKET, ONCE
from arrears.snapshot.local_days import make_local_days
from arrears.snapshot.steps import make_features
from arrears.sources.mapping import load_source

Progress = Callable[[str, float], None]


def open_gates(
    con: duckdb.DuckDBPyConnection, run: Run, settings: Settings, lake: Lake, but: Collection[str] = ()
) -> None:
    """Make every `<table>_known` view for `run`, over the raw files that its inputs name, `but` those of these tables; and
    `local_day`; and `quarantine_known`, over what its inputs name of rows set aside."""
    make_local_days(con, run.as_of, load_source(settings.sql, run.source).zone)
    for contract, files in named_files(run, settings, lake):
        if contract.table not in but:
            gate.open_gate(con, contract, files, as_of=run.as_of, known_at=run.known_at)
    quarantine.open_gate(con, quarantine.named(lake, run), run.known_at)


def narrow_gates(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    settings: Settings,
    lake: Lake,
    buckets: str,
    but: Collection[str] = (),
) -> None:
    """The views again, of the accounts in these buckets only; `open_gates` comes first."""
    for contract, files in named_files(run, settings, lake):
        if contract.slot == "account_id" and contract.table not in but:
            gate.narrow_gate(con, contract, files, as_of=run.as_of, known_at=run.known_at, slots=slots_of(buckets))


def slots_of(buckets: str) -> tuple[str, str]:
    """The first and the last slot of buckets that follow each other."""
    return f"{buckets[0]}0", f"{buckets[-1]}f"


def named_files(run: Run, settings: Settings, lake: Lake) -> list[tuple[Contract, list[Path]]]:
    """Each table with the files that hold what the run's inputs name. A night that was pulled before the contract had a table
    knows no row of it."""
    named: dict[str, list[str]] = lake.stage("inputs", run).manifest["raw"]
    return [
        (load_contract(settings.sql / "contract", table), lake.raw_paths(table, named.get(table, [])))
        for table in TABLES
    ]


def run_features(run: Run, settings: Settings, lake: Lake, progress: Progress) -> Receipt:
    """Write `features`, one file for each bucket. Money balances account by account and in total, or BalanceError.

    First a few buckets at a time by themselves, as many times at once as the engine has threads: one alone leaves them
    idle between its steps. Then what linked accounts say of each other, which crosses buckets."""
    writer = lake.writer("features", run)
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill", large=True)

    try:
        with TemporaryDirectory(prefix="features-", dir=settings.state / "spill") as folder:

            def look_at(buckets: str) -> Totals:
                with con.cursor() as own:
                    narrow_gates(own, run, settings, lake, buckets)
                    make_features(own, settings.sql / "features", run.as_of, OF_A_BUCKET)
                    return put_aside(own, run, settings, Path(folder), buckets)

            open_gates(con, run, settings, lake)
            make_features(con, settings.sql / "features", run.as_of, ONCE, shared=True)
            money, parts = Totals(), passes(accounts_known(con))
            with ThreadPoolExecutor(settings.threads) as pool:
                for done, of_a_pass in enumerate(pool.map(look_at, parts), 1):
                    progress(f"features, part {done} of {len(parts)}", done / (len(parts) + 1))
                    money += of_a_pass
            return link(con, run, settings, Path(folder), writer, money)
    finally:
        con.close()


def accounts_known(con: duckdb.DuckDBPyConnection) -> int:
    """How many there are, closed ones too: what a pass is measured by."""
    return int(engine.one(con, "SELECT count(*) FROM account_known")[0])
