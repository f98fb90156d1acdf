"""What a run reads: which raw files and what of the quarantine, written down once for each run."""

from dataclasses import replace
from decimal import Decimal

import duckdb

from arrears.domain.run import Receipt, Run, RunKind
from arrears.errors import UsageError
from arrears.lake import ingest, partition, quarantine
from arrears.lake.contract import TABLES, Contract, load_contract
from arrears.lake.lake import Lake
from arrears.settings import Settings
from arrears.sources.mapping import Source


def look(run: Run, settings: Settings, source: Source, lake: Lake) -> Receipt:
    """What a dry run reads: the raw files of its night when that was run, else those that a run would find now."""
    for table in source.tables:
        until = lake.pulled_until(table)
        if until is None or until < run.known_at:
            raise UsageError(
                f"{run.source}: {table}: the night of {run.as_of} is not pulled yet, and a dry run pulls nothing; "
                f"`arrears pull --source {run.source} --as-of {run.as_of}` does"
            )
    made = partition.read(lake.stage_folder("inputs", replace(run, kind=RunKind.NIGHTLY)))
    receipt = Receipt("pull", run.run_key, rows_in=0, rows_out=0)
    named = (
        {name: made.manifest.get(name, {}) for name in ("raw", "quarantine")} if made else _named(lake, settings, run)
    )
    scratch = partition.Writer(lake.stage_folder("inputs", run), again=True)
    scratch.commit({"run": run.to_json(), "receipt": receipt.to_json(), **named})
    return receipt


def write_inputs(lake: Lake, settings: Settings, run: Run, receipt: Receipt) -> None:
    """Name, once and for all, the raw files that this run reads, and what of the quarantine it knows."""
    folder = lake.stage_folder("inputs", run)
    if partition.read(folder) is None:
        named = _named(lake, settings, run)
        partition.Writer(folder).commit({"run": run.to_json(), "receipt": receipt.to_json(), **named})


def _named(lake: Lake, settings: Settings, run: Run) -> dict[str, dict[str, list[str]]]:
    return {"raw": lake.raw_files(run), "quarantine": quarantine.file_names(lake, _contracts(settings), run)}


def _contracts(settings: Settings) -> list[Contract]:
    return [load_contract(settings.sql / "contract", table) for table in TABLES]


def suspense(con: duckdb.DuckDBPyConnection, settings: Settings, lake: Lake, run: Run) -> Decimal:
    """Money in quarantine that names nobody, as this run knows it."""
    names = quarantine.file_names(lake, _contracts(settings), run)
    files = {table: [lake.folder / name for name in found] for table, found in names.items()}
    quarantine.open_gate(con, files, run.known_at)
    return quarantine.suspense(con, ingest.sources_of(lake.raw("account")))
