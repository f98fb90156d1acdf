"""A receivables ledger through the whole night: a small invented file reckoned by hand, and the real one where it is."""

import csv
import datetime as dt
import gzip
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from arrears.domain.run import Run
from arrears.pipeline import open_run
from arrears.settings import ROOT
from tests.end_to_end.conftest import Deploy
from tests.end_to_end.deployments import Deployment, fingerprint

INVENTED = Path(__file__).parent.parent / "data" / "ibm_ar"
REAL = ROOT.parent / "shared" / "data" / "ibm_ar"
AS_OF = dt.date(2013, 3, 1)


@dataclass(frozen=True)
class Drop:
    """A drop folder with one file of invoices."""

    folder: Path
    policy: Path = INVENTED / "policy"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "ARREARS_IBM_AR": str(self.folder),
            "ARREARS_POLICY": str(self.policy),
            "ARREARS_SOURCE": "ibm_ar",
        }

    def rewritten(self, folder: Path, change: Callable[[dict[str, str]], dict[str, str] | None]) -> "Drop":
        """A copy in which each invoice is what `change` makes of it, or gone."""
        with (self.folder / "invoices.csv").open(newline="") as handle:
            rows = [changed for row in csv.DictReader(handle) if (changed := change(row)) is not None]
        folder.mkdir(parents=True)
        with (folder / "invoices.csv").open("w", newline="") as handle:
            writer = csv.DictWriter(handle, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return Drop(folder)


DROP = Drop(INVENTED / "drop")


def test_the_night_is_what_the_hand_reckons(deploy: Deploy) -> None:
    """As of 2013-03-01, from midnight on that day: what is dated the 1st of March is not known yet.

    points = on_time_bill_share (of 30) + longest_late_days (of 20) + oldest_days_past_due (of 25) + overdue_bills (of 25)
    EARLY    all in time; due 12 March 50.00 open           30 + 20 + 25 + 25 = 100  A
    LATE     1 of 3 in time, 20 days at most, 200.00 open    0 +  0 + 25 + 25 =  50  C
    DISPUTE  300.00 of 360.00 is in dispute. The other 60.00 fell due on the 19th of February: 10 days ago, 0 of 1 in
             time; 60.00 of a mean bill of 180.00 is 0.33    0 + 10 +  5 + 15 =  30  C
    COLLECT  90.00 due 60 days ago, of a mean bill of 90.00  0 +  0 +  5 +  5 =  10  C  in collection
    CROSS    the 70.00 of the 20th of December pays the older bill first: of that 30.00 are open since 90 days, of the
             newer all 70.00 since 60; 100.00 of a mean bill of 85.00 is 1.18, 0 of 2 in time
                                                             0 +  0 +  5 +  5 =  10  C  in collection
    NEW      nothing due yet: half of 30, half of 20        15 + 10 + 25 + 25 =  75  B
    SETTLED  its dispute is over; 14 days late, 0 of 1       0 + 10 + 25 + 25 =  60  B
    """
    deployment = deploy(DROP)
    run = _night(deployment, AS_OF)
    columns = "account_id, district, open_amount, overdue_amount, oldest_days_past_due, points, grade, level, is_in_collection"
    assert _select(deployment, run, columns) == [
        ("0001-EARLY", "391", _usd(50), _usd(0), None, 100, "A", None, False),
        ("0002-LATE", "391", _usd(200), _usd(0), None, 50, "C", "yellow", False),
        ("0003-DISPUTE", "406", _usd(360), _usd(60), 10, 30, "C", "red", False),
        ("0004-COLLECT", "406", _usd(90), _usd(90), 60, 10, "C", None, True),
        ("0005-CROSS", "406", _usd(100), _usd(100), 90, 10, "C", None, True),
        ("0006-NEW", "770", _usd(40), _usd(0), None, 75, "B", None, False),
        ("0008-SETTLED", "770", _usd(0), _usd(0), None, 60, "B", None, False),
    ]
    reasons = dict(_reasons(deployment, run))
    assert reasons["0002-LATE"] == ("on_time_bill_share_12m", "longest_late_days_12m", None, None)  # lost 30, 20
    assert reasons["0003-DISPUTE"] == (  # lost 30, 20, 10, 10: of two equals the card's first
        "on_time_bill_share_12m",
        "oldest_days_past_due",
        "longest_late_days_12m",
        "overdue_bills",
    )


def test_exposure_and_expected_loss_are_what_the_hand_reckons(deploy: Deploy) -> None:
    """LATE, 181 days a customer, was billed 80 + 120 + 100 + 200 = 500.00. Its last invoice covers the 5th of February, so
    23 days are not billed yet and 30 more would be until a lawful stop: 500.00 x 53 / 181 = 146.41 beside the open 200.00.
    346.41 x 0.40 x 0.50 = 69.282."""
    deployment = deploy(DROP)
    rows = _select(
        deployment, _night(deployment, AS_OF), "account_id, exposure_amount, expected_loss_amount, next_due_on"
    )
    assert rows[1] == ("0002-LATE", Decimal("346.41"), Decimal("69.28"), dt.date(2013, 3, 7))


def test_the_whole_night_raises_the_warnings_and_drafts_the_letter(deploy_whole: Deploy) -> None:
    deployment = deploy_whole(DROP)
    receipts = deployment.whole_night(AS_OF, source="ibm_ar")
    assert {receipt.rows_quarantined for receipt in receipts.values()} == {0}
    assert receipts["pull"].money_in == receipts["pull"].money_out == _usd(1460 + 620), "14 invoices, 7 settlements"
    assert "raised: 2" in receipts["fold"].remarks
    texts = list((deployment.state / "notices" / "ibm_ar" / f"as_of={AS_OF}").glob("*.txt"))
    assert receipts["draft"].rows_out == len(texts)
    told = sorted(
        text.read_text().splitlines()[1] + (": LATE" if "0002-LATE" in text.read_text() else "") for text in texts
    )
    assert told == ["Demand for payment", "Demand for payment", "Payment reminder: LATE"], (
        "nothing falls due for DISPUTE"
    )
    (letter,) = (text for text in texts if "Payment reminder" in text.read_text())
    for word in ("0002-LATE", "$200.00", "March 7, 2013", "Receivables Service Centre"):
        assert word in letter.read_text()


def test_what_is_settled_later_changes_nothing_tonight(deploy: Deploy, tmp_path: Path) -> None:
    """Settled dates, days to settle and days late of what is open as of tonight are the future, and so is its dispute."""

    def hide(row: dict[str, str]) -> dict[str, str] | None:
        if _date(row["InvoiceDate"]) >= AS_OF:
            return None
        is_open = not row["SettledDate"] or _date(row["SettledDate"]) >= AS_OF
        is_due = _date(row["DueDate"]) < AS_OF
        unsettled = {**row, "SettledDate": "", "DaysToSettle": "", "DaysLate": ""} if is_open else row
        return unsettled if is_due else {**unsettled, "Disputed": "No"}

    def move(row: dict[str, str]) -> dict[str, str]:
        is_open = not row["SettledDate"] or _date(row["SettledDate"]) >= AS_OF
        moved = {**row, "SettledDate": "3/2/2013", "DaysToSettle": "1", "DaysLate": "999"} if is_open else row
        return moved if _date(row["DueDate"]) < AS_OF else {**moved, "Disputed": "Yes"}

    deployment = deploy(DROP)
    told = fingerprint(deployment, _night(deployment, AS_OF))
    for name, change in {"hidden": hide, "moved": move}.items():
        other = deploy(DROP.rewritten(tmp_path / name, change))
        assert fingerprint(other, _night(other, AS_OF)) == told, name


def test_a_settlement_counts_from_the_day_after_it(deploy: Deploy) -> None:
    deployment = deploy(DROP)
    owed = [
        dict(_select(deployment, _night(deployment, day), "account_id, open_amount"))["0001-EARLY"]
        for day in (dt.date(2013, 3, 5), dt.date(2013, 3, 6))
    ]
    assert owed == [_usd(50), _usd(0)], "settled on the 5th"


def test_a_dispute_counts_from_the_day_after_it_shows_until_it_is_settled(deploy: Deploy) -> None:
    """Due on the 9th of January, unpaid on the 10th: known to the night of the 11th. Settled on the 1st of April."""
    deployment = deploy(DROP)
    seen = {}
    for day in (dt.date(2013, 1, 10), dt.date(2013, 1, 11), dt.date(2013, 4, 1), dt.date(2013, 4, 2)):
        rows = _select(deployment, _night(deployment, day), "account_id, open_amount, overdue_amount")
        seen[day.month, day.day] = next(row[1:] for row in rows if row[0] == "0003-DISPUTE")
    assert seen == {
        (1, 10): (_usd(300), _usd(300)),
        (1, 11): (_usd(300), _usd(0)),
        (4, 1): (_usd(300), _usd(60)),  # the 60.00 of the 20th of March pay the older bill, disputed as it is
        (4, 2): (_usd(0), _usd(0)),
    }


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the real ledger is not at {REAL}")
def test_the_real_ledger_is_what_a_few_lines_of_python_reckon(deploy_whole: Deploy) -> None:
    """Every customer's open and overdue amount, and the share of bills paid by the due date."""
    night = dt.date(2013, 1, 15)
    deployment = deploy_whole(Drop(REAL, ROOT / "policy"))
    command = [sys.executable, "-m", "arrears", "run", "--source", "ibm_ar", "--as-of", night.isoformat()]
    told = subprocess.run(command, env=deployment.process_environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "100 open accounts owe 6,072.07 USD, of which 334.40 is overdue" in told.stdout

    with gzip.open(next(REAL.glob("*.csv.gz")), "rt", newline="") as handle:
        ledger = _reckoned(list(csv.DictReader(handle)), night)
    with deployment.entered():
        run = open_run("ibm_ar", night)
    columns = "account_id, open_amount, overdue_amount, on_time_bill_share_12m"
    assert _select(deployment, run, columns, "features") == ledger
    assert sum(row[1] for row in ledger) == Decimal("6072.07")
    assert sum(row[2] for row in ledger) == Decimal("334.40")


def _reckoned(invoices: list[dict[str, str]], night: dt.date) -> list[tuple[str, Decimal, Decimal, float | None]]:
    """Coin by coin: each day that a customer paid, the money goes to the invoices due first."""
    found = []
    for customer in sorted({row["customerID"] for row in invoices if _date(row["InvoiceDate"]) < night}):
        rows = [row for row in invoices if row["customerID"] == customer and _date(row["InvoiceDate"]) < night]
        rows.sort(key=lambda row: (_date(row["DueDate"]), _date(row["InvoiceDate"]), row["invoiceNumber"]))
        settled = sorted(
            (_date(row["SettledDate"]), row["invoiceNumber"], Decimal(row["InvoiceAmount"]))
            for row in rows
            if _date(row["SettledDate"]) < night
        )
        opened, overdue, in_time = Decimal(), Decimal(), []
        purse, paid_on = Decimal(), dt.date.min
        for row in rows:
            due_on, owed = _date(row["DueDate"]), Decimal(row["InvoiceAmount"])
            while purse < owed and settled:
                paid_on, _, amount = settled.pop(0)
                purse += amount
            still_open = max(owed - purse, Decimal())
            purse = max(purse - owed, Decimal())
            shows_on = due_on + dt.timedelta(days=1)
            is_disputed = row["Disputed"] == "Yes" and shows_on < night <= _date(row["SettledDate"])
            opened += still_open
            if due_on < night and not is_disputed:
                overdue += still_open
                if due_on >= dt.date(night.year - 1, night.month, night.day):
                    in_time.append(not still_open and paid_on <= due_on)
        share = sum(in_time) / len(in_time) if in_time else None
        found.append((customer, opened, overdue, share))
    return found


def test_no_line_of_python_knows_this_source() -> None:
    """A source is a folder of SQL."""
    said = [
        path.name for path in (ROOT / "arrears").rglob("*.py") if re.search(r"ibm", path.read_text(), re.IGNORECASE)
    ]
    assert said == []


def _night(deployment: Deployment, as_of: dt.date) -> Run:
    return deployment.night(as_of, source="ibm_ar")


def _select(deployment: Deployment, run: Run, columns: str, stage: str = "signals") -> list[Any]:
    files = [str(path) for path in deployment.partition(stage, run).files]
    with duckdb.connect() as con:
        return con.execute(f"SELECT {columns} FROM read_parquet(?) ORDER BY account_id", [files]).fetchall()


def _reasons(deployment: Deployment, run: Run) -> list[tuple[str, tuple[str | None, ...]]]:
    rows = _select(deployment, run, "account_id, reason_1, reason_2, reason_3, reason_4")
    return [(account_id, tuple(reasons)) for account_id, *reasons in rows]


def _date(text: str) -> dt.date:
    month, day, year = map(int, text.split("/"))
    return dt.date(year, month, day)


def _usd(amount: int) -> Decimal:
    return Decimal(amount).quantize(Decimal("0.01"))
