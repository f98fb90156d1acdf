"""How a message is cut up on its way: what the networks count, and what a gateway charges by."""

from dataclasses import dataclass
from typing import Literal

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = "\f^{}\\[~]|€"
"""Of the GSM 7-bit alphabet (3GPP TS 23.038): these take two places."""


@dataclass(frozen=True, slots=True)
class Segments:
    """`units`: septets, or UTF-16 code units; `count`: messages it is sent as."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    count: int


def segments(text: str) -> Segments:
    """One message holds 160 septets or 70 UTF-16 units; each of several 153 or 67, since a header takes the rest. What takes
    two units (an extension character, a surrogate pair) is never torn apart."""
    is_gsm = all(sign in _BASIC or sign in _EXTENSION for sign in text)
    widths = [(2 if sign in _EXTENSION else 1) if is_gsm else len(sign.encode("utf-16-be")) // 2 for sign in text]
    whole, part = (160, 153) if is_gsm else (70, 67)
    units = sum(widths)
    encoding: Literal["GSM-7", "UCS-2"] = "GSM-7" if is_gsm else "UCS-2"
    if units <= whole:
        return Segments(encoding, units, 1)
    count, room = 1, part
    for width in widths:
        if width > room:
            count, room = count + 1, part
        room -= width
    return Segments(encoding, units, count)
