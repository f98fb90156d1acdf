"""The features stage over a lake: sixteen buckets, the same bytes, and money that balances or stops the night."""

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from arrears.domain.identity import BUCKETS
from arrears.errors import BalanceError, LakeError
from arrears.lake import buckets
from arrears.lake.lake import Lake
from arrears.lake.partition import Partition
from arrears.settings import ROOT, Settings
from arrears.snapshot.features import run_features
from tests.lake.raw_rows import money
from tests.snapshot.small_lake import ACCOUNTS, OWED, RUN, small_lake


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
