"""The portfolio: what is owed by age, the months before, and whether warnings were right."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from arrears.domain.people import Right
from arrears.nights.portfolio import MONTHS_JUDGED, Portfolio, basis, portfolio
from arrears.outcomes.figures import LEAST_LEAD_DAYS
from arrears.review.portfolio import AGES, DIMENSIONS, Row
from arrears.web import board_charts
from arrears.web.asked import one_of, word
from arrears.web.board_charts import Bar
from arrears.web.kept import KEPT
from arrears.web.visit import Here, Visit

router = APIRouter()

BUCKETS = ("current", "1_30", "31_60", "61_90", "91_180", "181_360", "over_360")
ENDED = ("paid_in_time", "dismissed", "expired", "withdrawn", "open", "fell_into_arrears")
CALLED = {"open": "still open"}
"""An ending whose name means something else of money."""
LEVELS = ("red", "orange", "yellow", "blue")
VOLTAGES = ("<1kV", "1-10kV", "20kV", "35kV", "110kV", "220kV+")


@router.get("/portfolio")
def page(visit: Here) -> Response:
    visit.require(Right.READ_PORTFOLIO)
    by = one_of(visit, "by", DIMENSIONS) or "district"
    site = visit.site
    run = site.night()
    if run is None:
        return visit.page("portfolio.html", found=None)
    key = ("portfolio", site.name, *basis(run, site.lake, site.settings))
    found: Portfolio = KEPT.get(key, lambda: portfolio(run, site.engine, site.lake, site.settings))
    everybody = next(iter(found.rows("tonight")), None)
    if everybody is None:
        return visit.page("portfolio.html", found=None)
    parts = _parts(visit, found.rows("tonight", by), by)
    months = [row for month in found.months.months for row in found.rows("receivables", month=month)]
    judged = {name: next(iter(found.rows(name)), None) for name in ("warned_arrears", "warnings")}
    return visit.page(
        "portfolio.html",
        found=found,
        everybody=everybody,
        by=by,
        dimensions=DIMENSIONS,
        parts=parts,
        months=months,
        last=months[-1] if months else None,
        last_parts=_parts(visit, found.rows("receivables", by, month=found.last_month), by),
        roll=_roll(found),
        buckets=BUCKETS,
        ages=AGES,
        levels=LEVELS,
        ended=ENDED,
        endings=_endings(found),
        judged=judged,
        judged_months=_judged_months(found),
        judged_parts={
            name: {row["part"]: row for row in _parts(visit, found.rows(name, by), by)}
            for name in ("warned_arrears", "warnings")
        },
        lead=LEAST_LEAD_DAYS,
        span_months=MONTHS_JUDGED,
        charts=_charts(visit, found, everybody, parts, months),
        swatch=board_charts.swatch,
        word=lambda value: word(visit, value),
        ended_word=lambda value: word(visit, CALLED.get(value, value)),
        bucket=lambda name: _bucket(visit, name),
        is_limited=visit.person.districts is not None,
    )


def _parts(visit: Visit, rows: Sequence[Row], by: str) -> list[Row]:
    """In their order; of districts only those of the person."""
    if by == "district":
        rows = [row for row in rows if visit.may(Right.READ_PORTFOLIO, row["part"] or "")]
    order = {name: place for place, name in enumerate(VOLTAGES)}
    return sorted(rows, key=lambda row: (row["part"] is None, order.get(row["part"] or "", 0), row["part"] or ""))


def _bucket(visit: Visit, name: str) -> str:
    """An ageing bucket in words, by its name or its column."""
    plain = name.removesuffix("_amount").removeprefix("days_")
    if plain == "current":
        return visit.say("not yet due")
    if plain == "over_360":
        return visit.say("over 360 days")
    if plain in ("clear", "left", "new"):
        return word(visit, plain)
    return visit.say("{days} days", days=plain.replace("_", "–"))


def _roll(found: Portfolio) -> list[dict[str, Any]]:
    """Of the last month, for each bucket at its start: how many accounts, where they stood at its end, and what rolled on."""
    rows = [row for row in found.tables["roll"] if row["month"] == found.last_month]
    told = []
    for place, before in enumerate(BUCKETS):
        mine = [row for row in rows if row["bucket_before"] == before]
        accounts = sum(row["accounts"] for row in mine)
        if not accounts:
            continue
        after = {row["bucket_after"]: row["accounts"] / accounts for row in mine}
        owed = sum((row["owed_before_amount"] for row in mine), Decimal(0))
        on = sum((row["owed_before_amount"] for row in mine if row["bucket_after"] in BUCKETS[place + 1 :]), Decimal(0))
        told.append(
            {
                "bucket": before,
                "accounts": accounts,
                "after": after,
                "rolled": sum(after.get(each, 0) for each in BUCKETS[place + 1 :]),
                "rolled_money": float(on / owed) if owed else None,
            }
        )
    return told


def _endings(found: Portfolio) -> list[dict[str, Any]]:
    """Of the warnings raised in each month of the span, how many ended how."""
    told = []
    for month in _months(found, "episodes"):
        counts = dict.fromkeys(ENDED, 0) | {
            row["ended"]: row["episodes"] for row in found.rows("episodes", month=month)
        }
        told.append({"month": month, "all": sum(counts.values()), **counts})
    return told


def _months(found: Portfolio, *names: str) -> list[dt.date]:
    """Those that these figures say something of, that of the night among them."""
    return sorted({row["month"] for name in names for row in found.tables[name] if row["month"] is not None})


def _judged_months(found: Portfolio) -> list[dict[str, Any]]:
    told = []
    for month in _months(found, "warned_arrears", "warnings"):
        arrears, warned = (next(iter(found.rows(name, month=month)), None) for name in ("warned_arrears", "warnings"))
        told.append({"month": month, "arrears": arrears, "warned": warned})
    return told


def _charts(
    visit: Visit, found: Portfolio, everybody: Row, parts: Sequence[Row], months: Sequence[Row]
) -> dict[str, Any]:
    language = visit.language
    bars = [
        Bar(
            visit.say("all") if row is everybody else word(visit, row["part"]),
            [(float(row[age]), f"{_bucket(visit, age)} {language.amount(row[age])}") for age in AGES],
        )
        for row in (everybody, *parts)
    ]
    title = visit.say("What is owed, by age")
    charts: dict[str, Any] = {
        "ageing": board_charts.stacked("ageing", title, bars, board_charts.listed(bars, language))
    }
    for name, column, called in (
        ("dso", "dso_days", visit.say("DSO by month")),
        ("cei", "cei_share", visit.say("CEI by month")),
        ("collection", "collection_share", visit.say("Collection rate by month")),
    ):
        values = [
            (
                f"{row['month']:%Y-%m}",
                row[column],
                language.number(row[column], 1) if name == "dso" else language.percent(row[column]),
            )
            for row in months
        ]
        told = "; ".join(f"{month}: {said}" for month, _, said in values)
        charts[name] = board_charts.columns(name, called, values, told)
    ends = [
        Bar(
            _month(row["month"]),
            [
                (float(row[each]), f"{word(visit, CALLED.get(each, each))} {language.number(row[each])}")
                for each in ENDED
            ],
        )
        for row in _endings(found)
    ]
    charts["endings"] = board_charts.stacked(
        "endings", visit.say("What became of warnings"), ends, board_charts.listed(ends, language)
    )
    return charts


def _month(day: dt.date) -> str:
    return f"{day:%Y-%m}"
