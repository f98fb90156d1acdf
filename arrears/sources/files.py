"""Fetch from a drop folder: CSV files, plain or gz, as tables whose columns are all text, with `_file` and `_row`."""

import csv
import gzip
import zlib
from pathlib import Path

import duckdb

from arrears.errors import SourceError


def find_folder(source: str, connection: str, folders: list[Path]) -> Path:
    """The first folder that exists; SourceError when none does."""
    for folder in folders:
        if folder.is_dir():
            return folder
    places = " or ".join(str(folder) for folder in folders)
    raise SourceError(source, connection, "folder_missing", f"there is no {places}; make it and drop the files there")


def load_files(con: duckdb.DuckDBPyConnection, source: str, name: str, folder: Path, pattern: str) -> None:
    """Make the temporary table `name` from all files that match. Each must be whole, have the first one's header, and
    hold a row; a line with too few or too many fields stops the pull. `_row` counts as a spreadsheet does: the header
    is row 1."""
    files = sorted(path for path in folder.glob(pattern) if path.is_file())
    if not files:
        raise SourceError(source, str(folder / pattern), "file_missing", "no file matches; has the drop come?")
    header = _header(source, files[0])
    columns = ", ".join(f'"{column}" VARCHAR' for column in header)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({columns}, _file VARCHAR, _row BIGINT)")
    for path in files:
        found = _header(source, path)
        if found != header:
            raise SourceError(
                source,
                str(path),
                "header_changed",
                f"its columns are {', '.join(found)}, those of {files[0].name} are {', '.join(header)}",
            )
        _load(con, source, name, path, header)


def _load(con: duckdb.DuckDBPyConnection, source: str, name: str, path: Path, header: list[str]) -> None:
    shape = dict.fromkeys(header, "VARCHAR")
    try:
        con.execute(
            f"INSERT INTO {name} SELECT *, ?, 1 + row_number() OVER () FROM read_csv(?, columns = {shape!r}, "
            "header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', store_rejects = true)",
            [path.name, str(path)],
        )
        rejected = con.execute("SELECT line, error_message FROM reject_errors ORDER BY line LIMIT 1").fetchall()
    except duckdb.Error as error:
        raise SourceError(source, str(path), "file_unreadable", str(error).strip().splitlines()[0]) from error
    if rejected:
        raise SourceError(
            source,
            f"{path} row {rejected[0][0]}",
            "line_unreadable",
            f"{rejected[0][1]}; mend the line, or ask for the file again",
        )


def _header(source: str, path: Path) -> list[str]:
    """The column names. Reads a gz file to its end, because only there a truncated one shows."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as handle:
            first, second = handle.readline(), handle.readline()
            if path.suffix == ".gz":
                while handle.read(1 << 22):
                    pass
        names = next(csv.reader([first.decode("utf-8-sig")]), [])
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(source, str(path), "file_truncated", "the gz ends too early; ask for it again") from error
    except UnicodeDecodeError as error:
        raise SourceError(source, str(path), "encoding_broken", "this is not UTF-8; ask for it in UTF-8") from error
    except OSError as error:
        raise SourceError(source, str(path), "file_unreadable", f"{error.strerror}; mend its rights") from error
    if not names or not second.strip():
        raise SourceError(source, str(path), "file_empty", "it holds no row; ask for it again, or take it away")
    return [name.strip() for name in names]
