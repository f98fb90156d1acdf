"""The law of a place, read from its dated pack and checked whole: a pack with a hole in it is refused, never filled."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from arrears import dated
from arrears.dated import Dated
from arrears.domain.identity import digest
from arrears.domain.late_fee import DebtYear, FeeRules, Rate
from arrears.domain.law.case import Measure
from arrears.domain.law.facts import CustomerKind
from arrears.domain.law.rules import Pack
from arrears.domain.money import ZERO
from arrears.policy.calendars import load_calendar
from arrears.policy.law_file import FeeOfFile, PackFile
from arrears.policy.law_sequence import deadline, sequence


def load_pack(policy: Path, place: str, as_of: dt.date) -> Pack:
    """The pack of `policy/jurisdictions/<place>/` in force on `as_of`, with the calendar of its country. PolicyError with file
    and line for whatever is wrong in it, and when nobody entered the calendar of the year."""
    path = dated.in_force(policy / "jurisdictions" / place, as_of)
    file, where = dated.load(path, PackFile)
    zone = ZoneInfo(file.zone)
    calendar = load_calendar(policy, file.country, zone)
    if as_of.year not in calendar.years:
        missing = f"policy/calendars/{file.country}/{as_of.year}.yaml"
        raise where.refuse(f"there is no calendar of {file.country} for {as_of.year}; add {missing}", "country")
    _check_since(file, where, dt.date.fromisoformat(path.stem))
    sequences = {
        measure: sequence(measure, part, where, ("sequences", measure)) for measure, part in file.sequences.items()
    }
    if Measure.DISCONNECTION not in sequences:
        raise where.refuse("there is no sequence for disconnection", "sequences")
    version = digest(place, path.read_text(encoding="utf-8"))
    fees = _fee_rules(file.late_fee, where)
    return Pack(place, version, calendar, sequences, fees, deadline(file.contest, where, ("contest",)))


def _check_since(part: object, where: Dated, in_force: dt.date, place: tuple[str | int, ...] = ()) -> None:
    """No rule may be younger than the file that says it holds."""
    if isinstance(part, BaseModel):
        part = dict(part)
    if isinstance(part, dict):
        since = part.get("since")
        if isinstance(since, dt.date) and since > in_force:
            raise where.refuse(f"a rule since {since} cannot be in force on {in_force}", *place, "since")
        inside = list(part.items())
    else:
        inside = list(enumerate(part)) if isinstance(part, list) else []
    for key, value in inside:
        _check_since(value, where, in_force, (*place, key))


def _fee_rules(part: FeeOfFile, where: Dated) -> FeeRules:
    rates: dict[tuple[CustomerKind, DebtYear], Rate] = {}
    for position, rate in enumerate(part.rates):
        for kind in rate.customers:
            for year in rate.debts:
                if (kind, year) in rates:
                    said = f"{rate.id}: {kind}, {year} has the rate {rates[kind, year].id} already"
                    raise where.refuse(said, "late_fee", "rates", position)
                rates[kind, year] = Rate(rate.id, rate.share, rate.per_days, rate.reference)
    for kind in CustomerKind:
        for year in DebtYear:
            if (kind, year) not in rates:
                raise where.refuse(
                    f"no rate is set for {kind}, {year}; one that owes no fee has 0", "late_fee", "rates"
                )
    return FeeRules(
        rates,
        part.cap.value if part.cap else None,
        part.minimum.value if part.minimum else ZERO,
        part.issue_days.value if part.issue_days else 0,
    )
