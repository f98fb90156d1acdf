"""Drops in other forms than plain UTF-8 CSV: Parquet and declared encodings, whole and broken."""

import gzip
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrears.errors import SourceError
from arrears.sources import files

TABLE = pa.table({"id": ["007", None], "kwh": [0.141, 12.0], "at": pa.array([0, 1_800_000_000], pa.timestamp("us"))})


def loaded(paths: list[Path], encoding: str = "utf-8") -> list[tuple[object, ...]]:
    with duckdb.connect() as con:
        header = files.header_of("plain", paths, encoding)
        files.make_table(con, "reads", header)
        for path in paths:
            files.load_file(con, "plain", "reads", path, header, encoding)
        return con.execute("FROM reads").fetchall()


def refused(paths: list[Path], encoding: str = "utf-8") -> str:
    with pytest.raises(SourceError) as caught:
        loaded(paths, encoding)
    return str(caught.value)


def test_parquet_comes_as_text_with_file_and_row(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "a.parquet")
    assert loaded([tmp_path / "a.parquet"]) == [
        ("007", "0.141", "1970-01-01 00:00:00", "a.parquet", 1),
        (None, "12.0", "1970-01-01 00:30:00", "a.parquet", 2),
    ]


def test_a_parquet_file_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[:-20])
    assert "cut.parquet: file_damaged: this is no whole Parquet file" in refused([tmp_path / "cut.parquet"])
    middle = len(whole) // 3
    (tmp_path / "spoilt.parquet").write_bytes(b"PAR1" + b"\0" * middle + whole[4 + middle :])
    assert "spoilt.parquet: file_damaged: " in refused([tmp_path / "spoilt.parquet"])


def test_parquet_files_that_are_empty_or_differ_are_refused(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "a.parquet")
    pq.write_table(TABLE.slice(0, 0), tmp_path / "empty.parquet")
    pq.write_table(TABLE.rename_columns(["id", "use", "at"]), tmp_path / "other.parquet")
    assert "file_empty" in refused([tmp_path / "empty.parquet"])
    said = refused([tmp_path / "a.parquet", tmp_path / "other.parquet"])
    assert "header_changed: its columns are id, use, at, those of a.parquet are id, kwh, at" in said


CHINESE = "户号,姓名\n0000731,东湖轧钢厂\n"


@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_gb18030_is_read_where_it_is_declared(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    text = CHINESE.encode("gb18030")
    path.write_bytes(gzip.compress(text) if ending == "csv.gz" else text)
    assert loaded([path], "gb18030") == [("0000731", "东湖轧钢厂", f"a.{ending}", 2)]
    assert "encoding_broken: this is not UTF-8; ask for it in UTF-8" in refused([path])


def test_what_is_not_in_the_declared_encoding_stops_the_pull(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CHINESE.encode("gb18030") + b"1,\x81\x20\n")
    rows = CHINESE.count("\n") + 1
    assert (
        f"a.csv row {rows}: encoding_broken: this is not GB18030; see what it is, and say so under `encoding`"
        in refused([path], "gb18030")
    )
