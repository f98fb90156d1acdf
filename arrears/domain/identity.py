"""Deterministic ids: the same fields give the same id, on every machine, for ever."""

import hashlib


def digest(*fields: str) -> str:
    """First 32 hex digits of the SHA-256 of the fields, each prefixed by its length in bytes, so that
    ("ab", "c") and ("a", "bc") differ."""
    hasher = hashlib.sha256()
    for field in fields:
        encoded = field.encode()
        hasher.update(f"{len(encoded)}:".encode())
        hasher.update(encoded)
    return hasher.hexdigest()[:32]


def slot(account_id: str) -> str:
    """First two hex digits of `md5(utf8(account_id))`; the first one is the compute bucket."""
    return hashlib.md5(account_id.encode(), usedforsecurity=False).hexdigest()[:2]


BUCKETS = tuple("0123456789abcdef")

RECORDED_PREFIX = "casebook:"
"""How the ids of rows begin that people recorded here, beside those that a source brings into the same table."""


def recorded_id(*fields: str) -> str:
    """The id of such a row: no source's own begins so."""
    return RECORDED_PREFIX + digest(*fields)
