"""What somebody asks the warning list for: a filter, an order and a page, as they stand in the page's address. Reading it is
strict: an unknown name or a value that cannot be is refused in one sentence."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

from arrears.casebook.worklist_tables import SORTED
from arrears.domain.episode_events import State
from arrears.errors import UsageError
from arrears.policy.axes import AXES, LEVELS

MINE, NOBODY = "mine", "nobody"
"""Instead of an owner's name: the person who asks, and no owner."""

SIZES = (25, 50, 100, 200)
"""Rows of a page; the app's own page offers no more than 100."""
LONGEST_TEXT = 100
MOST_VALUES = 50
MOST_PAGE = 1_000_000
LONGEST_QUERY = 8000
MOST = Decimal("9999999999999999.99")

VOLTAGES = ("<1kV", "1-10kV", "20kV", "35kV", "110kV", "220kV+")
TARIFFS = ("residential", "agricultural", "general_commercial", "large_industrial")
STATES = tuple(state.value for state in State)


@dataclass(frozen=True, slots=True)
class Filter:
    """Of each name the values that a row may have; none of them: any. Without `state` the open cases are meant. `due`: to be
    looked at by that day; `since`: raised on it or later; `text`: see `search_words`."""

    level: tuple[str, ...] = ()
    district: tuple[str, ...] = ()
    voltage: tuple[str, ...] = ()
    tariff: tuple[str, ...] = ()
    owner: str | None = None
    state: tuple[str, ...] = ()
    mode: tuple[str, ...] = ()
    treatment: tuple[str, ...] = ()
    reason: str | None = None
    due: dt.date | None = None
    since: dt.date | None = None
    owed: Decimal | None = None
    held_out: bool | None = None
    capacity: bool | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Sort:
    column: str = SORTED[0]
    is_descending: bool = True

    def __str__(self) -> str:
        return f"-{self.column}" if self.is_descending else self.column


@dataclass(frozen=True, slots=True)
class Asked:
    """Pages count from 1."""

    filter: Filter = field(default_factory=Filter)
    sort: Sort = field(default_factory=Sort)
    page: int = 1
    size: int = 50

    def pairs(self) -> list[tuple[str, str]]:
        """What `read` makes the same of; what is as it always is, is left out."""
        found = [(name, value) for name in _NAMES for value in _told(getattr(self.filter, name))]
        plain = Asked()
        for name in ("sort", "page", "size"):
            if getattr(self, name) != getattr(plain, name):
                found.append((name, str(getattr(self, name))))
        return found

    def query(self) -> str:
        return urlencode(self.pairs())

    def but(self, **changed: Any) -> "Asked":
        """The same with other values of the filter, from its first page on."""
        return replace(self, filter=replace(self.filter, **changed), page=1)


def parse(query: str) -> Asked:
    """Of the part of an address behind its question mark."""
    if len(query) > LONGEST_QUERY:
        raise UsageError(f"the address is too long: {len(query)} signs, {LONGEST_QUERY} at most")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError as error:
        raise UsageError(f"the address cannot be read: {error}") from error
    return read(pairs)


def read(pairs: Iterable[tuple[str, str]]) -> Asked:
    """Names with an empty value, as forms send them, say nothing."""
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in _READERS:
            raise UsageError(f"the list knows no {name[:40]!r}; it knows {', '.join(_READERS)}")
        if value.strip():
            given.setdefault(name, []).append(value)
    values = {name: _READERS[name](name, found) for name, found in given.items()}
    chosen = {name: values.pop(name) for name in list(values) if name in _NAMES}
    return Asked(Filter(**chosen), **values)


def tidy(text: str) -> str:
    """As the list keeps what is searched for; UsageError for what nobody can look for."""
    found = " ".join(text.split())
    if len(found) > LONGEST_TEXT:
        raise UsageError(f"what is searched for has {len(found)} signs; {LONGEST_TEXT} at most")
    if any(ord(sign) < 32 or ord(sign) == 127 or 0xD800 <= ord(sign) < 0xE000 for sign in found):
        raise UsageError("what is searched for has signs that nobody can type; write it anew")
    return found


def _told(value: object) -> list[str]:
    match value:
        case None | "" | ():
            return []
        case tuple():
            return [str(each) for each in value]
        case bool():
            return ["yes" if value else "no"]
        case Decimal():
            return [f"{value:f}"]
    return [str(value)]


def _one(name: str, values: Sequence[str]) -> str:
    if len(values) > 1:
        raise UsageError(f"{name} is given {len(values)} times; once is enough")
    return values[0].strip()


def _among(*allowed: str) -> Callable[[str, Sequence[str]], tuple[str, ...]]:
    def chosen(name: str, values: Sequence[str]) -> tuple[str, ...]:
        for value in values:
            if value not in allowed:
                raise UsageError(f"there is no {name} {value[:40]!r}; there are {', '.join(allowed)}")
        return tuple(value for value in allowed if value in values)

    return chosen


def _texts(name: str, values: Sequence[str]) -> tuple[str, ...]:
    if len(values) > MOST_VALUES:
        raise UsageError(f"{name} is given {len(values)} times; {MOST_VALUES} at most")
    return tuple(sorted({tidy(value) for value in values}))


def _text(name: str, values: Sequence[str]) -> str:
    return tidy(_one(name, values))


def _date(name: str, values: Sequence[str]) -> dt.date:
    said = _one(name, values)
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", said):
            return dt.date.fromisoformat(said)
    except ValueError:
        pass
    raise UsageError(f"{name} {said[:40]!r} is no day; write it like 2026-11-01")


def _amount(name: str, values: Sequence[str]) -> Decimal:
    said = _one(name, values)
    if not re.fullmatch(r"[0-9]{1,16}(\.[0-9]{1,2})?", said):
        raise UsageError(f"{name} {said[:40]!r} is no amount; write it like 1000 or 99.95")
    return Decimal(said)


def _yes_no(name: str, values: Sequence[str]) -> bool:
    said = _one(name, values)
    if said not in ("yes", "no"):
        raise UsageError(f"{name} is yes or no, not {said[:40]!r}")
    return said == "yes"


def _sort(name: str, values: Sequence[str]) -> Sort:
    said = _one(name, values)
    column = said.removeprefix("-")
    if column not in SORTED:
        raise UsageError(f"the list cannot be sorted by {column[:40]!r}; it can by {', '.join(SORTED)}")
    return Sort(column, said != column)


def _whole(name: str, values: Sequence[str]) -> int:
    said = _one(name, values)
    if not re.fullmatch(r"[0-9]{1,7}", said) or not 1 <= int(said) <= MOST_PAGE:
        raise UsageError(f"{name} {said[:40]!r} is none; give a whole number from 1 to {MOST_PAGE:,}")
    return int(said)


def _size(name: str, values: Sequence[str]) -> int:
    found = _whole(name, values)
    if found not in SIZES:
        raise UsageError(f"{name} can be {', '.join(map(str, SIZES))}, not {found}")
    return found


_READERS: dict[str, Callable[[str, Sequence[str]], Any]] = {
    "level": _among(*reversed(LEVELS)),
    "district": _texts,
    "voltage": _among(*VOLTAGES),
    "tariff": _among(*TARIFFS),
    "owner": _text,
    "state": _among(*STATES),
    "mode": _among(*AXES["payment_mode"]),
    "treatment": _among(*AXES["treatment"]),
    "reason": _text,
    "due": _date,
    "since": _date,
    "owed": _amount,
    "held_out": _yes_no,
    "capacity": _yes_no,
    "text": _text,
    "sort": _sort,
    "page": _whole,
    "size": _size,
}
_NAMES = tuple(each.name for each in fields(Filter))
