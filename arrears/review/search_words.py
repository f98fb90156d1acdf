"""How an account is found by what somebody types: parts of its id, of its customer's name and address, or the first letters
of how these are read in Chinese.

PostgreSQL's own index on arrays finds rows by their two-sign pieces, so that no extension is needed; where a word has more
pieces than one, the row is read to see that they stand beside each other."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product

from pypinyin import Style, pinyin

MOST_SIGNS = 512
"""Of a field, the signs that are searched; more is no name and no address."""

MOST_READINGS = 4
"""First letters that one sign may be read by."""

MOST_WORDS = 8
BEGINS = "^"
"""Before the first letter of a name's initials."""


@dataclass(frozen=True, slots=True)
class Searched:
    """The columns of `worklist_search`, in order. `searched`: the account's fields in lines; `readings`: of each sign the
    letters it may begin with, in brackets, in lines; `grams` and `initials`: the pieces of both."""

    account_id: str
    initials: list[str]
    readings: str
    grams: list[str]
    searched: str

    @property
    def row(self) -> tuple[str, list[str], str, list[str], str]:
        return self.account_id, self.initials, self.readings, self.grams, self.searched


def plain(text: str) -> str:
    """As texts are compared: width, case and ligatures do not count, runs of blanks are one, and signs without a shape, such
    as marks of direction, are left out."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    shaped = "".join(sign for sign in folded if sign.isspace() or unicodedata.category(sign)[0] != "C")
    return " ".join(shaped.split())


def words_of(text: str) -> list[str]:
    """What is looked for, word by word; each must be found."""
    return plain(text).split()[:MOST_WORDS]


def searched_of(account_id: str, name: str | None, address: str | None) -> Searched:
    fields = [plain(field)[:MOST_SIGNS] for field in (account_id, name or "", address or "")]
    read = [letters_of(field) for field in fields[1:]]
    initials = {pair for letters in read for pair in _pairs(letters)}
    initials |= {BEGINS + letter for letters in read[:1] for letter in (letters[0] if letters else ())}
    return Searched(
        account_id=account_id,
        searched="\n".join(fields),
        grams=sorted({gram for field in fields for gram in grams_of(field)}),
        readings="\n".join("".join(f"[{letter}]" for letter in letters) for letters in read),
        initials=sorted(initials),
    )


def grams_of(text: str) -> set[str]:
    """Pieces of two signs, of three where all are plain letters or digits, and single signs that are neither."""
    found = set()
    for word in text.split():
        found |= {word[at : at + 2] for at in range(len(word) - 1)}
        found |= {word[at : at + 3] for at in range(len(word) - 2) if word[at : at + 3].isascii()}
        found |= {sign for sign in word if not sign.isascii()}
    return found


def pieces_of(word: str) -> list[str]:
    """The pieces that a row must have to hold this word; none for a single letter or digit."""
    if word.isascii() and len(word) > 2:
        return sorted({word[at : at + 3] for at in range(len(word) - 2)})
    if len(word) == 1:
        return [] if word.isascii() else [word]
    return sorted({word[at : at + 2] for at in range(len(word) - 1)})


def initials_of(word: str) -> list[str]:
    """The pieces of initials that a row must have to be read like this word; none when it is no run of letters and digits."""
    if not re.fullmatch("[a-z0-9]+", word):
        return []
    return [BEGINS + word] if len(word) == 1 else sorted({first + second for first, second in pairwise(word)})


def reading_pattern(word: str) -> str:
    """A regular expression that `readings` must match, letter behind letter."""
    return "".join(rf"\[[^]]*{letter}[^]]*\]" for letter in word)


def letters_of(text: str) -> list[str]:
    """Of each sign that is read, the letters it may begin with: a Chinese sign has those of all its readings, a word of
    letters its first one, and a digit is itself."""
    found = []
    before = " "
    for sign in text:
        if sign.isascii():
            if sign.isdigit() or (sign.isalpha() and not before.isalnum()) or (sign.isalpha() and not before.isascii()):
                found.append(sign)
        elif letters := _first_letters(sign):
            found.append(letters)
        before = sign
    return found


@lru_cache(maxsize=30_000)
def _first_letters(sign: str) -> str:
    readings = pinyin(sign, style=Style.FIRST_LETTER, heteronym=True, errors="ignore")
    letters = dict.fromkeys(letter for reading in readings for letter in reading if re.fullmatch("[a-z]", letter))
    return "".join(list(letters)[:MOST_READINGS])


def _pairs(letters: list[str]) -> Iterator[str]:
    for first, second in pairwise(letters):
        yield from map("".join, product(first, second))
