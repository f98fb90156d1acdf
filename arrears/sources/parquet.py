"""Parquet files of a drop, read as CSV files are: every column as text, with `_file` and `_row`."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from arrears.errors import SourceError

SUFFIX = ".parquet"


def columns(source: str, path: Path) -> list[str]:
    """The names of its columns; its end is read, where a file that was cut short shows."""
    try:
        return list(pq.read_schema(path).names)
    except (pa.ArrowInvalid, OSError) as error:
        raise _damaged(source, path, error) from error


def load(con: duckdb.DuckDBPyConnection, source: str, name: str, path: Path) -> None:
    """Put all its rows into the table `name`. Numbers are written with all their digits, instants with their offset;
    `_row` counts from 1: there is no header."""
    try:
        loaded = con.execute(
            f"INSERT INTO {name} SELECT CAST(COLUMNS(* EXCLUDE (file_row_number)) AS VARCHAR), ?, 1 + file_row_number "
            "FROM read_parquet(?, hive_partitioning = false, file_row_number = true)",
            [path.name, str(path)],
        ).fetchall()
    except duckdb.Error as error:
        raise _damaged(source, path, error) from error
    if loaded == [(0,)]:
        raise SourceError(source, str(path), "file_empty", "it holds no row; ask for it again, or take it away")


def _damaged(source: str, path: Path, error: Exception) -> SourceError:
    said = str(error).strip().splitlines()[0]
    return SourceError(source, str(path), "file_damaged", f"this is no whole Parquet file ({said}); ask for it again")
