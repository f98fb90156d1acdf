"""A drop folder as a source: its files as tables of text, and a mapping's SELECT over them in the engine."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import sqlglot
from sqlglot import exp

from arrears.engine import duckdb as engine
from arrears.errors import LakeError, SourceError
from arrears.sources import files
from arrears.sources.drops import Choice, Drop, choose
from arrears.sources.mapping import FilesConnection, Query
from arrears.sources.session import BEGINNING, END, Columns, Told, bare

Known = Callable[[str], list[Drop]]
"""Gives the files of a view that earlier pulls of a table read."""

Drops = dict[str, list[Drop]]
"""By view."""


@dataclass(frozen=True, slots=True)
class View:
    """The files to read of a view, their columns, and how they were chosen; None: all are read each time."""

    read: list[Path]
    header: list[str]
    choice: Choice | None


@dataclass(slots=True)
class Folder:
    """One files connection during one pull. What is read whole is loaded once for all tables."""

    source: str
    con: duckdb.DuckDBPyConnection
    zone: ZoneInfo
    folder: Path
    declared: FilesConnection
    _views: dict[Path, dict[str, View]] = field(default_factory=dict)
    _loaded: set[str] = field(default_factory=set)

    def columns(self, place: str, query: Query, until: dt.datetime, known: Known) -> tuple[Columns, dict[str, View]]:
        """What the mapping yields, and the views that it reads; no row is read, but every header."""
        views = {name: self._view(name, query, until, known) for name in self._names(query)}
        for name, view in views.items():
            if name not in self._loaded:
                files.make_table(self.con, name, view.header)
        self._views[query.path] = views
        self._run(place, "CREATE OR REPLACE TEMP TABLE described AS SELECT * FROM", query, BEGINNING, until, "LIMIT 0")
        columns = {name: kind for name, kind, *_ in self.con.execute("DESCRIBE described").fetchall()}
        if any(view.choice for view in views.values()) and not {"source_file", "recorded_at"} <= columns.keys():
            raise SourceError(
                self.source,
                place,
                "column_missing",
                "a mapping over files that are read once must yield recorded_at, and `_file AS source_file`",
            )
        return columns, views

    def fetch(self, place: str, query: Query, into: str, since: dt.datetime, until: dt.datetime, told: Told) -> Drops:
        """Make the table `into`: what the mapping yields, and `line_no`. Gives what is to be remembered of the files. Of
        files that nobody read before all rows are new, however old their stamps."""
        views = self._views[query.path]
        for name, view in views.items():
            if name in self._loaded:
                continue
            files.make_table(self.con, name, view.header)
            for number, path in enumerate(view.read, start=1):
                told(f"file {number} of {len(view.read)}")
                files.load_file(self.con, self.source, name, path, view.header, self.declared.encoding)
            if view.choice is None:
                self._loaded.add(name)
        chosen = {name: view.choice for name, view in views.items() if view.choice is not None}
        numbered = f"CREATE OR REPLACE TEMP TABLE {into} AS SELECT *, row_number() OVER () AS line_no FROM"
        self._run(place, numbered, query, BEGINNING if chosen else since, until)
        if not chosen:
            return {}
        drops = self._remember(place, query, into, chosen)
        for name in chosen:
            self.con.execute(f"DROP TABLE {name}")
        return drops

    def _names(self, query: Query) -> list[str]:
        """The views that the mapping reads."""
        read = {table.name for table in sqlglot.parse_one(query.sql, dialect="duckdb").find_all(exp.Table)}
        return [name for name in self.declared.views if name in read]

    def _view(self, name: str, query: Query, until: dt.datetime, known: Known) -> View:
        there = files.find_files(self.source, self.folder, self.declared.views[name])
        if name not in self.declared.once or query.is_compared or query.deletes_by_keys:
            return View(there, files.header_of(self.source, there, self.declared.encoding), None)
        choice = choose(there, known(name), until)
        header = files.header_of(self.source, choice.paths or there[-1:], self.declared.encoding)
        return View(choice.paths, header, choice)

    def _remember(self, place: str, query: Query, into: str, chosen: dict[str, Choice]) -> Drops:
        """Of each file that was read: how many rows it yields at any time, whether all of them came now, and when the
        first was recorded."""
        offered = (
            "CREATE OR REPLACE TEMP TABLE offered AS SELECT source_file, count(*) AS rows, "
            "min(TRY_CAST(recorded_at AS TIMESTAMPTZ)) AS first_at FROM"
        )
        self._run(place, offered, query, BEGINNING, END, "GROUP BY source_file")
        found = self.con.execute(
            f"""SELECT source_file, any_value(rows), any_value(rows) = count(came.source_file),
    strftime(any_value(first_at), '%Y-%m-%dT%H:%M:%S+00:00')
FROM offered LEFT JOIN {into} AS came USING (source_file) GROUP BY source_file"""
        ).fetchall()
        of = {name: facts for name, *facts in found}
        drops = {}
        for view, choice in chosen.items():
            read = [drop.judged(*of.get(drop.name, (0, True, None))) for drop in choice.read]
            drops[view] = [*read, *choice.again]
        return drops

    def _run(
        self, place: str, prefix: str, query: Query, since: dt.datetime, until: dt.datetime, suffix: str = ""
    ) -> None:
        values = {
            "since": since.astimezone(self.zone).replace(tzinfo=None),
            "until": until.astimezone(self.zone).replace(tzinfo=None),
        }
        try:
            engine.execute(self.con, f"{prefix} (\n{bare(query.sql)}\n) AS mapped {suffix}", values)
        except LakeError as error:
            raise SourceError(
                self.source,
                place,
                "query_refused",
                f"{str(error).splitlines()[0]}; see whether the mapping fits the files",
            ) from error
