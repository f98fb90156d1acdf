"""What an address or a form asks for, read strictly: whatever is not as it should be is told in a sentence."""

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from arrears.errors import UsageError
from arrears.web.visit import Visit
from arrears.web.words import ZH

LONGEST = 200
MOST_CHOSEN = 1000
"""Of one form."""
ID = frozenset("0123456789abcdef")

T = TypeVar("T")


def asked(visit: Visit, name: str) -> str | None:
    """A value of the address, in one line; None where there is none. Of several the last counts."""
    return _line(visit, name, visit.request.query_params.get(name))


def one_of(visit: Visit, name: str, options: Collection[str]) -> str | None:
    """A value of the address that is one of these, or None."""
    value = asked(visit, name)
    if value is not None and value not in options:
        known = ", ".join(options)
        raise UsageError(visit.say("{name} is {value}; it can be: {known}", name=name, value=value, known=known))
    return value


def posted(visit: Visit, name: str, most: int = 4000) -> str:
    """A field of the form, trimmed; line breaks stay."""
    value = str(visit.form.get(name, ""))
    if len(value) > most or any(unicodedata.category(sign) == "Cc" and sign not in "\r\n\t" for sign in value):
        raise UsageError(visit.say("{name} cannot be read, or is longer than {most} signs.", name=name, most=most))
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()


def posted_one_of(visit: Visit, name: str, options: Collection[str]) -> str:
    """A field that must be one of these."""
    value = posted(visit, name, LONGEST)
    if value not in options:
        known = ", ".join(options)
        raise UsageError(visit.say("{name} is {value}; it can be: {known}", name=name, value=value, known=known))
    return value


def posted_ids(visit: Visit, name: str = "id") -> list[str]:
    """Ids that were ticked, each once; UsageError when none was, or what was is none."""
    found = list(dict.fromkeys(str(each) for each in visit.form.getlist(name)))
    if not found:
        raise UsageError(visit.say("Nothing is ticked. Tick what it is about, and repeat it."))
    if len(found) > MOST_CHOSEN:
        raise UsageError(visit.say("That is more than {most} at once.", most=MOST_CHOSEN))
    for each in found:
        check_id(visit, each)
    return found


def check_id(visit: Visit, value: str) -> str:
    """32 hex digits, as every id of the casebook has."""
    if len(value) != 32 or not set(value) <= ID:
        raise UsageError(visit.say("{value} is no id.", value=value[:40]))
    return value


@dataclass(frozen=True, slots=True)
class Pages:
    """A part of a list: `number` counts from 1."""

    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def skipped(self) -> int:
        return (self.number - 1) * self.size

    def cut(self, found: Sequence[T]) -> Sequence[T]:
        return found[self.skipped : self.skipped + self.size]


def page_number(visit: Visit) -> int:
    """As the address asks for it, from 1 on."""
    value = asked(visit, "page") or "1"
    if not (value.isascii() and value.isdigit() and len(value) <= 6 and int(value) > 0):
        raise UsageError(visit.say("{name} is {value}; it must be a whole number above 0.", name="page", value=value))
    return int(value)


def word(visit: Visit, value: str | None) -> str:
    """What people call a value; one that nobody put into words, such as a name, stays as it is."""
    if value is None or value == "":
        return visit.say("(not known)")
    text = value.replace("_", " ") if value.isascii() and visit.language.tag == "en" else value
    return visit.say(value) if visit.language.tag != "en" and value in ZH else text


def _line(visit: Visit, name: str, value: str | None) -> str | None:
    if value is None or not value.strip():
        return None
    if len(value) > LONGEST or not value.isprintable():
        raise UsageError(visit.say("{name} cannot be read, or is longer than {most} signs.", name=name, most=LONGEST))
    return unicodedata.normalize("NFC", value.strip())
