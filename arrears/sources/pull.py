"""The pull: from the source's database and files to raw partitions, once for each table and night."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from arrears.domain.run import Receipt, Run, RunKind
from arrears.engine import duckdb as engine
from arrears.errors import SourceError
from arrears.lake import check, compare, ingest, partition, quarantine, set_aside, tally, versions
from arrears.lake.check import Basis
from arrears.lake.contract import TABLES, Contract, load_contract
from arrears.lake.ingest import Window
from arrears.lake.lake import Lake
from arrears.lake.partition import Partition
from arrears.lake.quarantine import NO_DECISIONS, Decision
from arrears.lake.tally import Tally
from arrears.settings import Settings
from arrears.sources import deletions, drift, receipt
from arrears.sources.drift import Drift, Shape
from arrears.sources.drops import known_drops
from arrears.sources.fetch import Fetcher
from arrears.sources.folder import Drops
from arrears.sources.inputs import look, suspense, write_inputs
from arrears.sources.mapping import Source
from arrears.sources.recorded import NOTHING, Recorded, add_recorded
from arrears.sources.session import BEGINNING, Told
from arrears.sources.task import Task, plan

Progress = Callable[[str, float], None]
"""Told what is being done and the share of it that is done."""


LARGE = ("fetched", "checked", "versions", "known_before", "current", "accepted")


@dataclass(frozen=True, slots=True)
class Puller:
    """One pull of one source."""

    settings: Settings
    source: Source
    lake: Lake
    con: duckdb.DuckDBPyConnection
    fetcher: Fetcher
    decisions: Mapping[str, Decision]
    recorded: Recorded


def pull(
    run: Run,
    settings: Settings,
    source: Source,
    lake: Lake,
    progress: Progress,
    decisions: Mapping[str, Decision] = NO_DECISIONS,
    recorded: Recorded = NOTHING,
    *,
    refresh: bool = False,
) -> Receipt:
    """Bring the lake up to the run's known-at, and write down which raw files the run reads. `decisions`: what people said
    before the run's known-at of rows in quarantine; `recorded`: what they recorded before it in the casebook.

    A table that an earlier pull covers is not pulled again; `refresh` pulls this very night once more, as a new version
    beside the old one; a dry run pulls nothing. What every mapping yields is compared with the contract and with the last
    pull before a row is read. SourceError or BalanceError: the table at fault is not committed, those before it are, and
    the next try goes on from there."""
    if run.kind is RunKind.DRY_RUN:
        return look(run, settings, source, lake)
    with partition.exclusive(lake.folder / "raw"), _opened(settings, source) as fetcher:
        puller = Puller(settings, source, lake, fetcher.con, fetcher, decisions, recorded)
        tables = [table for table in TABLES if table in source.tables or table in recorded]
        contracts = [load_contract(settings.sql / "contract", table) for table in tables]
        tasks = [task for each in contracts if (task := plan(each, source, lake, run, refresh=refresh))]
        shapes = [_shape(puller, task) for task in tasks]
        for done, (task, (shape, found)) in enumerate(zip(tasks, shapes, strict=True)):
            told = _telling(progress, task, done / len(tasks))
            _pull_table(puller, task, shape, found, told)
        made = replace(
            receipt.of_night(lake, TABLES, run), money_in_suspense=suspense(fetcher.con, settings, lake, run)
        )
        write_inputs(lake, settings, run, made)
    return made


@contextmanager
def _opened(settings: Settings, source: Source) -> Iterator[Fetcher]:
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    fetcher = Fetcher(settings, source, con)
    try:
        yield fetcher
    finally:
        fetcher.close()
        con.close()


def _telling(progress: Progress, task: Task, share: float) -> Told:
    progress(f"pull {task.contract.table}", share)
    return lambda said: progress(f"pull {task.contract.table}: {said}", share)


def _shape(puller: Puller, task: Task) -> tuple[Shape, Drift]:
    manifests = task.manifests
    shape = puller.fetcher.shape(task.query, task.window.until, lambda view: known_drops(manifests, view))
    last = manifests[-1] if manifests else None
    return shape, drift.compare(puller.source.name, task.contract, task.query, shape, last)


def _pull_table(puller: Puller, task: Task, shape: Shape, found: Drift, told: Told) -> None:
    con, contract, until = puller.con, task.contract, task.window.until
    basis = Basis(puller.source.name, puller.source.zone, puller.source.declared.currency, task.window.since, until)
    drops = _fetch(puller, task, shape, found, told)
    own = add_recorded(con, puller.source.name, contract, puller.recorded)
    set_aside.bring_back(con, contract, _set_aside(puller.lake, task), puller.decisions, until)
    is_quiet = _is_quiet(puller, task)
    if is_quiet:
        versions.separate_nothing(con, contract)
    counted, unread = (tally.NOTHING, []) if is_quiet else _judge(puller, task, basis, told)
    noted = [f"{puller.source.name}: {contract.table}: {said}" for said in shape.remarks]
    counted = replace(counted, remarks=(*noted, *found.remarks, *own, *unread, *counted.remarks))
    has_aside = not is_quiet and (set_aside.is_touched(con) or task.version > 1)
    _commit(puller, task, counted, {**shape.to_json(task.query), "drops": _plain(drops)}, has_aside=has_aside)
    for name in LARGE:  # else they crowd the next table's out of memory
        con.execute(f"DROP TABLE IF EXISTS {name}")


def _is_quiet(puller: Puller, task: Task) -> bool:
    """Whether nothing came, nothing was waiting in quarantine, and the source tells of no deletions."""
    tells_deletions = (
        task.query.is_compared or task.query.deletes_by_keys or puller.source.deletions(task.contract.table)
    )
    if tells_deletions or task.version > 1:
        return False
    return not any(tally.count(puller.con, name) for name in ("fetched", "waiting", "dropped"))


def _judge(puller: Puller, task: Task, basis: Basis, told: Told) -> tuple[Tally, list[str]]:
    """From `fetched` and `waiting` make `accepted`, `tombstones`, `rejected` and `outcomes`, and add them up; a sentence
    for deletions that cannot be read."""
    con, contract, files = puller.con, task.contract, task.files
    check.stage_fetched(con, contract, basis)
    has_deletions, unread = _compare(puller, task, told)
    known = _known(puller, contract, files)
    aside = {
        table: quarantine.open_keys(con, puller.lake, other, task.window.until) for table, (other, _) in known.items()
    }
    check.check_across(con, contract, basis, puller.settings.sql / "checks", known, aside)
    versions.separate(con, contract, files, has_deletions=has_deletions)
    set_aside.sort_out(con, contract, puller.source.name, files)
    counted = tally.tally(con, contract, puller.source.name)
    _check_share(puller, contract, counted)
    return counted, unread


def _fetch(puller: Puller, task: Task, shape: Shape, found: Drift, told: Told) -> Drops:
    """Make `fetched`, without columns that nothing maps. What is compared has a stamp of its own only for new keys."""
    con, window = puller.con, task.window
    since = _read_since(puller, window)
    if task.query.deletes_by_keys and deletions.fetch_keys(
        puller.fetcher, task.contract, task.query, task.files, window.until, told
    ):
        since = BEGINNING
    drops = puller.fetcher.fetch(task.query, shape, "fetched", since, window.until, told)
    for name in found.unmapped:
        con.execute(f'ALTER TABLE fetched DROP COLUMN "{name}"')
    if task.query.is_compared and "recorded_at" not in shape.columns:
        stamp = compare.stamp(window.until).isoformat(" ")
        con.execute(f"ALTER TABLE fetched ADD COLUMN recorded_at VARCHAR DEFAULT '{stamp}'")
    return drops


def _read_since(puller: Puller, window: Window) -> dt.datetime:
    """What was recorded in the days before the last cut-off is read again, for what was stamped back."""
    return window.since - dt.timedelta(days=puller.settings.overlap_days) if window.since else BEGINNING


def _compare(puller: Puller, task: Task, told: Told) -> tuple[bool, list[str]]:
    """Stamp what is known by comparison alone, and make `gone`. Whether the source tells of deletions at all, and a sentence
    for those that cannot be read."""
    con, contract, window = puller.con, task.contract, task.window
    deleted = puller.source.deletions(contract.table)
    if task.query.is_compared:
        compare.load_current(con, contract, task.files)
        compare.restamp_whole(con, contract, window.until)
        deletions.find_gone(puller.settings, puller.source.name, con, contract, window.until, "checked")
    elif task.query.deletes_by_keys:
        compare.restamp_returned(con, contract, window.until)
        deletions.find_gone(puller.settings, puller.source.name, con, contract, window.until, "present")
    elif deleted is not None:
        since = _read_since(puller, window)
        return True, deletions.fetch_deletions(puller.fetcher, contract, deleted, since, window.until, told)
    else:
        return False, []
    return True, []


def _commit(puller: Puller, task: Task, found: Tally, read: Mapping[str, Any], *, has_aside: bool) -> None:
    """Write the rows set aside, then the accepted ones, whose manifest is the commit of both. `read`: what the next pull
    wants to know of this one's reading."""
    con, contract, window = puller.con, task.contract, task.window
    manifest = {
        "table": contract.table,
        "night": task.night.isoformat(),
        "since": window.since.isoformat() if window.since else None,
        "until": window.until.isoformat(),
        **found.to_json(),
        "money": str(found.money_out),
    }
    place = puller.lake.folder / "quarantine" / contract.table / f"night={task.night}" / f"v={task.version}"
    shutil.rmtree(place, ignore_errors=True)  # a try that died before its raw rows were committed left it
    if has_aside:
        writer = partition.Writer(place)
        set_aside.write_quarantine(con, window, writer)
        writer.commit({**manifest, "money": str(found.money_quarantined)})
    writer = partition.Writer(puller.lake.raw_folder(contract.table, task.night, task.version))
    ingest.write_accepted(con, contract, window, writer)
    writer.commit({**manifest, **read})


def _plain(drops: Drops) -> dict[str, list[dict[str, Any]]]:
    return {view: [drop.to_json() for drop in found] for view, found in drops.items() if found}


def _set_aside(lake: Lake, task: Task) -> list[Partition]:
    """What other nights set aside; a night that is pulled once more forgets what it set aside before."""
    found = quarantine.partitions(lake, task.contract.table)
    return [each for each in found if task.again is None or each.manifest["night"] != task.night.isoformat()]


def _known(puller: Puller, contract: Contract, files: list[Path]) -> dict[str, tuple[Contract, list[Path]]]:
    """The raw files of the tables that this one's rules look at."""
    folder = puller.settings.sql
    tables = check.tables_read(contract, folder / "checks") & set(puller.source.tables)
    others = {
        table: (load_contract(folder / "contract", table), ingest.sources_of(puller.lake.raw(table)))
        for table in tables
    }
    return {**others, contract.table: (contract, files)}


def _check_share(puller: Puller, contract: Contract, found: Tally) -> None:
    """A few rows never stop a night: of a night's two incidents one bad row is half. A share that the source declares for a
    table is taken at its word."""
    share, rows = puller.settings.quarantine_share, puller.settings.quarantine_rows
    if contract.table in puller.source.declared.stop_above:
        share, rows = puller.source.declared.stop_above[contract.table], 0
    if found.rows_at_fault > max(rows, share * found.rows_in):
        told = "; ".join(found.remarks)
        raise SourceError(
            puller.source.name,
            contract.table,
            "too_many_set_aside",
            f"{found.rows_at_fault} of {found.rows_in} rows break a rule, more than the {rows} rows or the share {share} "
            f"that a night may lose; nothing of this table was taken. {told}",
        )


def reach(settings: Settings, source: Source) -> str:
    """Try every connection of `source` without pulling; says what answered, SourceError for the first that does not."""
    with _opened(settings, source) as fetcher:
        for name in source.declared.connections:
            fetcher.open(name)
    for table in source.tables:
        source.query(table)
    return f"{source.name}: {', '.join(source.declared.connections)} answer, {len(source.tables)} tables are mapped"
