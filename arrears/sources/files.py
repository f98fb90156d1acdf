"""Fetch from a drop folder: CSV (plain or gz) and Parquet files, as tables of text columns, with `_file` and `_row`."""

import csv
import gzip
import zlib
from pathlib import Path

import duckdb

from arrears.errors import SourceError
from arrears.sources import parquet
from arrears.sources.encoding import UTF8, as_utf8, broken

EMPTY = "it holds no row; ask for it again, or take it away"


def find_folder(source: str, connection: str, folders: list[Path]) -> Path:
    """The first folder that exists; SourceError when none does."""
    for folder in folders:
        if folder.is_dir():
            return folder
    places = " or ".join(str(folder) for folder in folders)
    raise SourceError(source, connection, "folder_missing", f"there is no {places}; make it and drop the files there")


def find_files(source: str, folder: Path, pattern: str) -> list[Path]:
    """The files that match, by name; SourceError when none does."""
    files = sorted(path for path in folder.glob(pattern) if path.is_file())
    if not files:
        raise SourceError(source, str(folder / pattern), "file_missing", "no file matches; has the drop come?")
    return files


def header_of(source: str, files: list[Path], encoding: str = UTF8) -> list[str]:
    """The column names, the same in each of `files`; no row is read."""
    header = _header(source, files[0], encoding)
    for path in files[1:]:
        found = _header(source, path, encoding)
        if found != header:
            raise SourceError(
                source,
                str(path),
                "header_changed",
                f"its columns are {', '.join(found)}, those of {files[0].name} are {', '.join(header)}",
            )
    return header


def make_table(con: duckdb.DuckDBPyConnection, name: str, header: list[str]) -> None:
    """The temporary table `name` for rows of files with this header, still empty."""
    columns = ", ".join(f"{_identifier(column)} VARCHAR" for column in header)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({columns}, _file VARCHAR, _row BIGINT)")


def load_file(
    con: duckdb.DuckDBPyConnection, source: str, name: str, path: Path, header: list[str], encoding: str = UTF8
) -> None:
    """Put all rows of a file into the table `name`. It must be whole and hold a row; a line with too few or too many fields
    stops the pull. `_row` counts as a spreadsheet does: the header is row 1."""
    if path.suffix == parquet.SUFFIX:
        parquet.load(con, source, name, path)
        return
    _check_whole(source, path)
    with as_utf8(source, path, encoding) as readable:
        _load(con, source, name, path, header, readable)


def _load(
    con: duckdb.DuckDBPyConnection, source: str, name: str, path: Path, header: list[str], readable: Path
) -> None:
    shape = ", ".join(f"{_text(column)}: 'VARCHAR'" for column in header)
    try:
        loaded = con.execute(
            f"INSERT INTO {name} SELECT *, ?, 1 + row_number() OVER () FROM read_csv(?, columns = {{{shape}}}, "
            "header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', store_rejects = true)",
            [path.name, str(readable)],
        ).fetchall()
        rejected = con.execute("SELECT line, error_message FROM reject_errors ORDER BY line LIMIT 1").fetchall()
    except duckdb.Error as error:
        raise SourceError(source, str(path), "file_unreadable", str(error).strip().splitlines()[0]) from error
    if rejected:
        line, fault = rejected[0]
        raise SourceError(
            source,
            f"{path} row {line}",
            "line_unreadable",
            f"{fault.rstrip('.')}; mend the line, or ask for the file again",
        )
    if loaded == [(0,)]:
        raise SourceError(source, str(path), "file_empty", EMPTY)


def _header(source: str, path: Path, encoding: str) -> list[str]:
    if path.suffix == parquet.SUFFIX:
        return parquet.columns(source, path)
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as handle:
            first = handle.readline()
        names = [
            name.strip() for name in next(csv.reader([first.decode("utf-8-sig" if encoding == UTF8 else encoding)]), [])
        ]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(source, path) from error
    except UnicodeDecodeError as error:
        raise broken(source, path, encoding) from error
    except csv.Error as error:
        sentence = "its first line is no line of column names; ask for it again"
        raise SourceError(source, str(path), "header_unreadable", sentence) from error
    except OSError as error:
        raise SourceError(source, str(path), "file_unreadable", f"{error.strerror}; mend its rights") from error
    if not names:
        raise SourceError(source, str(path), "file_empty", EMPTY)
    _check_names(source, path, names)
    return names


def _check_whole(source: str, path: Path) -> None:
    """Reads a gz file to its end, because only there a truncated one shows."""
    if path.suffix != ".gz":
        return
    try:
        with gzip.open(path) as handle:
            while handle.read(1 << 22):
                pass
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(source, path) from error


def _damaged(source: str, path: Path) -> SourceError:
    return SourceError(source, str(path), "file_damaged", "the gz is cut short or is none; ask for it again")


def _check_names(source: str, path: Path, names: list[str]) -> None:
    """Every column has a name of its own, in small letters or large."""
    taken = {"_file", "_row"}
    for position, name in enumerate(names, start=1):
        fault = "has no name" if not name else f"is a second {name}" if name.lower() in taken else None
        if fault:
            raise SourceError(
                source, str(path), "header_unreadable", f"column {position} {fault}; ask for it with a name of its own"
            )
        taken.add(name.lower())


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
