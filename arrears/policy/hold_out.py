"""The accounts that are left untreated at random, so that it can be known what a treatment does."""

import datetime as dt
import hashlib
from decimal import Decimal

from arrears.policy.check import HELD_OUT

UNTREATED = {
    "payment_mode": "coalesce(payment_mode_in_force, 'postpay')",
    "arrangement": "'none'",
    "treatment": "'none'",
}
"""What stays as it is for an account that is held out, by axis, as SQL."""

WORDS = {
    HELD_OUT: {
        "zh": "随机对照：该用户按政策暂不处置，以便衡量措施的效果",
        "en": "held out at random: left as it is, so that the effect of treatments can be measured",
    }
}

IS_IN_TRIAL = """NOT is_in_collection AND coalesce(theft_count_24m, 0) = 0 AND NOT coalesce(is_protected, FALSE)
        AND coalesce(level, 'none') <> 'red'"""
"""Who can be held out, and so can be compared with those who are: never one in collection, with theft, protected, or warned of
at red."""

IS_DRAWN = """CAST('0x' || substr(md5(account_id || ':' || CAST(:hold_out_block AS VARCHAR)), 1, 8) AS BIGINT)
            < CAST(:hold_out_below AS BIGINT)"""
"""Whom the draw holds out for this block of nights, if they are in the trial."""

_SPAN = 2**32


def block(as_of: dt.date, horizon_days: int) -> int:
    """Nights fall into blocks as long as the horizon, and an account is in or out for a whole one."""
    return (as_of - dt.date(1970, 1, 1)).days // horizon_days


def below(share: Decimal) -> int:
    """The hash, a number below 2^32, is below this for the share of accounts."""
    return int(share * _SPAN)


def is_drawn(account_id: str, in_block: int, share: Decimal) -> bool:
    """Whether the hash draws the account: the same as in SQL."""
    drawn = hashlib.md5(f"{account_id}:{in_block}".encode(), usedforsecurity=False).hexdigest()[:8]
    return int(drawn, 16) < below(share)


def is_withheld(axis: str, said: str) -> str:
    """SQL for: what the rule said is not done to this account. Stopping supply is no treatment to be tried at random."""
    return f"is_held_out AND {said} <> {UNTREATED[axis]} AND {said} <> 'disconnection'"
