"""Rows in = accepted + quarantined + repeated, and so for money; otherwise nothing is committed."""

import json
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from arrears.engine.duckdb import one
from arrears.errors import BalanceError
from arrears.lake.contract import Contract
from arrears.lake.versions import same

SHOWN = 3
"""Rejected rows told one by one for each rule; the others are counted."""

LONGEST = 80
"""Characters of a rejected value that are told."""


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


def tally(con: duckdb.DuckDBPyConnection, contract: Contract, source: str) -> Tally:
    """Add up what `separate` made of the fetched rows; BalanceError with the difference when it does not add up."""
    money = contract.money or "NULL"
    rows_in = count(con, "fetched")
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
    WHERE broken_rule IS NULL AND EXISTS (SELECT 1 FROM seen WHERE {same("seen", "checked", contract.key)})
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


def count(con: duckdb.DuckDBPyConnection, what: str) -> int:
    return int(one(con, f"SELECT count(*) FROM {what}")[0])
