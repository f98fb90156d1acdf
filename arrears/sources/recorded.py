"""The casebook as a second origin of a table: what people recorded here comes beside what the source brings.

It is read whole each time; what the lake knows repeats. Its keys begin with the prefix of recorded ids, so that they collide
with none of the source's, and a comparison with the source does not take them for gone."""

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from arrears.domain.identity import RECORDED_PREFIX
from arrears.engine.duckdb import execute, one
from arrears.errors import SourceError
from arrears.lake.contract import Contract

Recorded = Mapping[str, pa.Table]
"""By table of the contract: rows as a mapping would yield them, columns of text."""

NOTHING: Recorded = {}


def add_recorded(con: duckdb.DuckDBPyConnection, source: str, contract: Contract, recorded: Recorded) -> list[str]:
    """Put the rows of this table behind the source's own in `fetched`. A sentence when there are any, since they count as
    come in; SourceError when the source uses an id that is kept for them."""
    values = {"prefix": RECORDED_PREFIX}
    reserved = f"SELECT 1 FROM fetched WHERE starts_with(CAST({contract.key[0]} AS VARCHAR), :prefix) LIMIT 1"
    taken = execute(con, reserved, values).fetchall()
    if taken:
        raise SourceError(
            source,
            contract.table,
            "id_reserved",
            f"the mapping yields {contract.key[0]} that begins with {RECORDED_PREFIX}, as only ids of rows recorded here do; "
            "put a prefix of its own before it",
        )
    rows = recorded.get(contract.table)
    if rows is None or not rows.num_rows:
        return []
    first = one(con, "SELECT coalesce(max(line_no), 0) + 1 FROM fetched")[0]
    lines = pa.array(range(first, first + rows.num_rows), pa.int64())
    con.register("recorded_here", rows.append_column("line_no", lines))
    con.execute("INSERT INTO fetched BY NAME SELECT * FROM recorded_here")
    con.unregister("recorded_here")
    return [f"{source}: {contract.table}: {rows.num_rows:,} rows were recorded in the casebook"]
