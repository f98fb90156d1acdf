"""Where partitions lie, and which of them count."""

import datetime as dt
from pathlib import Path

import pytest

from arrears.domain.run import Run, RunKind, midnight
from arrears.errors import LakeError
from arrears.lake.lake import Lake, stamp
from arrears.lake.partition import Writer
from tests.lake.pulls import SHANGHAI


def run(as_of: dt.date, kind: RunKind = RunKind.NIGHTLY, known: dt.date | None = None) -> Run:
    return Run("demo", as_of, midnight(known or as_of, SHANGHAI), kind, "1", "policy", "card")


NIGHT = run(dt.date(2026, 11, 1))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake" / "demo", tmp_path / "dry-run" / "demo")


def test_a_stage_lies_by_as_of_and_known_at(lake: Lake) -> None:
    folder = lake.stage_folder("features", NIGHT)
    assert folder == lake.folder / "features" / "as_of=2026-11-01" / "known_at=20261031T160000Z"
    restated = run(dt.date(2026, 11, 1), RunKind.RESTATE, dt.date(2026, 11, 5))
    assert lake.stage_folder("features", restated).name == "known_at=20261104T160000Z"
    assert lake.stage_folder("features", restated).parent == folder.parent


def test_a_dry_run_writes_in_scratch_and_may_do_so_again(lake: Lake) -> None:
    dry = run(dt.date(2026, 11, 1), RunKind.DRY_RUN)
    assert lake.stage_folder("features", dry).is_relative_to(lake.scratch)
    lake.writer("features", dry).commit({})
    lake.writer("features", dry).commit({})
    assert not lake.folder.exists()
    lake.writer("features", NIGHT).commit({})
    with pytest.raises(LakeError, match="never written a second time"):
        lake.writer("features", NIGHT)


def test_a_stage_that_has_not_run_is_told(lake: Lake) -> None:
    with pytest.raises(LakeError, match="demo: there are no signals as of 2026-11-01"):
        lake.stage("signals", NIGHT)
    lake.writer("signals", NIGHT)
    with pytest.raises(LakeError, match="there are no signals"):
        lake.stage("signals", NIGHT)
    lake.writer("signals", NIGHT).commit({"said": "now"})
    assert lake.stage("signals", NIGHT).manifest["said"] == "now"


def pulled(lake: Lake, night: int, version: int, *, commit: bool = True) -> None:
    writer = Writer(lake.raw_folder("bill", dt.date(2026, 11, night), version))
    if commit:
        writer.commit({"night": night, "version": version})


def test_of_each_night_the_newest_version_counts_oldest_night_first(lake: Lake) -> None:
    pulled(lake, 2, 1)
    for version in (1, 2, 9, 10):
        pulled(lake, 1, version)
    pulled(lake, 1, 11, commit=False)
    pulled(lake, 3, 1, commit=False)
    found = [(each.manifest["night"], each.manifest["version"]) for each in lake.raw("bill")]
    assert found == [(1, 10), (2, 1)]
    assert lake.raw("payment") == []


def test_nights_come_oldest_first(lake: Lake) -> None:
    for day in (9, 2, 5):
        lake.writer("signals", run(dt.date(2026, 11, day))).commit({"day": day})
    lake.writer("signals", run(dt.date(2026, 11, 7)))
    assert [(as_of.day, found.manifest["day"]) for as_of, found in lake.nights("signals")] == [(2, 2), (5, 5), (9, 9)]


def test_an_instant_as_a_name_is_utc() -> None:
    assert stamp(dt.datetime(2026, 11, 1, 0, 0, tzinfo=SHANGHAI)) == "20261031T160000Z"
