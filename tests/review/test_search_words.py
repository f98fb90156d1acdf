"""An account is found by any part of its id, name or address, and by how these are read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.review.search_words import (
    BEGINS,
    Searched,
    initials_of,
    letters_of,
    pieces_of,
    plain,
    reading_pattern,
    searched_of,
    words_of,
)
from tests.review.matching import is_found

CHINESE = "重庆长江电力行政路王曾单解"


def test_texts_are_compared_without_width_case_and_marks_of_direction() -> None:
    assert plain(" ＡＢc\u202e  Ｄ\u200f ") == "abc d"
    assert words_of("  Wang   行\u3000政 ") == ["wang", "行", "政"]


def test_every_reading_of_a_sign_counts() -> None:
    found = searched_of("1", "重庆长江", None)
    for typed in ("cqcj", "zqcj", "cqzj", "zqzj", "qc", "c", "z"):
        assert is_found(found, typed), typed
    assert not is_found(found, "cqjc")
    assert not is_found(found, "q")  # one letter begins a name


def test_words_of_letters_are_read_by_their_first_one_and_digits_as_they_are() -> None:
    assert letters_of("acme power 12 路") == ["a", "p", "1", "2", "l"]
    assert is_found(searched_of("1", "Acme Power", "12 Main Street"), "ap")
    assert is_found(searched_of("1", "Acme Power", "12 Main Street"), "12ms")


def test_pieces_that_do_not_stand_together_are_no_word() -> None:
    assert not is_found(searched_of("1", "建设 设路", None), "建设路")
    assert is_found(searched_of("1", "建设路", None), "建设路")


@pytest.mark.parametrize("typed", ["路", "行政", "5号", "0100", "0019", "a", "重庆长江"])
def test_one_account_by_its_parts(typed: str) -> None:
    found = searched_of("a0100000019", "重庆长江电力", "行政路5号")
    assert is_found(found, typed)


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from(CHINESE + "abz019#é "), min_size=2, max_size=12), st.data())
def test_any_part_of_a_name_finds_it(name: str, data: st.DataObject) -> None:
    words = plain(name).split()
    if not words:
        return
    word = data.draw(st.sampled_from(words))
    first = data.draw(st.integers(0, len(word) - 1))
    part = word[first : data.draw(st.integers(first + 1, len(word)))]
    if len(part) > 1 or not part.isascii():
        assert is_found(searched_of("X-1", name, None), part)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=700), st.text(max_size=700))
def test_whatever_a_name_is_it_can_be_kept(name: str, address: str) -> None:
    found = searched_of("1", name, address)
    assert "\x00" not in found.searched + found.readings
    assert all(len(each) <= 3 for each in found.grams)
    assert all(len(each) == 2 for each in found.initials)


def test_what_is_no_word_has_no_pieces() -> None:
    assert pieces_of("a") == []
    assert initials_of("王") == []
    assert initials_of("a") == [BEGINS + "a"]
    assert reading_pattern("ab") == r"\[[^]]*a[^]]*\]\[[^]]*b[^]]*\]"
    assert searched_of("1", None, None) == Searched("1", [], "\n", [], "1\n\n")
