"""Every SQL file is tried by cases that are data: what is given, the parameters, what is expected."""

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import yaml

from arrears.engine import duckdb as engine
from arrears.settings import ROOT
from arrears.snapshot.catalogue import ORDER
from tests.lake.raw_rows import CONTRACTS, Raw, Row, arrive, at
from tests.snapshot.night import open_gate, write

CASES = Path(__file__).parent / "cases"
FRACTION = re.compile(r"\d+/\d+")
AMOUNT = re.compile(r"\d+\.\d\d")
FOLDERS = ("contract", "features")


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


DEFAULTS: dict[str, Row] = load(CASES / "defaults.yaml")
SOUND: dict[str, dict[str, str | None]] = load(CASES / "sound.yaml")


def cases(folder: str) -> list[Any]:
    return [
        pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}")
        for path in sorted((CASES / folder).glob("*.yaml"))
        for case in load(path)
    ]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_sql_file_has_cases_and_no_cases_lack_a_file(folder: str) -> None:
    asked = {path.stem for path in (ROOT / "sql" / folder).glob("*.sql")}
    told = {path.stem for path in (CASES / folder).glob("*.yaml") if load(path)}
    assert asked == told


@pytest.mark.parametrize("table", CONTRACTS)
def test_every_rule_of_the_contract_has_a_case(table: str) -> None:
    stated = set(re.findall(r"THEN '([a-z_]+\.[a-z_]+)'", CONTRACTS[table].sql))
    tried = {row.get("broken_rule") for case in load(CASES / "contract" / f"{table}.yaml") for row in case["expect"]}
    assert stated == tried - {None}


@cache
def steps_to(name: str) -> list[str]:
    """The file and all that it reads, and what those read, in the order in which they run."""
    text = (ROOT / "sql" / "features" / f"{name}.sql").read_text(encoding="utf-8")
    inputs = re.findall(r"^-- inputs: (.+)$", text, re.MULTILINE)[0].split(", ")
    needed = {name}.union(*(steps_to(table) for table in inputs if table in ORDER))
    return [step for step in ORDER if step in needed]


@pytest.mark.parametrize(("name", "case"), cases("features"))
def test_features(con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, case: dict[str, Any]) -> None:
    assert set(case) == {"name", "parameters", "given", "expect"}
    as_of = case["parameters"]["as_of"]
    known_at = at(case["parameters"].get("known_at", as_of))
    rows = dict(case["given"])
    aside = rows.pop("quarantine", [])
    open_gate(con, write(tmp_path, given(rows)), as_of, known_at)
    for row in aside:
        con.execute(
            "INSERT INTO quarantine_known BY NAME SELECT $source_table AS source_table, $account_id AS account_id, "
            "CAST($money AS DECIMAL(18, 2)) AS money",
            {**row, "money": row["money"] and str(row["money"])},
        )
    for step in steps_to(name):
        engine.create_from_file(con, ROOT / "sql" / "features" / f"{step}.sql", {"as_of": as_of})
    assert_rows(con.sql(f"SELECT * FROM {name}").to_arrow_table(), case["expect"])


@pytest.mark.parametrize(("name", "case"), cases("contract"))
def test_contract(con: duckdb.DuckDBPyConnection, name: str, case: dict[str, Any]) -> None:
    """Given are rows of text, as a source yields them; stamps are instants already."""
    assert set(case) == {"name", "given", "expect"}
    sound = SOUND[name]
    contract = CONTRACTS[name]
    assert set(sound) >= set(contract.columns) - contract.optional
    assert all(set(row) <= set(contract.columns) for row in case["given"])
    filled = [{**dict.fromkeys(contract.columns), **sound, **row} for row in case["given"]]
    con.register(
        "staged",
        pa.table(
            {
                column: _arrived([row[column] for row in filled], column in contract.instants)
                for column in contract.columns
            }
        ),
    )
    assert_rows(con.sql(CONTRACTS[name].sql).to_arrow_table(), case["expect"])


def _arrived(texts: list[str | None], is_instant: bool) -> "pa.Array[Any]":
    if not is_instant:
        return pa.array(texts, pa.string())
    return pa.array([text and dt.datetime.fromisoformat(text) for text in texts], pa.timestamp("us", tz="UTC"))


def given(tables: dict[str, list[Row]]) -> Raw:
    """The rows of a case, filled up with defaults and typed; one customer and one account when it gives none."""
    raw: Raw = {}
    one_each: dict[str, list[Row]] = {"customer": [{}], "account": [{}]}
    for table, rows in {**one_each, **tables}.items():
        filled = [{**dict.fromkeys(CONTRACTS[table].optional), **DEFAULTS[table], **row} for row in rows]
        assert all(set(row) == set(CONTRACTS[table].columns) for row in filled), (
            f"{table}: a column is unknown or missing"
        )
        raw[table] = arrive(table, [], [typed(table, row) for row in filled])
    return raw


def typed(table: str, row: Row) -> Row:
    kinds = CONTRACTS[table].columns
    return {name: _typed(value, kinds[name]) for name, value in row.items()}


def _typed(value: Any, kind: str) -> Any:
    if value is None or kind in ("VARCHAR", "DATE", "BIGINT", "INTEGER"):
        return value
    return at(value) if kind.startswith("TIMESTAMP") else Decimal(str(value)).quantize(Decimal("0.01"))


def assert_rows(table: pa.Table, expected: list[Row]) -> None:
    """The same rows in the columns that the case names, in any order."""
    columns = sorted(expected[0]) if expected else table.column_names
    assert all(sorted(row) == columns for row in expected), "each expected row names the same columns"
    found = [[_plain(row[column]) for column in columns] for row in table.to_pylist()]
    wanted = [[_plain(row[column]) for column in columns] for row in expected]
    assert sorted(found) == sorted(wanted)


def _plain(value: Any) -> str:
    """A value as text, numbers of all kinds alike. In a case, a fraction such as "1/3" is the double nearest to it, and an
    amount too long for a double stands in quotes."""
    if isinstance(value, str) and FRACTION.fullmatch(value):
        value = float(Fraction(value))
    if isinstance(value, str) and AMOUNT.fullmatch(value):
        value = Decimal(value)
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return str(Fraction(str(value))) if is_number else str(value)
