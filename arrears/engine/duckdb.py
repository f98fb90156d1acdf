"""DuckDB in memory over Parquet files: connect, bind, run a SQL file."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from arrears.errors import LakeError

Connection = duckdb.DuckDBPyConnection

AT_A_TIME = 250_000

LARGE = "1GB"
"""Of the memory, what large work keeps: to hand it back and ask for it again costs more than a tenth of the time."""

_NAMED = re.compile(r"'(?:[^']|'')*'|--[^\n]*|(?<!:):([a-z_][a-z0-9_]*)\b(?!:)")


def connect(*, threads: int, memory: str, spill: Path, large: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection of its own database in memory, which spills to `spill`, reaches no network and loads no extension. For
    `large` work it keeps the memory that it was given, and rows come in any order where no ORDER BY says which."""
    spill.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(
        ":memory:",
        config={
            "threads": threads,
            "memory_limit": memory,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": not large,
            "block_allocator_memory": LARGE if large else "0B",
        },
    )
    con.execute("SET GLOBAL TimeZone = 'UTC'")
    return con


def names_bound(sql: str) -> set[str]:
    """The `:name`s that `sql` binds, outside of strings and comments."""
    return {match[1] for match in _NAMED.finditer(sql) if match[1]}


def with_values(sql: str, literals: Mapping[str, str]) -> str:
    """`sql` with the text of `literals` in the place of the `:name`s that it has; for an engine that takes no binds."""
    return _NAMED.sub(lambda match: literals.get(match[1], match[0]) if match[1] else match[0], sql)


def execute(
    con: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, Any] | None = None, *, prefix: str = ""
) -> duckdb.DuckDBPyConnection:
    """Run `prefix` + `sql`, whose values come only through `:name` binds; values it does not name are left out.

    A failure raises LakeError with the SQL that failed."""
    wanted = names_bound(sql)
    missing = wanted - set(values or {})
    if missing:
        raise LakeError(f"the SQL binds {', '.join(sorted(missing))}, which nothing gives")
    text = prefix + _NAMED.sub(lambda match: f"${match[1]}" if match[1] else match[0], sql)
    given = {name: value for name, value in (values or {}).items() if name in wanted}
    try:
        return con.execute(text, given) if given else con.execute(text)
    except duckdb.Error as error:
        raise LakeError(f"{error}\nin this SQL:\n{text}") from error


def create_from_file(con: duckdb.DuckDBPyConnection, path: Path, values: Mapping[str, Any]) -> None:
    """Run the one statement in `path` and keep its rows as the temporary table of the file's name."""
    execute(con, path.read_text(encoding="utf-8"), values, prefix=f"CREATE OR REPLACE TEMP TABLE {path.stem} AS\n")


def one(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    """The one row that `sql` yields, the result closed behind it; LakeError when it is not one row."""
    rows = con.execute(sql).fetchall()
    if len(rows) != 1:
        raise LakeError(f"{len(rows)} rows came where one was expected from:\n{sql}")
    return tuple(rows[0])


def literal(value: str | Path) -> str:
    """A text or a file as SQL names it where it takes no binds."""
    return "'" + str(value).replace("'", "''") + "'"


def parquet(files: Sequence[Path], *, by_name: bool = False) -> str:
    """SQL that reads these files; `by_name`: some may be older than a column, which is missing there."""
    listed = ", ".join(map(literal, files))
    return f"read_parquet([{listed}], hive_partitioning = false{', union_by_name = true' if by_name else ''})"


def together(con: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> int:
    """How many of these files, about equally long, to look at in one statement: planning one takes longer than a few
    thousand rows do, and AT_A_TIME rows bound the memory."""
    rows = int(one(con, f"SELECT count(*) FROM {parquet(files)}")[0])
    return min(len(files), max(1, AT_A_TIME * len(files) // max(rows, 1)))


@contextmanager
def reading(files: Sequence[Path], name: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A small connection in which the view `name` reads these Parquet files."""
    with duckdb.connect(":memory:", config={"threads": 1}) as con:
        try:
            con.read_parquet([str(path) for path in files], hive_partitioning=False).create_view(name)
            yield con
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.SerializationException) as error:
            raise LakeError(
                f"{str(error).splitlines()[0]}; `arrears doctor --deep` says which files are damaged"
            ) from error
