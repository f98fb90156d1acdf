"""`arrears source new` and `check`: what is guessed and marked, what is said of a mapping that does not fit."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrears.cli import main
from arrears.errors import PolicyError
from arrears.lake.contract import KEPT_HERE, TABLES, load_contract
from arrears.settings import ROOT, settings
from arrears.sources.guess import guess, load_words
from arrears.sources.mapping import FILL_IN, load_source
from tests.end_to_end.deployments import everything
from tests.sources.plain_source import PlainSource

CONTRACT = ROOT / "sql" / "contract"

MAPPED = tuple(table for table in TABLES if table not in KEPT_HERE)
"""What a new source is asked for."""


@dataclass(frozen=True)
class Told:
    code: int
    out: str
    err: str


Command = Callable[..., Told]


@pytest.fixture
def arrears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `arrears source …` with a folder of mappings of its own."""
    sql = tmp_path / "own" / "sql"
    sql.mkdir(parents=True)
    for part in ("contract", "features", "checks", "reports"):
        (sql / part).symlink_to(ROOT / "sql" / part)

    def run(*arguments: str, **environment: str) -> Told:
        with monkeypatch.context() as patch:
            for name, value in {
                "ARREARS_SQL": str(sql),
                "ARREARS_STATE": str(tmp_path / "state"),
                **environment,
            }.items():
                patch.setenv(name, value)
            patch.setattr("sys.argv", ["arrears", "source", *arguments])
            settings.cache_clear()
            try:
                main()
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
            finally:
                settings.cache_clear()
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err + printed.out
        return Told(code, printed.out, printed.err)

    return run


@pytest.fixture
def books(tmp_path: Path) -> Path:
    path = tmp_path / "books.db"
    with closing(sqlite3.connect(path)) as con:
        con.executescript(
            """CREATE TABLE a_rcvbl_flow (
    rcvbl_amt_id, cons_no, release_date, bgn_date, end_date, pay_limit_date, rcvbl_amt, t_pq, "状态", entered_at
);
CREATE TABLE "Payments" (PaymentID, AcctNo, PayDate, Amt);
CREATE TABLE audit_log (what, entered_at);"""
        )
    return path


def files_of(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def made(arrears: Command, books: Path, tmp_path: Path) -> Path:
    told = arrears("new", "city", "--database", f"sqlite:///{books}")
    assert (told.code, told.err) == (0, "")
    return tmp_path / "own" / "sql" / "sources" / "city"


def test_every_table_of_the_contract_gets_a_mapping(made: Path) -> None:
    assert files_of(made) == {"source.yaml", *(f"{table}.sql" for table in MAPPED)}
    for table in MAPPED:
        text = (made / f"{table}.sql").read_text()
        for name in load_contract(CONTRACT, table).columns:
            assert f"--   {name} " in text, "what it must be"
    assert "one of issued, cancelled" in (made / "bill.sql").read_text()


def test_a_guess_is_marked_and_what_cannot_be_guessed_too(made: Path) -> None:
    bill = (made / "bill.sql").read_text()
    for line in (
        "rcvbl_amt_id AS bill_id,  -- GUESS",
        "pay_limit_date AS due_on,  -- GUESS",
        '"状态" AS status,  -- GUESS',
    ):
        assert line in bill
    assert bill.endswith("FROM a_rcvbl_flow\nWHERE entered_at >= :since AND entered_at < :until\n")
    payment = (made / "payment.sql").read_text()
    assert "Amt AS amount,  -- GUESS" in payment
    assert f"NULL AS channel,  -- {FILL_IN}" in payment
    assert "-- changes: compare" in payment, "no column says when a row was changed"
    assert payment.endswith('FROM "Payments"\n') or payment.endswith("FROM Payments\n")
    assert f"FROM {FILL_IN}" in (made / "customer.sql").read_text()


def test_nothing_is_written_over(arrears: Command, made: Path, books: Path) -> None:
    before = everything(made)
    told = arrears("new", "city", "--database", f"sqlite:///{books}")
    assert told.code == 2
    assert "is there already, and nothing in it is written over" in told.err
    assert everything(made) == before


def test_what_is_not_filled_in_is_refused_with_its_line(arrears: Command, made: Path) -> None:
    told = arrears("check", "city")
    assert told.code == 4
    assert f"source.yaml:1: {FILL_IN} still stands here" in told.err
    text = (ROOT / "sql" / "sources" / "ibm_ar" / "source.yaml").read_text().replace("name: ibm_ar", "name: city")
    (made / "source.yaml").write_text(text.replace("absent: [", "absent: []  # [").replace("  drop:", "  books:"))
    source = load_source(made.parent.parent, "city")
    with pytest.raises(
        PolicyError, match=r"customer\.sql:\d+: FILL_IN still stands here; .* name customer under `absent`"
    ):
        source.query("customer")


def test_no_password_is_kept(arrears: Command, tmp_path: Path) -> None:
    """And a database that does not answer leaves the files, without guesses."""
    told = arrears("new", "far", "--database", "postgresql+psycopg://clerk:secret@127.0.0.1:1/books")
    assert told.code == 0
    assert "Nothing is guessed: far: books: source_unreachable" in told.out
    texts = [path.read_text() for path in (tmp_path / "own" / "sql" / "sources" / "far").iterdir()]
    assert len(texts) == 1 + len(MAPPED)
    assert not any("secret" in text or "-- GUESS" in text for text in (*texts, told.out))
    assert any("url: 'postgresql+psycopg://clerk@127.0.0.1:1/books'" in text for text in texts)


def test_files_of_one_name_but_for_their_digits_are_one_table(arrears: Command, tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    for month in ("2026-09", "2026-10"):
        (drop / f"bills_{month}.csv").write_text("账单编号,户号,电费金额\n1,2,3\n", encoding="gb18030")
    pq.write_table(pa.table({"cons_no": ["1"], "data_date": ["2026-10-01"], "pap_r": [7]}), drop / "reading.parquet")
    (drop / "notes.txt").write_text("not data")
    told = arrears("new", "dropped", "--files", str(drop))
    assert told.code == 0, told.err
    made = tmp_path / "own" / "sql" / "sources" / "dropped"
    declared = (made / "source.yaml").read_text()
    assert (
        "    encoding: gb18030\n    views:\n      bills: 'bills_*.csv'\n      reading: 'reading.parquet'\n" in declared
    )
    assert '"账单编号" AS bill_id,  -- GUESS' in (made / "bill.sql").read_text()
    assert "pap_r AS register_wh,  -- GUESS" in (made / "reading.sql").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["new", "city"], "say where the system's data is: --database URL, or --files FOLDER"),
        (["new", "City", "--database", "sqlite://"], "a source is named by small letters, digits and _"),
        (["new", "city", "--files", "nowhere"], "there is no folder nowhere"),
        (["new", "city", "--database", "books.db"], "--database: Could not parse SQLAlchemy URL"),
        (["check", "nobody"], "there is no source 'nobody'"),
    ],
)
def test_what_cannot_be_asked(arrears: Command, arguments: list[str], said: str) -> None:
    told = arrears(*arguments)
    assert told.code == 2
    assert said in told.err


def test_an_earlier_word_goes_before_a_later_and_a_whole_name_before_a_part() -> None:
    words = load_words(CONTRACT)
    bill = load_contract(CONTRACT, "bill")
    found = guess(bill, {"T_Invoice": ["Total_Amount", "Amount", "InvoiceNo", "DueDate"]}, words)
    assert found is not None
    assert found.columns == {"amount": "Amount", "bill_id": "InvoiceNo", "due_on": "DueDate"}
    assert guess(bill, {"T_Invoice": ["what", "when"]}, words) is None, "nothing of the key"
    assert guess(bill, {"T_Other": ["bill_no"]}, words) is None, "no name like it"


def test_every_word_is_of_the_contract() -> None:
    words = load_words(CONTRACT)
    columns = {name for table in MAPPED for name in load_contract(CONTRACT, table).columns}
    assert set(words.tables) == set(MAPPED)
    assert set(words.columns) == columns


def check(arrears: Command, plain: PlainSource, *arguments: str) -> Told:
    environment = {**plain.variables(), "ARREARS_SQL": str(plain.folder / "sql")}
    return arrears("check", "plain", *arguments, **environment)


def test_a_mapping_that_fits(arrears: Command, files: PlainSource) -> None:
    files.write()
    before = everything(files.drop)
    told = check(arrears, files, "--rows", "1")
    assert told.code == 0, told.out
    assert f"{len(TABLES)} of {len(TABLES)} tables fit" in told.out
    assert "ok      bill             1 of 1 rows fit (bill.sql)" in told.out
    assert "100.00" in told.out, "as the contract takes it"
    assert everything(files.drop) == before
    assert not (files.folder / "state" / "lake").exists(), "nothing is kept"


def test_rows_that_break_a_rule_are_counted_and_the_first_shown(arrears: Command, database: PlainSource) -> None:
    for number in range(5):
        database.add("bill", bill_id=f"B{number + 1}", amount="1,234.00" if number else "100.00")
    told = check(arrears, database.add("payment", account_id="A9").write(), "--rows", "0")
    assert told.code == 3
    said = [" ".join(line.split()) for line in told.out.splitlines()]
    assert "NOT OK bill 1 of 5 rows fit (bill.sql)" in said
    assert "amount.thousands_commas: 4 rows are set aside" in said
    assert [line for line in said if line.endswith("amount is '1,234.00'")] == [
        f"bill_id 'B{number}': amount is '1,234.00'" for number in (2, 3, 4)
    ]
    assert "account_id.nobody: 1 row is set aside" in said
    assert said[-1].endswith("tables fit; not: bill, payment")


def test_json_says_the_same(arrears: Command, files: PlainSource) -> None:
    told = check(arrears, files.add("bill", amount="oh").write(), "--json", "--table", "bill", "--rows", "3")
    assert told.code == 3
    said: dict[str, Any] = json.loads(told.out)
    (bill,) = said["tables"]
    assert (bill["table"], bill["rows"], bill["fitting"], bill["fits"], bill["sample"]) == ("bill", 1, 0, False, [])
    assert bill["broken"] == [
        {"rule": "amount.not_a_number", "rows": 1, "examples": ["bill-1.csv row 2: amount is 'oh'"]}
    ]


def test_missing_and_unknown_columns_and_faults_of_one_table_leave_the_others(
    arrears: Command, database: PlainSource
) -> None:
    database.write()
    bill, payment = database.mapping("bill"), database.mapping("payment")
    bill.write_text(bill.read_text().replace(" due_on,", " due_on AS due_date,"))
    payment.write_text(payment.read_text().replace("FROM payment", "FROM receipts"))
    told = check(arrears, database, "--rows", "0")
    assert told.code == 3
    assert "bill.sql yields no due_on; add it, or NULL AS due_on" in told.out
    assert "bill.sql yields due_date, which the contract does not know; mend the name" in told.out
    assert "query_refused: no such table: receipts" in told.out
    assert f"{len(TABLES) - 2} of {len(TABLES)} tables fit; not: bill, payment" in told.out


def test_since_looks_at_what_was_recorded_since(arrears: Command, files: PlainSource) -> None:
    files.add("bill").add("bill", bill_id="B2", amount="oh", recorded_at="2025-01-01 10:00:00")
    told = check(arrears, files.write(), "--table", "bill", "--since", "2026-09-01")
    assert (told.code, "1 of 1 rows fit" in told.out) == (0, True)


@pytest.mark.parametrize(("source", "tables"), [("ibm_ar", 5), ("somalia_water", 7), ("sgsc_smart_meter", 4)])
def test_every_source_that_ships_fits_its_invented_files(arrears: Command, source: str, tables: int) -> None:
    drop = Path(__file__).parent.parent / "data" / source / "drop"
    told = arrears("check", source, **{"ARREARS_SQL": str(ROOT / "sql"), f"ARREARS_{source.upper()}": str(drop)})
    assert (told.code, told.out.splitlines()[-1]) == (0, f"{tables} of {tables} tables fit")


def test_the_sources_are_listed(arrears: Command) -> None:
    told = arrears("list", ARREARS_SQL=str(ROOT / "sql"))
    assert [line.split()[:5] for line in told.out.splitlines()] == [
        ["demo", "Asia/Shanghai", "CNY", "electricity", "16"],
        ["ibm_ar", "America/New_York", "USD", "electricity", "5"],
        ["sgsc_smart_meter", "Australia/Sydney", "AUD", "electricity", "4"],
        ["somalia_water", "Africa/Mogadishu", "USD", "water", "7"],
    ]
