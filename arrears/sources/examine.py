"""`arrears source check`: what a mapping makes of its source, table by table. Nothing is kept of it."""

import datetime as dt
import json
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from arrears.engine import duckdb as engine
from arrears.engine.duckdb import one
from arrears.errors import ArrearsError
from arrears.lake import check, compare, set_aside, versions
from arrears.lake.check import Basis
from arrears.lake.contract import PROVENANCE, Contract, load_contract
from arrears.lake.quarantine import NO_DECISIONS
from arrears.settings import Settings
from arrears.sources.fetch import Fetcher
from arrears.sources.mapping import Query, Source
from arrears.sources.session import BEGINNING

EXAMPLES = 3
LONGEST = 80
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule, how many rows break it, and of the first ones where each stands and what it holds."""

    rule: str
    rows: int
    examples: list[str]


@dataclass(frozen=True, slots=True)
class Examined:
    """One table. `faults` are sentences about the table as a whole; `left_out` the contract's columns that the mapping does
    without; `sample` the first rows as the contract takes them, in the order of their keys."""

    table: str
    mapping: str
    rows: int
    fitting: int
    faults: list[str]
    broken: list[Broken]
    left_out: list[str]
    sample: list[dict[str, str | None]]

    @property
    def fits(self) -> bool:
        """Nothing is missing, and no row breaks a rule."""
        return not self.faults and not self.broken


@dataclass(frozen=True, slots=True)
class _Before:
    """Of the tables that were examined so far, the rows that fit, in a file, and the keys of those that do not."""

    rows: dict[str, tuple[Contract, list[Path]]]
    aside: dict[str, list[str]]


def examine(
    settings: Settings,
    source: Source,
    tables: Collection[str],
    since: dt.datetime | None,
    until: dt.datetime,
    most: int,
) -> Iterator[Examined]:
    """Each of `tables` in the order of the contract: rows recorded from `since` on (None: all), and before `until`. Rules
    that look at other tables are applied where all rows of those were examined before."""
    with _engine(settings, source) as (con, fetcher), tempfile.TemporaryDirectory(prefix="arrears-check-") as folder:
        before = _Before({}, {})
        for table in source.tables:
            if table not in tables:
                continue
            contract = load_contract(settings.sql / "contract", table)
            try:
                query = source.query(table)
                faults, left_out = _fetch(fetcher, contract, query, since or BEGINNING, until)
                if faults:
                    yield Examined(table, query.path.name, 0, 0, faults, [], left_out, [])
                    continue
                basis = Basis(source.name, source.zone, source.declared.currency, since, until)
                _judge(con, settings.sql / "checks", contract, basis, before)
                if since is None:
                    _keep(con, contract, Path(folder) / f"{table}.parquet", before)
                yield _told(con, contract, query, left_out, most)
            except ArrearsError as error:
                yield Examined(table, f"{table}.sql", 0, 0, [str(error)], [], [], [])


@contextmanager
def _engine(settings: Settings, source: Source) -> Iterator[tuple[duckdb.DuckDBPyConnection, Fetcher]]:
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    fetcher = Fetcher(settings, source, con)
    try:
        yield con, fetcher
    finally:
        fetcher.close()
        con.close()


def _fetch(
    fetcher: Fetcher, contract: Contract, query: Query, since: dt.datetime, until: dt.datetime
) -> tuple[list[str], list[str]]:
    """Make `fetched`, if the mapping yields what is asked for; what it does not, and what it leaves out."""
    shape = fetcher.shape(query, until)
    stamped = {"recorded_at"} if query.is_compared else set()
    missing = [name for name in contract.columns if name not in {*shape.columns, *contract.optional, *stamped}]
    unknown = [name for name in shape.columns if name not in {*contract.columns, *PROVENANCE}]
    left_out = [name for name in contract.columns if name in contract.optional and name not in shape.columns]
    faults = [f"{query.path.name} yields no {name}; add it, or NULL AS {name}" for name in missing]
    faults += [f"{query.path.name} yields {name}, which the contract does not know; mend the name" for name in unknown]
    if not faults:
        fetcher.fetch(query, shape, "fetched", since, until, lambda _said: None)
        if "recorded_at" not in shape.columns:
            stamp = compare.stamp(until)
            fetcher.con.execute(f"ALTER TABLE fetched ADD COLUMN recorded_at VARCHAR DEFAULT '{stamp.isoformat(' ')}'")
    return faults, left_out


def _judge(con: duckdb.DuckDBPyConnection, checks: Path, contract: Contract, basis: Basis, before: _Before) -> None:
    """Make `checked` and `accepted`, as a first pull would. Without all rows of a table no other can be held against it."""
    set_aside.bring_back(con, contract, [], NO_DECISIONS, basis.until)
    check.stage_fetched(con, contract, basis)
    own = {contract.table: (contract, list[Path]())} if basis.since is None else {}
    check.check_across(con, contract, basis, checks, {**before.rows, **own}, before.aside)
    versions.separate(con, contract, [])


def _keep(con: duckdb.DuckDBPyConnection, contract: Contract, path: Path, before: _Before) -> None:
    """For the rules of the tables that come after it."""
    con.execute(f"COPY (SELECT {', '.join(contract.columns)} FROM accepted) TO '{path}' (FORMAT parquet)")
    before.rows[contract.table] = (contract, [path])
    aside = con.execute(
        f"SELECT CAST({contract.key[0]} AS VARCHAR) FROM checked WHERE broken_rule IS NOT NULL"
    ).fetchall()
    before.aside[contract.table] = [key for (key,) in aside if key is not None]


def _told(con: duckdb.DuckDBPyConnection, contract: Contract, query: Query, left_out: list[str], most: int) -> Examined:
    rows = int(one(con, "SELECT count(*) FROM fetched")[0])
    broken = [
        Broken(rule, count, _examples(con, contract, rule))
        for rule, count in con.execute(
            "SELECT broken_rule, count(*) FROM checked WHERE broken_rule IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
    ]
    fitting = rows - sum(each.rows for each in broken)
    columns = ", ".join(f"CAST({name} AS VARCHAR)" for name in contract.columns)
    sample = con.execute(
        f"SELECT {columns} FROM accepted ORDER BY {', '.join((*contract.key, 'recorded_at'))} LIMIT ?", [most]
    ).fetchall()
    shown = [dict(zip(contract.columns, values, strict=True)) for values in sample]
    return Examined(contract.table, query.path.name, rows, fitting, [], broken, left_out, shown)


def _examples(con: duckdb.DuckDBPyConnection, contract: Contract, rule: str) -> list[str]:
    """Of the first rows that break the rule: file and row, or the key, and what stands in the column."""
    found = con.execute(
        "SELECT CAST(to_json(fetched) AS VARCHAR) FROM checked JOIN fetched USING (line_no) WHERE broken_rule = ? "
        "ORDER BY line_no LIMIT ?",
        [rule, EXAMPLES],
    ).fetchall()
    column = rule.partition(".")[0]
    said = []
    for (text,) in found:
        given = json.loads(text)
        file, row = given.get("source_file"), given.get("source_row")
        place = f"{file} row {row}" if file else ", ".join(f"{name} {_shown(given.get(name))}" for name in contract.key)
        said.append(f"{place}: {column} is {_shown(given.get(column))}")
    return said


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    return repr(text if len(text) <= LONGEST else text[:LONGEST] + "…") if text.strip() else "empty"
