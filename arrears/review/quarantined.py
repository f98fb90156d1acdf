"""The rows in quarantine as staff see them: each whole, with its rule in words, its money, and what was decided."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from arrears.domain.money import ZERO
from arrears.errors import UsageError
from arrears.lake import ingest, quarantine
from arrears.lake.contract import TABLES, Contract, load_contract
from arrears.lake.lake import Lake
from arrears.lake.rules import RuleWords, kind_of, load_words

if TYPE_CHECKING:
    from arrears.casebook.quarantined import Said

SHORTEST = 6
"""Signs of an id that may stand for all of it, when no other begins with them."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A row in quarantine. `state`: waiting (tried every night), dropped, or release or drop when that was decided and the
    next pull has not come yet. `account_is_known`: the lake has the account that it names."""

    table: str
    quarantine_id: str
    rule: str
    file: str | None
    row: str | None
    given: Mapping[str, str | None]
    account_id: str | None
    account_is_known: bool
    money: Decimal | None
    set_aside_at: dt.datetime
    state: str
    said: "Said | None"

    @property
    def column(self) -> str:
        """The column that the rule is about."""
        return self.rule.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Quarantine:
    """All rows in quarantine, newest first, and what each kind of rule means."""

    rows: tuple[Aside, ...]
    words: Mapping[str, RuleWords]

    @property
    def suspense(self) -> Decimal:
        """Money that is waiting and names no account that the lake knows."""
        money = [each.money for each in self.rows if not each.account_is_known and each.state != "dropped"]
        return sum((each for each in money if each is not None), ZERO)

    @property
    def money(self) -> Decimal:
        """Money that is waiting."""
        return sum((each.money for each in self.rows if each.money is not None and each.state != "dropped"), ZERO)

    def words_of(self, row: Aside) -> RuleWords:
        """What the row's rule means and asks for."""
        return self.words[kind_of(row.rule)]

    def named(self, start: str) -> Aside:
        """The row whose id begins so; UsageError when none does, or several do."""
        found = [each for each in self.rows if each.quarantine_id.startswith(start)]
        if len(start) < SHORTEST or not found:
            raise UsageError(f"no row in quarantine has the id {start}; `arrears quarantine list` shows them")
        if len(found) > 1:
            raise UsageError(f"{len(found)} rows in quarantine have ids that begin with {start}; give more of it")
        return found[0]

    def chosen(self, table: str | None, rule: str | None) -> tuple[Aside, ...]:
        """The rows of a table, of a rule (`amount.not_a_number`, or `not_a_number` of any column), or of both."""
        return tuple(
            each
            for each in self.rows
            if table in (None, each.table) and (rule is None or rule in (each.rule, kind_of(each.rule)))
        )


def look(lake: Lake, sql_folder: Path, said: "Mapping[str, Said]") -> Quarantine:
    """What is in quarantine after the newest pull; `said` holds the last decision on each row."""
    contracts = [load_contract(sql_folder / "contract", table) for table in TABLES]
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("SET TimeZone = 'UTC'")
        rows = [row for contract in contracts for row in _of_table(con, lake, contract, said)]
    return Quarantine(
        tuple(
            sorted(rows, key=lambda each: (-each.set_aside_at.timestamp(), each.table, each.rule, each.quarantine_id))
        ),
        load_words(sql_folder / "checks"),
    )


def _of_table(
    con: duckdb.DuckDBPyConnection, lake: Lake, contract: Contract, said: "Mapping[str, Said]"
) -> list[Aside]:
    there = quarantine.partitions(lake, contract.table)
    until = lake.pulled_until(contract.table)
    if not there or until is None:
        return []
    state = quarantine.state_sql(
        quarantine.files_of(there, quarantine.ROWS), quarantine.files_of(there, quarantine.OUTCOMES), until
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE open_rows AS
SELECT * FROM ({state}) WHERE outcome IN ('waiting', 'dropped')"""
    )
    accounts = [str(path) for path in ingest.sources_of(lake.raw("account"))]
    if accounts:
        con.read_parquet(accounts, hive_partitioning=False, union_by_name=True).create_view("known", replace=True)
    else:
        con.execute("CREATE OR REPLACE TEMP VIEW known AS SELECT CAST(NULL AS VARCHAR) AS account_id WHERE FALSE")
    found = con.execute(
        """SELECT quarantine_id, broken_rule, source_file, source_row, row_as_given, account_id, money, outcome,
    coalesce(pulled_until, recorded_at), account_id IN (SELECT account_id FROM known)
FROM open_rows"""
    ).fetchall()
    return [
        Aside(
            table=contract.table,
            quarantine_id=quarantine_id,
            rule=rule,
            file=file,
            row=row,
            given=json.loads(given),
            account_id=account_id,
            account_is_known=bool(is_known),
            money=money if contract.money else None,
            set_aside_at=set_aside_at,
            state=_state(outcome, said.get(quarantine_id), until),
            said=said.get(quarantine_id),
        )
        for quarantine_id, rule, file, row, given, account_id, money, outcome, set_aside_at, is_known in found
    ]


def _state(outcome: str, said: "Said | None", until: dt.datetime) -> str:
    """A decision shows until a pull has taken it up: a released row that still breaks a rule was tried in vain."""
    if said is None or said.decided_at < until:
        return outcome
    return "drop" if said.is_dropped else "release"
