"""From fetched text rows to a raw partition: check, set aside, drop what is known already, stamp, sort, commit.

Rows in = accepted + quarantined + repeated, and so for money; otherwise nothing is committed."""

import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import sqlglot

from arrears.domain.run import midnight
from arrears.engine.duckdb import execute, one
from arrears.errors import BalanceError, SourceError
from arrears.lake.contract import PROVENANCE, Contract
from arrears.lake.partition import Partition, Writer

SHOWN = 3
"""Rejected rows told one by one for each rule; the others are counted."""

LONGEST = 80
"""Characters of a rejected value that are told."""

FIRST_DAY, LAST_DAY = "DATE '1900-01-01'", "DATE '9999-12-31'"

_WITH_OFFSET = r":\d\d(\.\d+)?\s*(Z|UTC|[+-]\d\d(:\d\d)?)$"
_LOCAL = r"^\d{4}-\d\d?-\d\d?([ T]\d\d?:\d\d(:\d\d(\.\d+)?)?)?$"


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

    def day_ends(self) -> dict[str, list[dt.date] | list[dt.datetime]]:
        """The local days of the window, and the instant at which each ends: the very midnights that runs stand at. The
        engine's own would differ by an hour where the clock repeats midnight."""
        first = (self.since or self.until).astimezone(self.zone).date()
        last = self.until.astimezone(self.zone).date()
        days = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
        return {"days": days, "ends": [midnight(day + dt.timedelta(days=1), self.zone) for day in days]}


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows and money of one table's pull, and one sentence for each rule that set rows aside."""

    rows_in: int
    rows_out: int
    rows_quarantined: int
    rows_repeated: int
    money_in: Decimal
    money_out: Decimal
    money_quarantined: Decimal
    money_repeated: Decimal
    remarks: tuple[str, ...]


def stage_fetched(con: duckdb.DuckDBPyConnection, contract: Contract, source: str, zone: ZoneInfo) -> None:
    """Make `checked` from the table `fetched` (columns of text): typed, with `broken_rule` and `line_no`.

    Text is NFC-normalised and trimmed, empty text is missing. A stamp without an offset stands in the source's zone, and
    where that repeats an hour, in the later one; anything but an ISO date, time and offset is no instant."""
    there = [row[0] for row in con.execute("DESCRIBE fetched").fetchall()]
    wanted = [name for name in contract.columns if name != "recorded_at"]
    absent = [name for name in contract.columns if name not in there]
    if absent:
        raise SourceError(
            source,
            contract.table,
            "column_missing",
            f"the mapping yields no {', '.join(absent)}; add it, or NULL AS it",
        )
    for name in PROVENANCE:
        if name not in there:
            con.execute(f"ALTER TABLE fetched ADD COLUMN {name} VARCHAR")
    text = ", ".join(f"nullif(trim(nfc_normalize(CAST({name} AS VARCHAR))), '') AS {name}" for name in wanted)
    con.execute(
        f"""CREATE OR REPLACE TEMP VIEW staged AS
SELECT {text}, line_no,
    CASE WHEN regexp_matches(stamp, '{_WITH_OFFSET}') THEN TRY_CAST(stamp AS TIMESTAMPTZ)
         WHEN regexp_matches(stamp, '{_LOCAL}') THEN TRY_CAST(stamp AS TIMESTAMP) AT TIME ZONE '{zone.key}' END AS recorded_at
FROM (SELECT *, trim(CAST(recorded_at AS VARCHAR)) AS stamp FROM fetched)"""
    )
    checking = sqlglot.parse_one(contract.sql, dialect="duckdb").select("line_no")  # type: ignore[attr-defined]
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE checked AS
SELECT * REPLACE (CASE WHEN broken_rule IS NOT NULL THEN broken_rule {_unfit(contract)} END AS broken_rule)
FROM ({checking.sql(dialect="duckdb")})"""
    )


def _unfit(contract: Contract) -> str:
    """What no column of its kind may hold: a year that lost or won a digit, `infinity`, a null character in a text."""
    kinds = contract.columns.items()
    dates = [
        f"WHEN {name} NOT BETWEEN {FIRST_DAY} AND {LAST_DAY} THEN '{name}.out_of_range'"
        for name, kind in kinds
        if kind == "DATE"
    ]
    texts = [f"WHEN contains({name}, chr(0)) THEN '{name}.null_character'" for name, kind in kinds if kind == "VARCHAR"]
    return " ".join([f"WHEN recorded_at < {FIRST_DAY} THEN 'recorded_at.out_of_range'", *dates, *texts])


def separate(con: duckdb.DuckDBPyConnection, contract: Contract, earlier: list[Path]) -> None:
    """From `checked` make `accepted` (typed rows, with `version_no`) and mark in `checked` what breaks a rule of the
    whole table: one key recorded twice at the same instant with different content, none of which can be trusted.

    Versions of a key are numbered from 1 in the order in which they were recorded. One that arrives after a version that
    was recorded later is 0: it is kept, and was never current."""
    columns, key = ", ".join(contract.columns), ", ".join(contract.key)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE several AS SELECT {key} FROM checked WHERE broken_rule IS NULL "
        f"GROUP BY {key} HAVING count(*) > 1"
    )
    in_several = _same("several", "checked", contract.key)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE versions AS
SELECT DISTINCT {columns} FROM checked WHERE broken_rule IS NULL AND EXISTS (SELECT 1 FROM several WHERE {in_several})"""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE conflicting AS
SELECT {key}, recorded_at FROM versions GROUP BY {key}, recorded_at HAVING count(*) > 1"""
    )
    con.execute(
        f"""UPDATE checked SET broken_rule = '{contract.key[0]}.twice_with_different_content'
WHERE broken_rule IS NULL
  AND EXISTS (SELECT 1 FROM conflicting WHERE {_same("conflicting", "checked", (*contract.key, "recorded_at"))})"""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP VIEW new_rows AS
SELECT {columns} FROM checked
WHERE broken_rule IS NULL AND NOT EXISTS (SELECT 1 FROM several WHERE {in_several})
UNION ALL
SELECT {columns} FROM versions
WHERE NOT EXISTS (
    SELECT 1 FROM conflicting WHERE {_same("conflicting", "versions", (*contract.key, "recorded_at"))})"""
    )
    nth = f"row_number() OVER (PARTITION BY {key} ORDER BY recorded_at)"
    if not earlier:
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE known_before AS SELECT {columns}, 1 AS version_no FROM checked LIMIT 0"
        )
        in_several = _same("several", "new_rows", contract.key)
        con.execute(
            f"""CREATE OR REPLACE TEMP TABLE accepted AS
SELECT *, 1 AS version_no FROM new_rows WHERE NOT EXISTS (SELECT 1 FROM several WHERE {in_several})
UNION ALL
SELECT *, {nth} FROM new_rows WHERE EXISTS (SELECT 1 FROM several WHERE {in_several})"""
        )
        return
    con.execute("CREATE OR REPLACE TEMP TABLE arrived AS SELECT * FROM new_rows")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE known_before AS
SELECT {columns}, version_no FROM read_parquet(?, hive_partitioning = false) AS raw
WHERE EXISTS (SELECT 1 FROM arrived WHERE {_same("arrived", "raw", contract.key)})""",
        [[str(path) for path in earlier]],
    )
    alike = " AND ".join(f"b.{name} IS NOT DISTINCT FROM arrived.{name}" for name in contract.columns)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE accepted AS
WITH newest AS (
    SELECT {key}, max(version_no) AS version_no, max(recorded_at) AS recorded_at FROM known_before GROUP BY {key}
),
placed AS (
    SELECT arrived.*, coalesce(newest.version_no, 0) AS before_it,
        coalesce(newest.recorded_at > arrived.recorded_at, FALSE) AS is_outdated
    FROM arrived LEFT JOIN newest ON {_same("newest", "arrived", contract.key)}
    WHERE NOT EXISTS (SELECT 1 FROM known_before AS b WHERE {alike})
)
SELECT {columns}, CASE WHEN is_outdated THEN 0
    ELSE before_it + row_number() OVER (PARTITION BY {key}, is_outdated ORDER BY recorded_at) END AS version_no
FROM placed"""
    )


def write_accepted(con: duckdb.DuckDBPyConnection, contract: Contract, window: Window, writer: Writer) -> None:
    """Write `accepted` as the partition's one file, sorted by slot, account and key."""
    order = ", ".join(dict.fromkeys(["slot", contract.slot, *contract.key, "recorded_at", *contract.columns]))
    target = str(writer.path("data.parquet")).replace("'", "''")
    ends = "CREATE OR REPLACE TEMP TABLE day_ends AS SELECT unnest(:days) AS day, unnest(:ends) AS ends_at"
    execute(con, ends, window.day_ends())
    execute(
        con,
        f"""COPY (
    SELECT {", ".join(contract.columns)}, substr(md5({contract.slot}), 1, 2) AS slot,
        {window.pulled_until_sql} AS pulled_until, CAST(version_no AS INTEGER) AS version_no
    FROM accepted ORDER BY {order}
) TO '{target}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 61440)""",
        {"since": window.since, "until": window.until, "zone": window.zone.key},
    )
    writer.add("data.parquet", _count(con, "accepted"))


def write_quarantine(con: duckdb.DuckDBPyConnection, writer: Writer) -> None:
    """Keep each rejected row whole, as the source gave it, with its rule and where it stood."""
    target = str(writer.path("data.parquet")).replace("'", "''")
    con.execute(
        f"""COPY (
    SELECT broken_rule, source_file, source_row, CAST(to_json(fetched) AS VARCHAR) AS row_as_given
    FROM checked JOIN fetched USING (line_no) WHERE broken_rule IS NOT NULL ORDER BY broken_rule, source_file, line_no
) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"""
    )
    writer.add("data.parquet", _count(con, "checked WHERE broken_rule IS NOT NULL"))


def tally(con: duckdb.DuckDBPyConnection, contract: Contract, source: str) -> Tally:
    """Add up what `separate` made of the fetched rows; BalanceError with the difference when it does not add up."""
    money = contract.money or "NULL"
    rows_in = _count(con, "fetched")
    money_in = _rows_and_money(con, money, "checked")[1]
    rows_set_aside, money_set_aside = _rows_and_money(con, money, "checked WHERE broken_rule IS NOT NULL")
    rows_out, money_out = _rows_and_money(con, money, "accepted")
    rows_repeated, money_repeated = _repeated(con, contract)
    row_gap = rows_in - rows_out - rows_set_aside - rows_repeated
    money_gap = money_in - money_out - money_set_aside - money_repeated
    if row_gap or money_gap:
        raise BalanceError(
            f"{source}: {contract.table}: the pull does not balance: {row_gap} rows and {money_gap} are unaccounted for"
        )
    return Tally(
        rows_in, rows_out, rows_set_aside, rows_repeated, money_in, money_out, money_set_aside, money_repeated,
        _remarks(con, contract, source),
    )  # fmt: skip


def _repeated(con: duckdb.DuckDBPyConnection, contract: Contract) -> tuple[int, Decimal]:
    """Rows that the lake had before, or that came more than once in this pull: counted apart from what was accepted, so
    that a row lost on the way leaves a gap."""
    content, key = ", ".join(contract.columns), ", ".join(contract.key)
    alike = " AND ".join(f"b.{name} IS NOT DISTINCT FROM came.{name}" for name in contract.columns)
    rows, amount = one(
        con,
        f"""WITH seen AS (SELECT {key} FROM several UNION SELECT {key} FROM known_before),
came AS (
    SELECT {content}, count(*) AS copies FROM checked
    WHERE broken_rule IS NULL AND EXISTS (SELECT 1 FROM seen WHERE {_same("seen", "checked", contract.key)})
    GROUP BY {content}
),
judged AS (
    SELECT came.copies - CASE WHEN EXISTS (SELECT 1 FROM known_before AS b WHERE {alike}) THEN 0 ELSE 1 END AS extra,
        {f"came.{contract.money}" if contract.money else "NULL"} AS money
    FROM came
)
SELECT coalesce(sum(extra), 0), coalesce(sum(extra * CAST(money AS DECIMAL(28, 2))), 0) FROM judged""",
    )
    return int(rows), Decimal(amount)


def _remarks(con: duckdb.DuckDBPyConnection, contract: Contract, source: str) -> tuple[str, ...]:
    """One sentence for each of the first rejected rows of a rule: source, file and row (or the row's key, where it comes
    from a query), rule and the text that broke it."""
    rows = con.execute(
        """SELECT broken_rule, source_file, source_row, CAST(to_json(fetched) AS VARCHAR),
    count(*) OVER (PARTITION BY broken_rule)
FROM checked JOIN fetched USING (line_no) WHERE broken_rule IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY broken_rule ORDER BY source_file, line_no) <= ?
ORDER BY broken_rule, source_file, line_no""",
        [SHOWN],
    ).fetchall()
    said = []
    for rule, file, row, text, times in rows:
        given = json.loads(text)
        column = rule.partition(".")[0]
        place = f"{file} row {row}" if file else ", ".join(f"{name} {_shown(given.get(name))}" for name in contract.key)
        rest = f" (one of {times} such rows)" if times > 1 else ""
        said.append(f"{source}: {contract.table}: {place}: {rule}: {column} is {_shown(given.get(column))}{rest}")
    return tuple(said)


def _shown(value: str | None) -> str:
    if value is None or not value.strip():
        return "empty"
    return repr(value if len(value) <= LONGEST else value[:LONGEST] + "…")


def _rows_and_money(con: duckdb.DuckDBPyConnection, money: str, what: str) -> tuple[int, Decimal]:
    rows, amount = one(con, f"SELECT count(*), coalesce(sum(CAST({money} AS DECIMAL(28, 2))), 0) FROM {what}")
    return int(rows), Decimal(amount)


def _count(con: duckdb.DuckDBPyConnection, what: str) -> int:
    return int(one(con, f"SELECT count(*) FROM {what}")[0])


def _same(left: str, right: str, columns: tuple[str, ...]) -> str:
    return " AND ".join(f"{left}.{name} = {right}.{name}" for name in columns)


def sources_of(partitions: list[Partition]) -> list[Path]:
    """All data files of these partitions."""
    return [path for found in partitions for path in found.files]
