"""From files to report and figures, and every way in which a file can be wrong."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from arrears.cli.app import app
from arrears.errors import UsageError
from arrears.scorecard import metrics
from arrears.scorecard.export import tables, write_csv
from arrears.scorecard.judged_table import Asked, read_judged
from arrears.scorecard.validate import validate

from .judging import CARD, judged_rows

ROWS = judged_rows(3000, seed=11)
MONTHS = ROWS.month if ROWS.month is not None else np.array([])
TABLE = pa.table(
    {
        "account_id": [f"a{i % 1500}" for i in range(3000)],
        "as_of": [f"{month}-01" for month in MONTHS],
        "period": [int(month.replace("-", "")) for month in MONTHS],
        "late_days": pa.array(ROWS.values["late_days"], from_pandas=True),
        "tariff": ROWS.values["tariff"],
        "sex": np.array(["f", "m"])[np.arange(3000) % 2],
        "was_overdue": np.where(np.nan_to_num(ROWS.values["late_days"]) > 0, "yes", "no"),
        "rows": np.where(np.arange(3000) % 2, 2.0, 1.0),
        "fell_into_arrears": pa.array([None if i == 7 else int(bad) for i, bad in enumerate(ROWS.bad)]),
    }
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("judged")
    (made / "card.json").write_text(CARD.to_json())
    pq.write_table(TABLE, made / "rows.parquet")
    with (made / "rows.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, TABLE.column_names)
        writer.writeheader()
        writer.writerows(TABLE.to_pylist())
    return made


def changed(folder: Path, name: str, values: Sequence[object]) -> Path:
    """The table with other values in one column."""
    path = folder / f"{name}.changed.parquet"
    pq.write_table(TABLE.set_column(TABLE.column_names.index(name), name, pa.array(list(values))), path)
    return path


def run(*arguments: object) -> tuple[int, str]:
    made = CliRunner().invoke(app, ["scorecard", "validate", *map(str, arguments)], catch_exceptions=True)
    return made.exit_code, f"{made.output}{made.exception or ''}"


def test_a_card_and_a_table_make_a_report_and_all_figures(folder: Path, tmp_path: Path) -> None:
    out, figures, sheets = tmp_path / "report.html", tmp_path / "metrics.json", tmp_path / "csv"
    code, said = run(
        "--card", folder / "card.json", "--data", folder / "rows.csv", "--target", "fell_into_arrears",
        "--id", "account_id", "--time", "as_of", "--segment", "tariff,sex", "--baseline", "was_overdue",
        "--protected", "sex", "--capacity", "0.2", "--out", out, "--json", figures, "--csv", sheets, "--lang", "zh",
    )  # fmt: skip
    assert code == 0, said
    assert "✓ 达标" in said
    read = json.loads(figures.read_text())
    known = np.arange(3000) != 7
    later = known & (MONTHS > "2025-12")
    ranked = metrics.ranking(ROWS.bad[later], -ROWS.points[later])
    assert read["samples"]["later"]["auc"] == pytest.approx(metrics.auc(ranked))
    assert read["provenance"]["left_out"] == {"no outcome in 'fell_into_arrears'": 1}
    assert read["provenance"]["window"] == ["2025-01-01", "2026-03-01"]
    assert (read["samples"]["all"]["rows"], read["capacity"], read["at_capacity"]["share"]) == (2999, 0.2, 0.2)
    assert set(read["segments"]) == {"tariff", "sex"}
    assert {each["name"] for each in read["baselines"]} == {"rule", "was_overdue"}
    assert out.read_text().startswith("<!DOCTYPE html>")
    with (sheets / "months.csv").open(encoding="utf-8-sig", newline="") as file:
        months = list(csv.DictReader(file))
    assert [each["month"] for each in months] == [each["name"] for each in read["months"]]
    assert sum(int(each["rows"]) for each in months) == 2999
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_csv_and_parquet_are_judged_alike(folder: Path) -> None:
    asked = Asked(id="account_id", time="as_of", segments=("tariff",), protected=("sex",), baselines=("was_overdue",))
    found = [validate(CARD, *read_judged(folder / name, CARD, asked)) for name in ("rows.csv", "rows.parquet")]
    first, second = (json.loads(each.to_json()) for each in found)
    del first["provenance"], second["provenance"]
    assert first == second


def test_repeated_ids_widen_the_interval(folder: Path) -> None:
    path = folder / "rows.parquet"
    widths = []
    for name in (None, "account_id"):
        all_rows = validate(CARD, *read_judged(path, CARD, Asked(id=name))).samples["all"]
        assert all_rows.auc_low is not None
        assert all_rows.auc_high is not None
        widths.append(all_rows.auc_high - all_rows.auc_low)
    assert widths[0] != widths[1]


def test_a_weight_is_taken(folder: Path) -> None:
    rows, _ = read_judged(folder / "rows.parquet", CARD, Asked(weight="rows"))
    assert rows.weight.mean() == pytest.approx(1.0)
    assert sorted(set(rows.weight.round(4))) == pytest.approx([0.6667, 1.3333], abs=1e-3)


def test_time_as_numbers_has_no_window_to_be_held_against(folder: Path) -> None:
    path = folder / "rows.parquet"
    with pytest.raises(UsageError, match="cannot be held against the card's window, which ends with 2025-12-01"):
        read_judged(path, CARD, Asked(time="period"))


def test_the_last_day_of_the_window_is_not_later(folder: Path) -> None:
    days = ["2025-12-01"] * 1500 + ["2025-12-02"] * 1500
    rows, _ = read_judged(changed(folder, "as_of", list(days)), CARD, Asked(time="as_of"))
    assert rows.is_later is not None
    assert int(rows.is_later.sum()) == 1500


def test_baselines_may_be_numbers_or_yes_and_no(folder: Path) -> None:
    rows, _ = read_judged(folder / "rows.parquet", CARD, Asked(baselines=("was_overdue", "late_days")))
    days = rows.values["late_days"]
    assert rows.baselines["was_overdue"].tolist() == (np.nan_to_num(days) > 0).astype(float).tolist()
    assert np.array_equal(rows.baselines["late_days"], days, equal_nan=True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--target", "nothing"], "there is no column 'nothing'"),
        (["--segment", "village"], "there is no column 'village'"),
        (["--target", "tariff"], "must hold an outcome in every row"),
        (["--baseline", "tariff"], "'tariff' can be no baseline"),
        (["--time", "sex"], "'sex' holds neither dates nor numbers"),
        (["--weight", "sex"], "'sex' does not hold numbers"),
        (["--id", "fell_into_arrears"], "one column cannot have two roles"),
        (["--capacity", "0"], "capacity"),
        (["--out", "."], "this is a folder"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(folder: Path, options: list[str], told: str) -> None:
    code, said = run("--card", folder / "card.json", "--data", folder / "rows.parquet", *options)
    assert code != 0
    assert told in said


def test_a_table_without_the_cards_columns_and_a_card_that_is_none(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    pq.write_table(TABLE.drop_columns(["late_days"]), path)
    with pytest.raises(UsageError, match="there is no column 'late_days'"):
        read_judged(path, CARD, Asked())
    (tmp_path / "card.json").write_text("{}")
    code, said = run("--card", tmp_path / "card.json", "--data", path)
    assert code != 0
    assert "this is not a scorecard" in said


@pytest.mark.parametrize("outcome", [0, 1])
def test_one_class_is_refused(folder: Path, outcome: int) -> None:
    with pytest.raises(UsageError, match=f"it holds only '{outcome}'"):
        read_judged(changed(folder, "fell_into_arrears", [outcome] * 3000), CARD, Asked())


def test_weights_must_be_above_nothing(folder: Path) -> None:
    with pytest.raises(UsageError, match="'rows' must be a number above 0"):
        read_judged(changed(folder, "rows", [0.0] * 3000), CARD, Asked(weight="rows"))


def test_a_row_without_a_date_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="'as_of' is missing or no date in 1 rows"):
        read_judged(changed(folder, "as_of", [None, *["2025-03-01"] * 2999]), CARD, Asked(time="as_of"))


def test_infinite_and_stray_values_are_scored_and_told(folder: Path) -> None:
    values: list[object] = ["inf", "-inf", "late", *["3"] * 2997]
    rows, made = read_judged(changed(folder, "late_days", values), CARD, Asked())
    assert made.strays == {"late_days": "1 texts among numbers count as missing"}
    assert rows.placed[0].place[:3].tolist() == [2, 0, 4]


def test_a_formula_in_the_data_stays_text_in_a_spreadsheet(folder: Path, tmp_path: Path) -> None:
    path = changed(folder, "sex", ["=1+1"] * 1500 + ["m"] * 1500)
    found = validate(CARD, *read_judged(path, CARD, Asked(segments=("sex",))))
    write_csv(found, tmp_path)
    assert "'=1+1" in (tmp_path / "segments.csv").read_text(encoding="utf-8-sig")
    assert set(tables(found)) >= {"checks", "samples", "bins", "drift", "fairness"}
    assert not (tmp_path / "fairness.csv").exists()
