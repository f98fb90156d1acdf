"""The rule by which a word finds an account, in plain Python: what the list's SQL is held to."""

import re

from arrears.review.search_words import Searched, initials_of, pieces_of, reading_pattern, words_of


def is_found(account: Searched, typed: str) -> bool:
    return all(_holds(account, word) for word in words_of(typed))


def _holds(account: Searched, word: str) -> bool:
    pieces, initials = pieces_of(word), initials_of(word)
    by_text = bool(pieces) and set(pieces) <= set(account.grams) and word in account.searched
    by_reading = bool(initials) and set(initials) <= set(account.initials)
    if by_reading and len(word) > 2:
        by_reading = re.search(reading_pattern(word), account.readings) is not None
    begins_id = len(word) == 1 and word.isascii() and account.account_id.startswith(word)
    return by_text or by_reading or begins_id
