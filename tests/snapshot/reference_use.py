"""What an account used, what that cost, and what is at risk, by the names of the features: slow and obvious."""

import datetime as dt
import math
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from tests.lake.raw_rows import Row
from tests.snapshot.reference import back, cents
from tests.snapshot.reference_behaviour import slope


def ratio(over: int | None, under: int | None) -> float | None:
    return None if over is None or not under else float(Fraction(over, under))


def total(values: list[int | None]) -> int | None:
    """None where nothing is known of any."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def mean(values: list[int]) -> Fraction | None:
    return Fraction(sum(values), len(values)) if values else None


def _against(value: int | None, of: Fraction | None) -> float | None:
    return None if value is None or not of else float(value / of)


def use(rows: dict[str, list[Row]], as_of: dt.date) -> dict[str, Any]:
    bills = [row for row in rows["bill"] if row["status"] == "issued" and row["kind"] != "recovery"]

    def between(first: int, until: int) -> list[Row]:
        return [row for row in bills if back(as_of, first) <= row["period_end_on"] < back(as_of, until)]

    ever = [row for row in bills if row["period_end_on"] >= back(as_of, 24)]
    year = [row for row in bills if row["period_end_on"] >= back(as_of, 12)]
    quarter = [row for row in bills if row["period_end_on"] >= back(as_of, 3)]
    before = between(12, 3)
    timed = [total([row[f"{name}_wh"] for row in year]) for name in ("peak", "flat", "valley")]
    every = sum(value or 0 for value in timed)
    cost = sum(map(cents, year))
    used = total([row["energy_wh"] for row in year])
    half_up = Decimal(cost) / len(year) if year else None
    return {
        "billed_amount_12m": cost,
        "mean_bill_amount_12m": int(half_up.quantize(Decimal(1), ROUND_HALF_UP)) if half_up is not None else None,
        "billed_kwh_12m": None if used is None else used / 1000,
        "peak_use_share_12m": ratio(timed[0], every),
        "flat_use_share_12m": ratio(timed[1], every),
        "valley_use_share_12m": ratio(timed[2], every),
        "use_on_year_ratio": ratio(
            total([row["energy_wh"] for row in quarter]), total([row["energy_wh"] for row in between(15, 12)])
        ),
        "bill_level_ratio": _mean_ratio(quarter, before),
        "unbilled_days": (as_of - max(row["period_end_on"] for row in ever)).days - 1 if ever else None,
        **_months(bills, as_of),
    }


def _mean_ratio(later: list[Row], before: list[Row]) -> float | None:
    ours, theirs = mean([cents(row) for row in later]), mean([cents(row) for row in before])
    return None if ours is None or not theirs else float(ours / theirs)


def _months(bills: list[Row], as_of: dt.date) -> dict[str, Any]:
    """By calendar month, the one before as-of's being 1."""
    months: defaultdict[int, list[Row]] = defaultdict(list)
    for row in bills:
        ended = row["period_end_on"]
        ago = (as_of.year - ended.year) * 12 + as_of.month - ended.month
        if 1 <= ago <= 24:
            months[ago].append(row)
    names = (
        "last_month_billed_amount", "last_month_kwh", "last_month_bill_ratio", "last_month_use_ratio",
        "last_month_bill_on_year_ratio", "last_month_use_on_year_ratio", "has_sharp_fall", "has_bill_shock",
        "bill_volatility_12m", "use_volatility_12m", "bill_slope_12m", "use_slope_12m", "zero_use_months_12m",
    )  # fmt: skip
    if not months or min(months) > 12:
        return dict.fromkeys(names)
    cost = {ago: sum(map(cents, rows)) for ago, rows in months.items()}
    known = {ago: total([row["energy_wh"] for row in rows]) for ago, rows in months.items()}
    used = {ago: wh for ago, wh in known.items() if wh is not None}
    last = min(months)
    year_cost = mean([value for ago, value in cost.items() if last < ago <= last + 12])
    year_used = mean([value for ago, value in used.items() if last < ago <= last + 12])
    kwh = {ago: int((Decimal(wh) / 1000).quantize(Decimal(1), ROUND_HALF_UP)) for ago, wh in used.items()}
    last_wh = used.get(last)
    return {
        "last_month_billed_amount": cost[last],
        "last_month_kwh": None if last_wh is None else last_wh / 1000,
        "last_month_bill_ratio": _against(cost[last], year_cost),
        "last_month_use_ratio": _against(last_wh, year_used),
        "last_month_bill_on_year_ratio": ratio(cost[last], cost.get(last + 12)),
        "last_month_use_on_year_ratio": ratio(last_wh, used.get(last + 12)),
        "has_sharp_fall": None if last_wh is None or year_used is None else 2 * last_wh < year_used,
        "has_bill_shock": None if year_cost is None else year_cost > 0 and cost[last] >= 2 * year_cost,
        "bill_volatility_12m": _volatility([value for ago, value in cost.items() if ago <= 12]),
        "use_volatility_12m": _volatility([value for ago, value in kwh.items() if ago <= 12]),
        "bill_slope_12m": _slope({ago: value for ago, value in cost.items() if ago <= 12}),
        "use_slope_12m": _slope({ago: value for ago, value in kwh.items() if ago <= 12}),
        "zero_use_months_12m": sum(wh == 0 for ago, wh in used.items() if ago <= 12),
    }


def _volatility(values: list[int]) -> float | None:
    middle = mean(values)
    if len(values) < 3 or not middle:
        return None
    return math.sqrt(sum((value - middle) ** 2 for value in values) / len(values)) / float(middle)


def _slope(by_month: dict[int, int]) -> float | None:
    """A month's rise as a share of the mean."""
    middle = mean(list(by_month.values()))
    if len(by_month) < 3 or not middle:
        return None
    rise = slope([(Fraction(-ago), value) for ago, value in by_month.items()])
    return None if rise is None else float(rise / middle)


def load_factor(rows: list[Row], as_of: dt.date) -> float | None:
    """Of all meters of the account, interval by interval, over 30 days."""
    by_start: defaultdict[dt.datetime, list[Row]] = defaultdict(list)
    for row in rows:
        if row["read_on"] >= as_of - dt.timedelta(days=30) and row["energy_wh"] is not None:
            by_start[row["starts_at"]].append(row)
    if not by_start:
        return None
    used = {start: sum(row["energy_wh"] for row in each) for start, each in by_start.items()}
    minutes = {start: max(row["interval_minutes"] for row in each) for start, each in by_start.items()}
    peak = max(Fraction(used[start] * 60, minutes[start]) for start in used)
    return float(Fraction(sum(used.values()) * 60, sum(minutes.values())) / peak) if peak else None


def exposure(account: Row, rows: dict[str, list[Row]], told: dict[str, Any], as_of: dt.date) -> dict[str, Any]:
    """`told` has what is open, what was billed and what is unbilled already."""
    held = [
        row for row in rows["security"]
        if row["status"] == "in_force" and (row["valid_until_on"] is None or row["valid_until_on"] >= as_of)
    ]  # fmt: skip
    security = sum(cents(row) for row in held if row["kind"] != "insurance")
    days = min(365, max(30, (as_of - account["opened_on"]).days))
    unbilled = Decimal(told["billed_amount_12m"]) * max(0, told["unbilled_days"] or 0) / days
    unbilled_cents = int(unbilled.quantize(Decimal(1), ROUND_HALF_UP))
    capacity, wh = account["contracted_capacity_kva"], told["billed_kwh_12m"]
    return {
        "security_amount": security,
        "insured_amount": sum(cents(row) for row in held if row["kind"] == "insurance"),
        "unbilled_amount": unbilled_cents,
        "net_exposure_amount": max(0, told["open_amount"] + unbilled_cents - security),
        "capacity_use_share_12m": None if wh is None or not capacity else wh / (float(capacity) * 24 * days),
        "overdue_bills": None
        if not told["billed_amount_12m"]
        else told["overdue_amount"] * told["bills_12m"] / told["billed_amount_12m"],
    }
