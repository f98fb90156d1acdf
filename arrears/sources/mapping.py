"""A source: its zone, currency and connections (`source.yaml`), and one SELECT for each contract table."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

from arrears import dated
from arrears.errors import PolicyError, UsageError
from arrears.lake.contract import TABLES

_CONNECTION = re.compile(r"^--\s*connection:\s*(\w+)\s*$", re.MULTILINE)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseConnection(_Strict):
    """Any SQLAlchemy URL; the environment variable `env` wins over `url`. `{state}` is the state folder."""

    kind: Literal["database"]
    url: str
    env: str


class FilesConnection(_Strict):
    """A drop folder: the first of `folders` that exists, or the one that the variable `env` names. Each view is a file
    pattern in it, read by DuckDB as columns of text, with `_file` and `_row`."""

    kind: Literal["files"]
    folders: list[str]
    env: str
    views: dict[str, str]


class Creditor(_Strict):
    """Who writes to the customer, in both languages: name, how to pay, how to contest."""

    zh: str
    en: str
    phone: str
    pay_zh: str
    pay_en: str
    contest_zh: str
    contest_en: str


class SourceFile(_Strict):
    """`source.yaml`, whole. `absent` names the contract's tables that this source has nothing for."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    zone: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    language: Literal["zh-CN", "en"]
    creditor: Creditor
    absent: list[str] = []
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
    """One table's mapping: the connection it runs on, and its SELECT with `:since` and `:until`."""

    path: Path
    connection: str
    sql: str


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
        """The mapping of `table`; PolicyError when it is missing or names no known connection."""
        path = self.folder / f"{table}.sql"
        if not path.exists():
            raise PolicyError(
                str(path),
                1,
                f"the mapping of {self.name} lacks {table}.sql; write it, or name {table} under `absent` in source.yaml",
            )
        sql = path.read_text(encoding="utf-8")
        named = _CONNECTION.search(sql)
        if named is None or named[1] not in self.declared.connections:
            known = ", ".join(self.declared.connections)
            raise PolicyError(str(path), 1, f"the header must say `-- connection: …`, one of {known}")
        return Query(path, named[1], sql)


def load_source(sql_folder: Path, name: str) -> Source:
    """Read `sources/<name>/source.yaml`; UsageError when there is none, PolicyError with the line that is wrong."""
    folder = sql_folder / "sources" / name
    path = folder / "source.yaml"
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name) or not path.exists():
        there = ", ".join(sorted(found.parent.name for found in sql_folder.glob("sources/*/source.yaml")))
        raise UsageError(f"there is no source '{name}'; there are: {there}")
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
    return Source(declared, folder)
