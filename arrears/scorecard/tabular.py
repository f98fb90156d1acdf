"""Any table in a file, CSV (also .gz) or Parquet, as columns of numbers and texts, the same for fit and apply."""

import csv
import gzip
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from arrears.errors import UsageError
from arrears.scorecard.points import Column, Floats

NOTHING = ("", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "<NA>")
"""Texts that stand for no value."""

MOSTLY = 0.95
"""Share of a column's values that must be numbers (or dates) for the rest to count as missing."""

WRITTEN = ("date", "%Y-%m", "%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%b-%Y", "%Y年%m月%d日")
"""Ways to write a date, ISO 8601 (`date`) at first; the first that fits nearly all values of a column holds for it."""

ROWS = 1 << 18
"""Rows read at a time when a file is scored."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a column holds: its `kind` (number, category, date, nothing, other) and, of a text column, how many values are
    not what the rest are; `date` is how dates are written in it (`date`: ISO 8601)."""

    kind: str
    is_text: bool
    strays: int = 0
    date: str = "date"


class Table:
    """A file that is read as often as needed, never whole."""

    def __init__(self, con: duckdb.DuckDBPyConnection, path: Path, columns: dict[str, str]) -> None:
        self.con, self.path, self.types = con, path, columns

    def require(self, names: Sequence[str]) -> None:
        """UsageError unless the table has these columns."""
        absent = [name for name in names if name not in self.types]
        if absent:
            have = ", ".join(list(self.types)[:8]) + (", …" if len(self.types) > 8 else "")
            raise UsageError(f"{self.path}: there is no column {', '.join(map(repr, absent[:5]))}; it has {have}")

    def profiles(self) -> dict[str, Profile]:
        """What each column holds, from one reading of the file."""
        asked = [name for name, kind in self.types.items() if _plain_kind(kind) == "text"]
        texts = ", ".join(f"{_text(quoted(name))} AS t{i}" for i, name in enumerate(asked))
        numbers = ", ".join(f"t{i}, {_number(f't{i}')} AS n{i}" for i in range(len(asked)))
        counted = ", ".join(f"{each} AS c{i}_{j}" for i in range(len(asked)) for j, each in enumerate(_counts(i)))
        by_name: dict[str, list[int]] = {}
        if asked:
            sql = f"SELECT {counted} FROM (SELECT {numbers} FROM (SELECT {texts} FROM given))"
            try:
                counts = [int(each) for each in self.con.sql(sql).fetchall()[0]]
            except duckdb.Error as error:
                raise _unreadable(self.path, error) from error
            width = len(counts) // len(asked)
            by_name = {name: counts[at * width : (at + 1) * width] for at, name in enumerate(asked)}
        return {
            name: _profile(by_name[name]) if name in by_name else Profile(_plain_kind(kind), is_text=False)
            for name, kind in self.types.items()
        }

    def read(self, wanted: dict[str, str]) -> dict[str, Column]:
        """Whole columns by name; `wanted` says number, category, or a way to write dates."""
        try:
            table = self.con.sql(self._select(wanted)).to_arrow_table()
        except (duckdb.Error, pa.ArrowException) as error:
            raise _unreadable(self.path, error) from error
        made: dict[str, Column] = {}
        for name in wanted:
            made[name] = columns_of(table.column(name), wanted[name])
            table = table.drop_columns([name])
        return made

    def batches(self, wanted: dict[str, str]) -> Iterator[dict[str, Column]]:
        """The same, some rows at a time, in the file's order."""
        try:
            for batch in self.con.sql(self._select(wanted)).to_arrow_reader(ROWS):
                yield {name: columns_of(batch.column(name), kind) for name, kind in wanted.items()}
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            raise _unreadable(self.path, error) from error

    def _select(self, wanted: dict[str, str]) -> str:
        inner, outer = [], []
        for place, (name, kind) in enumerate(wanted.items()):
            is_text = _plain_kind(self.types[name]) == "text"
            inner.append(f"{_text(quoted(name)) if is_text else quoted(name)} AS v{place}")
            value = f"v{place}"
            if kind == "number":
                value = _number(value) if is_text else f"CAST({value} AS DOUBLE)"
            elif kind == "category":
                value = f"CAST({value} AS VARCHAR)"
            else:
                value = f"CAST({_date(value, kind) if is_text else value} AS TIMESTAMP)"
            outer.append(f"{value} AS {quoted(name)}")
        return f"SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner)} FROM given)"


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """The table in a CSV or Parquet file; UsageError when it cannot be read as one."""
    with duckdb.connect(":memory:", config={"autoinstall_known_extensions": False}) as con:
        try:
            if is_parquet(path):
                con.read_parquet(str(path), hive_partitioning=False).create_view("given")
            else:
                names, delimiter = _header(path)
                con.read_csv(
                    str(path),
                    header=True,
                    delimiter=delimiter,
                    quotechar='"',
                    escapechar='"',
                    auto_detect=False,
                    columns=dict.fromkeys(names, "VARCHAR"),
                ).create_view("given")
            described = con.execute("DESCRIBE given").fetchall()
        except (duckdb.Error, OSError) as error:
            raise _unreadable(path, error) from error
        yield Table(con, path, {str(row[0]): str(row[1]) for row in described})


def is_parquet(path: Path) -> bool:
    """By its name."""
    return path.suffix.lower() in (".parquet", ".pq")


def sha256(path: Path) -> str:
    """Of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def columns_of(column: Any, kind: str) -> Column:
    """An Arrow column as scoring wants it: numbers and dates as doubles (a date as seconds), categories as Arrow text."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if kind == "category":
        return whole.cast(pa.string())
    if kind != "number":
        whole = whole.cast(pa.timestamp("us")).cast(pa.int64())
    values: Floats = whole.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return np.where(np.isnan(values), np.nan, values if kind == "number" else values / 1e6)


def quoted(name: str) -> str:
    """A column's name as SQL wants it."""
    return '"' + name.replace('"', '""') + '"'


def _header(path: Path) -> tuple[list[str], str]:
    """The names in a CSV's first row, those without one numbered, and the delimiter that cuts it into most."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            lines = [line for _, line in zip(range(20), file, strict=False)]
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path}: this is not UTF-8 text; convert it first, as with iconv -f GB18030 -t UTF-8"
        ) from error
    except EOFError as error:
        raise UsageError(f"{path}: the file ends in the middle; it was not written whole") from error
    if not lines or not "".join(lines).strip():
        raise UsageError(f"{path}: the file is empty")
    best: list[str] = []
    chosen = ","
    for delimiter in (",", ";", "\t", "|"):
        names = next(csv.reader(lines, delimiter=delimiter))
        if len(names) > len(best):
            best, chosen = names, delimiter
    made = [name.strip() or f"column_{place}" for place, name in enumerate(best, 1)]
    known: set[str] = set()
    for name in made:
        if name.lower() in known:
            raise UsageError(f"{path}: two columns are named {name!r}, capitals apart; rename one")
        known.add(name.lower())
    return made, chosen


def _plain_kind(type_name: str) -> str:
    upper = type_name.upper()
    if upper.startswith(("DECIMAL", "HUGEINT", "UHUGEINT", "FLOAT", "DOUBLE")) or upper.lstrip("U").endswith("INT"):
        return "number"
    if upper in ("INTEGER", "UINTEGER"):
        return "number"
    if upper.startswith(("DATE", "TIME")):
        return "date"
    if upper == "BOOLEAN" or upper.startswith("ENUM"):
        return "category"
    return "text" if upper == "VARCHAR" else "other"


def _text(name: str) -> str:
    """The column's text, without blanks about it, NULL where it stands for nothing."""
    tokens = ", ".join(f"'{each}'" for each in NOTHING)
    return f"CASE WHEN trim({name}) NOT IN ({tokens}) THEN trim({name}) END"


def _number(text: str) -> str:
    """The number a text writes; thousands may be set off by commas, and a percent sign may follow."""
    grouped = "[-+]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\\.[0-9]+)?%?"
    bare = f"CASE WHEN regexp_full_match({text}, '{grouped}') THEN regexp_replace({text}, '[,%+]', '', 'g') END"
    return f"coalesce(TRY_CAST({text} AS DOUBLE), TRY_CAST({bare} AS DOUBLE))"


def _date(text: str, written: str) -> str:
    return f"TRY_CAST({text} AS TIMESTAMP)" if written == "date" else f"try_strptime({text}, '{written}')"


def _counts(place: int) -> list[str]:
    """Of a text column: values, numbers, codes with a leading 0, dates in each of the ways to write them."""
    text, number = f"t{place}", f"n{place}"
    dates = [f"count(CASE WHEN {number} IS NULL THEN {_date(text, written)} END)" for written in WRITTEN]
    is_code = f"{text} LIKE '0_%' AND regexp_full_match({text}, '0[0-9]+')"
    return [f"count({text})", f"count({number})", f"count(CASE WHEN {is_code} THEN 1 END)", *dates]


def _profile(counts: list[int]) -> Profile:
    values, numbers, codes, *dates = counts
    if values == 0:
        return Profile("nothing", is_text=True)
    if numbers >= MOSTLY * values and codes < (1 - MOSTLY) * values:
        return Profile("number", is_text=True, strays=values - numbers)
    for count, written in zip(dates, WRITTEN, strict=True):
        if count >= MOSTLY * values:
            return Profile("date", is_text=True, strays=values - count, date=written)
    return Profile("category", is_text=True)


def _unreadable(path: Path, error: Exception) -> UsageError:
    if isinstance(error, FileNotFoundError) or not path.exists():
        return UsageError(f"{path}: there is no such file")
    if path.is_dir():
        return UsageError(f"{path}: this is a folder, not a file")
    said = " ".join(str(error).split())[:300]
    return UsageError(f"{path}: it cannot be read as {'Parquet' if is_parquet(path) else 'CSV'}: {said}")
