"""What a mapping yields, as a table of text in the engine, from whichever connection it names."""

import datetime as dt
import os
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from arrears.lake.contract import load_contract
from arrears.settings import ROOT, Settings
from arrears.sources import database, files
from arrears.sources.drift import Shape
from arrears.sources.drops import Drop
from arrears.sources.folder import Drops, Folder, Known
from arrears.sources.mapping import NO_CONNECTION, DatabaseConnection, FilesConnection, Query, Source
from arrears.sources.session import BEGINNING, Session, Told


def nothing_known(_view: str) -> list[Drop]:
    """No file was read before."""
    return []


@dataclass(slots=True)
class Fetcher:
    """Holds the connections that the tables of one pull share, each opened when first needed."""

    settings: Settings
    source: Source
    con: duckdb.DuckDBPyConnection
    _open: dict[str, Session | Folder] = field(default_factory=dict)

    def shape(self, query: Query, until: dt.datetime, known: Known = nothing_known) -> Shape:
        """What `query` yields; no row is read. To be asked before `fetch`."""
        if query.connection == NO_CONNECTION:
            contract = load_contract(self.settings.sql / "contract", query.table)
            return Shape(dict.fromkeys(contract.columns), {}, [])
        opened = self.open(query.connection)
        if isinstance(opened, Session):
            return Shape(opened.columns(_place(query), query.sql, BEGINNING, until), {}, [])
        columns, views = opened.columns(_place(query), query, until, known)
        remarks = [said for view in views.values() if view.choice for said in view.choice.remarks]
        return Shape(columns, {name: view.header for name, view in views.items()}, remarks)

    def fetch(self, query: Query, shape: Shape, into: str, since: dt.datetime, until: dt.datetime, told: Told) -> Drops:
        """Make the table `into`: what the mapping yields, and `line_no`. Gives what is to be remembered of files."""
        columns = ", ".join(f'"{name}" VARCHAR' for name in shape.columns)
        if query.connection == NO_CONNECTION:
            self.con.execute(f"CREATE OR REPLACE TEMP TABLE {into} ({columns}, line_no BIGINT)")
            return {}
        opened = self.open(query.connection)
        if isinstance(opened, Folder):
            return opened.fetch(_place(query), query, into, since, until, told)
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE {into} ({columns}, line_no BIGINT)")
        rows = 0
        for batch in opened.batches(_place(query), query.sql, since, until, list(shape.columns)):
            numbers = pa.array(range(rows + 1, rows + batch.num_rows + 1), pa.int64())
            self.con.register("arriving", pa.Table.from_batches([batch.append_column("line_no", numbers)]))
            self.con.execute(f"INSERT INTO {into} SELECT * FROM arriving")
            self.con.unregister("arriving")
            rows += batch.num_rows
            told(f"{rows:,} rows")
        return {}

    def open(self, connection: str) -> Session | Folder:
        """The connection, opened when first asked for; SourceError when it does not answer or there is no folder."""
        if connection not in self._open:
            self._open[connection] = self._opened(connection)
        return self._open[connection]

    def close(self) -> None:
        """End all sessions."""
        while self._open:
            opened = self._open.popitem()[1]
            if isinstance(opened, Session):
                opened.close()

    def _opened(self, connection: str) -> Session | Folder:
        name, declared = self.source.name, self.source.declared.connections[connection]
        if isinstance(declared, DatabaseConnection):
            url = os.environ.get(declared.env) or self._filled(declared.url)
            return database.open_session(name, connection, url, self.source.zone, declared.limits)
        return Folder(name, self.con, self.source.zone, self._folder(connection, declared), declared)

    def _folder(self, connection: str, declared: FilesConnection) -> Path:
        named = os.environ.get(declared.env)
        places = [named] if named else declared.folders
        return files.find_folder(self.source.name, connection, [Path(self._filled(place)) for place in places])

    def _filled(self, text: str) -> str:
        return text.replace("{state}", str(self.settings.state)).replace("{root}", str(ROOT))


def _place(query: Query) -> str:
    return f"{query.table} ({query.path.name})"
