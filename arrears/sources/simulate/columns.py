"""Rows of a journal as columns, and the window of stamps that they are cut to."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .months import stamps
from .random_streams import Bools, Ints, RandomStreams

Objects: TypeAlias = NDArray[np.object_]
Columns: TypeAlias = dict[str, NDArray[Any]]
"""By column name; days and stamps as whole numbers, `entered_at` always among them, codes and texts as objects."""


@dataclass(frozen=True)
class Window:
    """The stamps to add, [since, end) in local seconds."""

    since: int
    end: int

    def cut(self, columns: Columns, where: Bools | None = None) -> Columns:
        """The rows stamped within, of those `where` holds."""
        entered = columns["entered_at"]
        kept = (entered >= self.since) & (entered < self.end)
        if where is not None:
            kept &= where
        return {name: column[kept] for name, column in columns.items()}


def joined(parts: list[Columns]) -> Columns:
    """The rows of all parts, which have the same columns."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def texts(values: list[str]) -> Objects:
    """A column of text."""
    return np.array(values, dtype=object)


def coded(codes: tuple[str | None, ...], position: Ints) -> Objects:
    """Codes by position; None for a negative position."""
    table = np.array([*codes, None], dtype=object)
    column: Objects = table[position]
    return column


def constant(value: str | None, rows: int) -> Objects:
    """The same in every row."""
    return np.full(rows, value, dtype=object)


def or_null(values: Ints, is_known: Bools) -> Objects:
    """Whole numbers, None where they are not known."""
    column: Objects = values.astype(object)
    column[~is_known] = None
    return column


def bill_ids(index: Ints, column: Ints) -> Ints:
    """The id of a month's bill as first issued; a re-issue has the next number, a recovery bill the one after."""
    return ((index + 1) * 1000 + column) * 10


def office_stamps(streams: RandomStreams, purpose: str, days: Ints, key: Ints) -> Ints:
    """When a clerk enters what happened on a day: mostly within two days, now and then weeks later."""
    lag = streams.between(f"{purpose}/lag", 0, 2, key)
    weeks = streams.between(f"{purpose}/weeks", 7, 30, key)
    lag = np.where(streams.chance(f"{purpose}/late", 0.03, key), weeks, lag)
    return stamps(days + lag, streams.between(f"{purpose}/second", 9 * 3600, 17 * 3600, key))
