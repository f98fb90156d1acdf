"""A policy tried beside the one in force: what moves is what both say of each account by itself."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrears.engine import duckdb as engine
from arrears.policy.axes import TERMS
from arrears.policy.rules import Policy
from arrears.policy.simulate import SHOWN, Compared, Files, compared
from arrears.settings import Settings
from tests.policy.decided import CALM, FEATURES, SCORES, signals
from tests.policy.small_policy import CARD, LEVELS, MODES, SMALL, small_policy

ACCOUNTS = 60
NAMES = ["=cmd", "+1", "-1", "@x", "\tx"]
"""Ids that a spreadsheet would run."""

Rows = list[dict[str, Any]]


def drawn() -> Rows:
    rng = Random(7)  # noqa: S311 - drawn, not secret
    rows = []
    for number in range(ACCOUNTS):
        overdue = rng.choice(["0.00", "40.00", "140.00", "6000.00"])
        rows.append(
            {
                "account_id": NAMES[number] if number < len(NAMES) else f"A{number:03}",
                "customer_id": f"C{number // 2}",
                "district": rng.choice(["North", "South"]),
                "voltage_class": rng.choice(["<1kV", "1-10kV", None]),
                "segment": "residential",
                "overdue_amount": Decimal(overdue),
                "open_amount": Decimal(overdue) + rng.choice([0, 5]),
                "billed_amount_12m": Decimal(rng.randrange(0, 400_000)) / 100,
                "mean_bill_amount_12m": Decimal(rng.randrange(0, 40_000)) / 100,
                "recent_use_ratio": rng.choice([0.3, 0.9]),
                "theft_count_24m": rng.choice([0, 0, 1, 2]),
                "points": Decimal(rng.randrange(0, 10_000)) / 100,
                "grade": rng.choice("ABCDE"),
                "probability": Decimal(rng.randrange(1, 900_000)) / 1_000_000,
            }
        )
    return rows


def stored(folder: Path, rows: Rows, *, buckets: int = 3) -> Files:
    files: dict[str, list[Path]] = {"features": [], "scores": []}
    for name, kinds in (("features", FEATURES), ("scores", SCORES)):
        for bucket in range(buckets):
            some = [{**CALM, **row} for row in rows[bucket::buckets]]
            path = folder / f"{name}{bucket}.parquet"
            pq.write_table(pa.Table.from_pylist(some, schema=pa.schema(list(kinds.items()))), path)
            files[name].append(path)
    return Files(files["features"], files["scores"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("simulate")


@pytest.fixture(scope="module")
def files(folder: Path) -> Files:
    return stored(folder, drawn())


@pytest.fixture(scope="module")
def other(folder: Path) -> Policy:
    """Warns later, asks for half the first purchase, and draws the stance elsewhere."""
    return small_policy(
        folder / "policy",
        levels=LEVELS.replace("overdue_amount > 0", "overdue_amount > 100").replace("0.35", "0.5"),
        modes=MODES.replace("mean_bill_amount_12m / 2", "mean_bill_amount_12m / 4").replace("days: 30", "days: 45"),
    )


@pytest.fixture(scope="module")
def told(folder: Path, files: Files, other: Policy) -> Iterator[Compared]:
    with compared(files, SMALL, other, Settings(state=folder / "state")) as found:
        yield found


@pytest.fixture(scope="module")
def sides(other: Policy) -> Iterator[list[tuple[dict[str, Any], dict[str, Any]]]]:
    """What each policy says of each account, by the stage's own statement."""
    with duckdb.connect(config={"threads": 2}) as con:
        yield list(zip(signals(con, drawn(), SMALL), signals(con, drawn(), other), strict=True))


def value(signal: dict[str, Any], axis: str) -> str:
    return signal[axis] or "none"


def terms(signal: dict[str, Any], axis: str) -> str:
    columns = [column for column, _ in TERMS.get((axis, signal[axis] or ""), {}).values()]
    return "; ".join(f"{column}={'-' if signal[column] is None else signal[column]}" for column in columns)


def test_every_move_is_what_both_say_by_themselves(
    told: Compared, sides: list[tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    expected = {
        (was["account_id"], axis): (value(was, axis), value(now, axis), terms(was, axis), terms(now, axis))
        for was, now in sides
        for axis in SHOWN
        if value(was, axis) != value(now, axis) or terms(was, axis) != terms(now, axis)
    }
    found = {
        (move.account_id, move.axis): (move.before, move.after, move.terms_before, move.terms_after)
        for move in told.examples(ACCOUNTS)
    }
    whole = {
        name: pair
        for name, pair in expected.items()
        if any(name[0] == key[0] and p[0] != p[1] for key, p in expected.items())
    }
    assert found == whole
    assert {pair[:2] for pair in found.values()} >= {("red", "none"), ("reminder", "none")}
    assert any(was == now and before != after for was, now, before, after in found.values()), "other terms, same value"
    moved = {name for (name, _), pair in expected.items() if pair[0] != pair[1]}
    assert told.accounts() == (ACCOUNTS, len(moved))


def test_totals_add_up_to_all_accounts_on_every_axis(
    told: Compared, sides: list[tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    counted: Counter[tuple[str, str, str, str, str]] = Counter()
    lost: dict[tuple[str, str, str, str, str], Decimal] = defaultdict(Decimal)
    for was, now in sides:
        for axis in SHOWN:
            key = (axis, value(was, axis), value(now, axis), was["district"], was["voltage_class"] or "")
            counted[key] += 1
            lost[key] += now["expected_loss_amount"]
    found = {(t.axis, t.before, t.after, t.district, t.voltage_class): t for t in told.totals()}
    assert {key: total.accounts for key, total in found.items()} == counted
    assert {key: total.expected_loss_after for key, total in found.items()} == lost
    assert sum(total.accounts for total in found.values()) == ACCOUNTS * len(SHOWN)


def test_whys_name_the_rule_of_the_simulated_policy(told: Compared) -> None:
    found = {(why.axis, why.before, why.after): why for why in told.whys()}
    assert found["treatment", "reminder", "none"].rule == "leave"
    assert found["payment_mode", "prepay", "prepay"].rule == "prepays", "other terms are told as well"
    assert found["level", "red", "none"].accounts == sum(
        move.axis == "level" and move.after == "none" for move in told.examples(ACCOUNTS)
    )


def test_examples_show_every_kind_of_move_before_they_show_one_twice(told: Compared) -> None:
    kinds = {(why.axis, why.before, why.after) for why in told.whys() if why.before != why.after}
    few = told.examples(len(kinds))
    assert {(move.axis, move.before, move.after) for move in few} >= kinds


def test_the_files_are_whole_and_no_cell_is_a_formula(told: Compared, tmp_path: Path) -> None:
    rows = told.write_moves(tmp_path / "moves.csv")
    with (tmp_path / "moves.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert len(read) == rows == len({(row["account_id"], row["axis"]) for row in read})
    odd = {row["account_id"] for row in read if not row["account_id"].startswith("A")}
    assert odd
    assert odd <= {"'" + name for name in NAMES}


def test_buckets_and_their_order_make_no_difference(
    told: Compared, other: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "AT_A_TIME", 1)
    rows = drawn()
    Random(3).shuffle(rows)  # noqa: S311
    with compared(stored(tmp_path, rows, buckets=2), SMALL, other, Settings(state=tmp_path / "state")) as again:
        assert again.totals() == told.totals()
        assert again.examples(9) == told.examples(9)


def test_the_policy_in_force_against_itself_moves_nobody(files: Files, tmp_path: Path) -> None:
    with compared(files, SMALL, SMALL, Settings(state=tmp_path)) as same:
        assert same.accounts() == (ACCOUNTS, 0)
        assert same.examples(10) == []
        assert all(total.before == total.after for total in same.totals())


def test_another_scorecard_scores_anew(files: Files, tmp_path: Path) -> None:
    grades = tuple(replace(grade, from_points=grade.from_points / 100) for grade in CARD.grades)
    kind = replace(CARD, grades=grades)
    with compared(files, SMALL, SMALL, Settings(state=tmp_path), card=kind) as told, duckdb.connect() as con:
        features = con.sql(f"FROM {engine.parquet(files.features)}").to_arrow_table().to_pylist()
        points = {row["account_id"]: kind.part(row).total(row) for row in features}
        moves = [move for move in told.examples(ACCOUNTS) if move.axis == "grade" and not move.rule_after]
        assert moves
        assert {move.account_id: move.after for move in moves} == {
            move.account_id: kind.grade(points[move.account_id]).grade for move in moves
        }


def test_what_is_warned_of_is_kept_by_account(
    told: Compared, sides: list[tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    assert [tuple(row.values()) for row in told.warned().to_pylist()] == sorted(
        (
            was["account_id"],
            was["district"],
            value(was, "level"),
            value(now, "level"),
            was["expected_loss_amount"],
            now["expected_loss_amount"],
        )
        for was, now in sides
    )
