"""Under which step something is drafted tonight: for the first time, once more after some time, or anew with other sums."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from arrears.casebook.drafted import Drafted
from arrears.domain.delivery import State
from arrears.domain.notice import nth, version_of, versioned


@dataclass(frozen=True, slots=True)
class Repeat:
    """So many times at the most, each so many days after the one before has left."""

    after: dt.timedelta
    times: int


def step_of(
    first: str,
    before: Sequence[Drafted],
    *,
    renews: frozenset[State] = frozenset(),
    repeat: Repeat | None = None,
    as_of: dt.date,
    zone: ZoneInfo,
) -> str | None:
    """The step of what is to be written tonight; None: it was written before, and that stands. What was withdrawn as
    superseded is written anew, and so is what ended in one of the states `renews`."""
    latest = {each: _latest(each, before) for each in _steps(first, repeat)}
    last = next((step for step, found in reversed(latest.items()) if found is not None), None)
    if last is None:
        return first
    version, standing = latest[last] or (1, before[0])
    if standing.is_superseded or standing.state in renews:
        return versioned(last, version + 1)
    later = list(latest)[list(latest).index(last) + 1 :]
    if repeat is None or not later or standing.left_at is None:
        return None
    return later[0] if as_of - standing.left_at.astimezone(zone).date() >= repeat.after else None


def _steps(first: str, repeat: Repeat | None) -> list[str]:
    return [first, *(nth(number) for number in range(2, repeat.times + 1))] if repeat else [first]


def _latest(step: str, before: Sequence[Drafted]) -> tuple[int, Drafted] | None:
    mine = [(version_of(each.step)[1], each) for each in before if version_of(each.step)[0] == step]
    return max(mine, key=lambda pair: pair[0], default=None)
