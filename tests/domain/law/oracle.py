"""What each place asks before supply may be stopped, and before anything is done twice, said once more in plain days and
hours: by somebody who has not read the engine."""

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from arrears.domain.law.case import Case, Step
from arrears.domain.law.facts import CustomerKind, Facts, Protection

P = Protection
ZONES = {
    "cn": ZoneInfo("Asia/Shanghai"),
    "cn-strict": ZoneInfo("Asia/Shanghai"),
    "uk": ZoneInfo("Europe/London"),
    "us-nj": ZoneInfo("America/New_York"),
}
NOTICE_DAYS = {"cn": (4, 7), "cn-strict": (4, 14), "uk": (10, 60), "us-nj": (11, 45)}
"""From the day after how many days on, and until how many days after it was served; in the UK seven working days, which are
never fewer than nine days."""
RENOTICE = {"cn": dt.timedelta(minutes=30), "cn-strict": dt.timedelta(minutes=60)}
APPROVAL_DAYS = {"cn": 30, "cn-strict": 30, "uk": 60, "us-nj": 60}
CN_OFF = {
    *[dt.date(2026, 9, day) for day in (24, 25, 26, 27, 30)],
    *[dt.date(2026, 10, day) for day in range(1, 8)],
}
"""The long holidays of autumn 2026 and their eves."""
NJ_OFF = {
    *[dt.date(2026, 9, day) for day in (6, 7)],
    *[dt.date(2026, 10, day) for day in (11, 12)],
    *[dt.date(2026, 11, day) for day in (2, 3, 10, 11, 25, 26)],
}


def against_a_cut(place: str, case: Case, facts: Facts, at: dt.datetime) -> list[str]:
    """Why supply may not be stopped now; nothing when it may."""
    now = at.astimezone(ZONES[place])
    done = {step: times[-1].astimezone(ZONES[place]) for step, times in case.done.items()}
    wrong = _against_anybody(case, facts, now, done)
    if wrong:
        return wrong
    kinds = _protected(facts, now.date())
    at_home = facts.customer_kind is CustomerKind.RESIDENTIAL
    first, last = NOTICE_DAYS[place]
    since = (now.date() - done[Step.NOTICE].date()).days
    paused = sum(
        1 for number in range(1, since) if _is_stopped(facts, done[Step.NOTICE].date() + dt.timedelta(days=number), now)
    )
    if since - paused < (8 if place == "cn-strict" and at_home else first) or since > last:
        wrong.append(f"notice {since} days ago")
    if place in RENOTICE:
        ago = now - done[Step.RENOTICE] if Step.RENOTICE in done else None
        if ago is None or not RENOTICE[place] <= ago < dt.timedelta(hours=24):
            wrong.append("not told again")
    if _lacks_a_manager(place, case, kinds):
        wrong.append("no manager approved")
    places = {"cn": _china, "cn-strict": _strict_china, "uk": _britain, "us-nj": _new_jersey}
    return wrong + places[place](facts, now, done, kinds, at_home)


def _protected(facts: Facts, day: dt.date) -> set[P]:
    return {
        each.kind
        for each in facts.protections
        if each.from_on <= day and (each.until_on is None or day <= each.until_on)
    }


def _lacks_a_manager(place: str, case: Case, kinds: set[P]) -> bool:
    important = kinds & {P.IMPORTANT_USER, P.HIGH_RISK_USER, P.CONTINUOUS_PROCESS}
    return place in RENOTICE and bool(important) and case.grant is not None and case.grant.right != "manager"


def _against_anybody(case: Case, facts: Facts, now: dt.datetime, done: Mapping[Step, dt.datetime]) -> list[str]:
    for step in (Step.DEMAND, Step.PROPOSE, Step.APPROVE, Step.NOTICE):
        if step not in done:
            return [f"no {step}"]
    if not done[Step.DEMAND] <= done[Step.PROPOSE] <= done[Step.APPROVE] <= done[Step.NOTICE] <= now:
        return ["out of order"]
    claimed = [bill for bill in facts.bills if bill.bill_id in case.claim.bills]
    hurting = [
        bill
        for bill in claimed
        if bill.open_amount and not bill.is_disputed and not bill.is_held and bill.due_on < now.date()
    ]
    wrong = [] if hurting else ["nothing is owed"]
    if any(stop.from_at <= now and (stop.until_at is None or now < stop.until_at) for stop in facts.stops):
        wrong.append("held or contested")
    if (
        case.grant is None
        or now >= case.grant.until_at
        or sum(bill.open_amount for bill in claimed) > case.grant.amount
    ):
        wrong.append("not approved")
    return wrong


def _is_stopped(facts: Facts, day: dt.date, now: dt.datetime) -> bool:
    zone = now.tzinfo
    return any(
        stop.until_at is not None
        and stop.from_at < stop.until_at
        and stop.from_at.astimezone(zone).date() <= day
        and stop.until_at.astimezone(zone) > dt.datetime.combine(day, dt.time.min, zone)
        for stop in facts.stops
    )


def _oldest_days(facts: Facts, now: dt.datetime) -> int:
    return max((now.date() - bill.due_on).days for bill in facts.bills if bill.open_amount and not bill.is_disputed)


def _china(facts: Facts, now: dt.datetime, done: Mapping[Step, dt.datetime], kinds: set[P], at_home: bool) -> list[str]:
    wrong = [] if _oldest_days(facts, now) > 30 else ["not 30 days overdue"]
    if P.IMPORTANT_USER in kinds and Step.INFORM_AUTHORITY not in done:
        wrong.append("authority not told")
    if kinds & {P.HIGH_RISK_USER, P.CONTINUOUS_PROCESS} and Step.AUTHORITY_AGREES not in done:
        wrong.append("authority not agreed")
    return wrong + (["ventilator"] if P.MEDICAL in kinds else [])


def _strict_china(
    facts: Facts, now: dt.datetime, done: Mapping[Step, dt.datetime], kinds: set[P], at_home: bool
) -> list[str]:
    wrong = _china(facts, now, done, kinds, at_home)
    day = now.date()
    worked = day in {dt.date(2026, 9, 20), dt.date(2026, 10, 10)}
    if day in CN_OFF or (day.weekday() > 4 and not worked) or not 9 <= now.hour < 16:
        wrong.append("a day off, an eve, or out of hours")
    vulnerable = {P.ELDERLY, P.YOUNG_CHILDREN, P.LOW_INCOME, P.OTHER_VULNERABLE}
    return wrong + (["protected"] if kinds & vulnerable else [])


def _britain(
    facts: Facts, now: dt.datetime, done: Mapping[Step, dt.datetime], kinds: set[P], at_home: bool
) -> list[str]:
    wrong = [] if 8 <= now.hour < 20 else ["at night"]
    if now.month in (10, 11, 12, 1, 2, 3) and kinds & {P.ELDERLY, P.YOUNG_CHILDREN, P.MEDICAL, P.OTHER_VULNERABLE}:
        wrong.append("winter")
    if Step.WARRANT not in done or (now.date() - done[Step.WARRANT].date()).days > 28:
        wrong.append("no warrant")
    if (done[Step.PROPOSE].date() - done[Step.DEMAND].date()).days <= 28:
        wrong.append("28 days")
    beside = (Step.VISIT, Step.OFFER_PLAN, Step.OFFER_PREPAY, Step.CONTACT)
    return wrong + (["not looked after"] if at_home and not all(step in done for step in beside) else [])


def _new_jersey(
    facts: Facts, now: dt.datetime, done: Mapping[Step, dt.datetime], kinds: set[P], at_home: bool
) -> list[str]:
    day = now.date()
    wrong = ["medical"] if P.MEDICAL in kinds else []
    amount = sum(bill.open_amount for bill in facts.bills if not bill.is_disputed and bill.bill_id == "b1")
    if amount <= 200 and _oldest_days(facts, now) <= 92:
        wrong.append("too little")
    if (done[Step.NOTICE].date() - done[Step.DEMAND].date()).days <= 20:
        wrong.append("20 days")
    if not at_home:
        return wrong
    if day.weekday() > 3 or day in NJ_OFF or not 8 <= now.hour < 16:
        wrong.append("a forbidden day or hour")
    winter = (day.month, day.day) >= (11, 15) or (day.month, day.day) <= (3, 15)
    if winter and kinds & {P.LOW_INCOME, P.ELDERLY, P.OTHER_VULNERABLE}:
        wrong.append("winter programme")
    return wrong + ([] if Step.OFFER_PLAN in done else ["no plan offered"])


def against_doing_again(place: str, case: Case, facts: Facts, step: Step, at: dt.datetime) -> list[str]:
    """Why a step that was done may not be done twice; nothing when what it was for has lapsed."""
    now = at.astimezone(ZONES[place])
    days = {each: (now.date() - times[-1].astimezone(ZONES[place]).date()).days for each, times in case.done.items()}
    if step is Step.NOTICE and days[step] > NOTICE_DAYS[place][1]:
        return []
    if step is Step.RENOTICE and now - case.done[step][-1] >= dt.timedelta(hours=24):
        return []
    if step is Step.PROPOSE and Step.APPROVE not in case.done and days[step] > 25:
        return []
    if step is Step.PROPOSE and Step.APPROVE in case.done and case.grant is not None:
        claimed = sum(bill.open_amount for bill in facts.bills if bill.bill_id in case.claim.bills)
        if days[Step.APPROVE] > APPROVAL_DAYS[place] or claimed > case.grant.amount or now >= case.grant.until_at:
            return []
        if _lacks_a_manager(place, case, _protected(facts, now.date())):
            return []
    return [f"{step} was done {days[step]} days ago"]
