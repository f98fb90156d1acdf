"""The pull: from the source's database and files to raw partitions, once for each table and night."""

import datetime as dt
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from arrears.domain.money import ZERO
from arrears.domain.run import Receipt, Run, RunKind
from arrears.engine import duckdb as engine
from arrears.errors import LakeError, SourceError, UsageError
from arrears.lake import check, ingest, partition, tally, versions
from arrears.lake.contract import Contract, load_contract
from arrears.lake.ingest import Window
from arrears.lake.lake import Lake
from arrears.lake.tally import Tally
from arrears.settings import ROOT, Settings
from arrears.sources import database, files
from arrears.sources.mapping import DatabaseConnection, FilesConnection, Source

BEGINNING = dt.datetime(1, 1, 2, tzinfo=dt.UTC)
"""Where the first load of history starts: before every stamp there is, also one whose year lost its century."""

Progress = Callable[[str, float], None]
"""Told what is being done and the share of it that is done."""


@dataclass(slots=True)
class Puller:
    """One pull of one source: holds the connections that its tables share."""

    settings: Settings
    source: Source
    lake: Lake
    con: duckdb.DuckDBPyConnection
    loaded: set[str]

    def fetch(self, contract: Contract, read_since: dt.datetime, until: dt.datetime) -> None:
        """Make the table `fetched`: what the mapping yields, plus `line_no`."""
        query = self.source.query(contract.table)
        declared = self.source.declared.connections[query.connection]
        place = f"{contract.table} ({query.path.name})"
        if isinstance(declared, FilesConnection):
            self._load_views(query.connection, declared)
            self._fetch_from_files(query.sql, place, read_since, until)
            return
        source_engine = database.connect(self.source.name, query.connection, self.url(declared))
        try:
            reader, failures = database.fetch(
                source_engine, self.source.name, place, query.sql, read_since, until, self.source.zone
            )
            self.con.register("arriving", reader)
            self._number_rows("arriving")
            self.con.unregister("arriving")
            if failures:
                raise failures[0]
        finally:
            source_engine.dispose()

    def _number_rows(self, arrived: str) -> None:
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE fetched AS SELECT *, row_number() OVER () AS line_no FROM {arrived}"
        )

    def _fetch_from_files(self, sql: str, place: str, since: dt.datetime, until: dt.datetime) -> None:
        zone = self.source.zone
        values = {
            "since": since.astimezone(zone).replace(tzinfo=None),
            "until": until.astimezone(zone).replace(tzinfo=None),
        }
        wanted = {name: values[name] for name in engine.names_bound(sql) if name in values}
        try:
            engine.execute(self.con, sql, wanted, prefix="CREATE OR REPLACE TEMP TABLE fetched_rows AS\n")
        except LakeError as error:
            raise SourceError(
                self.source.name,
                place,
                "query_refused",
                f"{str(error).splitlines()[0]}; see whether the mapping fits the files",
            ) from error
        self._number_rows("fetched_rows")
        self.con.execute("DROP TABLE fetched_rows")

    def _load_views(self, connection: str, declared: FilesConnection) -> None:
        if connection in self.loaded:
            return
        folder = self.folder(connection, declared)
        for name, pattern in declared.views.items():
            files.load_files(self.con, self.source.name, name, folder, pattern)
        self.loaded.add(connection)

    def folder(self, connection: str, declared: FilesConnection) -> Path:
        """The connection's drop folder; SourceError when there is none."""
        named = os.environ.get(declared.env)
        places = [named] if named else declared.folders
        return files.find_folder(self.source.name, connection, [Path(self._filled(place)) for place in places])

    def url(self, declared: DatabaseConnection) -> str:
        """The connection's URL: the environment's, or the mapping's."""
        return os.environ.get(declared.env) or self._filled(declared.url)

    def _filled(self, text: str) -> str:
        return text.replace("{state}", str(self.settings.state)).replace("{root}", str(ROOT))


def pull(
    run: Run, settings: Settings, source: Source, lake: Lake, progress: Progress, *, refresh: bool = False
) -> Receipt:
    """Bring the lake up to the run's known-at, and write down which raw files the run reads.

    A table that an earlier pull covers is not pulled again; `refresh` pulls this very night once more, as a new version
    beside the old one; a dry run pulls nothing. SourceError or BalanceError: the table at fault is not committed, those
    before it are, and the next try goes on from there."""
    if run.kind is RunKind.DRY_RUN:
        return _look(run, source, lake)
    tallies: list[Tally] = []
    with partition.exclusive(lake.folder / "raw"):
        con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
        try:
            puller = Puller(settings, source, lake, con, set())
            for done, table in enumerate(source.tables):
                progress(f"pull {table}", done / len(source.tables))
                contract = load_contract(settings.sql / "contract", table)
                found = _pull_table(puller, contract, run, refresh=refresh)
                if found is not None:
                    tallies.append(found)
        finally:
            con.close()
        receipt = _receipt(run, tallies)
        _write_inputs(lake, run, receipt)
    return receipt


def _pull_table(puller: Puller, contract: Contract, run: Run, *, refresh: bool) -> Tally | None:
    lake, con = puller.lake, puller.con
    there = lake.raw(contract.table)
    night = run.known_at.astimezone(puller.source.zone).date()
    again = next((found for found in there if found.manifest["night"] == night.isoformat()), None)
    since = lake.pulled_until(contract.table)
    version = 1
    if refresh and again is not None and since == run.known_at:
        since = _instant(again.manifest["since"])
        there = [found for found in there if found is not again]
        version = int(again.folder.name.removeprefix("v=")) + 1
    elif since is not None and since >= run.known_at:
        if refresh:
            raise UsageError(
                f"{run.source}: {contract.table}: nights after {night} were pulled already; only the newest can be refreshed. "
                "What was missed is found by a wider ARREARS_OVERLAP_DAYS"
            )
        return None
    window = Window(since, run.known_at, puller.source.zone)
    read_since = since - dt.timedelta(days=puller.settings.overlap_days) if since else BEGINNING
    puller.fetch(contract, read_since, run.known_at)
    check.stage_fetched(con, contract, puller.source.name, puller.source.zone)
    versions.separate(con, contract, ingest.sources_of(there))
    found = tally.tally(con, contract, puller.source.name)
    _check_share(puller, contract, found)
    manifest = {
        "table": contract.table,
        "night": night.isoformat(),
        "since": since.isoformat() if since else None,
        "until": run.known_at.isoformat(),
        "rows_in": found.rows_in,
        "rows_repeated": found.rows_repeated,
        "rows_quarantined": found.rows_quarantined,
        "money": str(found.money_out),
    }
    aside = lake.folder / "quarantine" / contract.table / f"night={night}" / f"v={version}"
    shutil.rmtree(aside, ignore_errors=True)  # a try that died before its raw rows were committed left it
    if found.rows_quarantined:
        writer = partition.Writer(aside)
        ingest.write_quarantine(con, writer)
        writer.commit({**manifest, "money": str(found.money_quarantined)})
    writer = partition.Writer(lake.raw_folder(contract.table, night, version))
    ingest.write_accepted(con, contract, window, writer)
    writer.commit(manifest)
    return found


def _check_share(puller: Puller, contract: Contract, found: Tally) -> None:
    """A few rows never stop a night: of a night's two incidents one bad row is half, and a row that nobody mends comes
    again every night."""
    share, rows = puller.settings.quarantine_share, puller.settings.quarantine_rows
    if found.rows_quarantined > max(rows, share * found.rows_in):
        told = "; ".join(found.remarks)
        raise SourceError(
            puller.source.name,
            contract.table,
            "too_many_set_aside",
            f"{found.rows_quarantined} of {found.rows_in} rows break a rule, more than the {rows} rows or the share {share} "
            f"that a night may lose; nothing of this table was taken. {told}",
        )


def _look(run: Run, source: Source, lake: Lake) -> Receipt:
    """What a dry run reads: the raw files of its night when that was run, else those that a run would find now."""
    for table in source.tables:
        until = lake.pulled_until(table)
        if until is None or until < run.known_at:
            raise UsageError(
                f"{run.source}: {table}: the night of {run.as_of} is not pulled yet, and a dry run pulls nothing; "
                f"`arrears pull --source {run.source} --as-of {run.as_of}` does"
            )
    made = partition.read(lake.stage_folder("inputs", replace(run, kind=RunKind.NIGHTLY)))
    receipt = _receipt(run, [])
    named = made.manifest["raw"] if made else lake.raw_files(run)
    scratch = partition.Writer(lake.stage_folder("inputs", run), again=True)
    scratch.commit({"run": run.to_json(), "receipt": receipt.to_json(), "raw": named})
    return receipt


def _write_inputs(lake: Lake, run: Run, receipt: Receipt) -> None:
    """Name, once and for all, the raw files that this run reads."""
    folder = lake.stage_folder("inputs", run)
    if partition.read(folder) is None:
        named = lake.raw_files(run)
        partition.Writer(folder).commit({"run": run.to_json(), "receipt": receipt.to_json(), "raw": named})


def _receipt(run: Run, tallies: list[Tally]) -> Receipt:
    return Receipt(
        stage="pull",
        run_key=run.run_key,
        rows_in=sum(tally.rows_in for tally in tallies),
        rows_out=sum(tally.rows_out for tally in tallies),
        rows_quarantined=sum(tally.rows_quarantined for tally in tallies),
        rows_repeated=sum(tally.rows_repeated for tally in tallies),
        money_in=sum((tally.money_in for tally in tallies), ZERO),
        money_out=sum((tally.money_out for tally in tallies), ZERO),
        money_quarantined=sum((tally.money_quarantined for tally in tallies), ZERO),
        money_repeated=sum((tally.money_repeated for tally in tallies), ZERO),
        remarks=tuple(remark for tally in tallies for remark in tally.remarks),
    )


def _instant(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def reach(settings: Settings, source: Source, lake: Lake) -> str:
    """Try every connection of `source` without pulling; says what answered, SourceError for the first that does not."""
    con = engine.connect(threads=1, memory=settings.memory, spill=settings.state / "spill")
    try:
        puller = Puller(settings, source, lake, con, set())
        for name, declared in source.declared.connections.items():
            if isinstance(declared, FilesConnection):
                puller.folder(name, declared)
            else:
                database.connect(source.name, name, puller.url(declared)).dispose()
    finally:
        con.close()
    for table in source.tables:
        source.query(table)
    return f"{source.name}: {', '.join(source.declared.connections)} answer, {len(source.tables)} tables are mapped"
