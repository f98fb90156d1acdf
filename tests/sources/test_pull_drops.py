"""Files of a drop that stand each for itself: read once, read again when they change, known by their content."""

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from arrears.deployment import lake_of, load_source
from arrears.domain.run import Receipt
from arrears.errors import PolicyError, SourceError
from arrears.lake.contract import TABLES
from arrears.lake.lake import Lake
from arrears.lake.quarantine import NO_DECISIONS
from arrears.pipeline import open_run, run_stage
from arrears.settings import ROOT, settings
from arrears.sources import files
from arrears.sources.drops import Drop, choose
from tests.sources.postgres_source import rules

FIRST = dt.date(2026, 10, 1)
SELECT = """SELECT nr AS payment_id, 'A1' AS account_id, '2026-09-03' AS paid_on, betrag AS amount, 'bank' AS channel,
    NULL AS reverses_payment_id, stempel AS recorded_at, _file AS source_file, _row AS source_row FROM daily
WHERE TRY_CAST(stempel AS TIMESTAMP) IS NULL
    OR (CAST(stempel AS TIMESTAMP) >= :since AND CAST(stempel AS TIMESTAMP) < :until)"""


def after(days: int) -> dt.date:
    return FIRST + dt.timedelta(days=days)


class Folder:
    """Payments by the day; `read` holds the names of the files that were read since it was last cleared."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.read = folder, list[str]()
        self.drop = folder / "drop"
        self.drop.mkdir(parents=True)
        self.mappings = folder / "sql" / "sources" / "drops"
        self.mappings.mkdir(parents=True)
        for part in ("contract", "features", "checks", "reports"):
            (folder / "sql" / part).symlink_to(ROOT / "sql" / part)
        self.declare(once=["daily"])
        self.map(SELECT)
        load = files.load_file

        def told(*given: object, **named: object) -> None:
            self.read += [path.name for path in given if isinstance(path, Path)]
            load(*given, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(files, "load_file", told)

    def declare(self, **connection: object) -> None:
        declared = yaml.safe_load((ROOT / "sql" / "sources" / "ibm_ar" / "source.yaml").read_text())
        folder = {
            "kind": "files",
            "folders": [str(self.drop)],
            "env": "DROPS",
            "views": {"daily": "*.csv"},
            **connection,
        }
        declared |= {"name": "drops", "zone": "Asia/Shanghai", "connections": {"days": folder}}
        declared |= {"absent": [table for table in TABLES if table != "payment"]}
        (self.mappings / "source.yaml").write_text(yaml.safe_dump(declared, allow_unicode=True))

    def map(self, select: str) -> None:
        (self.mappings / "payment.sql").write_text(f"-- connection: days\n{select}\n")

    def put(self, name: str, *rows: tuple[str, str], amount: str = "10.00") -> Path:
        lines = [f"{number},{amount},{stamp}" for number, stamp in rows]
        (self.drop / name).write_text("\n".join(["nr,betrag,stempel", *lines, ""]))
        return self.drop / name

    @contextmanager
    def entered(self) -> Iterator[Lake]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ARREARS_STATE", str(self.folder / "state"))
            patch.setenv("ARREARS_SQL", str(self.folder / "sql"))
            patch.setattr("arrears.pipeline._record", lambda _run, _receipt: None)
            patch.setattr("arrears.pipeline.load_rules", rules)
            patch.setattr("arrears.pipeline._decisions", lambda _run, _lake: NO_DECISIONS)
            settings.cache_clear()
            try:
                yield lake_of("drops")
            finally:
                settings.cache_clear()

    def pull(self, day: dt.date) -> Receipt:
        self.read.clear()
        with self.entered():
            return run_stage("pull", open_run("drops", day))


@pytest.fixture
def drops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return Folder(tmp_path / "drops", monkeypatch)


def test_a_file_that_was_wholly_taken_is_not_read_again(drops: Folder) -> None:
    drops.put("0929.csv", ("P1", "2026-09-29 10:00"), ("P2", "2026-09-30 23:59:59"))
    drops.put("0930.csv", ("P3", "2026-09-30 10:00"), ("P4", "2026-10-01 00:00"))
    assert drops.pull(FIRST).rows_out == 3
    assert drops.read == ["0929.csv", "0930.csv"]
    drops.put("1001.csv", ("P5", "2026-10-01 10:00"))
    second = drops.pull(after(1))
    assert drops.read == ["0930.csv", "1001.csv"]
    assert (second.rows_out, second.rows_repeated) == (2, 1)
    assert drops.pull(after(2)).rows_in == 0
    assert drops.read == []


def test_a_file_that_changed_is_read_again(drops: Folder) -> None:
    path = drops.put("0901.csv", ("P1", "2026-09-01 10:00"))
    drops.pull(FIRST)
    drops.put("0901.csv", ("P1", "2026-09-01 10:00"), ("P2", "2026-09-01 11:00"))
    found = drops.pull(after(1))
    assert drops.read == ["0901.csv"]
    assert (found.rows_out, found.rows_repeated) == (1, 1), "long before the overlap, and late"
    os.utime(path, ns=(1, 1))
    drops.pull(after(2))
    assert drops.read == [], "another time of change, the same content"


def test_a_file_that_comes_late_is_read_whole(drops: Folder) -> None:
    drops.put("0930.csv", ("P1", "2026-09-30 10:00"))
    drops.pull(FIRST)
    drops.put("0815.csv", ("P0", "2026-08-15 10:00"))
    assert drops.pull(after(1)).rows_out == 1


def test_a_drop_that_comes_twice_is_told_and_not_read(drops: Folder) -> None:
    rows = ("P1", "2026-09-29 10:00")
    drops.put("0929.csv", rows)
    drops.put("0929 (1).csv", rows)
    first = drops.pull(FIRST)
    assert (first.rows_in, drops.read) == (1, ["0929 (1).csv"])
    assert first.remarks == ("drops: payment: 0929.csv came twice: it holds what 0929 (1).csv holds, and is not read",)
    drops.put("copy.csv", rows)
    second = drops.pull(after(1))
    assert (second.rows_in, drops.read) == (0, [])
    assert second.remarks == ("drops: payment: copy.csv came twice: it holds what 0929 (1).csv holds, and is not read",)
    assert drops.pull(after(2)).remarks == ()


def test_a_file_whose_rows_all_lie_ahead_waits(drops: Folder) -> None:
    drops.put("0930.csv", ("P1", "2026-09-30 10:00"))
    drops.put("1010.csv", ("P2", "2026-10-10 10:00"))
    assert drops.pull(FIRST).rows_out == 1
    for days in (1, 7):
        drops.pull(after(days))
        assert drops.read == []
    assert drops.pull(after(10)).rows_out == 1
    assert drops.read == ["1010.csv"]


def test_files_that_are_not_said_to_stand_alone_are_read_each_time(drops: Folder) -> None:
    drops.declare()
    drops.put("0929.csv", ("P1", "2026-09-29 10:00"))
    drops.pull(FIRST)
    drops.pull(after(1))
    assert drops.read == ["0929.csv"]


def test_a_night_that_is_pulled_once_more_reads_its_files_once_more(drops: Folder) -> None:
    from arrears.pipeline import refresh

    drops.put("0929.csv", ("P1", "2026-09-29 10:00"))
    drops.pull(FIRST)
    drops.put("1001.csv", ("P2", "2026-10-01 10:00"))
    drops.pull(after(1))
    drops.read.clear()
    with drops.entered():
        assert refresh(open_run("drops", after(1))).rows_out == 1
    assert drops.read == ["1001.csv"]


def test_a_changed_header_is_told(drops: Folder) -> None:
    drops.put("0929.csv", ("P1", "2026-09-29 10:00"))
    drops.pull(FIRST)
    (drops.drop / "1001.csv").write_text("nr,betrag,stempel,kasse\nP2,1.00,2026-10-01 10:00,7\n")
    assert drops.pull(after(1)).remarks == ("drops: payment: the files of daily have a new column kasse",)
    (drops.drop / "1002.csv").write_text("nr,summe,stempel\nP3,1.00,2026-10-02 10:00\n")
    with pytest.raises(SourceError, match=r'payment \(payment.sql\): query_refused: .*"betrag" not found'):
        drops.pull(after(2))


def test_a_mapping_of_such_files_says_where_each_row_stood(drops: Folder) -> None:
    drops.put("0929.csv", ("P1", "2026-09-29 10:00"))
    drops.map(SELECT.replace(", _file AS source_file, _row AS source_row", ""))
    with pytest.raises(SourceError, match="column_missing: a mapping over files that are read once must yield"):
        drops.pull(FIRST)


def test_a_view_that_is_none(drops: Folder) -> None:
    drops.declare(once=["weekly"])
    with drops.entered(), pytest.raises(PolicyError, match="there is no view weekly"):
        load_source("drops")


def test_what_is_chosen_goes_by_content_not_by_name(tmp_path: Path) -> None:
    """A file that was renamed is the same file; one that was read but not wholly taken is read again."""
    until = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
    path = tmp_path / "new name.csv"
    path.write_text("same")
    sha = choose([path], [], until).read[0].sha256
    old = Drop("old name.csv", 4, 1, sha, rows=3, is_taken=True)
    assert choose([path], [old], until).paths == []
    assert choose([path], [Drop("old name.csv", 4, 1, sha, rows=3)], until).paths == [path]
