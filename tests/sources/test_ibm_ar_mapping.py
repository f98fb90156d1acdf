"""What the mapping of a receivables ledger makes of its one file; the invented one, and spoilt copies of it."""

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from arrears.deployment import lake_of
from arrears.domain.run import Receipt
from arrears.lake.contract import TABLES
from arrears.pipeline import open_run, run_stage
from arrears.settings import settings

INVENTED = Path(__file__).parent.parent / "data" / "ibm_ar" / "drop" / "invoices.csv"
NIGHT = dt.date(2013, 3, 1)
Rows = list[dict[str, str]]


@pytest.fixture
def pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Rows], dict[str, Rows]]:
    """Pulls these invoices as of the night; gives the rows of each table, values as text."""

    def pull(invoices: Rows) -> dict[str, Rows]:
        with (tmp_path / "invoices.csv").open("w", newline="") as handle:
            writer = csv.DictWriter(handle, list(invoices[0]))
            writer.writeheader()
            writer.writerows(invoices)
        monkeypatch.setenv("ARREARS_STATE", str(tmp_path / "state"))
        monkeypatch.setenv("ARREARS_IBM_AR", str(tmp_path))
        monkeypatch.setattr("arrears.pipeline._record", lambda _run, _receipt: None)
        settings.cache_clear()
        try:
            receipt: Receipt = run_stage("pull", open_run("ibm_ar", NIGHT))
            return {table: _rows(table) for table in TABLES} | {"remarks": [{"said": said} for said in receipt.remarks]}
        finally:
            settings.cache_clear()

    return pull


def _rows(table: str) -> list[dict[str, Any]]:
    files = [str(path) for found in lake_of("ibm_ar").raw(table) for path in found.files]
    if not files:
        return []
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'America/New_York'")
        found = con.execute("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet(?) ORDER BY ALL", [files])
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def invoices() -> Rows:
    with INVENTED.open(newline="") as handle:
        return list(csv.DictReader(handle))


def test_an_invoice_is_a_bill_known_from_its_own_date(pulled: Callable[[Rows], dict[str, Rows]]) -> None:
    tables = pulled(invoices())
    assert tables["remarks"] == []
    (bill,) = [row for row in tables["bill"] if row["bill_id"] == "2004"]
    assert (bill["issued_on"], bill["due_on"], bill["amount"]) == ("2013-02-05", "2013-03-07", "200.00")
    assert bill["recorded_at"] == "2013-02-05 00:00:00-05"
    assert not [row for row in tables["bill"] if row["bill_id"] == "7001"], "dated the 1st of March: tomorrow's"


def test_a_settlement_is_a_payment_known_from_its_own_date(pulled: Callable[[Rows], dict[str, Rows]]) -> None:
    payments = {row["payment_id"]: row for row in pulled(invoices())["payment"]}
    assert payments["settled-1002"]["paid_on"] == "2012-12-31"
    assert payments["settled-1002"]["recorded_at"] == "2012-12-31 00:00:00-05"
    assert not {"settled-1003", "settled-2004", "settled-3001", "settled-6001"} & payments.keys()


def test_a_dispute_shows_the_day_after_the_due_date_and_ends_when_settled(
    pulled: Callable[[Rows], dict[str, Rows]],
) -> None:
    found = [(row["bill_id"], row["opened_on"], row["closed_on"]) for row in pulled(invoices())["dispute"]]
    assert sorted(found, key=str) == [
        ("3001", "2013-01-10", None),
        ("8001", "2012-12-02", "2012-12-15"),
        ("8001", "2012-12-02", None),
    ]


def test_a_disputed_invoice_that_is_paid_in_time_holds_nothing_up(pulled: Callable[[Rows], dict[str, Rows]]) -> None:
    rows = invoices()
    rows[1]["Disputed"] = "Yes"  # settled on its due date
    assert not [row for row in pulled(rows)["dispute"] if row["bill_id"] == "1002"]


def test_an_account_is_its_customer_with_the_country_of_the_first_invoice(
    pulled: Callable[[Rows], dict[str, Rows]],
) -> None:
    """A later invoice from elsewhere does not reach back."""
    rows = invoices()
    rows[2]["countryCode"] = "100"
    accounts = {row["account_id"]: row for row in pulled(rows)["account"]}
    assert accounts["0001-EARLY"]["district"] == "391"
    assert accounts["0001-EARLY"]["opened_on"] == "2012-10-01"
    assert accounts["0001-EARLY"]["customer_id"] == "0001-EARLY"
    assert "0007-LATER" not in accounts


def test_dates_that_cannot_be_read_are_set_aside_and_no_other_invoice_with_them(
    pulled: Callable[[Rows], dict[str, Rows]],
) -> None:
    rows = invoices()
    rows[0]["InvoiceDate"] = "13/32/2012"
    rows[1]["DueDate"] = "2/30/2013"
    rows[2]["SettledDate"] = "unknown"
    rows[3]["InvoiceDate"] = "9/1/12"
    tables = pulled(rows)
    said = [row["said"] for row in tables["remarks"]]
    assert said == [
        "ibm_ar: bill: invoices.csv row 3: due_on.day_month_year: due_on is '2/30/2013'",
        "ibm_ar: bill: invoices.csv row 2: recorded_at.day_month_year: recorded_at is '13/32/2012'",
        "ibm_ar: bill: invoices.csv row 5: recorded_at.too_long_ago: recorded_at is '0012-09-01 00:00:00'",
        "ibm_ar: payment: invoices.csv row 4: recorded_at.not_an_instant: recorded_at is 'unknown'",
    ]
    assert len(tables["bill"]) == 14 - 3
    (late,) = [row for row in tables["account"] if row["account_id"] == "0002-LATE"]
    assert late["opened_on"] == "2012-11-01", "the first date that can be read, not the year 12"
