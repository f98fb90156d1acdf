"""Accounts as rows of features and scores, decided in memory: what most of the tests of a policy need."""

from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from arrears.engine import duckdb as engine
from arrears.policy.decide import prepare, signals_sql, values_bound
from arrears.policy.rules import Policy
from tests.policy.small_policy import CATALOGUE, SMALL

KINDS: dict[str, pa.DataType] = {
    "category": pa.string(),
    "money": pa.decimal128(18, 2),
    "kVA": pa.decimal128(12, 2),
    "days": pa.int32(),
    "bills": pa.int32(),
    "incidents": pa.int32(),
    "date": pa.date32(),
    "yes/no": pa.bool_(),
}
FEATURES: dict[str, pa.DataType] = {
    **dict.fromkeys(("account_id", "customer_id", "slot"), pa.string()),
    **{name: KINDS.get(feature.unit, pa.float64()) for name, feature in CATALOGUE.features.items()},
    "mean_late_days_12m": pa.float64(),
}
SCORES: dict[str, pa.DataType] = {
    "account_id": pa.string(),
    "points": pa.decimal128(9, 2),
    "grade": pa.string(),
    "probability": pa.decimal128(9, 6),
    **dict.fromkeys(("reason_1", "reason_2", "reason_3", "reason_4"), pa.string()),
}
NOTHING = Decimal("0.00")
CALM: dict[str, Any] = {
    "account_id": "A",
    "customer_id": "C",
    "slot": "7f",
    "district": "North",
    "voltage_class": "<1kV",
    "tariff": "residential",
    "account_age_days": 1000,
    **{name: NOTHING for name, kind in FEATURES.items() if pa.types.is_decimal(kind)},
    "theft_count_24m": 0,
    "is_protected": False,
    "points": Decimal("95.00"),
    "grade": "A",
    "probability": Decimal("0.010000"),
    "reason_1": "tariff",
}


def signals(con: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]], policy: Policy = SMALL) -> list[dict[str, Any]]:
    for name, kinds in (("features", FEATURES), ("scores", SCORES)):
        whole = [{**CALM, **row} for row in rows]
        con.register(name, pa.Table.from_pylist(whole, schema=pa.schema(list(kinds.items()))))
    prepare(con, policy)
    engine.execute(con, signals_sql(policy), values_bound(policy), prefix="CREATE OR REPLACE TEMP TABLE signals AS\n")
    found: list[dict[str, Any]] = con.sql("SELECT * FROM signals").to_arrow_table().to_pylist()
    return found


def signal(con: duckdb.DuckDBPyConnection, policy: Policy | None = None, **row: Any) -> dict[str, Any]:
    found = signals(con, [row], policy or SMALL)
    assert len(found) == 1
    return found[0]
