"""From fetched text to typed rows, each with the name of the rule it breaks, if it breaks one."""

from zoneinfo import ZoneInfo

import duckdb
import sqlglot

from arrears.errors import SourceError
from arrears.lake.contract import PROVENANCE, Contract

FIRST_DAY, LAST_DAY = "DATE '1900-01-01'", "DATE '9999-12-31'"

_WITH_OFFSET = r":\d\d(\.\d+)?\s*(Z|UTC|[+-]\d\d(:\d\d)?)$"
_LOCAL = r"^\d{4}-\d\d?-\d\d?([ T]\d\d?:\d\d(:\d\d(\.\d+)?)?)?$"


def stage_fetched(con: duckdb.DuckDBPyConnection, contract: Contract, source: str, zone: ZoneInfo) -> None:
    """Make `checked` from the table `fetched` (columns of text): typed, with `broken_rule` and `line_no`.

    Text is NFC-normalised and trimmed, empty text is missing. A stamp without an offset stands in the source's zone, and
    where that repeats an hour, in the later one; anything but an ISO date, time and offset is no instant."""
    there = [row[0] for row in con.execute("DESCRIBE fetched").fetchall()]
    wanted = [name for name in contract.columns if name not in contract.instants]
    absent = [name for name in contract.columns if name not in there and name not in contract.optional]
    if absent:
        raise SourceError(
            source,
            contract.table,
            "column_missing",
            f"the mapping yields no {', '.join(absent)}; add it, or NULL AS it",
        )
    unknown = [name for name in there if name not in {*contract.columns, *PROVENANCE, "line_no"}]
    if unknown:
        raise SourceError(
            source,
            contract.table,
            "column_unknown",
            f"the mapping yields {', '.join(unknown)}, which the contract does not know; mend the name, or leave it out",
        )
    for name in PROVENANCE:
        if name not in there:
            con.execute(f"ALTER TABLE fetched ADD COLUMN {name} VARCHAR")
    text = ", ".join(_text(name) if name in there else f"CAST(NULL AS VARCHAR) AS {name}" for name in wanted)
    con.execute(
        f"""CREATE OR REPLACE TEMP VIEW staged AS
SELECT {text}, line_no, {", ".join(_instant(name, zone) for name in contract.instants)}
FROM fetched"""
    )
    checking = sqlglot.parse_one(contract.sql, dialect="duckdb").select("line_no")  # type: ignore[attr-defined]
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE checked AS
SELECT * REPLACE (CASE WHEN broken_rule IS NOT NULL THEN broken_rule {_unfit(contract)} END AS broken_rule)
FROM ({checking.sql(dialect="duckdb")})"""
    )


def _text(name: str) -> str:
    return f"nullif(trim(nfc_normalize(CAST({name} AS VARCHAR))), '') AS {name}"


def _instant(name: str, zone: ZoneInfo) -> str:
    stamp = f"trim(CAST({name} AS VARCHAR))"
    return f"""CASE WHEN regexp_matches({stamp}, '{_WITH_OFFSET}') THEN TRY_CAST({stamp} AS TIMESTAMPTZ)
         WHEN regexp_matches({stamp}, '{_LOCAL}') THEN TRY_CAST({stamp} AS TIMESTAMP) AT TIME ZONE '{zone.key}' END AS {name}"""


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
