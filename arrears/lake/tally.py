"""Rows in + rows that came out of quarantine = accepted + set aside + repeated, and so for money; otherwise nothing is
committed."""

import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import duckdb

from arrears.domain.money import ZERO
from arrears.engine.duckdb import one
from arrears.errors import BalanceError
from arrears.lake.contract import Contract
from arrears.lake.versions import same

SHOWN = 3
"""Rejected rows told one by one for each rule; the others are counted."""

READABLE = r"\.(waits|nobody|no_such_bill|no_such_payment|of_another_account|twice_with_different_content)$"
"""Rules whose rows can be read: no sign of columns that changed places."""

LONGEST = 80
"""Characters of a rejected value that are told."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows and money of one table's pull, and one sentence for each rule that set rows aside. `released`: set aside on an
    earlier night, and passed tonight. `rows_at_fault`: of those set aside all but the ones that only wait for another row.
    `deleted`: rows that the source no longer has; they are in none of the others."""

    rows_in: int
    rows_out: int
    rows_quarantined: int
    rows_at_fault: int
    rows_repeated: int
    rows_released: int
    rows_deleted: int
    money_in: Decimal
    money_out: Decimal
    money_quarantined: Decimal
    money_repeated: Decimal
    money_released: Decimal
    money_deleted: Decimal
    remarks: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """What a manifest keeps of it; money as text."""
        return {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(self).items()}


NOTHING = Tally(0, 0, 0, 0, 0, 0, 0, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ())
"""Of a table of which nothing came and nothing was waiting."""


def tally(con: duckdb.DuckDBPyConnection, contract: Contract, source: str) -> Tally:
    """Add up what `separate` and `sort_out` made of the rows; BalanceError with the difference when it does not add up."""
    money = contract.money or "NULL"
    rows_in = count(con, "fetched")
    money_in = _rows_and_money(con, money, "checked WHERE line_no > 0")[1]
    rows_released, money_released = _rows_and_money(con, money, "checked WHERE line_no < 0 AND broken_rule IS NULL")
    rows_aside, money_aside = _rows_and_money(con, "money", "rejected WHERE is_new")
    rows_again, money_again = _rows_and_money(con, "money", "rejected WHERE NOT is_new")
    rows_out, money_out = _rows_and_money(con, money, "accepted")
    rows_repeated, money_repeated = _repeated(con, contract)
    rows_deleted, money_deleted = _rows_and_money(con, "money", "tombstones")
    row_gap = rows_in + rows_released - rows_out - rows_aside - rows_again - rows_repeated
    money_gap = money_in + money_released - money_out - money_aside - money_again - money_repeated
    if row_gap or money_gap:
        raise BalanceError(
            f"{source}: {contract.table}: the pull does not balance: {row_gap} rows and {money_gap} are unaccounted for"
        )
    return Tally(
        rows_in=rows_in,
        rows_out=rows_out,
        rows_quarantined=rows_aside,
        rows_at_fault=count(con, "rejected WHERE is_new AND NOT ends_with(broken_rule, '.waits')"),
        rows_repeated=rows_repeated + rows_again,
        rows_released=rows_released,
        rows_deleted=rows_deleted,
        money_in=money_in,
        money_out=money_out,
        money_quarantined=money_aside,
        money_repeated=money_repeated + money_again,
        money_released=money_released,
        money_deleted=money_deleted,
        remarks=(*_swapped(con, contract, source), *_remarks(con, contract, source)),
    )


def _repeated(con: duckdb.DuckDBPyConnection, contract: Contract) -> tuple[int, Decimal]:
    """Rows that the lake had before, or that came more than once in this pull: counted apart from what was accepted, so
    that a row lost on the way leaves a gap."""
    content, key = ", ".join(contract.columns), ", ".join(contract.key)
    stamped = (*contract.key, "recorded_at")
    rest = [name for name in contract.columns if name not in stamped]
    alike = " AND ".join([same("b", "came", stamped), *(f"b.{name} IS NOT DISTINCT FROM came.{name}" for name in rest)])
    rows, amount = one(
        con,
        f"""WITH before AS (SELECT * FROM known_before WHERE NOT is_deleted),
alone AS (SELECT {content}, 1 AS copies FROM checked ANTI JOIN several USING ({key}) WHERE broken_rule IS NULL),
together AS (
    SELECT {content}, count(*) AS copies FROM checked SEMI JOIN several USING ({key}) WHERE broken_rule IS NULL
    GROUP BY {content}
),
judged AS (
    SELECT copies AS extra, {contract.money or "NULL"} AS money FROM alone AS came SEMI JOIN before AS b ON {alike}
    UNION ALL
    SELECT copies, {contract.money or "NULL"} FROM together AS came SEMI JOIN before AS b ON {alike}
    UNION ALL
    SELECT copies - 1, {contract.money or "NULL"} FROM together AS came ANTI JOIN before AS b ON {alike}
)
SELECT coalesce(sum(extra), 0), coalesce(sum(extra * CAST(money AS DECIMAL(28, 2))), 0) FROM judged""",
    )
    return int(rows), Decimal(amount)


def _swapped(con: duckdb.DuckDBPyConnection, contract: Contract, source: str) -> tuple[str, ...]:
    """Where most rows of a file (or of the table, when it comes from a query) have one value that cannot be read."""
    there = {row[0] for row in con.execute("DESCRIBE fetched").fetchall()}
    file = "CAST(source_file AS VARCHAR)" if "source_file" in there else "CAST(NULL AS VARCHAR)"
    found = con.execute(
        f"""WITH broken AS (SELECT source_file, broken_rule, count(*) AS bad FROM rejected WHERE is_new GROUP BY ALL),
whole AS (SELECT {file} AS source_file, count(*) AS rows FROM fetched GROUP BY ALL)
SELECT broken.source_file, broken_rule, bad, rows
FROM broken JOIN whole ON broken.source_file IS NOT DISTINCT FROM whole.source_file
WHERE bad >= ? AND bad * 2 > rows AND NOT regexp_matches(broken_rule, ?) ORDER BY ALL""",
        [SHOWN, READABLE],
    ).fetchall()
    return tuple(
        f"{source}: {contract.table}: {name or 'the query'}: {rule} in {bad} of {rows} rows: are the columns swapped?"
        for name, rule, bad, rows in found
    )


def _remarks(con: duckdb.DuckDBPyConnection, contract: Contract, source: str) -> tuple[str, ...]:
    """One sentence for each of the first rejected rows of a rule: source, file and row (or the row's key, where it comes
    from a query), rule and the text that broke it."""
    rows = con.execute(
        """SELECT broken_rule, source_file, source_row, row_as_given, times FROM (
    SELECT *, count(*) OVER (PARTITION BY broken_rule) AS times,
        row_number() OVER (PARTITION BY broken_rule ORDER BY source_file, line_no) AS nth
    FROM rejected WHERE is_new
)
WHERE nth <= CASE WHEN ends_with(broken_rule, '.waits') THEN 1 ELSE ? END
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
