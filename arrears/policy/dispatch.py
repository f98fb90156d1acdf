"""`policy/dispatch/<date>.yaml`: on which ways notices leave, when, how many, and who releases them."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from arrears import dated
from arrears.domain.delivery import DispatchRules, InDoubt, KindRules, Way, WayRules
from arrears.domain.notice import NoticeKind
from arrears.policy.files import Strict
from arrears.policy.law import load_pack

Minutes = Annotated[int, Field(ge=1, le=24 * 60)]
EACH_PACK = "*"


class Failures(Strict):
    share: float = Field(gt=0, lt=1)
    after: int = Field(ge=1, le=100_000)
    reference: str


class Hours(Strict):
    opens: dt.time
    closes: dt.time
    on_days_off: bool

    @model_validator(mode="after")
    def _in_order(self) -> "Hours":
        if self.closes <= self.opens:
            raise ValueError("closes must come after opens")
        return self


class WayOfFile(Strict):
    per_hour: int = Field(ge=1, le=10_000_000)
    batch: int = Field(ge=1, le=10_000)
    most_tries: int = Field(ge=1, le=20)
    backoff_minutes: Minutes
    lease_minutes: Minutes
    in_doubt: InDoubt
    needs_consent: bool
    report_days: int | None = Field(default=None, ge=1, le=366)


class KindOfFile(Strict):
    released_by: Literal["policy", "person"]
    ways: list[Way] = Field(min_length=1)
    expires_days: int = Field(ge=1, le=366)
    is_served: bool


class DispatchFile(Strict):
    """Whole: every way and every kind has its line."""

    failures: Failures
    contact_hours: dict[str, dict[Way, Hours]]
    ways: dict[Way, WayOfFile]
    kinds: dict[NoticeKind, KindOfFile]


def load_dispatch(policy: Path, place: str, as_of: dt.date) -> DispatchRules:
    """What is in force on `as_of` where the pack `place` is the law; PolicyError with file and line when the file is wrong."""
    file = check_dispatch(dated.in_force(policy / "dispatch", as_of))
    hours = file.contact_hours[place if place in file.contact_hours else EACH_PACK]
    return DispatchRules(
        calendar=load_pack(policy, place, as_of).calendar,
        ways={way: _way(way, line, hours[way]) for way, line in file.ways.items()},
        kinds={kind: _kind(kind, line) for kind, line in file.kinds.items()},
        failure_share=file.failures.share,
        failures_after=file.failures.after,
    )


def check_dispatch(path: Path) -> DispatchFile:
    """The file, whole; PolicyError with its line for what is wrong or missing."""
    file, where = dated.load(path, DispatchFile)
    if missing := [way.value for way in Way if way not in file.ways]:
        raise where.refuse(f"there is nothing on {', '.join(missing)}", "ways")
    if unsaid := [kind.value for kind in NoticeKind if kind not in file.kinds]:
        raise where.refuse(f"there is nothing on {', '.join(unsaid)}", "kinds")
    if EACH_PACK not in file.contact_hours:
        raise where.refuse(f"there are no hours for {EACH_PACK!r}, each pack that is not named", "contact_hours")
    for place, hours in file.contact_hours.items():
        if closed := [way.value for way in Way if way not in hours]:
            raise where.refuse(f"{place}: no hours are set for {', '.join(closed)}", "contact_hours", place)
    for kind, line in file.kinds.items():
        if len(set(line.ways)) < len(line.ways):
            raise where.refuse(f"{kind.value} goes the same way twice", "kinds", kind.value, "ways")
    return file


def _way(way: Way, line: WayOfFile, hours: Hours) -> WayRules:
    return WayRules(
        way=way,
        opens=hours.opens,
        closes=hours.closes,
        on_days_off=hours.on_days_off,
        per_hour=line.per_hour,
        batch=line.batch,
        most_tries=line.most_tries,
        backoff=dt.timedelta(minutes=line.backoff_minutes),
        lease=dt.timedelta(minutes=line.lease_minutes),
        in_doubt=line.in_doubt,
        needs_consent=line.needs_consent,
        report_after=dt.timedelta(days=line.report_days) if line.report_days else None,
    )


def _kind(kind: NoticeKind, line: KindOfFile) -> KindRules:
    ways = tuple(line.ways)
    return KindRules(kind, line.released_by == "policy", ways, dt.timedelta(days=line.expires_days), line.is_served)
