"""Files that cannot be trusted as a whole: the pull stops, says which and why in one sentence, and takes nothing of it."""

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from arrears.errors import PolicyError, SourceError
from tests.sources.plain_source import FEW, NIGHT, PlainSource


def _write(source: PlainSource, content: str | bytes, name: str = "bill-1.csv") -> None:
    (source.drop / name).write_bytes(content.encode() if isinstance(content, str) else content)


def _text(source: PlainSource) -> str:
    return source.file("bill").read_text()


def _packed(source: PlainSource, cut: Callable[[bytes], bytes]) -> None:
    packed = gzip.compress((_text(source) * 300).encode(), mtime=0)
    source.file("bill").unlink()
    _write(source, cut(packed), "bill-1.csv.gz")


def _edited(source: PlainSource, old: str, new: str, times: int = 1) -> None:
    _write(source, _text(source).replace(old, new, times))


def _remapped(source: PlainSource, old: str, new: str) -> None:
    mapping = source.mapping("bill")
    mapping.write_text(mapping.read_text().replace(old, new, 1))


Fault = Callable[[PlainSource], object]

FILES: dict[str, tuple[Fault, str]] = {
    "no folder": (
        lambda s: shutil.rmtree(s.drop),
        "books: folder_missing: there is no {drop}; make it and drop the files there",
    ),
    "no file": (
        lambda s: s.file("bill").unlink(),
        "{drop}/bill-*.csv*: file_missing: no file matches; has the drop come?",
    ),
    "empty": (lambda s: _write(s, ""), "{bill}: file_empty: it holds no row; ask for it again, or take it away"),
    "header alone": (
        lambda s: _write(s, _text(s).split("\n")[0] + "\n"),
        "{bill}: file_empty: it holds no row; ask for it again, or take it away",
    ),
    "header and blank lines": (
        lambda s: _write(s, _text(s).split("\n")[0] + "\n\n\n"),
        "{bill}: file_empty: it holds no row; ask for it again, or take it away",
    ),
    "empty gz": (
        lambda s: _packed(s, lambda _: b""),
        "{bill}.gz: file_empty: it holds no row; ask for it again, or take it away",
    ),
    "truncated gz": (
        lambda s: _packed(s, lambda packed: packed[:-20]),
        "{bill}.gz: file_damaged: the gz is cut short or is none; ask for it again",
    ),
    "gz with a broken byte": (
        lambda s: _packed(s, lambda packed: packed[:60] + bytes([packed[60] ^ 0xFF]) + packed[61:]),
        "{bill}.gz: file_damaged: the gz is cut short or is none; ask for it again",
    ),
    "gz by name only": (
        lambda s: _packed(s, lambda _: b"bill_id,amount\n1,2\n"),
        "{bill}.gz: file_damaged: the gz is cut short or is none; ask for it again",
    ),
    "too few fields": (
        lambda s: _edited(s, "B2,A1,", "B2,"),
        "{bill} row 3: line_unreadable: Expected Number of Columns: 15 Found: 14; mend the line, or ask for the file again",
    ),
    "too many fields": (
        lambda s: _edited(s, "B2,A1,", "B2,A1,?,"),
        "{bill} row 3: line_unreadable: Expected Number of Columns: 15 Found: 16; mend the line, or ask for the file again",
    ),
    "cut in a line": (
        lambda s: _write(s, _text(s)[:-40]),
        "{bill} row 4: line_unreadable: Expected Number of Columns: 15 Found: 8; mend the line, or ask for the file again",
    ),
    "a quote that never ends": (
        lambda s: _edited(s, "B2,", '"B2,'),
        "{bill} row 3: line_unreadable: Value with unterminated quote found; mend the line, or ask for the file again",
    ),
    "not UTF-8": (
        lambda s: _write(s, _text(s).encode().replace(b"B2", b"B\xe9")),
        "{bill} row 3: line_unreadable: Invalid unicode (byte sequence mismatch) detected. This file is not utf-8 encoded; "
        "mend the line, or ask for the file again",
    ),
    "a header that is not UTF-8": (
        lambda s: _write(s, _text(s).encode().replace(b"bill_id", "账单".encode("gbk"))),
        "{bill}: encoding_broken: this is not UTF-8; ask for it in UTF-8",
    ),
    "UTF-16": (
        lambda s: _write(s, _text(s).encode("utf-16")),
        "{bill}: encoding_broken: this is not UTF-8; ask for it in UTF-8",
    ),
    "lines that end in a return": (
        lambda s: _write(s, _text(s).replace("\n", "\r")),
        "{bill}: header_unreadable: its first line is no line of column names; ask for it again",
    ),
    "a column twice": (
        lambda s: _edited(s, "energy_wh", "Amount"),
        "{bill}: header_unreadable: column 8 is a second Amount; ask for it with a name of its own",
    ),
    "a column that we add": (
        lambda s: _edited(s, "energy_wh", "_row"),
        "{bill}: header_unreadable: column 8 is a second _row; ask for it with a name of its own",
    ),
    "a column without a name": (
        lambda s: _edited(s, "energy_wh", ""),
        "{bill}: header_unreadable: column 8 has no name; ask for it with a name of its own",
    ),
    "another header": (
        lambda s: _write(s, "bill_id,betrag\n1,2\n", "bill-2.csv"),
        "{drop}/bill-2.csv: header_changed: its columns are bill_id, betrag, those of bill-1.csv are bill_id, account_id, "
        "issued_on, period_start_on, period_end_on, due_on, amount, energy_wh, status, kind, peak_wh, flat_wh, valley_wh, "
        "currency, recorded_at",
    ),
    "a column gone": (
        lambda s: _edited(s, "energy_wh", "energy"),
        'bill (bill.sql): query_refused: Binder Error: Referenced column "energy_wh" not found in FROM clause!; '
        "see whether the mapping fits the files",
    ),
    "a cell that the mapping cannot cast": (
        lambda s: _remapped(s, "status", "CAST(status AS DATE) AS status"),
        'bill (bill.sql): query_refused: Conversion Error: invalid date field format: "issued", expected format is '
        "(YYYY-MM-DD) when casting from source column status; see whether the mapping fits the files",
    ),
    "a column that the mapping forgets": (
        lambda s: _remapped(s, "energy_wh, ", ""),
        "bill: column_missing: the mapping yields no energy_wh; add it, or NULL AS it",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_faulty_drop_stops_the_pull_with_a_sentence(few: PlainSource, name: str) -> None:
    spoil, sentence = FILES[name]
    few.add("bill").add("bill", bill_id="B2").add("bill", bill_id="B3").write()
    spoil(few)
    with pytest.raises(SourceError) as stop:
        few.pull()
    assert str(stop.value) == "plain: " + sentence.format(drop=few.drop, bill=few.file("bill"))
    assert stop.value.exit_code == 3
    with few.entered() as lake:
        assert not lake.raw("bill")


def test_a_mended_drop_is_pulled_to_the_end(few: PlainSource) -> None:
    few.add("bill").add("bill", bill_id="B2").write()
    whole = _text(few)
    _edited(few, "B2,A1,", "B2,")
    with pytest.raises(SourceError):
        few.pull()
    _write(few, whole)
    assert few.pull().rows_quarantined == 0
    assert [row["bill_id"] for row in few.accepted("bill")] == ["B1", "B2"]


@pytest.mark.parametrize(
    ("name", "change"),
    {
        "bill-1.csv": lambda text: "\ufeff" + text,
        "bill-2.csv": lambda text: text.replace("\n", "\r\n"),
        "bill-3.csv": lambda text: text.replace("\n", "\n\n"),
        "bill-4.csv": lambda text: text.rstrip("\n"),
        "bill-5.csv": lambda text: text.replace("bill_id,account_id", ' bill_id ,"account_id"'),
        "bill-6.csv": lambda text: text.replace("B2,A1", '"B2","A1"'),
        "bill-[May] 'x' *?.csv": lambda text: text,
        "bill-7.csv.gz": lambda text: text,
    }.items(),
)
def test_a_file_may_be_written_in_several_ways(few: PlainSource, name: str, change: Callable[[str], str]) -> None:
    few.add("bill").add("bill", bill_id="B2").add("bill", bill_id="B3", amount="x").write()
    content = change(_text(few)).encode()
    few.file("bill").unlink()
    _write(few, gzip.compress(content) if name.endswith("gz") else content, name)
    few.pull()
    assert [row["bill_id"] for row in few.accepted("bill")] == ["B1", "B2"]
    assert [row[:3] for row in few.set_aside("bill")] == [("amount.not_a_number", name, 4)]


def test_a_header_may_hold_any_sign(few: PlainSource) -> None:
    few.add("bill").write()
    _edited(few, "status", "the \"status\", or 'state'".replace('"', '""').join('""'))
    _remapped(few, "status", '"the ""status"", or \'state\'" AS status')
    few.pull()
    assert few.accepted("bill")[0]["status"] == "issued"


def test_rows_are_counted_as_a_spreadsheet_does(few: PlainSource) -> None:
    """A line break within quotes is within a row."""
    few.add("customer", name="one\ntwo\nthree").add("customer", customer_id="C2", language="fr").write().pull()
    assert [row[1:3] for row in few.set_aside("customer")] == [("customer-1.csv", 3)]


def test_folders_and_other_files_in_the_drop_are_left_alone(few: PlainSource) -> None:
    few.add("bill").write()
    (few.drop / "bill-2.csv").mkdir()
    (few.drop / "readme.txt").write_text("not a table")
    few.pull()
    assert len(few.accepted("bill")) == 1


def test_the_environment_names_another_folder(few: PlainSource, tmp_path: Path) -> None:
    few.add("bill").write()
    elsewhere = few.drop.rename(tmp_path / "else where")
    assert few.pull(PLAIN=str(elsewhere)).rows_out == len(FEW)
    with pytest.raises(SourceError, match=r"plain: books: folder_missing: there is no /nowhere/at/all; make it"):
        few.pull(NIGHT.replace(day=2), PLAIN="/nowhere/at/all")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "the mapping of plain lacks bill.sql; write it, or name bill under `absent` in source.yaml"),
        ("SELECT 1", "the header must say `-- connection: …`, one of books"),
        ("-- connection: ledger\nSELECT 1", "the header must say `-- connection: …`, one of books"),
    ],
)
def test_a_mapping_that_is_none_is_refused(few: PlainSource, content: str | None, sentence: str) -> None:
    few.write()
    few.mapping("bill").unlink()
    if content is not None:
        few.mapping("bill").write_text(content)
    with pytest.raises(PolicyError) as refused:
        few.pull()
    assert str(refused.value) == f"{few.mapping('bill')}:1: {sentence}"
