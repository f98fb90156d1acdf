"""What a source no longer has: told by a mapping of its own, or found by comparing keys or whole rows with the lake."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import duckdb

from arrears.engine.duckdb import one
from arrears.errors import SourceError
from arrears.lake import check, compare
from arrears.lake.contract import Contract
from arrears.settings import Settings
from arrears.sources.fetch import Fetcher
from arrears.sources.mapping import Query
from arrears.sources.session import BEGINNING, Told, bare


def fetch_keys(
    fetcher: Fetcher, contract: Contract, query: Query, files: list[Path], until: dt.datetime, told: Told
) -> bool:
    """Make `present`, the keys that the source has now, and `current`, what the lake knows. Whether a key that counts as
    deleted is there again: then the whole table has to be read."""
    keys = replace(query, sql=f"SELECT {', '.join(contract.key)} FROM (\n{bare(query.sql)}\n) AS whole")
    fetcher.fetch(keys, fetcher.shape(keys, until), "keys_given", BEGINNING, until, lambda said: told(f"keys, {said}"))
    _type(fetcher, contract, contract.key, "keys_given", "present")
    compare.load_current(fetcher.con, contract, files)
    return compare.has_returned(fetcher.con, contract, "present")


def find_gone(
    settings: Settings,
    source: str,
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    until: dt.datetime,
    present: str,
) -> None:
    """Make `gone`: keys of `current` that `present` lacks. SourceError when more are gone than a night may lose."""
    gone, known = compare.find_gone(con, contract, present, until)
    share, rows = settings.deleted_share, settings.quarantine_rows
    if gone > max(rows, share * known):
        raise SourceError(
            source,
            contract.table,
            "table_vanished",
            f"{gone} of the {known} rows that the lake knows are gone from the source, more than the {rows} rows or the share "
            f"{share} that a night may lose; nothing of this table was taken. If they were meant to go, run once with "
            "ARREARS_DELETED_SHARE=1",
        )


def fetch_deletions(
    fetcher: Fetcher, contract: Contract, query: Query, since: dt.datetime, until: dt.datetime, told: Told
) -> list[str]:
    """Make `gone` from the mapping `<table>.deleted.sql`: keys, and when each was deleted. A sentence for what cannot be
    read, and is not deleted."""
    shape = fetcher.shape(query, until)
    wanted = (*contract.key, "recorded_at")
    absent = [name for name in wanted if name not in shape.columns]
    if absent:
        raise SourceError(
            fetcher.source.name, query.path.name, "column_missing", f"the mapping yields no {', '.join(absent)}; add it"
        )
    fetcher.fetch(query, shape, "deletions_given", since, until, lambda said: told(f"deletions, {said}"))
    _type(fetcher, contract, wanted, "deletions_given", "gone_as_read")
    whole = " AND ".join(f"{name} IS NOT NULL" for name in wanted)
    fetcher.con.execute(f"CREATE OR REPLACE TEMP TABLE gone AS SELECT * FROM gone_as_read WHERE {whole}")
    unread = one(fetcher.con, f"SELECT count(*) FROM gone_as_read WHERE NOT ({whole})")[0]
    if not unread:
        return []
    place = f"{fetcher.source.name}: {contract.table}: {query.path.name}"
    return [f"{place}: {unread} deletions have no key or no instant that can be read; those rows stay"]


def _type(fetcher: Fetcher, contract: Contract, names: tuple[str, ...], given: str, into: str) -> None:
    """Text to the contract's types; what cannot be read is missing."""
    typed = [
        check.instant(name, fetcher.source.zone)
        if name in contract.instants
        else f"TRY_CAST({check.plain(name)} AS {contract.columns[name]}) AS {name}"
        for name in names
    ]
    fetcher.con.execute(f"CREATE OR REPLACE TEMP TABLE {into} AS SELECT {', '.join(typed)} FROM {given}")
    fetcher.con.execute(f"DROP TABLE {given}")
