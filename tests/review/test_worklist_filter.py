"""What an address asks the list for: read strictly, written in one way."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.casebook.worklist_tables import SORTED
from arrears.errors import UsageError
from arrears.policy.axes import AXES, LEVELS
from arrears.review.worklist_filter import (
    LONGEST_TEXT,
    SIZES,
    STATES,
    TARIFFS,
    VOLTAGES,
    Asked,
    Filter,
    Sort,
    parse,
    read,
    tidy,
)

NAMES = [
    "level",
    "district",
    "voltage",
    "tariff",
    "owner",
    "state",
    "mode",
    "treatment",
    "reason",
    "due",
    "since",
    "owed",
]
NAMES += ["held_out", "capacity", "text", "sort", "page", "size", "nonsense"]


def some_of(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(st.sampled_from(values)).map(lambda chosen: tuple(each for each in values if each in chosen))


TYPED = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=LONGEST_TEXT).map(tidy)
SAID = TYPED.filter(bool) | st.none()
DAYS = st.dates(dt.date(1000, 1, 1)) | st.none()
FILTERS = st.builds(
    Filter,
    level=some_of(tuple(reversed(LEVELS))),
    district=st.sets(TYPED.filter(bool), max_size=4).map(lambda chosen: tuple(sorted(chosen))),
    voltage=some_of(VOLTAGES),
    tariff=some_of(TARIFFS),
    owner=SAID,
    state=some_of(STATES),
    mode=some_of(AXES["payment_mode"]),
    treatment=some_of(AXES["treatment"]),
    reason=SAID,
    due=DAYS,
    since=DAYS,
    owed=st.decimals(0, Decimal("9999999999999999.99"), places=2) | st.none(),
    held_out=st.booleans() | st.none(),
    capacity=st.booleans() | st.none(),
    text=TYPED,
)
ASKED = st.builds(
    Asked,
    FILTERS,
    st.builds(Sort, st.sampled_from(SORTED), st.booleans()),
    st.integers(1, 1_000_000),
    st.sampled_from(SIZES),
)


@settings(max_examples=150, deadline=None)
@given(ASKED)
def test_what_is_written_is_read_as_the_same(asked: Asked) -> None:
    assert parse(asked.query()) == asked


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.lists(st.tuples(st.sampled_from(NAMES), st.text(max_size=12))).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
))  # fmt: skip
def test_any_address_is_read_or_refused_in_a_sentence(query: str) -> None:
    try:
        asked = parse(query)
    except UsageError as error:
        said = str(error)
    else:
        said, asked_again = "read", parse(asked.query())
        assert asked_again == asked
    assert 0 < len(said) < 600
    assert "\n" not in said


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("colour=red", "knows no 'colour'"),
        ("level=pink", "there is no level 'pink'; there are red, orange, yellow, blue"),
        ("level=RED", "there is no level"),
        ("owed=-1", "no amount"),
        ("owed=1e5", "no amount"),
        ("owed=nan", "no amount"),
        ("due=20260801", "no day"),
        ("due=2026-02-30", "no day"),
        ("due=2026-08-01&due=2026-08-02", "due is given 2 times"),
        ("page=0", "whole number"),
        ("page=1.5", "whole number"),
        ("page=１", "whole number"),
        ("page=99999999", "whole number"),
        ("size=51", "25, 50, 100, 200"),
        ("sort=account_id;drop table worklist", "cannot be sorted by"),
        ("sort=--raised_on", "cannot be sorted by"),
        ("held_out=maybe", "yes or no"),
        ("text=%00", "nobody can type"),
        ("text=%ff", "cannot be read"),
        ("text=" + "a" * 101, "100 at most"),
        ("&".join(["level=red"] * 300), "cannot be read"),
        ("a" * 9000, "too long"),
    ],
)
def test_what_cannot_be_is_refused(query: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse(query)


def test_what_forms_leave_empty_says_nothing() -> None:
    assert parse("text=&level=&owed=&sort=&page=") == Asked()
    assert Asked().query() == ""


def test_values_are_put_in_one_order() -> None:
    same = [("level", "blue"), ("level", "red"), ("level", "red"), ("district", "b"), ("district", "a")]
    assert read(same).filter == Filter(level=("red", "blue"), district=("a", "b"))
