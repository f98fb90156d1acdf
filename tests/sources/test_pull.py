"""The pull: what a night fetches, what it has already, and how it goes on after a failure."""

import datetime as dt
from decimal import Decimal

import duckdb
import pytest

from arrears.deployment import lake_of, load_source
from arrears.errors import SourceError
from arrears.lake import partition
from arrears.lake.contract import TABLES
from arrears.pipeline import open_run
from arrears.settings import settings
from arrears.sources.pull import pull, reach
from tests.sources.plain_source import GOOD, NIGHT, PlainSource


def on(day: int, month: int = 10) -> dt.date:
    return dt.date(2026, month, day)


def known_from(source: PlainSource, table: str, key: str) -> dict[str, str | None]:
    """Of each row the local midnight of the pull from which on it is known; none for the first load."""
    with source.entered() as lake, duckdb.connect() as con:
        con.execute("SET TimeZone = 'Asia/Shanghai'")
        files = [str(path) for found in lake.raw(table) for path in found.files]
        rows = con.execute(
            f"SELECT {key}, strftime(pulled_until, '%m-%d %H:%M') FROM read_parquet(?) ORDER BY 1", [files]
        ).fetchall()
    return dict(rows)


@pytest.mark.parametrize("kind", ["files", "database"])
def test_a_night_fetches_what_was_recorded_since_the_last_one(kind: str, request: pytest.FixtureRequest) -> None:
    source: PlainSource = request.getfixturevalue(kind)
    source.add("payment", payment_id="old", recorded_at="2026-09-30 23:59:59.999999")
    source.add("payment", payment_id="midnight", recorded_at="2026-10-01 00:00:00.000000", paid_on="2026-09-30")
    source.add("payment", payment_id="late", recorded_at="2026-10-01 23:59:59.999999", paid_on="2026-09-30")
    source.add("payment", payment_id="next", recorded_at="2026-10-02 00:00:00.000000", paid_on="2026-09-30")
    source.write()
    assert source.pull(on(1)).rows_out == len(GOOD)
    assert known_from(source, "payment", "payment_id") == {"old": None}
    second = source.pull(on(2))
    assert (second.rows_out, second.rows_repeated) == (2, 1), "the overlap reads the old one again"
    assert second.money_in == Decimal(120)
    assert known_from(source, "payment", "payment_id") == {
        "old": None,
        "midnight": "10-02 00:00",
        "late": "10-02 00:00",
    }


def test_stamps_are_the_source_s_local_time(files: PlainSource) -> None:
    files.add("payment", recorded_at="2026-09-30 20:00:00").add(
        "payment", payment_id="P2", recorded_at="2026-09-30T20:00:00Z"
    )
    files.write().pull(on(3))
    assert [row["recorded_at"] for row in files.accepted("payment")] == [
        "2026-09-30 12:00:00+00",
        "2026-09-30 20:00:00+00",
    ]


def test_a_pull_over_several_days_says_of_each_row_from_which_midnight_it_is_known(database: PlainSource) -> None:
    database.write().pull(on(1))
    for day in range(1, 5):
        database.add("payment", payment_id=f"of the {day}.", recorded_at=f"2026-10-0{day} 12:00:00.000000")
    database.write().pull(on(5))
    assert known_from(database, "payment", "payment_id") == {
        "P1": None,
        "of the 1.": "10-02 00:00",
        "of the 2.": "10-03 00:00",
        "of the 3.": "10-04 00:00",
        "of the 4.": "10-05 00:00",
    }


def test_a_back_stamped_row_is_found_within_the_overlap_and_known_from_the_pull_that_found_it(
    database: PlainSource,
) -> None:
    database.write().pull(on(10))
    database.add("payment", payment_id="three days", recorded_at="2026-10-07 00:00:00.000000")
    database.add("payment", payment_id="longer ago", recorded_at="2026-10-06 23:59:59.999999")
    database.write().pull(on(11))
    assert known_from(database, "payment", "payment_id") == {"P1": None, "three days": "10-11 00:00"}
    database.pull(on(12), ARREARS_OVERLAP_DAYS="30")
    assert known_from(database, "payment", "payment_id")["longer ago"] == "10-12 00:00"


def test_what_is_pulled_is_not_asked_for_again(database: PlainSource) -> None:
    first = database.write().pull(on(2))
    database.database.unlink()
    assert database.pull(on(2)) == first
    earlier = database.pull(on(1))
    assert (earlier.rows_in, earlier.rows_out) == (0, 0), "a later pull covers it"


def test_a_failure_keeps_the_tables_before_it_and_goes_on_from_there(database: PlainSource) -> None:
    database.write()
    good = database.mapping("payment").read_text()
    database.mapping("payment").write_text(good.replace(" channel,", " json(channel) AS channel,"))
    with pytest.raises(SourceError, match="malformed JSON"):
        database.pull()
    with database.entered() as lake:
        assert [table for table in TABLES if lake.raw(table)] == list(TABLES[: TABLES.index("payment")])
        assert partition.read(lake.stage_folder("inputs", open_run("plain", NIGHT))) is None
    database.mapping("payment").write_text(good)
    assert database.pull().rows_out == len(TABLES), "the receipt is that of the whole night"
    assert [len(database.accepted(table)) for table in TABLES] == [1] * len(TABLES)


def test_a_night_names_the_raw_files_it_reads_once_and_for_all(database: PlainSource) -> None:
    database.write().pull(on(1))
    database.add("payment", payment_id="P2", recorded_at="2026-10-01 12:00:00.000000").write().pull(on(2))
    database.refresh(on(2))
    with database.entered() as lake:
        named = [lake.stage("inputs", open_run("plain", on(day))).manifest["raw"]["payment"] for day in (1, 2)]
    first, second = (f"raw/payment/night=2026-10-0{day}/v=1/data.parquet" for day in (1, 2))
    assert named == [[first], [first, second]]


def test_a_refresh_has_its_own_quarantine(files: PlainSource) -> None:
    files.add("payment", payment_id="P1", amount="ten").add("payment", payment_id="P2").write().pull()
    assert len(files.set_aside("payment")) == 1
    files.rows["payment"][0]["amount"] = "10.00"
    receipt = files.write().refresh()
    assert receipt.rows_quarantined == 0
    assert [row["amount"] for row in files.accepted("payment")] == ["10.00", "40.00"]
    with files.entered() as lake:
        assert (lake.folder / "quarantine" / "payment" / f"night={NIGHT}" / "v=1").exists(), "what was, stays"


def test_a_try_that_died_leaves_no_quarantine_behind(files: PlainSource, monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies between the quarantine and the rows; the source is mended before the next try."""
    files.add("payment", amount="ten").add("payment", payment_id="P2").write()
    real = partition.Writer.commit

    def dies(writer: partition.Writer, manifest: dict[str, object]) -> partition.Partition:
        if "raw/payment" in str(writer.folder):
            raise KeyboardInterrupt
        return real(writer, manifest)

    with monkeypatch.context() as patch:
        patch.setattr(partition.Writer, "commit", dies)
        with pytest.raises(KeyboardInterrupt):
            files.pull()
    assert len(files.set_aside("payment")) == 1
    files.rows["payment"][0]["amount"] = "10.00"
    files.write().pull()
    assert files.set_aside("payment") == []
    assert [row["amount"] for row in files.accepted("payment")] == ["10.00", "40.00"]


def test_progress_is_told_for_each_table(files: PlainSource) -> None:
    told: list[tuple[str, float]] = []
    files.write()
    with files.entered() as lake:
        pull(
            open_run("plain", NIGHT),
            settings(),
            load_source("plain"),
            lake,
            lambda what, share: told.append((what, share)),
        )
    for table in TABLES:
        assert (f"pull {table}: file 1 of 1", f"pull {table}") == tuple(
            sorted((what for what, _ in told if what.partition(":")[0] == f"pull {table}"), reverse=True)
        )
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert all(0 <= share < 1 for _, share in told)


@pytest.mark.parametrize("kind", ["files", "database"])
def test_a_source_can_be_reached_without_a_pull(kind: str, request: pytest.FixtureRequest) -> None:
    source: PlainSource = request.getfixturevalue(kind)
    with source.entered():
        if kind == "database":
            with pytest.raises(SourceError, match="source_unreachable"):
                reach(settings(), load_source("plain"))
        source.write()
        said = reach(settings(), load_source("plain"))
        assert said == "plain: books answer, 17 tables are mapped"
        assert not lake_of("plain").folder.exists()


def test_an_empty_table_is_no_fault(database: PlainSource) -> None:
    """A utility may have no incidents; the table is pulled, and holds nothing."""
    database.write()
    database.mapping("incident").write_text(
        database.mapping("incident").read_text().replace("WHERE", "WHERE FALSE AND")
    )
    assert database.pull().rows_out == len(GOOD) - 1
    with database.entered() as lake:
        assert [found.manifest["rows"] for found in lake.raw("incident")] == [0]
