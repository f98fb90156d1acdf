"""`make drill` sets DRILL=1 and runs the long forms: more histories, more nights, more kills than a commit waits for."""

import os
from typing import TypeVar

IS_LONG = os.environ.get("DRILL") == "1"

T = TypeVar("T")


def short_or_long(short: T, long: T) -> T:
    """What a test takes in CI, and in a drill."""
    return long if IS_LONG else short
