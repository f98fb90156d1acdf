"""From features to scores to signals over a lake: one row for each account, the card kept, nothing lost unseen."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrears.errors import BalanceError, LakeError
from arrears.lake.lake import Lake
from arrears.policy.decide import run_signals
from arrears.scorecard.apply import run_scores
from arrears.scorecard.card import from_json
from arrears.settings import Settings
from arrears.snapshot.features import run_features
from tests.snapshot.night import rules
from tests.snapshot.small_lake import ACCOUNTS, RUN, small_lake

CARD, POLICY = rules(RUN.as_of)


Made = tuple[Lake, Settings]


def quiet(_what: str, _share: float) -> None:
    pass


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose lake has features and scores."""
    folder = tmp_path_factory.mktemp("scored")
    here, lake = Settings(state=folder / "state"), small_lake(folder)
    run_features(RUN, here, lake, quiet)
    run_scores(RUN, here, lake, CARD, quiet)
    return folder


@pytest.fixture
def made(scored: Path, tmp_path: Path) -> Made:
    """A copy of it to work on."""
    shutil.copytree(scored / "lake", tmp_path / "lake")
    return Lake(tmp_path / "lake", tmp_path / "scratch"), Settings(state=tmp_path / "state")


def accounts_of(lake: Lake, stage: str) -> list[str]:
    files = lake.stage(stage, RUN).files
    return [row["account_id"] for path in files for row in pq.read_table(path, partitioning=None).to_pylist()]


def test_every_account_is_scored_and_decided_in_the_order_of_features(made: Made) -> None:
    lake, here = made
    told: list[float] = []
    run_signals(RUN, here, lake, POLICY, lambda _what, share: told.append(share))
    assert accounts_of(lake, "scores") == accounts_of(lake, "signals") == accounts_of(lake, "features")
    assert sorted(accounts_of(lake, "signals")) == ACCOUNTS
    assert all(0 <= share <= 1 for share in told)
    signals = lake.stage("signals", RUN).manifest["receipt"]
    assert signals["money_in"] == signals["money_out"] == "24.00"  # what is open; credit is not in it


def test_the_card_that_scored_lies_with_its_scores(made: Made) -> None:
    lake, _ = made
    kept = from_json(json.dumps(lake.stage("scores", RUN).manifest["card"]))
    assert (kept, kept.version) == (CARD, CARD.version)


def test_an_account_that_lost_its_score_stops_the_night(made: Made) -> None:
    lake, here = made
    path = next(path for path in lake.stage("scores", RUN).files if pq.read_table(path, partitioning=None).num_rows)
    scores = pq.read_table(path, partitioning=None)
    pq.write_table(scores.slice(1), path)
    with pytest.raises(BalanceError, match=r"demo: 40 accounts owe 24\.00, 39 signals speak of"):
        run_signals(RUN, here, lake, POLICY, quiet)
    with pytest.raises(LakeError, match="there are no signals"):
        lake.stage("signals", RUN)


def test_an_account_that_is_scored_twice_stops_the_night(made: Made) -> None:
    lake, here = made
    for path in lake.stage("scores", RUN).files:
        scores = pq.read_table(path, partitioning=None)
        pq.write_table(pa.concat_tables([scores, scores]), path)
    with pytest.raises(BalanceError, match=r"40 accounts owe 24\.00, 80 signals speak of 48\.00"):
        run_signals(RUN, here, lake, POLICY, quiet)


def test_customers_lie_beside_the_signals(made: Made) -> None:
    lake, here = made
    run_signals(RUN, here, lake, POLICY, quiet)
    (path,) = lake.stage("customers", RUN).files
    found = pq.read_table(path, partitioning=None).to_pylist()
    signals = [
        row for file in lake.stage("signals", RUN).files for row in pq.read_table(file, partitioning=None).to_pylist()
    ]
    assert [row["customer_id"] for row in found] == sorted({row["customer_id"] for row in signals})
    assert sum(row["accounts"] for row in found) == len(signals)
    for name in ("exposure_amount", "open_amount", "overdue_amount"):
        assert sum(row[name] for row in found) == sum(row[name] for row in signals)
    grades = {row["customer_id"]: row["grade"] for row in found}
    assert all(row["customer_grade"] == grades[row["customer_id"]] for row in signals)


def test_the_same_bytes_on_one_thread_and_on_four(made: Made) -> None:
    lake, here = made
    written: list[dict[str, str]] = []
    for threads in (1, 4):
        run_signals(RUN, here.model_copy(update={"threads": threads}), lake, POLICY, quiet)
        parts = [lake.stage(stage, RUN) for stage in ("signals", "customers")]
        written.append({entry["name"]: entry["sha256"] for part in parts for entry in part.manifest["files"]})
        shutil.rmtree(lake.folder / "signals")  # what is left of `customers` is written again
    assert len(written[0]) == 17
    assert written[0] == written[1]
