"""What feature SQL may do: read the gate and earlier tables, add up whole numbers, take its values from binds."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import sqlglot
from sqlglot import TokenType, exp

from arrears.engine.duckdb import names_bound
from arrears.lake.contract import TABLES
from arrears.settings import ROOT
from arrears.snapshot.catalogue import IDENTITY, ORDER, load_catalogue
from arrears.snapshot.steps import make_features
from tests.snapshot.night import open_gate
from tests.snapshot.rows import AS_OF, KNOWN_AT

FOLDER = ROOT / "sql" / "features"
KNOWN = {"local_day", "quarantine_known", *(f"{table}_known" for table in TABLES)}
FUNCTIONS = {
    "ABS", "AND", "ANY", "ARG_MAX", "CASE", "CAST", "COALESCE", "COUNT", "EXISTS", "EXTRACT", "FIRST_VALUE",
    "GREATEST", "LAG", "LEAST", "MAX", "MIN", "NULLIF", "OR", "POWER", "ROW_NUMBER", "SQRT", "SUM",
}  # fmt: skip
"""What the files may call. Sums are exact; means, deviations and clocks are not on the list."""


def problems(sql: str, may_read: set[str], floating: set[str]) -> list[str]:
    """Everything that one file does and must not; `floating` are the columns of DOUBLE that earlier files made."""
    found = []
    if any(token.token_type is TokenType.DCOLON for token in sqlglot.tokenize(sql, dialect="duckdb")):
        found.append("casts with ::")
    statements = sqlglot.parse(sql, dialect="duckdb")
    if len(statements) != 1 or not isinstance(statements[0], exp.Select):
        return [*found, "is not one SELECT"]
    tree = statements[0]
    found += [f"reads {name}" for name in sorted(read_by(tree) - may_read)]
    found += [f"binds {name}" for name in sorted(names_bound(sql) - {"as_of"})]
    called = {call.sql_names()[0] if not isinstance(call, exp.Anonymous) else call.name for call in calls(tree)}
    found += [f"calls {name}" for name in sorted(called - FUNCTIONS)]
    found += [f"adds up {each.sql()}" for each in tree.find_all(exp.Sum) if is_floating(each, floating)]
    return found


def read_by(tree: exp.Expr) -> set[str]:
    return {table.name for table in tree.find_all(exp.Table)} - {cte.alias for cte in tree.find_all(exp.CTE)}


def calls(tree: exp.Expr) -> Iterator[exp.Func]:
    """All but the branches of a CASE, which the parser takes for an IF."""
    return (call for call in tree.find_all(exp.Func) if not isinstance(call.parent, exp.Case))


def is_floating(total: exp.Sum, floating: set[str]) -> bool:
    casts = (cast.to.this for cast in total.find_all(exp.Cast))
    columns = {column.name for column in total.find_all(exp.Column)}
    return (
        any(kind in (exp.DType.DOUBLE, exp.DType.FLOAT) for kind in casts)
        or total.find(exp.Div) is not None
        or bool(columns & floating)
    )


@pytest.fixture(scope="module")
def made() -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables of a night on which nothing is known: only their columns matter."""
    with duckdb.connect(config={"threads": 1}) as con:
        open_gate(con, {}, AS_OF, KNOWN_AT)
        make_features(con, ROOT / "sql" / "features", AS_OF)
        yield con


def columns_of(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in con.execute(f"DESCRIBE {table}").fetchall()}


def test_the_order_names_every_file_once() -> None:
    assert sorted(ORDER) == sorted(path.stem for path in FOLDER.glob("*.sql"))


@pytest.mark.parametrize("name", ORDER)
def test_feature_sql(made: duckdb.DuckDBPyConnection, name: str) -> None:
    earlier = ORDER[: ORDER.index(name)]
    kinds = [columns_of(made, table) for table in earlier]
    floating = {column for columns in kinds for column, kind in columns.items() if kind in ("DOUBLE", "FLOAT")}
    assert problems((FOLDER / f"{name}.sql").read_text(encoding="utf-8"), KNOWN | set(earlier), floating) == []


@pytest.mark.parametrize("name", ORDER)
def test_the_header_says_the_grain_and_what_is_read(name: str) -> None:
    sql = (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    header = {match[1]: match[2] for match in re.finditer(r"^-- (\w+): +(.+)$", sql, re.MULTILINE)}
    assert header["grain"].startswith("one row per ")
    assert set(header["inputs"].split(", ")) == read_by(sqlglot.parse_one(sql, dialect="duckdb"))


def test_the_catalogue_declares_every_column_and_no_other(made: duckdb.DuckDBPyConnection) -> None:
    declared = load_catalogue(ROOT / "sql").features
    assert set(columns_of(made, "features")) == {*IDENTITY, *declared}
    tables = {name: set(columns_of(made, name)) for name in ORDER}
    for feature in declared.values():
        stem = re.sub(r"_30d$", "", feature.name)
        stem = re.sub(r"_amount(_\d+m)?$", r"_cents\1", stem)
        stem = re.sub(r"_kwh(_\d+m)?$", r"_wh\1", stem)
        assert stem in tables[feature.sql] or feature.name in tables[feature.sql], f"{feature.sql}.sql makes no {stem}"


def test_money_stays_decimal_and_ratios_are_the_only_doubles(made: duckdb.DuckDBPyConnection) -> None:
    units = {name: feature.unit for name, feature in load_catalogue(ROOT / "sql").features.items()}
    for column, kind in columns_of(made, "features").items():
        if units.get(column) == "money":
            assert kind == "DECIMAL(18,2)", column
        if kind == "DOUBLE":
            assert units[column] in ("share", "ratio", "mean bills", "days", "days a month", "kWh"), column


def test_features_come_in_the_order_of_accounts() -> None:
    tree = sqlglot.parse_one((FOLDER / "features.sql").read_text(encoding="utf-8"), dialect="duckdb")
    assert [column.sql() for column in tree.args["order"].find_all(exp.Column)] == ["own_features.account_id"]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT account_id FROM bill", "reads bill"),
        ("SELECT account_id FROM debt", "reads debt"),
        ("SELECT account_id FROM read_parquet('raw/*.parquet')", "calls READ_PARQUET"),
        ("SELECT CAST(:known_at AS DATE) FROM cohort", "binds known_at"),
        ("SELECT account_id::INTEGER FROM cohort", "casts with ::"),
        ("SELECT sum(late_share) FROM cohort", "adds up SUM(late_share)"),
        ("SELECT sum(CAST(amount AS DOUBLE)) FROM bill_known", "adds up SUM(CAST(amount AS DOUBLE))"),
        ("SELECT sum(cents / 3) FROM cohort", "adds up SUM(cents / 3)"),
        ("SELECT avg(amount) FROM bill_known", "calls AVG"),
        ("SELECT stddev(amount) FROM bill_known", "calls STDDEV"),
        ("SELECT account_id FROM cohort WHERE opened_on < current_date", "calls CURRENT_DATE"),
        ("SELECT now() FROM cohort", "calls now"),
        ("SELECT random() FROM cohort", "calls RAND"),
        ("SELECT leak() FROM cohort", "calls leak"),
        ("SELECT 1 FROM cohort; DROP TABLE cohort", "is not one SELECT"),
        ("DELETE FROM cohort", "is not one SELECT"),
    ],
)
def test_the_lint_finds(sql: str, said: str) -> None:
    assert said in problems(sql, KNOWN | {"cohort"}, {"late_share"})


@pytest.mark.parametrize("path", sorted((ROOT / "sql").rglob("*.sql")), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sql_file_is_a_template(path: Path) -> None:
    sql = path.read_text(encoding="utf-8")
    assert not re.search(r"\{[{%]|\$\{", sql)
    assert "::" not in re.sub(r"'[^']*'", "", sql)
