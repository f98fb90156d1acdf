"""A pull's window of time, and the writing of what it brought: raw rows stamped and sorted, rejected rows whole."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from arrears.domain.run import midnight
from arrears.engine.duckdb import execute, literal
from arrears.lake.contract import Contract
from arrears.lake.partition import Partition, Writer
from arrears.lake.tally import count


@dataclass(frozen=True, slots=True)
class Window:
    """What a pull asked for: rows recorded in [since, until). `since` is the previous pull's cut-off, None at the first
    load of history; `read_since` lies before it by the overlap."""

    since: dt.datetime | None
    until: dt.datetime
    zone: ZoneInfo

    @property
    def pulled_until_sql(self) -> str:
        """When a row became known, beside `recorded_at`: nothing at the first load; for a row recorded in the window,
        the local midnight that ends its day, found in `day_ends`; for one stamped before the window, this pull's own
        cut-off."""
        if self.since is None:
            return "CAST(NULL AS TIMESTAMPTZ)"
        return (
            "CASE WHEN recorded_at < :since THEN CAST(:until AS TIMESTAMPTZ) ELSE least(CAST(:until AS TIMESTAMPTZ), "
            "(SELECT ends_at FROM day_ends WHERE day = CAST(recorded_at AT TIME ZONE :zone AS DATE))) END"
        )

    def make_day_ends(self, con: duckdb.DuckDBPyConnection) -> None:
        """Make `day_ends`: the local days of the window, and the instant at which each ends: the very midnights that runs
        stand at. The engine's own would differ by an hour where the clock repeats midnight."""
        first = (self.since or self.until).astimezone(self.zone).date()
        last = self.until.astimezone(self.zone).date()
        days = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
        ends = [midnight(day + dt.timedelta(days=1), self.zone) for day in days]
        table = "CREATE OR REPLACE TEMP TABLE day_ends AS SELECT unnest(:days) AS day, unnest(:ends) AS ends_at"
        execute(con, table, {"days": days, "ends": ends})


def write_accepted(con: duckdb.DuckDBPyConnection, contract: Contract, window: Window, writer: Writer) -> None:
    """Write `accepted` and `tombstones` as the partition's one file, sorted by slot, account and key."""
    order = ", ".join(
        dict.fromkeys(["slot", contract.slot, *contract.key, "recorded_at", *contract.columns, "is_deleted"])
    )
    buried = dict.fromkeys([*contract.key, contract.slot, "recorded_at"])
    window.make_day_ends(con)
    execute(
        con,
        f"""COPY (
    SELECT {", ".join(contract.columns)}, substr(md5({contract.slot}), 1, 2) AS slot,
        {window.pulled_until_sql} AS pulled_until, CAST(version_no AS INTEGER) AS version_no, is_deleted
    FROM (
        SELECT *, FALSE AS is_deleted FROM accepted
        UNION ALL BY NAME
        SELECT {", ".join(buried)}, version_no, TRUE AS is_deleted FROM tombstones
    ) ORDER BY {order}
) TO {literal(writer.path("data.parquet"))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 61440)""",
        {"since": window.since, "until": window.until, "zone": window.zone.key},
    )
    writer.add("data.parquet", count(con, "accepted") + count(con, "tombstones"))


def sources_of(partitions: list[Partition]) -> list[Path]:
    """All data files of these partitions."""
    return [path for found in partitions for path in found.files]
