"""Nights of a small utility judged in the lake: what stands in a row, that nothing is done twice, and what has to wait."""

import datetime as dt
import shutil
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrears.domain.run import RunKind
from arrears.engine import duckdb as engine
from arrears.nights.many import make_nights
from arrears.nights.outcomes import label, report
from arrears.outcomes import books, judging
from arrears.outcomes.files import write
from arrears.pipeline import open_run
from arrears.settings import ROOT
from tests.end_to_end.deployments import Deployment, everything
from tests.nights.small_books import SmallBooks

NIGHTS = (dt.date(2026, 7, 1), dt.date(2026, 8, 1), dt.date(2026, 8, 2))
EARLY, LATE = dt.date(2026, 9, 30), dt.date(2026, 10, 1)
"""On the first day two nights have matured, on the second all three."""
LAST = dt.date(2026, 9, 20)
"""A night whose horizon ends when the books have ended."""


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, books: SmallBooks) -> Deployment:
    """Nights up to signals, without a casebook."""
    made = Deployment(tmp_path_factory.mktemp("labelling") / "state", books.environment)
    with made.entered("small"):
        make_nights([open_run("small", night, RunKind.BACKFILL) for night in (*NIGHTS, LAST)])
    return made


def rows(deployment: Deployment, stage: str, night: dt.date) -> list[dict[str, Any]]:
    with deployment.entered("small") as lake:
        (found,) = [each for as_of, each in lake.nights(stage) if as_of == night]
        found.verify()
        return [row for path in found.files for row in pq.read_table(path, partitioning=None).to_pylist()]


def test_what_has_matured_is_judged_once_and_in_order(deployment: Deployment) -> None:
    with deployment.entered("small"):
        told: list[str] = []
        early = label("small", EARLY, lambda what, _share: told.append(what))
        assert (early.judged, early.closed) == (NIGHTS[:2], NIGHTS[:2])
        assert [(each.as_of, each.matures_on, each.why) for each in early.waiting][:1] == [(NIGHTS[2], LATE, None)]
        assert told == [*(f"the night of {night}" for night in (*NIGHTS, LAST)), "done"]
        late = label("small", LATE)
        assert (late.judged, late.stood, late.closed) == (NIGHTS[2:], NIGHTS[:2], ())
        before = everything(deployment.state / "lake")
        again = label("small", LATE)
        assert (again.judged, again.stood) == ((), NIGHTS)
        assert everything(deployment.state / "lake") == before
        shutil.rmtree(deployment.state / "lake" / "small" / judging.STAGE / f"as_of={NIGHTS[0]}")
        assert label("small", LATE).judged == NIGHTS[:1]
        after = everything(deployment.state / "lake")
        assert {name: sha for name, (_, sha) in after.items()} == {name: sha for name, (_, sha) in before.items()}

    judged = rows(deployment, judging.STAGE, NIGHTS[0])
    signals = {row["account_id"]: row for row in rows(deployment, "signals", NIGHTS[0])}
    assert [row["account_id"] for row in judged if row["slot"][0] == "3"] == sorted(
        row["account_id"] for row in judged if row["slot"][0] == "3"
    )
    assert {row["account_id"] for row in judged} == set(signals)
    for row in judged:
        said = signals[row["account_id"]]
        assert all(row[name] == said[name] for name in ("level", "points", "treatment", "is_held_out", "open_amount"))
        assert (row["is_arrears"] is None) == said["is_in_collection"]
        if row["is_arrears"]:
            assert row["arrears_amount"] >= 10
            assert NIGHTS[0] + dt.timedelta(days=15) <= row["arrears_on"] <= NIGHTS[0] + dt.timedelta(days=60)
    assert {row["is_arrears"] for row in judged} >= {True, None}


def test_books_close_to_the_cent(deployment: Deployment) -> None:
    with deployment.entered("small"):
        label("small", EARLY)
    opening, closing = (rows(deployment, books.STAGE, night) for night in NIGHTS[:2])
    assert len(opening) == len(closing) > 20
    for row in closing:
        booked = row["opening_balance_amount"] + row["billed_amount"] - row["paid_amount"]
        assert booked - row["credited_amount"] - row["written_off_amount"] == row["open_amount"] - row["credit_amount"]
    assert sum(row["billed_amount"] for row in closing) > sum(row["billed_amount"] for row in opening)


def test_the_report_says_what_is_whole_and_what_is_not(deployment: Deployment, tmp_path: Any) -> None:
    with deployment.entered("small"):
        label("small", LATE)
        made = report("small", dt.date(2026, 6, 1), dt.date(2026, 8, 1), LATE)
        page = write(made, tmp_path, "en", ROOT / "templates").read_text(encoding="utf-8")
    assert [(each.stored, each.judged, each.has_books) for each in made.coverage] == [
        (0, 0, False), (1, 1, True), (2, 2, False),
    ]  # fmt: skip
    assert "2026-06: no night is stored" in page
    (july,) = made.rows("receivables", "all")
    net = july["opening_amount"] - july["opening_credit_amount"] + july["brought_in_amount"] + july["billed_amount"]
    net -= july["paid_amount"] + july["credited_amount"] + july["written_off_amount"]
    assert net == july["closing_amount"] - july["closing_credit_amount"]


def test_a_night_after_which_the_books_end_is_told_and_keeps_nobody_waiting(deployment: Deployment) -> None:
    with deployment.entered("small"):
        made = label("small", dt.date(2026, 11, 20))
    assert (set(made.judged) | set(made.stood)) == set(NIGHTS)
    assert [each.as_of for each in made.waiting] == [LAST]
    assert "no payment is known of the 14 days" in (made.waiting[0].why or "")


def signal(account_id: str, district: str, loss: int, level: str | None = "blue") -> dict[str, Any]:
    return {
        "account_id": account_id, "slot": "00", "segment": None, "district": district, "voltage_class": None, "tariff": None,
        "grade": "C", "points": Decimal(500), "probability": 0.1, "exposure_amount": Decimal(0), "open_amount": Decimal(0),
        "expected_loss_amount": Decimal(loss), "overdue_amount": Decimal(0), "is_in_collection": level is None, "level": level,
        "level_rule": None, "payment_mode": "postpay", "arrangement": "none", "security": "none", "treatment": "none",
        "treatment_rule": None, "withheld_treatment": None, "is_in_trial": True, "is_held_out": False,
    }  # fmt: skip


def test_staff_work_the_largest_losses_of_their_district() -> None:
    """North can work one case a day, as all districts not named; South two."""
    signals = [signal("A", "North", 5), signal("B", "North", 9), signal("C", "South", 1), signal("D", "South", 1)]
    signals += [signal("E", "South", 1), signal("F", "North", 99, None)]
    with duckdb.connect(config={"threads": 1}) as con:
        con.register("signal", pa.Table.from_pylist(signals))
        con.sql(
            "CREATE TABLE became (account_id VARCHAR, is_arrears BOOLEAN, arrears_on DATE, arrears_amount DECIMAL(18, 2))"
        )
        con.sql("INSERT INTO became VALUES ('B', TRUE, DATE '2026-08-01', 20), ('F', TRUE, DATE '2026-08-01', 30)")
        con.register("capacity", pa.table({"district": ["South"], "cases": pa.array([2], pa.int32())}))
        engine.create_from_file(con, ROOT / "sql" / "outcomes" / "outcomes.sql", {"as_of": NIGHTS[0], "cases": 1})
        found = con.sql("SELECT account_id, is_within_capacity, is_arrears, arrears_amount FROM outcomes").fetchall()
    assert found == [
        ("A", False, False, 0), ("B", True, True, 20), ("C", True, False, 0), ("D", True, False, 0), ("E", False, False, 0),
        ("F", False, None, None),
    ]  # fmt: skip
