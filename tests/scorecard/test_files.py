"""Tables in files: whatever they look like they are read the same way by fit and apply, or refused in one sentence."""

import csv
import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrears.errors import UsageError
from arrears.scorecard.card import Card, reasons, total
from arrears.scorecard.fit import fit
from arrears.scorecard.points import Column
from arrears.scorecard.prepare import Given
from arrears.scorecard.scoring import apply_card
from arrears.scorecard.sql import scoring_sql
from arrears.scorecard.training import Roles, read_training
from tests.scorecard.tables import as_csv, columns_of

COLUMNS = [
    "id", "probability", "probability_low", "probability_high", "points", "grade",
    "reason_1", "reason_2", "reason_3", "reason_4",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    columns, bad = columns_of(1500)
    text = as_csv(columns, bad)
    (folder / "table.csv").write_text(text, encoding="utf-8")
    with gzip.open(folder / "table.csv.gz", "wt", encoding="utf-8") as file:
        file.write(text)
    (folder / "bom.csv").write_text(text.replace("\n", "\r\n"), encoding="utf-8-sig")
    (folder / "semicolon.csv").write_text(text.replace(",", ";"), encoding="utf-8")
    quoted = [",".join(f'"{cell}"' if cell else "" for cell in line.split(",")) for line in text.splitlines()]
    (folder / "quoted.csv").write_text("\n".join(quoted), encoding="utf-8")
    ids = pa.array([f"{row:06}" for row in range(1500)])
    pq.write_table(pa.table({"id": ids, **columns, "bad": pa.array(bad)}), folder / "table.parquet")
    return folder


FORMS = ("table.csv", "table.csv.gz", "bom.csv", "semicolon.csv", "quoted.csv", "table.parquet")


@pytest.fixture(scope="module")
def card(folder: Path) -> Card:
    return fit(read_training(folder / "table.csv", Roles("bad", "id")))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_table_gives_the_same_rows(folder: Path, form: str) -> None:
    expected, bad = columns_of(1500)
    found = read_training(folder / form, Roles("bad", "id"))
    assert list(found.columns) == list(expected)
    assert found.bad.tolist() == bad.tolist()
    assert found.ids is not None
    assert found.ids[7].as_py() == "000007"
    for name, column in expected.items():
        if isinstance(column, np.ndarray):
            assert np.array_equal(found.columns[name], column, equal_nan=True)
        else:
            assert found.columns[name].to_pylist() == column.to_pylist()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("out", ["scores.csv", "scores.csv.gz", "scores.parquet"])
def test_every_form_gives_the_same_scores(folder: Path, card: Card, form: str, out: str, tmp_path: Path) -> None:
    assert apply_card(card, folder / form, tmp_path / out).rows == 1500
    assert [path.name for path in tmp_path.iterdir()] == [out]
    if out.endswith("parquet"):
        rows = pq.read_table(tmp_path / out).to_pylist()
        told = [["" if each is None else str(each) for each in row.values()] for row in rows]
        names = list(rows[0])
    else:
        opener = gzip.open if out.endswith("gz") else open
        with opener(tmp_path / out, "rt", encoding="utf-8", newline="") as file:
            names, *told = list(csv.reader(file))
    assert names == COLUMNS
    assert told == scores_of(folder, card)


def scores_of(folder: Path, card: Card) -> list[list[str]]:
    """What the card's SQL says of the Parquet file, as text."""
    with duckdb.connect() as con:
        con.read_parquet(str(folder / "table.parquet")).create_view("features")
        rows = con.sql(scoring_sql(card, key="id")).to_arrow_table().to_pylist()
    return [["" if row[name] is None else str(row[name]) for name in COLUMNS] for row in rows]


def test_file_sql_and_reference_agree_row_by_row(folder: Path, card: Card) -> None:
    columns, _ = columns_of(1500)
    lists: dict[str, Any] = {name: column.tolist() for name, column in columns.items()}
    for place, told in enumerate(scores_of(folder, card)):
        row = {name: each[place] for name, each in lists.items()}
        points = total(card, row)
        assert told[4:6] == [str(points), card.grade(points).grade]
        assert [name for name in told[6:] if name] == [name for name, _ in reasons(card, row)]


def test_a_file_of_several_batches_keeps_its_order_and_count(
    folder: Path, card: Card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, *lines = (folder / "table.csv").read_text(encoding="utf-8").splitlines()
    bare = [line.split(",", 1)[1] for line in (head, *lines * 4)]
    (tmp_path / "long.csv").write_text("\n".join(bare), encoding="utf-8")
    monkeypatch.setattr("arrears.scorecard.tabular.ROWS", 2048)
    assert apply_card(card, tmp_path / "long.csv", tmp_path / "scores.parquet").rows == 6000
    scores = pq.read_table(tmp_path / "scores.parquet")
    assert scores["id"].to_pylist() == [str(row) for row in range(1, 6001)]
    assert scores["points"].to_pylist() == [Decimal(row[4]) for row in scores_of(folder, card)] * 4


def test_rows_without_an_id_are_numbered(folder: Path, card: Card, tmp_path: Path) -> None:
    lines = (folder / "table.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "bare.csv").write_text("\n".join(line.split(",", 1)[1] for line in lines), encoding="utf-8")
    apply_card(card, tmp_path / "bare.csv", tmp_path / "scores.parquet")
    assert pq.read_table(tmp_path / "scores.parquet")["id"].to_pylist()[:2] == ["1", "2"]
    apply_card(card, folder / "table.csv", tmp_path / "scores.parquet", key="colour")
    assert set(pq.read_table(tmp_path / "scores.parquet")["id"].to_pylist()) == {"red", "green", "blue"}


def test_a_card_for_other_columns_is_refused_and_nothing_is_left(card: Card, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"other.csv: there is no column 'use', 'late', 'tariff'; it has a, b"):
        apply_card(card, tmp_path / "other.csv", tmp_path / "scores.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["other.csv"]


def test_rows_unlike_those_of_the_fit_are_told(card: Card, folder: Path, tmp_path: Path) -> None:
    text = (folder / "table.csv").read_text(encoding="utf-8").replace("business", "Geschäft")
    (tmp_path / "other.csv").write_text(text, encoding="utf-8")
    notes = apply_card(card, tmp_path / "other.csv", tmp_path / "scores.csv").notes
    assert len(notes) == 1
    assert notes[0].startswith("tariff: ")
    assert notes[0].endswith("are unseen, at the fit 0% were")


def read(tmp_path: Path, text: str, target: str = "bad", **roles: Any) -> Given:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    return read_training(path, Roles(target, **roles))


def with_column(name: str, values: list[str]) -> str:
    rows = [f'"{value}",{place % 2}' for place, value in enumerate(values)]
    return "\n".join([f"{name},bad", *rows]) + "\n"


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["1", " 2 ", "3.5", "", "NA", "-4e2"], [1, 2, 3.5, None, None, -400]),
        (["1,234.50", "2", "12,345", "+7"], [1234.5, 2, 12345, 7]),
        (["12%", "7.5%"], [12, 7.5]),
        (["inf", "-inf", "1", "nan"], [float("inf"), float("-inf"), 1, None]),
        (["0", "0.5", "01"] + ["1"] * 40, [0, 0.5, 1] + [1] * 40),
        ([*["5"] * 40, "?"], [*[5] * 40, None]),
        (["00123", "00124"], ["00123", "00124"]),
        (["a", " a", "", "None", "null"], ["a", "a", None, "None", None]),
        (["12.5.1", "1"], ["12.5.1", "1"]),
    ],
)
def test_texts_become_numbers_where_they_are_numbers(tmp_path: Path, values: list[str], found: list[Any]) -> None:
    column: Column = read(tmp_path, with_column("x", values)).columns["x"]
    if isinstance(column, np.ndarray):
        assert [None if np.isnan(each) else each for each in column.tolist()] == found
    else:
        assert column.to_pylist() == found


@pytest.mark.parametrize(
    "values",
    [["2024-01-31", "2024-02-01 10:00:00"], ["1/31/2024", "12/5/2024"], ["31.1.2024"] * 2, ["2024年1月31日"] * 2],
)
def test_dates_are_left_out(tmp_path: Path, values: list[str]) -> None:
    found = read(tmp_path, with_column("x", values))
    assert "dates" in found.left_out["x"]


def test_stray_texts_among_numbers_are_told(tmp_path: Path) -> None:
    assert read(tmp_path, with_column("x", [*["5"] * 40, "?"])).notes == ("x: 1 texts among numbers count as missing",)


@pytest.mark.parametrize(
    "texts", [("0", "1"), ("0.0", "1.0"), ("no", "YES"), ("false", "True"), ("good", "bad"), ("n", "Y")]
)
def test_what_an_outcome_may_look_like(tmp_path: Path, texts: tuple[str, str]) -> None:
    found = read(tmp_path, f"x,out come\n5,{texts[0]}\n6,{texts[1]}\n7,\n8,{texts[0]}\n", target="out come")
    assert found.bad.tolist() == [False, True, False]
    assert found.columns["x"].tolist() == [5, 6, 8]
    assert found.notes == ("1 rows without an outcome in 'out come' are left out",)


REFUSED = [
    ("", "the file is empty"),
    ("x,y\n1,2\n", "there is no column 'bad'; it has x, y"),
    ("x,bad\n1,1\n2,1\n", "it holds only '1'"),
    ("x,bad\n1,1\n2,2\n", "it holds '1', '2'"),
    ("x,bad\n1,0\n2,1\n3,2\n", "it holds '0', '1', '2'"),
    ("x,bad\n1,\n2,\n", "it holds nothing"),
    ("x,bad\n", "it holds nothing"),
    ("x,X,bad\n1,2,0\n", "two columns are named 'X'"),
    ('x,bad\n"1,0\n2,1\n', "cannot be read as CSV"),
    ("x,bad\n1,0\n2,1,5,6\n", "cannot be read as CSV"),
]


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_a_table_that_is_none_is_refused_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(tmp_path, text)
    assert str(refused.value).startswith(f"{tmp_path / 't.csv'}: ")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chinese.csv").write_bytes("户号,bad\n1,0\n".encode("gb18030"))
    whole = gzip.compress("\n".join(["x,bad", *(f"{row**3},{row % 2}" for row in range(20_000))]).encode())
    (tmp_path / "half.csv.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "stub.csv.gz").write_bytes(whole[:40])
    (tmp_path / "no.parquet").write_bytes(b"PAR1 it is not")
    for name, said in (
        ("absent.csv", "no such file"),
        ("absent.parquet", "no such file"),
        ("chinese.csv", "not UTF-8"),
        ("half.csv.gz", "cannot be read as CSV"),
        ("stub.csv.gz", "not written whole"),
        ("no.parquet", "cannot be read as Parquet"),
        (".", "a folder"),
    ):
        with pytest.raises(UsageError, match=said):
            read_training(tmp_path / name, Roles("bad"))


def test_roles_that_a_column_cannot_have_are_refused(tmp_path: Path) -> None:
    text = "x,day,bad\na,2024-01-01,0\nb,2024-01-02,1\n"
    with pytest.raises(UsageError, match="'x' holds neither dates nor numbers"):
        read(tmp_path, text, time="x")
    with pytest.raises(UsageError, match="'x' does not hold numbers"):
        read(tmp_path, text, weight="x")
    with pytest.raises(UsageError, match="two roles"):
        read(tmp_path, text, id="bad")
    found = read(tmp_path, text, time="day")
    assert found.window == ("2024-01-01", "2024-01-02")
    assert found.time is not None
    assert np.diff(found.time).tolist() == [86400]


def test_a_parquet_file_of_many_types_is_read(tmp_path: Path) -> None:
    table = pa.table(
        {
            "whole": pa.array([1, 2], pa.int64()),
            "money": pa.array([1.25, None], pa.float64()).cast(pa.decimal128(18, 2)),
            "yes": pa.array([True, False]),
            "day": pa.array([1, 2], pa.date32()),
            "list": pa.array([[1], [2]]),
            "level": pa.array(["a", "b"]).dictionary_encode(),
            "bad": pa.array([0.0, 1.0]),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    found = read_training(tmp_path / "t.parquet", Roles("bad"))
    assert found.columns["whole"].tolist() == [1, 2]
    assert found.columns["money"][0] == 1.25
    assert found.columns["yes"].to_pylist() == ["true", "false"]
    assert found.columns["level"].to_pylist() == ["a", "b"]
    assert set(found.left_out) == {"day", "list"}
