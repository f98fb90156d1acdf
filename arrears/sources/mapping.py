"""A source: its zone, currency and connections (`source.yaml`), and one SELECT for each contract table."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from arrears import dated
from arrears.errors import PolicyError, UsageError
from arrears.lake.contract import KEPT_HERE, TABLES

_HEADER = re.compile(r"^--\s*(connection|changes|deletes):\s*(.+?)\s*$", re.MULTILINE)
_SAID = {"changes": ("compare",), "deletes": ("compare keys",)}

NO_CONNECTION = ""
"""In place of a connection's name: nothing is asked."""

FILL_IN = "FILL_IN"
"""Stands in a first mapping wherever a person has to say something; nothing is read while it does."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Strict):
    """What a pull may ask of a database: rows a second (none: as fast as they come), seconds that one query may take, its
    own pauses included, and rows fetched in one go."""

    rows_per_second: int | None = Field(default=None, ge=1)
    statement_seconds: int = Field(default=3600, ge=1)
    batch_rows: int = Field(default=50_000, ge=1, le=1_000_000)


class DatabaseConnection(_Strict):
    """Any SQLAlchemy URL; the environment variable `env` wins over `url`. `{state}` is the state folder."""

    kind: Literal["database"]
    url: str
    env: str
    limits: Limits = Limits()


class FilesConnection(_Strict):
    """A drop folder: the first of `folders` that exists, or the one that the variable `env` names. Each view is a file
    pattern in it, read by DuckDB as columns of text, with `_file` and `_row`. Of the views named in `once` each file stands
    for itself: one whose rows were all taken is not read again. `encoding` is that of CSV files, such as gb18030."""

    kind: Literal["files"]
    folders: list[str]
    env: str
    views: dict[str, str]
    once: list[str] = []
    encoding: str = "utf-8"

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, name: str) -> str:
        try:
            return codecs.lookup(name).name
        except LookupError as error:
            raise ValueError(f"there is no encoding {name}") from error

    @field_validator("once")
    @classmethod
    def _views_exist(cls, names: list[str], given: ValidationInfo) -> list[str]:
        unknown = [name for name in names if name not in given.data.get("views", {})]
        if unknown:
            raise ValueError(f"there is no view {unknown[0]}")
        return names


class Creditor(_Strict):
    """Who writes to the customer, in both languages: name, how to pay, how and where to contest. `pay_link` is what the code to
    scan says, with `{account_id}` and `{amount}` in it; without one a letter has no code."""

    zh: str
    en: str
    phone: str
    pay_zh: str
    pay_en: str
    contest_zh: str
    contest_en: str
    address_zh: str = ""
    address_en: str = ""
    hours_zh: str = ""
    hours_en: str = ""
    pay_link: str = ""

    @field_validator("pay_link")
    @classmethod
    def _can_be_filled_in(cls, link: str) -> str:
        try:
            link.format(account_id="1", amount="1.00")
        except (LookupError, ValueError, AttributeError) as error:
            raise ValueError("pay_link may have {account_id} and {amount} in it, and no other braces") from error
        return link


class SourceFile(_Strict):
    """`source.yaml`, whole. `jurisdiction` names the pack of the law, in `policy/jurisdictions`. `absent` names the contract's
    tables that this source has nothing for. The contract counts use in whole `_wh`: watt-hours of electricity, and litres
    where the `commodity` is water or gas. `stop_above` is, for tables that have one of their own, the share of rows set aside
    above which the night stops."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    zone: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    language: Literal["zh-CN", "en"]
    commodity: Literal["electricity", "gas", "water"] = "electricity"
    jurisdiction: str = Field(default="cn", pattern=r"^[a-z-]+$")
    creditor: Creditor
    absent: list[str] = []
    stop_above: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}
    connections: dict[str, Annotated[DatabaseConnection | FilesConnection, Field(discriminator="kind")]]

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"there is no time zone {name}") from error
        return name


@dataclass(frozen=True, slots=True)
class Query:
    """One table's mapping: the connection it runs on, and its SELECT with `:since` and `:until`. `is_compared`: it yields
    the whole table each time, and what changed is found by comparing. `deletes_by_keys`: its keys, since the beginning,
    are compared with those the lake knows, and what is gone counts as deleted."""

    table: str
    path: Path
    connection: str
    sql: str
    is_compared: bool = False
    deletes_by_keys: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A utility's source system as mapped in `sql/sources/<name>/`."""

    declared: SourceFile
    folder: Path

    @property
    def name(self) -> str:
        """Also the name of its lake folder and casebook schema."""
        return self.declared.name

    @property
    def zone(self) -> ZoneInfo:
        """Of local dates, and of stamps without an offset."""
        return ZoneInfo(self.declared.zone)

    @property
    def tables(self) -> tuple[str, ...]:
        """The contract's tables that this source has, in the order in which they are pulled."""
        return tuple(table for table in TABLES if table not in self.declared.absent)

    def query(self, table: str) -> Query:
        """The mapping of `table`; PolicyError when it is missing or names no known connection. Of a table that is absent from
        the source, one that yields no row."""
        if table in self.declared.absent:
            return Query(table, self.folder / "source.yaml", NO_CONNECTION, "")
        path = self.folder / f"{table}.sql"
        if not path.exists():
            raise PolicyError(
                str(path),
                1,
                f"the mapping of {self.name} lacks {table}.sql; write it, or name {table} under `absent` in source.yaml",
            )
        return self._read(table, path)

    def deletions(self, table: str) -> Query | None:
        """The mapping `<table>.deleted.sql`, which yields the keys of deleted rows and when each was deleted, or None."""
        path = self.folder / f"{table}.deleted.sql"
        return self._read(table, path) if path.exists() else None

    def _read(self, table: str, path: Path) -> Query:
        sql = path.read_text(encoding="utf-8")
        _refuse_unfilled(
            path, sql, f"fill it in, or delete the file and name {path.stem} under `absent` in source.yaml"
        )
        header = {match[1]: match[2] for match in _HEADER.finditer(sql)}
        if header.get("connection") not in self.declared.connections:
            known = ", ".join(self.declared.connections)
            raise PolicyError(str(path), 1, f"the header must say `-- connection: …`, one of {known}")
        for name, values in _SAID.items():
            if name in header and header[name] not in values:
                raise PolicyError(
                    str(path), 1, f"`-- {name}: {header[name]}` is not known; there is {', '.join(values)}"
                )
        return Query(table, path, header["connection"], sql, "changes" in header, "deletes" in header)


def _refuse_unfilled(path: Path, text: str, remedy: str) -> None:
    for number, line in enumerate(text.splitlines(), start=1):
        if FILL_IN in line:
            raise PolicyError(str(path), number, f"{FILL_IN} still stands here; {remedy}")


def load_source(sql_folder: Path, name: str) -> Source:
    """Read `sources/<name>/source.yaml`; UsageError when there is none, PolicyError with the line that is wrong."""
    folder = sql_folder / "sources" / name
    path = folder / "source.yaml"
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name) or not path.exists():
        there = ", ".join(sorted(found.parent.name for found in sql_folder.glob("sources/*/source.yaml")))
        raise UsageError(f"there is no source '{name}'; there are: {there}")
    _refuse_unfilled(path, path.read_text(encoding="utf-8", errors="replace"), "fill it in")
    declared, where = dated.load(path, SourceFile)
    if declared.name != name:
        raise where.refuse(f"its name is {declared.name}, but the folder's is {name}", "name")
    for position, table in enumerate(declared.absent):
        if table not in TABLES:
            raise where.refuse(f"there is no table {table}; there are: {', '.join(TABLES)}", "absent", position)
        if (folder / f"{table}.sql").exists():
            raise where.refuse(
                f"{table} is said to be absent, but there is a {table}.sql; take one away", "absent", position
            )
    for table in declared.stop_above:
        if table not in TABLES:
            raise where.refuse(f"there is no table {table}; there are: {', '.join(TABLES)}", "stop_above", table)
    not_mapped = [table for table in KEPT_HERE if not (folder / f"{table}.sql").exists()]
    absent = list(dict.fromkeys([*declared.absent, *not_mapped]))
    return Source(declared.model_copy(update={"absent": absent}), folder)
