"""One language of the pages: its sentences, and how it writes numbers, amounts and times."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date

from arrears.errors import UsageError
from arrears.web.words import ZH

LANGUAGES = ("zh-CN", "en")
_LOCALES = {"zh-CN": Locale.parse("zh_Hans_CN"), "en": Locale.parse("en_GB")}
NONE = "–"
"""Stands where there is no value."""


@dataclass(frozen=True, slots=True)
class Language:
    tag: str

    def __post_init__(self) -> None:
        if self.tag not in LANGUAGES:
            raise UsageError(f"{self.tag!r} is no language of these pages; there are {' and '.join(LANGUAGES)}")

    @property
    def locale(self) -> Locale:
        return _LOCALES[self.tag]

    @property
    def other(self) -> "Language":
        return Language(next(tag for tag in LANGUAGES if tag != self.tag))

    def say(self, text: str, /, **values: object) -> str:
        """The sentence, with `{names}` filled in."""
        said = ZH[text] if self.tag == "zh-CN" else text
        return said.format(**values) if values else said

    def number(self, value: int | Decimal | float | None, places: int = 0) -> str:
        if value is None:
            return NONE
        return f"{_exact(value):,.{places}f}"

    def amount(self, value: Decimal | None) -> str:
        """Money, to the cent, without its currency."""
        return self.number(value, 2)

    def percent(self, value: Decimal | float | None, places: int = 1) -> str:
        if value is None:
            return NONE
        return f"{_exact(value):.{places}%}"

    def date(self, day: dt.date | None) -> str:
        return NONE if day is None else _date(self.tag, day)

    def moment(self, at: dt.datetime | None, zone: ZoneInfo) -> str:
        """Date and time of day to the minute, in `zone`."""
        if at is None:
            return NONE
        local = at.astimezone(zone)
        return f"{self.date(local.date())}{' ' if self.tag == 'zh-CN' else ', '}{local:%H:%M}"


def _exact(value: int | Decimal | float) -> Decimal:
    """Both languages write numbers as Python does, so that a page of hundreds needs no Babel; halves go to the even digit."""
    return Decimal(str(value)) if isinstance(value, float) else Decimal(value)


@lru_cache(maxsize=20_000)
def _date(tag: str, day: dt.date) -> str:
    return format_date(day, format="medium", locale=_LOCALES[tag])


def preferred(accept_language: str) -> Language:
    """The first of ours that the header asks for; English when it asks for none."""
    for part in accept_language.split(","):
        tag = part.partition(";")[0].strip().lower()
        if tag.startswith("zh"):
            return Language("zh-CN")
        if tag.startswith("en"):
            return Language("en")
    return Language("en")
