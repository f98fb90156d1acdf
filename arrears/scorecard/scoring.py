"""A file of rows becomes a file of scores, some rows at a time."""

import gzip
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from arrears.errors import UsageError
from arrears.scorecard.card import Card
from arrears.scorecard.points import Column, Scores, score
from arrears.scorecard.tabular import is_parquet, open_table

LIKELY = ("probability", "probability_low", "probability_high")
REASONS = tuple(f"reason_{number}" for number in range(1, 5))
TYPES: dict[str, pa.DataType] = {
    "id": pa.string(),
    **dict.fromkeys(LIKELY, pa.decimal128(9, 6)),
    "points": pa.decimal128(9, 2),
    "grade": pa.string(),
    **dict.fromkeys(REASONS, pa.string()),
}
SCHEMA = pa.schema(TYPES)
PLAIN = pc_csv.WriteOptions(quoting_style="needed")

UNLIKE = 0.2
"""Share of a feature's rows that may be missing or unseen beyond what was so at the fit, before it is told."""


@dataclass(frozen=True, slots=True)
class Applied:
    """How many rows were scored, and what about them is unlike the rows of the fit."""

    rows: int
    notes: tuple[str, ...]


def apply_card(card: Card, path: Path, out: Path, *, key: str | None = None) -> Applied:
    """Score the file's rows in their order into `out` (CSV, .gz too, or Parquet), which appears whole or not at all. The id
    is the column `key`, else the one that the fit had, else the row's number; UsageError when a feature has no column."""
    with ExitStack() as stack:
        table = stack.enter_context(open_table(path))
        table.require([*card.features, *([key] if key else [])])
        fitted = card.training.columns.get("id") if card.training else None
        key = key or (fitted if fitted in table.types else None)
        kinds = {each.feature: each.kind for part in card.parts for each in part.characteristics}
        wanted = {name: kinds.get(name, "category") for name in card.features}
        odd = _Unlike(card)
        aside = out.with_name(f".{out.name}.part")
        rows = 0
        try:
            with _writer(aside, out) as write:
                reading = wanted if key is None or key in wanted else {**wanted, key: "category"}
                for batch in table.batches(reading):
                    columns = {name: batch[name] for name in wanted}
                    made = score(card, columns)
                    odd.count(columns)
                    count = len(made.points)
                    named = _id(batch[key]) if key else pa.array(range(rows + 1, rows + count + 1)).cast(pa.string())
                    write(table_of(card, made, named))
                    rows += count
            aside.replace(out)
        finally:
            aside.unlink(missing_ok=True)
    return Applied(rows, odd.told(rows))


def table_of(card: Card, made: Scores, ids: Column) -> pa.Table:
    """Scores as people and programs read them."""
    grades = [grade.grade for grade in card.grades]
    likely = [_decimals(values * 1e6, 6) for values in (made.probability, made.low, made.high)]
    reasons = [_named([*card.features, None], each) for each in made.reasons]
    points = _decimals(made.points, 2)
    return pa.table([ids, *likely, points, _named(grades, made.grade), *reasons], schema=SCHEMA)


def _decimals(values: NDArray[Any], scale: int) -> Column:
    """Whole numbers of the last digit as DECIMAL(9, scale); NaN becomes NULL."""
    absent = np.isnan(values)
    whole = np.rint(np.where(absent, 0, values)).astype(np.int64)
    wide = np.ascontiguousarray(np.column_stack([whole, whole >> 63]))
    valid = pa.py_buffer(np.packbits(~absent, bitorder="little").tobytes()) if absent.any() else None
    return pa.Array.from_buffers(pa.decimal128(9, scale), len(whole), [valid, pa.py_buffer(wide.tobytes())])


def _named(names: Sequence[str | None], places: NDArray[np.int64]) -> Column:
    """The names at these places; -1 is the last one."""
    found: Column = pa.array(names, pa.string())
    return found.take(pa.array(np.where(places < 0, len(names) - 1, places)))


def _id(column: Column) -> Column:
    return column.cast(pa.string()) if isinstance(column, pa.Array) else pa.array([f"{each:g}" for each in column])


@contextmanager
def _writer(path: Path, out: Path) -> Iterator[Callable[[pa.Table], None]]:
    """A function that takes tables into `path`, in the format that `out` is called by."""
    try:
        if is_parquet(out):
            with pq.ParquetWriter(str(path), SCHEMA) as parquet:
                yield parquet.write_table
            return
        with ExitStack() as stack:
            file: Any = stack.enter_context(path.open("wb"))
            if out.suffix.lower() == ".gz":
                file = stack.enter_context(gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6, mtime=0))
            yield stack.enter_context(pc_csv.CSVWriter(file, SCHEMA, write_options=PLAIN)).write_table
    except OSError as error:
        raise UsageError(f"{out}: it cannot be written here ({error.strerror or error})") from error


class _Unlike:
    """Counts, by feature, of what is missing or unseen."""

    def __init__(self, card: Card) -> None:
        self.card = card
        self.items = {each.feature: each for each in card.parts[-1].characteristics}
        self.missing = dict.fromkeys(self.items, 0)
        self.unseen = dict.fromkeys(self.items, 0)
        self.named = {
            name: pa.array([text for found in item.bins for text in found.values], pa.string())
            for name, item in self.items.items()
            if item.kind == "category"
        }

    def count(self, columns: dict[str, Column]) -> None:
        for name in self.items:
            column = columns[name]
            if isinstance(column, np.ndarray):
                self.missing[name] += int(np.isnan(column).sum())
                continue
            self.missing[name] += column.null_count
            named: Column = pc.is_in(column, value_set=self.named[name])
            self.unseen[name] += len(column) - column.null_count - named.true_count

    def told(self, rows: int) -> tuple[str, ...]:
        """One sentence for each feature and kind of value that is more frequent than at the fit, by a fifth of the rows."""
        notes = []
        for name, item in self.items.items():
            total = sum(found.rows for found in item.bins)
            for kind, counts in (("missing", self.missing), ("unseen", self.unseen)):
                before = sum(found.rows for found in item.bins if found.kind == kind) / total if total else 0.0
                now = counts[name] / rows if rows else 0.0
                if now > before + UNLIKE:
                    notes.append(f"{name}: {now:.0%} of the rows are {kind}, at the fit {before:.0%} were")
        return tuple(notes)
