"""Passwords of local accounts: what one may be, how it is hashed (argon2id), how one is made up."""

import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from arrears.errors import UsageError

SHORTEST, LONGEST = 12, 200
LENGTH = f"a password has {SHORTEST} to {LONGEST} signs; a sentence that nobody else would say is a good one"
REPEATS = "a password does not repeat the same few signs"
NAMED = "a password is not the account's name with a little added"
SAME = "the new password is the old one; choose another"
HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
"""RFC 9106's second recommendation: 64 MiB, three passes."""
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that is taken for another when it is read from paper."""


def made_up() -> str:
    """A random one, of 99 bits."""
    return "-".join("".join(secrets.choice(SIGNS) for _ in range(5)) for _ in range(4))


def check(password: str, subject: str, before: str | None = None) -> None:
    """UsageError unless it may be the password of this account, after the one `before`."""
    typed = _normal(password)
    if not SHORTEST <= len(typed) <= LONGEST:
        raise UsageError(LENGTH)
    if len(set(typed.casefold())) < SHORTEST // 3:
        raise UsageError(REPEATS)
    if len(typed.casefold().replace(subject, "")) < SHORTEST // 2:
        raise UsageError(NAMED)
    if before is not None and typed == _normal(before):
        raise UsageError(SAME)


def hashed(password: str) -> str:
    return HASHER.hash(_bytes(password))


def is_right(password_hash: str | None, password: str) -> bool:
    """Works as long when there is no hash, so that nobody learns who has an account."""
    stand_in = _nobodys()
    try:
        HASHER.verify(password_hash or stand_in, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Hashed with other parameters than passwords are now."""
    return HASHER.check_needs_rehash(password_hash)


@cache
def _nobodys() -> str:
    return HASHER.hash(secrets.token_hex())


def _bytes(password: str) -> bytes:
    return _normal(password).encode("utf-8", "surrogatepass")


def _normal(password: str) -> str:
    """However a keyboard composes its signs, it is the same password."""
    return unicodedata.normalize("NFC", password)
