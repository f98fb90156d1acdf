"""Adds rows to the utility's books, by the fastest way each database has."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sqlalchemy import Connection, Date, DateTime, Table, insert, inspect, select, text

from arrears.errors import UsageError

from .columns import Columns, Objects
from .months import DAY_SECONDS, NEVER
from .random_streams import Ints
from .tables import BOOKS, JOURNALS, ORIGIN

_EPOCH = dt.date(1970, 1, 1)
_DAYS = [_EPOCH + dt.timedelta(days=number) for number in range(30_000)]
_DATES = np.array(_DAYS, dtype=object)
_DATE_TEXTS = np.array([day.isoformat() for day in _DAYS], dtype=object)
_TIME_TEXTS = np.array(
    [f" {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.000000" for second in range(DAY_SECONDS)],
    dtype=object,
)


def read_origin(connection: Connection) -> dict[str, str]:
    """What the books were made with; empty when there are none. Tables of these names made by others are refused."""
    present = set(inspect(connection).get_table_names()) & set(BOOKS.tables)
    if not present:
        return {}
    if ORIGIN.name not in present:
        tables = ", ".join(sorted(present))
        raise UsageError(f"the database holds {tables} but no {ORIGIN.name}: not a demo utility's, name another one")
    return {row.name: row.value for row in connection.execute(select(ORIGIN))}


def write_origin(connection: Connection, origin: dict[str, str]) -> None:
    """Replaces what was noted before."""
    connection.execute(ORIGIN.delete())
    connection.execute(insert(ORIGIN), [{"name": name, "value": value} for name, value in origin.items()])


def index_stamps(connection: Connection) -> None:
    """What a nightly pull reads by. Made after the first load: sorting once beats filling row by row."""
    for table in JOURNALS:
        name = f"ix_{table.name}_entered_at"
        if name not in {index["name"] for index in inspect(connection).get_indexes(table.name)}:
            connection.execute(text(f"CREATE INDEX {name} ON {table.name} (entered_at)"))


def append(connection: Connection, table: Table, columns: Columns) -> int:
    """Adds the rows in order of their key; returns how many."""
    names = [column.name for column in table.columns]
    order = np.argsort(columns[names[0]].astype(np.int64), kind="stable")
    if not len(order):
        return 0
    way = _WAYS.get(connection.dialect.name, _insert)
    way(connection, table, {name: columns[name][order] for name in names})
    return len(order)


def _rows(table: Table, columns: Columns, day: Callable[[Ints], Objects], stamp: Callable[[Ints], Objects]) -> Any:
    values: list[list[Any]] = []
    for column in table.columns:
        numbers = columns[column.name]
        if isinstance(column.type, Date):
            numbers = _days_or_null(numbers, day) if column.nullable else day(numbers)
        elif isinstance(column.type, DateTime):
            numbers = stamp(numbers)
        values.append(numbers.tolist())
    return zip(*values, strict=True)


def _days_or_null(numbers: Ints, day: Callable[[Ints], Objects]) -> Objects:
    is_known = numbers < NEVER
    days = day(np.where(is_known, numbers, 0)).copy()
    days[~is_known] = None
    return days


def _text_rows(table: Table, columns: Columns) -> Iterator[tuple[Any, ...]]:
    """Days and stamps as text; a stamp with microseconds, as SQLAlchemy writes it to SQLite, so that texts compare."""
    rows: Iterator[tuple[Any, ...]] = _rows(table, columns, lambda days: _DATE_TEXTS[days], _stamp_texts)
    return rows


def _stamp_texts(seconds: Ints) -> Objects:
    texts: Objects = _DATE_TEXTS[seconds // DAY_SECONDS] + _TIME_TEXTS[seconds % DAY_SECONDS]
    return texts


def _stamp_values(seconds: Ints) -> Objects:
    return seconds.astype("datetime64[s]").astype(object)


def _insert_sqlite(connection: Connection, table: Table, columns: Columns) -> None:
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table.name} VALUES ({marks})"
    cursor: Any = connection.connection.cursor()
    cursor.executemany(statement, _text_rows(table, columns))
    cursor.close()


def _copy_postgresql(connection: Connection, table: Table, columns: Columns) -> None:
    driver: Any = connection.connection.cursor()
    with driver.copy(f"COPY {table.name} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in _text_rows(table, columns):
            copy.write_row(row)
    driver.close()


def _insert(connection: Connection, table: Table, columns: Columns) -> None:
    names = list(columns)
    rows = _rows(table, columns, lambda days: _DATES[days], _stamp_values)
    connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])


_WAYS = {"sqlite": _insert_sqlite, "postgresql": _copy_postgresql}
