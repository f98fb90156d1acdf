"""Daily use, meter by meter and day by day: slow, obvious, and without any of the code under test."""

import datetime as dt
from collections import defaultdict
from itertools import pairwise

from tests.lake.raw_rows import Raw, Row
from tests.snapshot.reference import current

Use = tuple[int | None, bool, bool]
"""Watt-hours, whether any of it is estimated, whether it is the whole day."""
ONE_DAY = dt.timedelta(days=1)


def daily_use(raw: Raw, as_of: dt.date, known_at: dt.datetime) -> dict[tuple[str, dt.date], Use]:
    tables = {name: current(raw, name, as_of, known_at) for name in ("meter", "reading", "profile")}
    meters = {(row["account_id"], row["meter_id"]) for rows in tables.values() for row in rows}
    added: dict[tuple[str, dt.date], list[Use]] = defaultdict(list)
    for account, meter in sorted(meters):
        own = {
            name: [row for row in rows if (row["account_id"], row["meter_id"]) == (account, meter)]
            for name, rows in tables.items()
        }
        for day, use in use_of(own, as_of).items():
            added[account, day].append(use)
    return {
        place: (
            sum(wh or 0 for wh, _, _ in uses) if any(wh is not None for wh, _, _ in uses) else None,
            any(is_estimated for _, is_estimated, _ in uses),
            all(is_complete for _, _, is_complete in uses),
        )
        for place, uses in added.items()
    }


def metering(days: dict[tuple[str, dt.date], Use], as_of: dt.date) -> dict[str, tuple[float | None, int, int]]:
    """Of each account: mean use of the last 30 days against that of those before, days without use, days not known."""
    found = {}
    for account in {account for account, _ in days}:
        own = {day: use for (other, day), use in days.items() if other == account}
        known = {day: wh or 0 for day, (wh, _, is_complete) in own.items() if is_complete}
        recent = [wh for day, wh in known.items() if (as_of - day).days <= 30]
        before = [wh for day, wh in known.items() if (as_of - day).days > 30]
        ratio = sum(recent) * len(before) / (sum(before) * len(recent)) if recent and sum(before) else None
        unknown = [day for day in own if day not in known and (as_of - day).days <= 30]
        found[account] = (ratio, recent.count(0), len(unknown))
    return found


def use_of(own: dict[str, list[Row]], as_of: dt.date) -> dict[dt.date, Use]:
    """One meter's days. What is surest is written first, and nothing is written over."""
    first = as_of - 90 * ONE_DAY
    readings = {row["read_on"]: row for row in own["reading"] if row["read_on"] >= first}
    profiles = profile_days(own["profile"], first)
    steps = differences(own, as_of)
    found: dict[dt.date, Use] = {}
    for before, day, wh, is_estimated in steps:
        if wh is not None and day - before == ONE_DAY and day >= first:
            found[day] = (wh, is_estimated, True)
    for day, (wh, is_estimated, is_complete) in profiles.items():
        if is_complete:
            found.setdefault(day, (wh, is_estimated, True))
    for day, row in readings.items():
        if row["energy_wh"] is not None and not is_elsewhere(row, own):
            found.setdefault(day, (row["energy_wh"], row["quality"] == "estimated", True))
    for before, day, wh, _ in steps:
        if wh is not None and day - before > ONE_DAY and day >= first:
            days = [before + n * ONE_DAY for n in range(1, (day - before).days + 1)]
            free = [each for each in days if each not in found]
            left = max(wh - sum(found[each][0] or 0 for each in days if each in found), 0)
            for number, each in enumerate(free):
                if each >= first:
                    found[each] = (left // len(free) + (number < left % len(free)), True, True)
    for day, (wh, _, is_complete) in profiles.items():
        if not is_complete:
            found.setdefault(day, (wh, True, False))
    for day, row in readings.items():
        if row["quality"] == "missing":
            found.setdefault(day, (None, True, False))
    for _, day, wh, _ in steps:
        if wh is None and day >= first:
            found.setdefault(day, (None, True, False))
    return found


def shown(own: dict[str, list[Row]], as_of: dt.date) -> list[tuple[dt.date, int, bool]]:
    """What the register showed at the end of a day: of the days before the window only the last read, a measured one if
    there is any; and no estimate between two measured reads."""
    oldest, first = as_of - 190 * ONE_DAY, as_of - 90 * ONE_DAY
    there = [row for row in own["reading"] if row["register_wh"] is not None and row["read_on"] >= oldest]
    found = [row for row in there if not is_elsewhere(row, own)]
    early = [row for row in found if row["read_on"] < first]
    measured = [row for row in early if row["quality"] != "estimated"]
    last = max(measured or early, key=lambda row: row["read_on"], default=None)
    reads = [
        (row["read_on"], row["register_wh"], row["quality"] == "estimated")
        for row in found
        if row["read_on"] >= first or row is last
    ]
    for meter in own["meter"]:
        if meter["start_register_wh"] is not None and meter["installed_on"] - ONE_DAY >= oldest:
            reads.append((meter["installed_on"] - ONE_DAY, meter["start_register_wh"], False))
        if meter["end_register_wh"] is not None and meter["removed_on"] and oldest <= meter["removed_on"] < as_of:
            reads.append((meter["removed_on"], meter["end_register_wh"], False))
    sure = [day for day, _, is_estimated in reads if not is_estimated]
    kept = [read for read in reads if not read[2] or not sure or not min(sure) <= read[0] <= max(sure)]
    return sorted(kept)


def differences(own: dict[str, list[Row]], as_of: dt.date) -> list[tuple[dt.date, dt.date, int | None, bool]]:
    """From read to read: both days, by how much the register went on, whether one of them is an estimate."""
    turns_at = None
    for meter in own["meter"]:
        if meter["register_digits"] is not None:
            turns_at = 10 ** meter["register_digits"] * (meter.get("register_unit_wh") or 1000)
    found = []
    reads = shown(own, as_of)
    for (before, old, was_estimated), (day, new, is_estimated) in pairwise(reads):
        gone_on = new - old if new >= old else new - old + (turns_at or 0)
        is_likely = gone_on >= 0 and (turns_at is None or 2 * gone_on < turns_at)
        found.append((before, day, gone_on if is_likely else None, was_estimated or is_estimated))
    return found


def is_elsewhere(row: Row, own: dict[str, list[Row]]) -> bool:
    """A register before a meter's start, or after its end, where those are known."""
    return row["register_wh"] is not None and any(
        (meter["start_register_wh"] is not None and row["read_on"] < meter["installed_on"])
        or (meter["end_register_wh"] is not None and meter["removed_on"] and row["read_on"] >= meter["removed_on"])
        for meter in own["meter"]
    )


def profile_days(rows: list[Row], first: dt.date) -> dict[dt.date, Use]:
    """From the first day that has an interval to the last, the whole of each day being 24 hours here."""
    halves: dict[dt.date, list[Row]] = defaultdict(list)
    for row in rows:
        if row["read_on"] >= first:
            halves[row["read_on"]].append(row)
    found: dict[dt.date, Use] = {}
    for ago in range((max(halves) - min(halves)).days + 1 if halves else 0):
        day = min(halves) + ago * ONE_DAY
        there = [row for row in halves.get(day, []) if row["quality"] != "missing"]
        minutes = sum(row["interval_minutes"] for row in there)
        wh = sum(row["energy_wh"] for row in there) if there else None
        found[day] = (wh, any(row["quality"] == "estimated" for row in there), minutes == 24 * 60)
    return found
