"""Numbers and days as both languages write them."""

import datetime as dt
from decimal import Decimal

import pytest
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from hypothesis import given
from hypothesis import strategies as st

from arrears.web.language import LANGUAGES, NONE, Language

NUMBERS = (
    st.decimals(min_value=Decimal("-1e15"), max_value=Decimal("1e15"), places=4, allow_nan=False)
    | st.integers(min_value=-(10**15), max_value=10**15)
    | st.floats(min_value=-1e9, max_value=1e9)
)


@given(value=NUMBERS, places=st.sampled_from([0, 1, 2, 3]), tag=st.sampled_from(LANGUAGES))
def test_numbers_are_written_as_the_locale_has_them(value: Decimal | float, places: int, tag: str) -> None:
    language, cents = Language(tag), "." + "0" * places if places else ""
    assert language.number(value, places) == format_decimal(value, format="#,##0" + cents, locale=language.locale)
    assert language.percent(value, places) == format_percent(value, format=f"0{cents}%", locale=language.locale)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_days_are_written_as_the_locale_has_them(tag: str) -> None:
    language = Language(tag)
    for day in (dt.date(2026, 11, 1), dt.date(2024, 2, 29)):
        assert language.date(day) == format_date(day, format="medium", locale=language.locale)
    assert language.date(None) == language.amount(None) == language.percent(None) == NONE
