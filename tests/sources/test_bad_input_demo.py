"""Slips in the demo utility's own books and meter files: each sets its own row aside, and its mapping hides none."""

import datetime as dt
import gzip
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from arrears.domain.run import Receipt
from arrears.pipeline import open_run, run_stage
from arrears.settings import settings
from tests.sources.demo_utility import Utility

UNTIL = dt.date(2025, 3, 31)
NIGHT = dt.date(2025, 4, 1)
TABLES = ("c_cust", "c_cons", "a_rcvbl_flow", "a_pay_flow")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Utility:
    utility = Utility(tmp_path_factory.mktemp("slips"), accounts=60, meter_from=dt.date(2025, 3, 20))
    utility.simulate(UNTIL)
    return utility


@pytest.fixture
def books(made: Utility, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the books that a test may spoil, and a deployment that pulls them."""
    folder = tmp_path / "books"
    shutil.copytree(made.folder, folder)
    monkeypatch.setenv("ARREARS_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("ARREARS_BILLING", f"sqlite:///{folder}/billing.db")
    monkeypatch.setenv("ARREARS_METER", str(folder / "meter"))
    monkeypatch.setattr("arrears.pipeline._record", lambda _run, _receipt: None)
    settings.cache_clear()
    yield folder
    settings.cache_clear()


def spoil(books: Path, table: str, key: str, change: str) -> str:
    """Change the table's first row; gives its key."""
    with closing(sqlite3.connect(books / "billing.db")) as con:
        (value,) = con.execute(f"SELECT {key} FROM {table} ORDER BY rowid LIMIT 1").fetchone()
        con.execute(f"UPDATE {table} SET {change} WHERE {key} = ?", [value])
        con.commit()
    return str(value)


def pulled() -> Receipt:
    receipt = run_stage("pull", open_run("demo", NIGHT))
    assert receipt.rows_in == receipt.rows_out + receipt.rows_quarantined
    assert receipt.money_in == receipt.money_out + receipt.money_quarantined
    return receipt


SLIPS = [
    ("c_cust", "cust_id", "cust_name = ' '", "customer: customer_id '{}': name.missing: name is empty"),
    ("c_cons", "cons_no", "volt_code = 'AC9'", "account: account_id '{}': voltage_class.unknown: voltage_class is 'AC9'"),
    ("c_cons", "cons_no", "elec_type_code = '9'", "account: account_id '{}': tariff.unknown: tariff is '9'"),
    ("c_cons", "cons_no", "build_date = '2.1.2'", "account: account_id '{}': opened_on.not_a_date: opened_on is '2.1.2'"),
    ("a_rcvbl_flow", "rcvbl_amt_id", "rcvbl_fen = 'abc'", "bill: bill_id '{}': amount.not_a_number: amount is 'abc fen'"),
    ("a_rcvbl_flow", "rcvbl_amt_id", "rcvbl_fen = 12.5", "bill: bill_id '{}': amount.not_a_number: amount is '12.5 fen'"),
    ("a_rcvbl_flow", "rcvbl_amt_id", "rcvbl_fen = -50", "bill: bill_id '{}': amount.negative: amount is '-0.50'"),
    ("a_rcvbl_flow", "rcvbl_amt_id", "rcvbl_fen = -12345", "bill: bill_id '{}': amount.negative: amount is '-123.45'"),
    ("a_rcvbl_flow", "rcvbl_amt_id", "t_pq = 'no'", "bill: bill_id '{}': energy_wh.not_a_number: energy_wh is 'no kWh'"),
    ("a_pay_flow", "charge_id", "rcved_fen = '1O0'", "payment: payment_id '{}': amount.not_a_number: amount is '1O0 fen'"),
    ("a_pay_flow", "charge_id", "rcved_fen = -1", "payment: payment_id '{}': amount.not_positive: amount is '-0.01'"),
    ("a_pay_flow", "charge_id", "rcved_fen = 0", "payment: payment_id '{}': amount.not_positive: amount is '0.00'"),
]  # fmt: skip


@pytest.mark.parametrize("place", range(5))
def test_a_slip_in_the_books_sets_its_row_aside(books: Path, place: int) -> None:
    """Of each table the slip at that place of its own: one pull shows several, and none stands for another."""
    together = [each for table in TABLES for each in [slip for slip in SLIPS if slip[0] == table][place : place + 1]]
    told = [sentence.format(spoil(books, table, key, change)) for table, key, change, sentence in together]
    receipt = pulled()
    assert {f"demo: {sentence}" for sentence in told} <= set(receipt.remarks)
    at_fault = [remark for remark in receipt.remarks if ".waits: " not in remark]
    for sentence in told:
        own = [remark for remark in at_fault if remark.startswith(f"demo: {sentence.partition(':')[0]}: ")]
        assert len(own) <= 2, "the row, and its later version where it has one"
    assert len(at_fault) <= 2 * len(told), "no other table has a row at fault"


def test_an_unknown_kind_of_incident_is_set_aside(books: Path) -> None:
    with closing(sqlite3.connect(books / "billing.db")) as con:
        con.execute("INSERT INTO c_theft_case VALUES (1, 'A', '99', '2025-01-02', '2025-01-02 10:00:00.000000')")
        con.commit()
    assert "demo: incident: incident_id '1': kind.unknown: kind is '99'" in pulled().remarks


def test_an_unknown_way_to_pay_is_kept_as_it_is(books: Path) -> None:
    spoil(books, "a_pay_flow", "charge_id", "pay_mode = '0999'")
    assert pulled().rows_quarantined == 0


METER_SLIPS = [
    (1, "2025-02-30", "read_on.no_such_day: read_on is '2025-02-30'"),
    (2, "12kWh", "energy_wh.not_a_number: energy_wh is '12kWh'"),
    (2, "-1.000", "energy_wh.negative: energy_wh is '-1000'"),
    (3, "9", "quality.unknown: quality is '9'"),
    (4, "noon", "recorded_at.not_an_instant: recorded_at is 'noon' (one of 2 such rows)"),
    (4, "", "recorded_at.not_an_instant: recorded_at is empty (one of 2 such rows)"),
]


def test_a_slip_in_a_meter_file_sets_its_line_aside(books: Path) -> None:
    """Each in a line of its own: so many are set aside, and each is told once."""
    file = sorted((books / "meter").iterdir())[2]
    lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    sound = [n for n, line in enumerate(lines) if n and line.split(",")[3] == "0"]
    told = []
    for number, (column, text, said) in zip(sound, METER_SLIPS, strict=False):
        cells = lines[number].split(",")
        cells[column] = text
        lines[number] = ",".join(cells)
        told.append(f"demo: reading: {file.name} row {number + 1}: {said}")
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    receipt = pulled()
    assert sorted(receipt.remarks) == sorted(told)
    assert receipt.rows_quarantined == len(METER_SLIPS)
