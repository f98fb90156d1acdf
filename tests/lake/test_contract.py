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


def test_only_customers_are_without_an_event_and_lie_by_another_id() -> None:
    assert [table for table in TABLES if CONTRACTS[table].event is None] == ["customer"]
    assert [table for table in TABLES if CONTRACTS[table].slot != "account_id"] == ["customer"]
    assert [table for table in TABLES if CONTRACTS[table].money] == ["bill", "payment"]


def test_a_header_without_a_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bill.sql").write_text("-- slot: account_id\nSELECT account_id FROM staged\n", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"bill.sql:1: the header must name `-- key:` and `-- slot:`"):
        load_contract(tmp_path, "bill")
