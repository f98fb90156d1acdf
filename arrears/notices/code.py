"""The code that a customer scans to pay: what it says is the payment link, nothing else."""

import base64
import re
import struct
import zlib
from functools import lru_cache

import segno

_MASK = 3
"""Any mask can be read. Trying all eight for the most pleasing one takes five times as long as the code itself."""

CID = "cid:pay-link"
"""Where a mail's page shows the code: a part of the mail has this name. Many mailboxes strip an image that is in the page."""

_BORDER, _SCALE = 2, 3
_DARK = re.compile("1+")


def png(link: str) -> bytes:
    """For a mail."""
    rows = _rows(link)
    side = (len(rows) + 2 * _BORDER) * _SCALE
    light = b"\0" + b"\xff" * ((side + 7) // 8)
    lines = [light] * (_BORDER * _SCALE)
    for row in rows:
        wide = "1" * (_BORDER * _SCALE) + "".join("000" if sign == "1" else "111" for sign in row)
        line = int(wide.ljust((side + 7) // 8 * 8, "1"), 2).to_bytes((side + 7) // 8, "big")
        lines += [b"\0" + line] * _SCALE
    lines += [light] * (_BORDER * _SCALE)
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(lines))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in parts)


def svg(link: str) -> str:
    """For a letter; empty without a link."""
    if not link:
        return ""
    rows = _rows(link)
    side = len(rows) + 2 * _BORDER
    dark = "".join(
        f"M{run.start() + _BORDER} {number}h{run.end() - run.start()}v1h-{run.end() - run.start()}z"
        for number, row in enumerate(rows, _BORDER)
        for run in _DARK.finditer(row)
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"><path d="{dark}"/></svg>'


def shown(page: str, link: str) -> str:
    """A mail's page with its code in it, to be looked at without the mail."""
    image = f"data:image/png;base64,{base64.b64encode(png(link)).decode()}" if CID in page else ""
    return page.replace(CID, image)


def _rows(link: str) -> list[str]:
    """Of the code without its border, 1 for each dark module.

    With a given length and mask a code is linear (ISO/IEC 18004: a Reed-Solomon code, and a mask that is added to it): a bit
    that is turned in the link turns the same modules whatever the others are. So a link is made of the one of its length that
    says only zeros, at a hundredth of the cost of encoding it; links differ in an account and an amount."""
    said = link.encode()
    side, modules = _encoded(b"0" * len(said))
    for place, sign in enumerate(said):
        turned = sign ^ ord("0")
        while turned:
            bit = turned & -turned
            modules ^= _turned(len(said), place, bit)
            turned ^= bit
    bits = f"{modules:0{side * side}b}"
    return [bits[start : start + side] for start in range(0, side * side, side)]


@lru_cache(maxsize=1 << 14)
def _turned(length: int, place: int, bit: int) -> int:
    """The modules that change with this bit of a link."""
    said = bytearray(b"0" * length)
    said[place] ^= bit
    return _encoded(bytes(said))[1] ^ _encoded(b"0" * length)[1]


@lru_cache(maxsize=64)
def _encoded(said: bytes) -> tuple[int, int]:
    """How many modules a side has, and all of them, row by row, as one number."""
    code = segno.make(said, error="m", micro=False, mask=_MASK, mode="byte", encoding="iso-8859-1")
    return len(code.matrix), int("".join(str(module) for row in code.matrix for module in row), 2)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
