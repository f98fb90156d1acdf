"""Amounts, dates, spans and names as a notice's language writes them. Everything a template prints was made here."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent
from babel.units import format_unit

from arrears.domain.late_fee import Rate
from arrears.domain.law.calendar import Span, Unit
from arrears.errors import CasebookError

LANGUAGES = ("zh-CN", "en")
LOCALES = {language: Locale.parse(language, sep="-") for language in LANGUAGES}
"""Made once: Babel takes longer over a locale's name than over the amount."""

_INSTANT = {"zh-CN": "y年M月d日HH:mm", "en": "MMMM d, y, HH:mm"}
_PER_DAY, _PER_YEAR = 1, 365


@dataclass(frozen=True, slots=True)
class Print:
    """One language, one currency, one zone."""

    language: str
    currency: str
    zone: ZoneInfo

    @property
    def locale(self) -> Locale:
        return LOCALES[self.language]

    @property
    def is_zh(self) -> bool:
        return self.language == "zh-CN"

    def money(self, amount: Decimal) -> str:
        return _money(amount, self.currency, self.language)

    def date(self, day: dt.date) -> str:
        return _date(day, "long", self.language)

    def short_date(self, day: dt.date) -> str:
        return _date(day, "medium", self.language)

    def instant(self, at: dt.datetime) -> str:
        """To the minute, in the utility's zone."""
        return format_datetime(at, _INSTANT[self.language], tzinfo=self.zone, locale=self.locale)

    def days(self, number: int) -> str:
        return self._unit(number, "day")

    def span(self, span: Span) -> str:
        """Of the law: Babel knows every unit but the working day."""
        if span.unit is not Unit.WORKING_DAYS:
            return self._unit(span.value, span.unit.value.removesuffix("s"))
        one = self.locale.plural_form(span.value) == "one"
        return self.chosen(f"{span.value}个工作日", f"{span.value} working day{'' if one else 's'}")

    def _unit(self, number: int, unit: str) -> str:
        length: Literal["long", "short"] = "short" if self.is_zh else "long"  # Babel has no long Chinese ones
        return format_unit(number, f"duration-{unit}", length, locale=self.locale)

    def percent(self, share: Decimal) -> str:
        return format_percent(share, "#,##0.##%", locale=self.locale)

    def rate(self, rate: Rate) -> str:
        """A late fee's rate: per mille a day or per cent a year, whichever the law counts in."""
        if rate.per_days == _PER_DAY:
            share = format_decimal(rate.share, "#,##0.###‰", locale=self.locale)
            return f"每日{share}" if self.is_zh else f"{share} a day"
        share = format_percent(rate.share, "#,##0.##%", locale=self.locale)
        if rate.per_days == _PER_YEAR:
            return f"每年{share}" if self.is_zh else f"{share} a year"
        return f"每{self.days(rate.per_days)}{share}" if self.is_zh else f"{share} in {self.days(rate.per_days)}"

    def together(self, parts: Iterable[str]) -> str:
        """As the language lists things."""
        return format_list(list(parts), locale=self.locale)

    def chosen(self, zh: str, en: str) -> str:
        return zh if self.is_zh else en


@lru_cache(maxsize=1 << 12)
def _money(amount: Decimal, currency: str, language: str) -> str:
    """Kept: on most notices one amount stands in several places."""
    return format_currency(amount, currency, locale=LOCALES[language])


@lru_cache(maxsize=1 << 12)
def _date(day: dt.date, length: Literal["long", "medium"], language: str) -> str:
    """Kept: thousands of notices share a due date."""
    return format_date(day, length, locale=LOCALES[language])


def print_in(language: str, currency: str, zone: ZoneInfo, account_id: str) -> Print:
    """CasebookError for a language that no notice is written in."""
    if language not in LANGUAGES:
        raise CasebookError(f"account {account_id}: no notice is written in {language!r}")
    return Print(language, currency, zone)


def one_line(text: str) -> str:
    """Without line breaks and other characters that print nothing."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def sentence(text: str) -> str:
    """With a capital letter."""
    return text[:1].upper() + text[1:]


def lines(text: str) -> tuple[str, ...]:
    """The lines of an address, without empty ones."""
    return tuple(line for line in map(one_line, text.splitlines()) if line)


def masked(text: str, kept: int) -> str:
    """The last `kept` characters, the others as asterisks; nothing is shown of what is no longer than that."""
    shown = kept if len(text) > kept else 0
    return "*" * (len(text) - shown) + text[len(text) - shown :]
