"""What a system that nobody mapped yet looks like: the tables of its database, or the files of its drop, and their columns."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from arrears.errors import SourceError, UsageError
from arrears.sources import database, files, parquet
from arrears.sources.encoding import UTF8
from arrears.sources.mapping import Limits
from arrears.sources.scaffold import System

ENDINGS = (".csv", ".csv.gz", parquet.SUFFIX)
ENCODINGS = (UTF8, "gb18030")


def survey_database(name: str, url: str) -> System:
    """Its tables and views. SourceUnreachableError when it does not answer: `unseen_database` needs no answer."""
    session = database.open_session(name, "books", url, ZoneInfo("UTC"), Limits())
    try:
        seen = sa.inspect(session.con)
        names = [*seen.get_table_names(), *seen.get_view_names()]
        tables = {table: [str(column["name"]) for column in seen.get_columns(table)] for table in names}
        quote = session.con.dialect.identifier_preparer.initial_quote
    finally:
        session.close()
    return System("books", _database(name, url), tables, quote)


def unseen_database(name: str, url: str) -> System:
    """The connection alone, where nothing can be guessed."""
    return System("books", _database(name, url), {})


def survey_folder(name: str, folder: Path) -> System:
    """Files whose names differ by digits alone are one table; its columns are those of the first. UsageError when there is
    no file that can be read; files with broken headers are left out."""
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}; make it, drop the files there, and try again")
    views: dict[str, str] = {}
    tables: dict[str, list[str]] = {}
    encoding = UTF8
    for path in sorted(path for path in folder.iterdir() if path.name.endswith(ENDINGS)):
        pattern = re.sub(r"\d[\d_.-]*(?=\D|$)", "*", path.name.removesuffix(_ending(path))) + _ending(path)
        if pattern in views.values():
            continue
        header, found = _header(name, path)
        if header is None:
            continue
        encoding = found if found != UTF8 else encoding
        view = _view(path, views)
        views[view], tables[view] = pattern, header
    if not views:
        raise UsageError(f"{folder} holds no file that can be read, of {', '.join(ENDINGS)}")
    declared = ["kind: files", f"env: ARREARS_{name.upper()}", f"folders: ['{folder.resolve()}']"]
    declared += [f"encoding: {encoding}"] * (encoding != UTF8)
    declared += ["views:", *(f"  {view}: '{pattern}'" for view, pattern in views.items())]
    return System("drop", declared, tables)


def _database(name: str, url: str) -> list[str]:
    """No password is written down: the variable gives the whole URL."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise UsageError(f"--database: {error}") from error
    note = "  # the password is not kept here: give the whole URL in the variable" if parsed.password else ""
    shown = parsed._replace(password=None).render_as_string()
    return ["kind: database", f"env: ARREARS_{name.upper()}", f"url: '{shown}'{note}"]


def _header(name: str, path: Path) -> tuple[list[str] | None, str]:
    """The column names and the encoding in which they can be read."""
    for encoding in ENCODINGS:
        try:
            return files.header_of(name, [path], encoding), encoding
        except SourceError as error:
            if error.rule != "encoding_broken":
                break
    return None, UTF8


def _ending(path: Path) -> str:
    return next(ending for ending in reversed(ENDINGS) if path.name.endswith(ending))


def _view(path: Path, taken: dict[str, str]) -> str:
    """A name for the files' table: the letters of theirs."""
    stem = re.sub(r"[^A-Za-z]+", "_", path.name.removesuffix(_ending(path))).strip("_").lower() or "files"
    return stem if stem not in taken else f"{stem}_{len(taken) + 1}"
