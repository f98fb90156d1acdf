"""`warnings list`, `summary` and `explain` on a stored night."""

import csv
import datetime as dt
import io
import json
import shutil
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from arrears.domain.run import Run
from arrears.domain.spreadsheet import harmless
from arrears.pipeline import open_run
from arrears.review.warning_list import Warned
from tests.cli.conftest import NIGHT, Arrears
from tests.end_to_end.deployments import Deployment
from tests.sources.plain_source import PlainSource


@pytest.fixture
def run(stored: Deployment) -> Run:
    with stored.entered():
        return open_run("demo", NIGHT)


@pytest.fixture
def signals(stored: Deployment, run: Run) -> list[dict[str, Any]]:
    """The night's rows, read without the code under test."""
    with duckdb.connect() as con:
        found = con.execute(
            "SELECT * FROM read_parquet(?)", [[str(path) for path in stored.partition("signals", run).files]]
        )
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def worst_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    warned = [row for row in rows if row["level"] is not None]
    return sorted(warned, key=lambda row: (-row["expected_loss_amount"], row["account_id"]))


def test_json_holds_every_warning_with_money_as_text(
    arrears: Arrears, stored: Deployment, signals: list[dict[str, Any]]
) -> None:
    told = arrears(stored, "warnings", "list", "--format", "json")
    assert (told.code, told.err) == (0, "")
    found = json.loads(told.out, parse_float=lambda text: pytest.fail(f"{text} would be a float"))
    names = [field.name for field in fields(Warned)]
    expected = [{name: row[name] for name in names} for row in worst_first(signals)]
    assert len(expected) > 5
    assert found == [{name: _as_json(value) for name, value in row.items()} for row in expected]


def _as_json(value: object) -> object:
    return str(value) if isinstance(value, (Decimal, dt.date)) else value


def test_csv_holds_the_same(arrears: Arrears, stored: Deployment, signals: list[dict[str, Any]]) -> None:
    told = arrears(stored, "warnings", "list", "--format", "csv", "--as-of", str(NIGHT))
    assert (told.code, told.err) == (0, "")
    found = list(csv.DictReader(io.StringIO(told.out)))
    expected = worst_first(signals)
    assert list(found[0]) == [field.name for field in fields(Warned)]
    assert [row["account_id"] for row in found] == [row["account_id"] for row in expected]
    assert [row["expected_loss_amount"] for row in found] == [f"{row['expected_loss_amount']:f}" for row in expected]
    assert {len(row) for row in csv.reader(io.StringIO(told.out))} == {len(fields(Warned))}


def test_the_table_says_how_many_and_lists_them(
    arrears: Arrears, stored: Deployment, signals: list[dict[str, Any]]
) -> None:
    told = arrears(stored, "warnings", "list")
    expected = worst_first(signals)
    lines = told.out.splitlines()
    assert lines[0].strip() == f"{len(expected)} warnings of demo as of {NIGHT}"
    assert len(lines) == len(expected) + 2
    for line, row in zip(lines[2:], expected, strict=True):
        assert line.split()[:2] == [row["level"], row["account_id"]]
        assert f"{row['expected_loss_amount']:,}" in line


@pytest.mark.parametrize("level", ["yellow", "red"])
def test_a_level_filters(arrears: Arrears, stored: Deployment, signals: list[dict[str, Any]], level: str) -> None:
    found = json.loads(arrears(stored, "warnings", "list", "--format", "json", "--level", level).out)
    expected = [row["account_id"] for row in worst_first(signals) if row["level"] == level]
    assert expected
    assert [row["account_id"] for row in found] == expected


def test_a_district_and_a_number_filter(arrears: Arrears, stored: Deployment, signals: list[dict[str, Any]]) -> None:
    district = worst_first(signals)[0]["district"]
    found = json.loads(
        arrears(stored, "warnings", "list", "--format", "json", "--district", district, "--most", "1").out
    )
    assert [row["account_id"] for row in found] == [worst_first(signals)[0]["account_id"]]


def test_a_district_that_is_none_is_told_with_those_there_are(
    arrears: Arrears, stored: Deployment, signals: list[dict[str, Any]]
) -> None:
    told = arrears(stored, "warnings", "list", "--district", "云西")
    there = ", ".join(sorted({row["district"] for row in signals}, key=lambda text: text.encode()))
    assert told.code == 2
    assert told.err == f"arrears: demo: no district '云西' as of {NIGHT}; there are: {there}\n"


def test_a_level_that_is_none_is_refused(arrears: Arrears, stored: Deployment) -> None:
    told = arrears(stored, "warnings", "list", "--level", "purple")
    assert told.code == 2
    assert "'blue', 'yellow', 'orange', 'red'" in told.err


def test_the_summary_adds_up(arrears: Arrears, stored: Deployment, signals: list[dict[str, Any]]) -> None:
    told = arrears(stored, "summary")
    warned = worst_first(signals)
    collected = [row for row in signals if row["is_in_collection"]]

    def total(rows: list[dict[str, Any]], name: str) -> str:
        return f"{sum((row[name] for row in rows), Decimal('0.00')):,}"

    first, second, *_ = told.out.splitlines()
    assert first == (
        f"demo, as of {NIGHT}: {len(signals):,} open accounts owe {total(signals, 'open_amount')} CNY, of which "
        f"{total(signals, 'overdue_amount')} is overdue."
    )
    assert second == (
        f"{len(warned):,} accounts are warned of, with an expected loss of {total(warned, 'expected_loss_amount')} CNY; "
        f"{len(collected):,} more are in collection already, with {total(collected, 'overdue_amount')} CNY overdue."
    )
    (all_levels,) = [line.split() for line in told.out.splitlines() if line.startswith("all ")]
    levels = [sum(row["level"] == level for row in warned) for level in ("blue", "yellow", "orange", "red")]
    assert all_levels == ["all", *map(str, levels), str(len(warned)), total(warned, "expected_loss_amount")]
    letters = len(list((stored.state / "notices" / "demo" / f"as_of={NIGHT}").glob("*.html")))
    assert letters > 0
    assert f"\n{letters:,} notices were drafted that night, none is sent: " in told.out
    assert f"arrears explain {warned[0]['account_id']} --source demo --as-of {NIGHT}\n" in told.out


def test_the_summary_speaks_chinese(arrears: Arrears, stored: Deployment) -> None:
    told = arrears(stored, "summary", "--lang", "zh")
    assert told.out.startswith(f"demo，数据截止 {NIGHT}：在用户 ")
    for word in ("供电区域", "合计", "预期损失最大的", "均未发送", "下一步："):
        assert word in told.out


REASONS = {"en": "not yet due", "zh": "未到期金额"}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_warned_account_is_explained(
    arrears: Arrears, stored: Deployment, signals: list[dict[str, Any]], lang: str
) -> None:
    row = next(row for row in worst_first(signals) if row["treatment"] == "reminder")
    told = arrears(stored, "explain", row["account_id"], "--lang", lang)
    assert (told.code, told.err) == (0, "")
    assert row["account_id"] in told.out.splitlines()[0]
    assert str(row["points"]) in told.out.splitlines()[1]
    for rule in ("level_rule", "payment_mode_rule", "treatment_rule"):
        assert row[rule] in told.out
    assert REASONS[lang] in told.out
    assert f"{row['next_due_amount']:,}" in told.out
    is_chinese = any("\u4e00" <= sign <= "\u9fff" for sign in told.out.replace(row["district"], ""))
    assert is_chinese == (lang == "zh")


@pytest.mark.parametrize(("lang", "said"), [("en", "in collection already"), ("zh", "已进入催收，不再预警")])
def test_an_account_in_collection_is_explained(
    arrears: Arrears, stored: Deployment, signals: list[dict[str, Any]], lang: str, said: str
) -> None:
    row = next(row for row in signals if row["is_in_collection"])
    told = arrears(stored, "explain", row["account_id"], "--lang", lang)
    assert told.code == 0
    assert said in told.out
    assert row["treatment_rule"] in told.out


def test_an_account_that_is_not_open_is_told(arrears: Arrears, stored: Deployment) -> None:
    told = arrears(stored, "explain", "X-1")
    assert (told.code, told.out) == (2, "")
    assert told.err == f"arrears: demo: no open account X-1 as of {NIGHT}\n"


def test_a_night_is_explained_in_its_own_words_when_the_policy_is_another_by_now(
    arrears: Arrears, stored: Deployment, signals: list[dict[str, Any]], tmp_path: Path
) -> None:
    row = worst_first(signals)[0]
    before = arrears(stored, "explain", row["account_id"])
    with stored.entered():
        from arrears.settings import settings

        policy = shutil.copytree(settings().policy, tmp_path / "policy")
    levels = policy / "levels" / "2010-01-01.yaml"
    levels.write_text(levels.read_text().replace(f"id: {row['level_rule']}\n", "id: renamed\n"))
    assert arrears(stored, "explain", row["account_id"], ARREARS_POLICY=str(policy)) == before


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("value", ["A-1", "王=明", "1+1", "", None, 7, Decimal("-1.00")])
def test_any_other_cell_stays_as_it_is(value: object) -> None:
    assert harmless(value) is value


ODD = ["=cmd|' /C calc'!A0", "-16", "[red]x[/]", "[/b]", 'a"b', "two\nlines", "😀", "{x}", "%s"]


def test_ids_of_any_kind_come_through_every_format(
    arrears: Arrears, tmp_path: Path, casebook_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a policy that warns of everyone."""
    source = PlainSource(tmp_path / "plain", "files")
    for name in ODD:
        source.add("customer", customer_id=name).add("account", account_id=name, customer_id=name, district=name)
        source.add("bill", bill_id=name, account_id=name, due_on="2026-10-05")
    source.rows["incident"] = [{**source.add("incident").rows["incident"][0], "account_id": ODD[0]}]
    source.write()
    policy = Path(__file__).parent.parent / "data" / "ibm_ar" / "policy"
    everyone = shutil.copytree(policy, tmp_path / "policy")
    levels = everyone / "levels" / "2010-01-01.yaml"
    levels.write_text(levels.read_text().replace("grade = 'C' and overdue_amount > 0", "open_amount > 0"))
    deployment = Deployment(
        source.folder / "state",
        {**source.variables(), "ARREARS_POLICY": str(everyone), "ARREARS_QUARANTINE_SHARE": "0.5"},
    )
    deployment.night(NIGHT.replace(month=10), source="plain")

    table = arrears(deployment, "warnings", "list")
    assert (table.code, table.err) == (0, "")
    for name in ODD:
        assert all(part in table.out for part in name.split("\n")), name
    found = json.loads(arrears(deployment, "warnings", "list", "--format", "json").out)
    assert {row["account_id"] for row in found} == set(ODD)
    rows = list(csv.DictReader(io.StringIO(arrears(deployment, "warnings", "list", "--format", "csv").out)))
    assert {row["account_id"] for row in rows} == {harmless(name) for name in ODD}
    assert not any(str(cell).startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    for name in ODD:
        told = arrears(deployment, "explain", "--", name)
        assert (told.code, told.err) == (0, ""), name
        assert told.out.startswith(name)
    assert arrears(deployment, "summary").code == 0
