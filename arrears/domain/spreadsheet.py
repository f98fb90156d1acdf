"""What a spreadsheet takes a cell for."""

from typing import Any


def harmless(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: text that begins with = + - @, a tab or a return gets a quote."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + value
    return value
