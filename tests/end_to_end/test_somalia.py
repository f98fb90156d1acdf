"""A water utility's ledger through the whole night: open debt less credit is the ledger's own balance, to the cent."""

import csv
import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from arrears.deployment import load_source
from arrears.domain.run import Run
from arrears.pipeline import open_run, run_stage
from arrears.settings import ROOT
from tests.end_to_end.conftest import Deploy
from tests.end_to_end.deployments import Deployment

INVENTED = Path(__file__).parent.parent / "data" / "somalia_water" / "drop"
REAL = ROOT.parent / "shared" / "data" / "somalia_water"
AS_OF = dt.date(2024, 2, 12)


@dataclass(frozen=True)
class Ledger:
    """A drop folder with one cycle of a ledger."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"ARREARS_SOMALIA_WATER": str(self.folder), "ARREARS_SOURCE": "somalia_water"}

    def rows(self) -> dict[str, dict[str, str]]:
        (path,) = self.folder.glob("*.csv")
        with path.open(newline="") as handle:
            return {row["hh_id"]: row for row in csv.DictReader(handle)}


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return Deployment(tmp_path_factory.mktemp("somalia"), Ledger(INVENTED).environment)


def test_debt_less_credit_is_the_balance(invented: Deployment) -> None:
    _compare(invented, Ledger(INVENTED))


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the real ledger is not at {REAL}")
def test_debt_less_credit_is_the_balance_of_every_real_household(deploy: Deploy) -> None:
    assert len(Ledger(REAL).rows()) == 136
    _compare(deploy(Ledger(REAL)), Ledger(REAL))


def test_what_is_owed_changes_as_the_cycle_goes_on(invented: Deployment) -> None:
    """Household 2 owed 3.50 from before, was billed 9.00 on the 1st of February, and paid 5.00 on the 10th: that pays what
    is older, and 1.50 of the bill. Household 7 had paid ahead what the cycle then cost. Household 5 paid too much."""
    days = (dt.date(2024, 2, 1), dt.date(2024, 2, 2), AS_OF)
    owed = {day: _by_account(invented, day, "open_amount, overdue_amount, credit_amount") for day in days}
    assert [owed[day]["2"] for day in days] == [
        _usd("3.5", "3.5", "0"),
        _usd("12.5", "3.5", "0"),
        _usd("7.5", "0", "0"),
    ]
    assert [owed[day]["7"] for day in days] == [_usd("0", "0", "46.5"), _usd("0", "0", "0"), _usd("0", "0", "0")]
    assert [owed[day]["5"] for day in days] == [
        _usd("1.5", "1.5", "0"),
        _usd("4.5", "1.5", "0"),
        _usd("0", "0", "15.5"),
    ]


def test_use_is_counted_in_litres(invented: Deployment) -> None:
    """31 m3 over the 31 days of January, a thousand litres a day; no use in them; a dial that turned over: from 99,998 to 3
    of 100,000 are five, in shares of 162 and 161 litres."""
    with invented.entered("somalia_water"):
        assert load_source("somalia_water").declared.commodity == "water"
    columns = "recent_use_ratio, zero_reading_days_30d, missing_reading_days_30d"
    found = _by_account(invented, dt.date(2024, 2, 2), columns)
    assert found["7"] == (1.0, 0, 0)
    assert found["3"] == (None, 29, 0)
    assert found["4"] == (pytest.approx(161 / 162, rel=0.003), 0, 0)


def test_an_amount_that_is_no_number_sets_its_row_aside(
    deploy: Deploy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its household is not lost, and neither is another."""
    monkeypatch.setattr("arrears.pipeline._record", lambda _run, _receipt: None)
    text = (INVENTED / "households.csv").read_text().replace("1,100.0,108.0,8.0,12.0", "1,100.0,108.O,8.0,12.O")
    (tmp_path / "households.csv").write_text(text)
    with deploy(Ledger(tmp_path)).entered("somalia_water"):
        receipt = run_stage("pull", open_run("somalia_water", AS_OF))
    assert (receipt.rows_out, receipt.rows_quarantined) == (7 * 6 + 6 + 3 - 2, 2)
    told = " ".join(receipt.remarks)
    for said in ("amount is '12.O'", "register_wh is '108.O'", "households.csv row 2"):
        assert said in told


def _compare(deployment: Deployment, ledger: Ledger) -> None:
    found = _by_account(deployment, AS_OF, "open_amount - credit_amount")
    assert found == {household: _usd(row["balance_usd"]) for household, row in ledger.rows().items()}


def _by_account(deployment: Deployment, as_of: dt.date, columns: str) -> dict[str, tuple[Any, ...]]:
    run = deployment.night(as_of, source="somalia_water")
    return {account: tuple(values) for account, *values in _features(deployment, run, columns)}


def _features(deployment: Deployment, run: Run, columns: str) -> list[Any]:
    files = [str(path) for path in deployment.partition("features", run).files]
    with duckdb.connect() as con:
        return con.execute(f"SELECT account_id, {columns} FROM read_parquet(?) ORDER BY account_id", [files]).fetchall()


def _usd(*texts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(text).quantize(Decimal("0.01")) for text in texts)
