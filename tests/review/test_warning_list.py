"""The list and the figures of a night, against its signals read row by row."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest

from arrears.domain.run import Run
from arrears.lake.lake import Lake
from arrears.pipeline import open_run, run_stage
from arrears.review import warning_list
from tests.cli.conftest import NIGHT
from tests.end_to_end.deployments import LAKE_STAGES, Deployment


@pytest.fixture
def night(stored: Deployment) -> Iterator[tuple[Lake, Run]]:
    with stored.entered() as lake:
        yield lake, open_run("demo", NIGHT)


@pytest.fixture
def rows(night: tuple[Lake, Run]) -> list[dict[str, Any]]:
    lake, run = night
    return [
        row for path in lake.stage("signals", run).files for row in pq.read_table(path, partitioning=None).to_pylist()
    ]


def test_the_largest_expected_loss_comes_first_and_equals_go_by_account(
    night: tuple[Lake, Run], rows: list[dict[str, Any]]
) -> None:
    found = warning_list.warnings(*night)
    assert {each.account_id for each in found} == {row["account_id"] for row in rows if row["level"]}
    keys = [(-each.expected_loss_amount, each.account_id) for each in found]
    assert keys == sorted(keys)
    assert isinstance(found[0].expected_loss_amount, Decimal)


def test_every_column_is_the_signal_s(night: tuple[Lake, Run], rows: list[dict[str, Any]]) -> None:
    by_account = {row["account_id"]: row for row in rows}
    for each in warning_list.warnings(*night):
        row = by_account[each.account_id]
        assert {name: row[name] for name in each.__slots__} == {name: getattr(each, name) for name in each.__slots__}
        assert each.reasons == [row[f"reason_{n}"] for n in (1, 2, 3, 4) if row[f"reason_{n}"]]


def test_filters_and_a_number(night: tuple[Lake, Run]) -> None:
    found = warning_list.warnings(*night)
    level, district = found[0].level, found[0].district
    expected = [each for each in found if each.level == level and each.district == district]
    assert warning_list.warnings(*night, level=level, district=district) == expected
    assert warning_list.warnings(*night, most=3) == found[:3]
    assert warning_list.warnings(*night, district="' OR TRUE --") == []


def test_counts_add_up_to_the_list(night: tuple[Lake, Run]) -> None:
    found = warning_list.warnings(*night)
    counts = warning_list.counts(*night)
    assert {(each.district, each.level): each.accounts for each in counts} == Counter(
        (each.district, each.level) for each in found
    )
    assert sum(each.expected_loss_amount for each in counts) == sum(each.expected_loss_amount for each in found)


def test_the_portfolio_is_the_sum_of_its_accounts(night: tuple[Lake, Run], rows: list[dict[str, Any]]) -> None:
    collected = [row for row in rows if row["is_in_collection"]]
    warned = [row for row in rows if row["level"]]
    assert collected
    assert warning_list.portfolio(*night) == warning_list.Portfolio(
        accounts=len(rows),
        open_amount=sum(row["open_amount"] for row in rows),
        overdue_amount=sum(row["overdue_amount"] for row in rows),
        in_collection=len(collected),
        in_collection_amount=sum(row["overdue_amount"] for row in collected),
        warned=len(warned),
        warned_expected_loss_amount=sum(row["expected_loss_amount"] for row in warned),
    )
    assert not [row for row in collected if row["level"]], "who is in collection is not warned early"
    assert warning_list.districts(*night) == sorted({row["district"] for row in rows}, key=str.encode)


def test_a_night_before_the_first_account_is_empty(stored: Deployment, tmp_path: Any) -> None:
    deployment = Deployment(tmp_path, stored.environment)
    with deployment.entered() as lake, pytest.MonkeyPatch.context() as patch:
        patch.setattr("arrears.pipeline._record", lambda _run, _receipt: None)
        run = open_run("demo", dt.date(2010, 1, 2))
        for name in LAKE_STAGES:
            run_stage(name, run)
        assert warning_list.warnings(lake, run) == []
        assert warning_list.counts(lake, run) == []
        zero = Decimal(0)
        assert warning_list.portfolio(lake, run) == warning_list.Portfolio(0, zero, zero, 0, zero, 0, zero)
