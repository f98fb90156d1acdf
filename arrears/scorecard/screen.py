"""Columns that are not judged at all, and why: forbidden, empty, constant, or a name for the row."""

import re

import numpy as np
import pyarrow.compute as pc

from arrears.scorecard.points import Column, Floats

NEVER_USED = re.compile(
    r"(^|[^a-z])(sex|gender|marital|marriage|ethnic|ethnicity|race|religion|religious|health|disability)([^a-z]|$)"
    r"|性别|婚姻|民族|宗教|健康|残疾",
    re.IGNORECASE,
)
"""Column names that speak of what may never raise or lower a risk."""

FEWEST_TO_BE_A_NAME = 100
"""Rows below which all values may differ by chance."""


def is_never_used(name: str) -> bool:
    """Does the column's name say that it holds sex, marital status, ethnicity, religion or health?"""
    return NEVER_USED.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)) is not None


def unfit(name: str, column: Column) -> str | None:
    """Why the column is not judged; None when it is."""
    if is_never_used(name):
        return "sex, marital status, ethnicity, religion and health are never used"
    return _unfit_number(column) if isinstance(column, np.ndarray) else _unfit_text(column)


def _unfit_number(values: Floats) -> str | None:
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return "it holds nothing"
    if len(known) == len(values) and (known == known[0]).all():
        return "all its values are the same"
    return "it is a name or a number of the row: no two are the same" if _is_name(known) else None


def _is_name(known: Floats) -> bool:
    """Whole numbers, no two the same, that count the rows or have all the same number of digits."""
    if len(known) < FEWEST_TO_BE_A_NAME or not np.isfinite(known).all() or (known != np.floor(known)).any():
        return False
    steps = np.diff(known)
    if not ((steps > 0).all() or (steps < 0).all()):
        ordered = np.sort(known)
        if (np.diff(ordered) == 0).any():
            return False
        is_dense = ordered[-1] - ordered[0] < 2 * len(known)
        digits = np.floor(np.log10(np.maximum(np.abs(known), 1)))
        return bool(is_dense or (digits[0] >= 5 and (digits == digits[0]).mean() > 0.99))
    return True


def _unfit_text(values: Column) -> str | None:
    known = values.drop_null()
    if len(known) == 0:
        return "it holds nothing"
    distinct = pc.count_distinct(known).as_py()
    if distinct == 1 and len(known) == len(values):
        return "all its values are the same"
    return None
