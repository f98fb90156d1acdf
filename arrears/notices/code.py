"""The code that a customer scans to pay: what it says is the payment link, nothing else."""

import io

import segno

_MASK = 3
"""Any mask can be read. Trying all eight for the most pleasing one takes five times as long as the code itself."""


def png(link: str) -> str:
    """As a data URI, for a mail; empty without a link."""
    return _code(link).png_data_uri(scale=3, border=2) if link else ""


def svg(link: str) -> str:
    """For a letter; empty without a link."""
    if not link:
        return ""
    out = io.BytesIO()
    _code(link).save(out, kind="svg", scale=4, border=2, xmldecl=False)
    return out.getvalue().decode()


def _code(link: str) -> segno.QRCode:
    return segno.make(link, error="m", micro=False, mask=_MASK)
