"""What the contract's files declare."""

from pathlib import Path

import pytest

from arrears.errors import PolicyError
from arrears.lake.contract import TABLES, load_contract
from arrears.settings import ROOT
from tests.lake.raw_rows import CONTRACTS


def test_every_table_has_its_file_and_every_file_its_table() -> None:
    assert sorted(TABLES) == sorted(path.stem for path in (ROOT / "sql" / "contract").glob("*.sql"))


@pytest.mark.parametrize("table", TABLES)
def test_what_a_header_names_is_a_column(table: str) -> None:
    contract = CONTRACTS[table]
    named = [*contract.key, contract.slot, *filter(None, (contract.event, contract.money))]
    assert set(named) <= set(contract.columns)
    assert contract.columns["recorded_at"] == "TIMESTAMP WITH TIME ZONE"
    assert contract.event is None or contract.columns[contract.event] == "DATE"
    assert contract.money is None or contract.columns[contract.money] == "DECIMAL(18,2)"
    assert {name for name in contract.columns if name.endswith("_on")} == {
        name for name, kind in contract.columns.items() if kind == "DATE"
    }


def test_what_has_no_event_is_of_no_moment_and_only_customers_and_places_lie_by_another_id() -> None:
    assert [table for table in TABLES if CONTRACTS[table].event is None] == ["customer", "premise", "hold", "contact"]
    other = {table: contract.slot for table, contract in CONTRACTS.items() if contract.slot != "account_id"}
    by_customer = dict.fromkeys(("customer", "contact", "external_record"), "customer_id")
    assert other == {**by_customer, "premise": "premise_id"}
    assert [table for table in TABLES if CONTRACTS[table].money] == ["bill", "adjustment", "payment"]


@pytest.mark.parametrize("table", TABLES)
def test_what_is_optional_an_instant_or_a_reference_is_a_column(table: str) -> None:
    contract = CONTRACTS[table]
    assert contract.optional <= set(contract.columns) - set(contract.key)
    assert set(contract.instants) == {name for name, kind in contract.columns.items() if kind.startswith("TIMESTAMP")}
    assert set(contract.references) <= set(contract.columns)
    assert all((column,) == CONTRACTS[other].key for column, other in contract.references.items())
    assert all(TABLES.index(other) < TABLES.index(table) for other in contract.references.values())


def test_a_header_without_a_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bill.sql").write_text("-- slot: account_id\nSELECT account_id FROM staged\n", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"bill.sql:1: the header must name `-- key:` and `-- slot:`"):
        load_contract(tmp_path, "bill")
