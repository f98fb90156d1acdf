"""The lake kept small: a month's raw partitions become one, old features go, and no night changes by it."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from arrears.domain.run import Run
from arrears.engine.duckdb import parquet
from arrears.errors import BalanceError, LakeError
from arrears.lake import compact as compaction
from arrears.lake import partition
from arrears.lake.compact import compact
from arrears.lake.contract import TABLES, load_contract
from arrears.lake.gate import open_gate
from arrears.lake.lake import Lake
from arrears.lake.partition import sha256
from arrears.nights.many import make_nights
from arrears.pipeline import open_run, refresh, run_stage
from arrears.settings import ROOT
from tests.cli.conftest import Arrears
from tests.drill import short_or_long
from tests.end_to_end.deployments import Deployment, everything, fingerprint
from tests.nights.small_books import ACCOUNTS, COLUMNS, SmallBooks

PULLED = tuple(dt.date(2026, month, day) for month, day in [(8, 3), (8, 10), (8, 20), (8, 30), (9, 2), (9, 9), (10, 1)])
REFRESHED = dt.date(2026, 9, 9)
STORED = (dt.date(2026, 8, 10), dt.date(2026, 9, 9))
CONTRACTS = [load_contract(ROOT / "sql" / "contract", table) for table in TABLES]


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory, books: SmallBooks) -> Deployment:
    """Seven pulls over three months, one of them twice, and two nights made of them."""
    deployment = Deployment(tmp_path_factory.mktemp("pulled") / "state", books.environment)
    with deployment.entered(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("arrears.pipeline._record", lambda _run, _receipt: None)
        for night in PULLED:
            run = open_run("small", night)
            run_stage("pull", run)
            if night == REFRESHED:
                refresh(run)
        make_nights([open_run("small", night) for night in STORED])
    return deployment


@pytest.fixture
def own(pulled: Deployment, tmp_path: Path) -> Iterator[tuple[Deployment, Lake]]:
    deployment = Deployment(shutil.copytree(pulled.state, tmp_path / "state"), pulled.environment)
    with deployment.entered("small") as lake:
        yield deployment, lake


def run_compaction(lake: Lake, before: str | None = None) -> list[tuple[str, str, int]]:
    with duckdb.connect() as con:
        done = compact(con, lake, CONTRACTS, before, lambda _what, _share: None)
    return [(each.table, each.month, each.partitions) for each in done]


def rows_read(lake: Lake) -> dict[tuple[dt.date, str], list[tuple[object, ...]]]:
    """What every run that has inputs reads of each table: the rows that the gate lets in."""
    found = {}
    for as_of in STORED:
        inputs = lake.stage("inputs", open_run("small", as_of))
        run = Run.from_json(inputs.manifest["run"])
        for contract in CONTRACTS:
            files = lake.raw_paths(contract.table, inputs.manifest["raw"][contract.table])
            if files:
                with duckdb.connect() as con:
                    con.execute("SET TimeZone = 'UTC'")
                    open_gate(con, contract, files, as_of=run.as_of, known_at=run.known_at)
                    told = con.execute(f"SELECT * FROM {contract.table}_known ORDER BY ALL")
                    found[as_of, contract.table] = told.fetchall()
    return found


def rows_there(lake: Lake) -> dict[str, int]:
    """Rows of each table that a pull would compare with."""
    return {table: sum(found.manifest["rows"] for found in lake.raw(table)) for table in COLUMNS}


def raw_files(lake: Lake) -> dict[str, str]:
    return {
        str(path.relative_to(lake.folder)): sha256(path) for path in sorted((lake.folder / "raw").rglob("*.parquet"))
    }


def test_a_month_becomes_one_and_every_night_is_worked_out_to_the_same_bytes(own: tuple[Deployment, Lake]) -> None:
    deployment, lake = own
    runs = [open_run("small", night) for night in STORED]
    made = {run: fingerprint(deployment, run) for run in runs}
    rows = rows_there(lake)
    assert set(run_compaction(lake)) == {(table, "2026-08", 4) for table in COLUMNS}
    for table in COLUMNS:
        nights = [(found.folder.parent.name, found.folder.name) for found in lake.raw(table)]
        assert nights == [(table, "month=2026-08"), ("night=2026-09-02", "v=1"), ("night=2026-09-09", "v=2"),
                          ("night=2026-10-01", "v=1")]  # fmt: skip
        (month,) = lake.compacted(table)
        month.verify()
        assert list(month.manifest["merged"]) == [f"raw/{table}/night={night}/v=1" for night in PULLED[:4]]
        assert month.manifest["since"] is None
        assert month.manifest["until"] == "2026-08-29T16:00:00+00:00"
    assert rows_there(lake) == rows
    assert not list(lake.folder.glob("raw/*/night=2026-08-*"))
    files = everything(lake.folder)
    assert run_compaction(lake) == []
    assert everything(lake.folder) == files, "a second time nothing is done"
    for stage in ("features", "scores", "signals"):
        shutil.rmtree(lake.folder / stage)
    make_nights(runs)
    assert {run: fingerprint(deployment, run) for run in runs} == made
    run_stage_of_a_new_night(lake)


def run_stage_of_a_new_night(lake: Lake) -> None:
    """A backfill between two pulls of the merged month reads the merged file, and of it what was known then."""
    between = open_run("small", dt.date(2026, 8, 15))
    make_nights([between], stages=("pull",))
    assert lake.stage("inputs", between).manifest["raw"]["bill"] == ["raw/bill/month=2026-08/data.parquet"]


def test_only_months_before_the_one_named_are_merged(own: tuple[Deployment, Lake]) -> None:
    _, lake = own
    assert run_compaction(lake, "2026-08") == []
    assert {month for _, month, _ in run_compaction(lake, "2026-09")} == {"2026-08"}


class Killed(BaseException):
    """As good as a kill: nothing in the way of it cleans up."""


def dying(patch: pytest.MonkeyPatch, owner: object, name: str, at: int, *, after: bool) -> None:
    """The `at`-th call of `owner.name` is the last thing that happens, done or not done."""
    left = at
    whole: Callable[..., object] = getattr(owner, name)

    def call(*arguments: object, **options: object) -> object:
        nonlocal left
        left -= 1
        if left == 0 and not after:
            raise Killed
        result = whole(*arguments, **options)
        if left == 0:
            raise Killed
        return result

    patch.setattr(owner, name, call)


POINTS = [
    (compaction, "_compare", 1, False),
    (partition.Writer, "add", 1, True),
    (partition.Writer, "commit", 1, False),
    (partition.Writer, "commit", 1, True),
    (Path, "unlink", 1, True),
    (shutil, "rmtree", 2, False),
    (shutil, "rmtree", 2, True),
    (partition.Writer, "commit", 3, True),
]


@pytest.mark.parametrize(
    ("owner", "name", "at", "after"),
    short_or_long(POINTS[2:5], POINTS),
    ids=lambda value: str(getattr(value, "__name__", value)),
)
def test_killed_between_any_two_steps_no_run_reads_anything_else(
    own: tuple[Deployment, Lake], owner: object, name: str, at: int, *, after: bool
) -> None:
    _, lake = own
    read, there = rows_read(lake), rows_there(lake)
    with pytest.MonkeyPatch.context() as patch:
        dying(patch, owner, name, at, after=after)
        with pytest.raises(Killed):
            run_compaction(lake)
    assert rows_read(lake) == read
    assert rows_there(lake) == there, "the next pull finds each row once"
    run_compaction(lake)
    assert rows_read(lake) == read
    assert not list(lake.folder.glob("raw/*/night=2026-08-*"))
    assert len(list(lake.folder.glob("raw/*/month=2026-08/manifest.json"))) == len(COLUMNS)


def test_a_damaged_partition_is_not_merged(own: tuple[Deployment, Lake]) -> None:
    _, lake = own
    path = lake.raw("bill")[1].files[0]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(LakeError, match="is missing or not what its manifest says"):
        run_compaction(lake)
    assert path.exists()
    assert lake.compacted("bill") == []


LOST = f"account: month=2026-08 does not hold what it is made of: {ACCOUNTS - 1} of {ACCOUNTS} rows"


def test_a_merged_file_that_lost_a_row_takes_no_place(own: tuple[Deployment, Lake]) -> None:
    _, lake = own
    files = raw_files(lake)
    with pytest.MonkeyPatch.context() as patch:

        def all_but_one(paths: list[Path], *, by_name: bool = False) -> str:
            whole = parquet(paths, by_name=by_name)
            return f"(SELECT * FROM {whole} WHERE account_id <> 'F07')" if len(paths) == 4 else whole

        patch.setattr(compaction, "parquet", all_but_one)
        accounts = [each for each in CONTRACTS if each.table == "account"]
        with (
            duckdb.connect() as con,
            pytest.raises(BalanceError, match=LOST),
        ):
            compact(con, lake, accounts, None, lambda _what, _share: None)
    assert files.items() <= raw_files(lake).items()
    assert lake.compacted("account") == []


def test_compaction_waits_for_a_night_that_is_being_worked_out(own: tuple[Deployment, Lake]) -> None:
    _, lake = own
    with lake.reading(), partition.free(lake.folder / "readers") as is_free:
        assert not is_free
    with partition.free(lake.folder / "readers") as is_free:
        assert is_free


def test_retention_takes_old_features_and_keeps_what_cannot_be_made_again(
    arrears: Arrears, own: tuple[Deployment, Lake]
) -> None:
    deployment, lake = own
    shutil.copytree(lake.folder / "scores", lake.folder / "challengers" / "c1")
    files = everything(lake.folder)
    old, new = (open_run("small", night) for night in STORED)
    kept = fingerprint(deployment, new)
    told = arrears(deployment, "lake", "retention", "--keep", "29")
    assert told.code == 0
    assert "features   1 nights, 2026-08-10 to 2026-08-10" in told.out
    assert "challengers/c1 1 nights, 2026-08-10 to 2026-08-10" in told.out
    assert "would go; --remove takes them away" in told.out
    assert everything(lake.folder).items() >= files.items(), "nothing goes unless it is asked for"
    assert arrears(deployment, "lake", "retention", "--keep", "30", "--remove").out == "Nothing to remove.\n"

    assert "were removed" in arrears(deployment, "lake", "retention", "--keep", "29", "--remove").out
    with deployment.entered():
        gone = {name for name in files if name not in everything(lake.folder)}
        assert {name.split("/as_of=")[0] for name in gone} == {"features", "scores", "challengers/c1"}
        assert {name.split("/as_of=")[1][:10] for name in gone} == {str(STORED[0])}
        assert fingerprint(deployment, new) == kept
        removed = partition.read_removed(lake.stage_folder("features", old))
        assert removed is not None
        assert removed.manifest["rows"] == ACCOUNTS - 1, "one of them is not open yet"
        with pytest.raises(LakeError, match=r"the features as of 2026-08-10 were removed by `arrears lake retention`"):
            lake.stage("features", old)
        files = everything(lake.folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("arrears.pipeline._record", lambda _run, _receipt: None)
            receipt = run_stage("features", old)
        assert (
            receipt.remarks[-1]
            == "the data of features of 2026-08-10 were removed by retention; what they were is kept"
        )
        assert everything(lake.folder) == files, "the night stands: it is not made a second time"
    told = arrears(deployment, "lake", "status")
    assert told.code == 0
    lines = {line.split()[0]: line for line in told.out.splitlines() if line}
    assert lines["features"].split()[-5:] == ["0", "1", "2026-09-09", "to", "2026-09-09"]
    assert lines["bill"].split()[-3:] == ["2026-08-03", "to", "2026-10-01"]
    assert "The night of 2026-09-09" in told.out


def test_retention_that_was_killed_is_ended_by_the_next(arrears: Arrears, own: tuple[Deployment, Lake]) -> None:
    deployment, lake = own
    with pytest.MonkeyPatch.context() as patch:
        dying(patch, Path, "unlink", 3, after=True)
        with pytest.raises(Killed):
            arrears(deployment, "lake", "retention", "--keep", "1", "--remove")
    arrears(deployment, "lake", "retention", "--keep", "1", "--remove")
    for stage in ("features", "scores"):
        assert not list(lake.folder.glob(f"{stage}/as_of={STORED[0]}/*/*.parquet"))
        assert len(list(lake.folder.glob(f"{stage}/as_of={STORED[0]}/*/removed.json"))) == 1


def test_a_month_that_is_none_is_refused(arrears: Arrears, pulled: Deployment) -> None:
    told = arrears(pulled, "lake", "compact", "--before", "next")
    assert told.code == 2
    assert "--before 'next' is not a month; write it like 2026-11" in told.err
