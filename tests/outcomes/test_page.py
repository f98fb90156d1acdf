"""The report as files: what there is, in both languages, and what is said where there is nothing."""

import csv
import datetime as dt
import html
import json
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrears.domain.episode_events import Outcome
from arrears.outcomes import page as pages
from arrears.outcomes.figures import EPISODE, SCHEMAS, Tables
from arrears.outcomes.files import write
from arrears.outcomes.report import About, Coverage, Report, make_report
from arrears.settings import ROOT, Settings
from tests.outcomes.judged import CALM, HORIZON_DAYS, NOTHING, SPAN, Row, day

ACCOUNTS = 120
NIGHTS = (day("01-01"), day("01-15"), day("02-01"))
CLOSED = (day("01-01"), day("02-01"), day("03-01"))
ODD = "=SUM(A1)<b>"
"""A district that would be a formula in a spreadsheet and a tag on a page."""


def made_night(as_of: dt.date) -> list[Row]:
    """Every third account falls, of the warned ones (points below 500) more often; a tenth is held out."""
    rng = np.random.default_rng(as_of.toordinal())
    rows = []
    for number in range(ACCOUNTS):
        is_warned, is_held_out = number % 2 == 0, number % 5 == 0
        has_fallen = bool(rng.random() < (0.5 if is_warned else 0.1))
        row: Row = {
            "account_id": f"A{number:03}",
            "as_of": as_of,
            "district": ODD if number % 3 else "North",
            "points": Decimal(number % 40 + (450 if is_warned else 520)),
            "probability": 0.4 if is_warned else 0.1,
            "level": ("yellow" if number % 4 else "blue") if is_warned else None,
            "is_within_capacity": number % 6 == 0,
            "is_held_out": is_held_out,
            "treatment": "reminder" if is_warned and not is_held_out else "none",
            "withheld_treatment": "reminder" if is_warned and is_held_out else None,
            "is_arrears": has_fallen,
        }
        if has_fallen:
            row |= {"arrears_on": as_of + dt.timedelta(days=20 + number % 9), "arrears_amount": Decimal(100 + number)}
        rows.append({**CALM, **row})
    return rows


def made_books(as_of: dt.date) -> list[Row]:
    months = CLOSED.index(as_of)
    return [
        {
            **NOTHING,
            "account_id": f"A{number:03}",
            "as_of": as_of,
            "billed_amount": Decimal(100 * months + 100),
            "paid_amount": Decimal(90 * months),
            "open_amount": Decimal(100 + 10 * months),
            "current_amount": Decimal(100),
            "days_1_30_amount": Decimal(10 * months),
            "due_amount": Decimal(100),
            "collected_amount": Decimal(90),
            "in_time_amount": Decimal(70),
        }
        for number in range(ACCOUNTS)
    ]


def kept(path: Path, rows: list[Row], schema: pa.Schema) -> tuple[Path, ...]:
    pq.write_table(pa.Table.from_pylist(rows, schema), path)
    return (path,)


def made_report(folder: Path, nights: Sequence[dt.date], closed: Sequence[dt.date]) -> Report:
    scored = pa.schema(
        [*SCHEMAS["outcome"], pa.field("points", pa.decimal128(6, 0)), pa.field("probability", pa.float64())]
    )
    tables = Tables(
        {night: kept(folder / f"outcome-{night}", made_night(night), scored) for night in nights},
        {night: kept(folder / f"books-{night}", made_books(night), SCHEMAS["books"]) for night in closed},
    )
    raised: Row = {"raised_on": NIGHTS[0], "level": "blue", "outcome": "paid_in_time", "resolved_on": NIGHTS[1]}
    episodes: list[Row] = [{"account_id": f"A{number:03}", **raised} for number in range(10 if nights else 0)]
    about = About(
        source="made",
        currency="CNY",
        made_on=day("06-01"),
        span=SPAN,
        horizon_days=HORIZON_DAYS,
        coverage=tuple(
            Coverage(month, 2, sum(night.month == month.month for night in nights), day("04-01"), len(closed) > 0)
            for month in SPAN.months
        ),
        timeline="live",
        card_of=dict.fromkeys(NIGHTS, "card"),
    )
    return make_report(about, tables, pa.Table.from_pylist(episodes, EPISODE), Settings())


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return made_report(tmp_path_factory.mktemp("tables"), NIGHTS, CLOSED)


def words_of(page: str) -> str:
    body = re.sub(r"<style[^>]*>.*?</style>|<title id.*?</title>", "", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", body))


def test_the_same_report_is_the_same_files_in_both_languages(report: Report, tmp_path: Path) -> None:
    first, again = (write(report, tmp_path / name, "en", ROOT / "templates") for name in ("first", "again"))
    names = {path.name for path in first.parent.iterdir()}
    assert {"report.html", "outcomes.json", "warned_arrears.csv", "ranking.csv", "effects.csv", "coverage.csv"} < names
    assert all((first.parent / name).read_bytes() == (again.parent / name).read_bytes() for name in names)
    page = first.read_text(encoding="utf-8")
    assert page.count("<svg") == len(pages.PLOTS)
    assert not re.search(r"<script|https?://(?!www\.w3\.org)|src=", page), "it must stand by itself"
    assert ODD not in page
    assert ODD in words_of(page)
    zh = pages.render(report, "zh", ROOT / "templates")
    assert zh.count("<svg") == len(pages.PLOTS)


def test_every_text_has_its_chinese(report: Report) -> None:
    said = words_of(pages.render(report, "zh", ROOT / "templates"))
    left = set(re.findall(r"[A-Za-z][A-Za-z.]{2,}", said))
    known = {
        "made",
        "CNY",
        "AUC",
        "KS",
        "Gini",
        "Brier",
        "PSI",
        "DSO",
        "CEI",
        "CSV",
        "JSON",
        "Newcombe",
        "North",
        "SUM",
    }
    commands = {"arrears", "outcomes", "label", "backfill", "run", "sql", "figures", "docs", "decisions.md", "SQL"}
    assert left - known - commands == set()


def test_cells_that_a_spreadsheet_would_run_are_quoted(report: Report, tmp_path: Path) -> None:
    write(report, tmp_path, "en", ROOT / "templates")
    with (tmp_path / "warned_arrears.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    districts = {row["part"] for row in rows if row["dimension"] == "district"}
    assert districts == {"North", f"'{ODD}"}
    told = json.loads((tmp_path / "outcomes.json").read_text(encoding="utf-8"))
    whole = next(row for row in told["warned_arrears"] if row["dimension"] == "all" and row["month"] is None)
    of_districts = [row for row in rows if row["dimension"] == "district" and not row["month"]]
    assert Decimal(whole["arrears_amount"]) == sum(Decimal(row["arrears_amount"]) for row in of_districts)


def test_where_nothing_is_known_the_page_says_what_is_missing_and_since_when_it_will_not_be(tmp_path: Path) -> None:
    said = words_of(pages.render(made_report(tmp_path, [], []), "en", ROOT / "templates"))
    assert "Nothing can be said of these months yet." in said
    assert "2026-01: 0 of 2 stored nights are judged; the horizon of the last one ends on 2026-04-01" in said
    assert "2026-02: no DSO, CEI, ageing, collection or roll rates" in said
    assert "None" not in said


def test_the_order_of_the_points_is_what_it_is(report: Report) -> None:
    by_month = {each.month: each.figures for each in report.ranking.ranked if each.dimension == "all"}
    assert report.ranking.nights == {day("01-01"): NIGHTS[0], day("02-01"): NIGHTS[2]}, "the first night of each month"
    assert by_month[None].rows == 2 * ACCOUNTS
    assert (by_month[None].auc or 0) > 0.7
    assert [each.month for each in report.ranking.drifted] == [day("02-01")]
    assert report.ranking.drifted[0].shift.index == pytest.approx(0), "the same points in both months"


def test_every_end_of_a_warning_has_its_column() -> None:
    assert set(pages.ENDED) == {*(outcome.value for outcome in Outcome), "open"}
