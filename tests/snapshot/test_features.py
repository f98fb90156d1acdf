"""The features stage over a lake: sixteen buckets, the same bytes, and money that balances or stops the night."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrears.domain.identity import BUCKETS
from arrears.engine import duckdb as engine
from arrears.errors import BalanceError, LakeError
from arrears.lake import buckets
from arrears.lake.lake import Lake
from arrears.lake.partition import Partition
from arrears.settings import ROOT, Settings
from arrears.snapshot.features import open_gates, run_features
from arrears.snapshot.steps import make_features
from tests.lake.raw_rows import money
from tests.snapshot.rows import account
from tests.snapshot.small_lake import ACCOUNTS, OWED, RUN, bill, lake_of, small_lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return small_lake(tmp_path)


def made(lake: Lake, settings: Settings) -> Partition:
    run_features(RUN, settings, lake, lambda _what, _share: None)
    return lake.stage("features", RUN)


def test_every_account_is_in_its_bucket_in_order(lake: Lake, tmp_path: Path) -> None:
    found = made(lake, Settings(state=tmp_path / "state"))
    assert [path.name for path in found.files] == [f"bucket={bucket}.parquet" for bucket in BUCKETS]
    seen = []
    for bucket, path in zip(BUCKETS, found.files, strict=True):
        rows = pq.read_table(path, partitioning=None).to_pylist()
        assert all(row["slot"].startswith(bucket) for row in rows)
        assert [row["account_id"] for row in rows] == sorted(row["account_id"] for row in rows)
        seen += [row["account_id"] for row in rows]
    assert sorted(seen) == ACCOUNTS
    receipt = found.manifest["receipt"]
    assert (receipt["rows_out"], receipt["money_out"]) == (len(ACCOUNTS), str(money(OWED)))


def linked_lake(folder: Path) -> Lake:
    """Thirty accounts of two customers, three guarantors and five premises, and one that is linked to none."""
    links = [
        {"customer_id": f"C{n % 2}", "guarantor_customer_id": f"G{n % 3}", "premise_id": f"P{n % 5}"} for n in range(30)
    ]
    accounts = [account(name, **of) for name, of in zip(ACCOUNTS, links, strict=False)]
    return lake_of(
        folder, RUN, {"account": [*accounts, account("B00")], "bill": [bill(name, 100) for name in ACCOUNTS[:30]]}
    )


def test_the_files_are_what_the_sql_says(tmp_path: Path) -> None:
    lake, settings = linked_lake(tmp_path), Settings(state=tmp_path / "state")
    files = made(lake, settings).files
    with engine.connect(threads=1, memory="1GB", spill=tmp_path / "spill") as con:
        open_gates(con, RUN, settings, lake)
        make_features(con, settings.sql / "features", RUN.as_of)
        said = con.sql("SELECT * FROM features ORDER BY substr(slot, 1, 1), account_id").to_arrow_table()
    assert {row["linked_accounts"] for row in said.to_pylist()} > {0}
    tables = [pq.read_table(path, partitioning=None) for path in files]
    assert all(table.schema == said.schema for table in tables)
    assert pa.concat_tables(tables).equals(said)


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        ("LEFT JOIN linked", "JOIN linked"),
        ("linked_accounts ON", "(FROM linked_accounts UNION ALL FROM linked_accounts) AS linked_accounts ON"),
    ],
    ids=["lost", "twice"],
)
def test_sql_that_does_not_yield_each_account_once_stops_the_night(tmp_path: Path, there: str, instead: str) -> None:
    shutil.copytree(ROOT / "sql", tmp_path / "sql")
    path = tmp_path / "sql" / "features" / "features.sql"
    text = path.read_text(encoding="utf-8")
    assert text.count(there) == 1
    path.write_text(text.replace(there, instead), encoding="utf-8")
    lake = linked_lake(tmp_path)
    with pytest.raises(LakeError, match=r"features\.sql does not yield each account once"):
        made(lake, Settings(state=tmp_path / "state", sql=tmp_path / "sql"))
    with pytest.raises(LakeError, match="there are no features"):
        lake.stage("features", RUN)


def test_one_thread_and_two_make_the_same_bytes(lake: Lake, tmp_path: Path) -> None:
    digests = []
    for threads in (1, 2):
        found = made(lake, Settings(state=tmp_path / "state", threads=threads))
        digests.append([entry["sha256"] for entry in found.manifest["files"]])
        shutil.rmtree(found.folder)
    assert digests[0] == digests[1]


def test_one_pass_and_sixteen_make_the_same_bytes(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digests, parts = [], []
    for at_once in (1_000_000, 1):
        monkeypatch.setattr(buckets, "AT_ONCE", at_once)
        told: list[str] = []
        run_features(RUN, Settings(state=tmp_path / "state"), lake, lambda what, _share, told=told: told.append(what))  # type: ignore[misc]
        parts.append(len(told))
        found = lake.stage("features", RUN)
        digests.append([entry["sha256"] for entry in found.manifest["files"]])
        shutil.rmtree(found.folder)
    assert parts == [1, 16]
    assert digests[0] == digests[1]


BROKEN = [
    ("debt.sql", "coalesce(sum(cents) FILTER (WHERE is_credit), 0) AS", "0 AS", "A00 by -0.50, A03 by"),
    ("allocation.sql", "WHERE piece.cents > 0 OR", "WHERE piece.cents > 50 OR", "A00 by -0.50, A03 by"),
    ("own_features.sql", "debt ON", "(SELECT * FROM debt WHERE credit_cents = 0) AS debt ON", "A00 by -0.50, A03 by"),
    ("bill_issued.sql", "WHERE bill_known", "WHERE bill_known.account_id <> 'A07' AND bill_known", "billed by 1.00 (1"),
    ("payment_made.sql", "amount * 100 AS BIGINT", "amount * 101 AS BIGINT", "paid by -0.28 (1 in all"),
    ("debt.sql", "days_past_due BETWEEN 1 AND 30", "days_past_due BETWEEN 1 AND 9", "A01 by 1.00"),
]  # fmt: skip
"""A file, what stands in it, what instead, and what the night is to say of it."""


@pytest.mark.parametrize(("file", "there", "instead", "said"), BROKEN, ids=[f"{each[0]}: {each[3]}" for each in BROKEN])
def test_sql_that_loses_money_stops_the_night(
    lake: Lake, tmp_path: Path, file: str, there: str, instead: str, said: str
) -> None:
    shutil.copytree(ROOT / "sql", tmp_path / "sql")
    path = tmp_path / "sql" / "features" / file
    text = path.read_text(encoding="utf-8")
    assert text.count(there) == 1
    path.write_text(text.replace(there, instead), encoding="utf-8")
    with pytest.raises(BalanceError) as stopped:
        made(lake, Settings(state=tmp_path / "state", sql=tmp_path / "sql"))
    assert str(stopped.value).startswith("demo: features as of 2026-10-31 do not balance: ")
    assert said in str(stopped.value)
    with pytest.raises(LakeError, match="there are no features"):
        lake.stage("features", RUN)


def test_the_money_of_the_night_is_told_entry_by_entry(lake: Lake, tmp_path: Path) -> None:
    money_told = made(lake, Settings(state=tmp_path / "state")).manifest["money"]
    assert money_told == {
        "opening": "0.00", "billed": "40.00", "paid": "23.00", "credited": "0.00", "written_off": "0.00",
        "open": "24.00", "credit": "7.00",
    }  # fmt: skip


def test_what_was_put_aside_is_taken_away(lake: Lake, tmp_path: Path) -> None:
    made(lake, Settings(state=tmp_path / "state"))
    assert list((tmp_path / "state" / "spill").iterdir()) == []


def test_without_the_night_having_been_pulled_there_is_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="there are no inputs as of 2026-10-31"):
        made(Lake(tmp_path / "lake", tmp_path / "scratch"), Settings(state=tmp_path / "state"))
