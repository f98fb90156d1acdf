"""Rows to fit a scorecard on, from the lake: the first night of each month, and what became of its accounts.

The months that judge are the last; between them and the months of the fit lies a horizon, so that a card is judged as it
would have been used: fitted on outcomes that were known before the first night that it is judged on."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from arrears.deployment import lake_of, load_rules
from arrears.domain.run import Run, RunKind
from arrears.engine import duckdb as engine
from arrears.errors import UsageError
from arrears.lake.lake import Lake
from arrears.nights.many import make_nights
from arrears.outcomes.labels import Outcome, labels
from arrears.pipeline import Progress, open_run, part, quiet
from arrears.settings import settings
from arrears.snapshot.catalogue import load_catalogue

TARGET = "fell_into_arrears"
OVERDUE = "was_overdue"
"""Whether anything was past due on the night: the rule that a card must beat."""

SEGMENT = "segment"
NOT_SCORED = ("account_id", "customer_id", "as_of", SEGMENT, "district", OVERDUE)
"""Columns beside features of role risk: ids, time, and what figures are shown by."""

JUDGING = 6
"""Of so many months one judges."""


@dataclass(frozen=True, slots=True)
class Span:
    """Nights whose accounts a card is fitted on, and nights that judge it."""

    fitted: tuple[dt.date, ...]
    judging: tuple[dt.date, ...]


@dataclass(frozen=True, slots=True)
class History:
    """`fitted` holds rows to fit on; `judged` the same and those of the nights that judge."""

    fitted: Path
    judged: Path
    span: Span


def firsts(first: dt.date, last: dt.date) -> list[dt.date]:
    """The first day of each month from that of `first` to that of `last`."""
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [dt.date(number // 12, number % 12 + 1, 1) for number in numbers]


def span_of(first: dt.date, last: dt.date, outcome: Outcome) -> Span:
    """The firsts of months from `first` to `last`; UsageError when they are too few for both."""
    months = firsts(first, last)
    judging = tuple(months[-max(1, len(months) // JUDGING) :])
    fitted = tuple(day for day in months if judging and outcome.matures_on(day) <= judging[0])
    if not fitted:
        raise UsageError(
            f"from {first:%Y-%m} to {last:%Y-%m} there is no month to fit on: the last month judges, and the "
            f"{outcome.horizon_days} days before it are left out; begin earlier"
        )
    return Span(fitted, judging)


def make_history(source: str, first: dt.date, last: dt.date, today: dt.date, progress: Progress = quiet) -> History:
    """Pull what is missing, make the features of nights that have none, work out outcomes, write both tables. Nights that
    stand are used as they stand; nothing is folded, no letter is drafted."""
    outcome = outcome_of(last)
    span = span_of(first, last, outcome)
    days = sorted({*span.fitted, *span.judging})
    latest = outcome.matures_on(days[-1])
    if latest > today:
        raise UsageError(f"{source}: what became of {days[-1]} is known on {latest}; ask for months before, with --to")
    tables = rows_on(source, days, outcome, today, progress)
    folder = settings().state / "scorecards" / source / f"{first:%Y-%m}--{last:%Y-%m}"
    history = History(folder / "fitted.parquet", folder / "judged.parquet", span)
    write_rows(history.fitted, tables[: len(span.fitted)])
    write_rows(history.judged, tables)
    return history


def rows_on(
    source: str, days: Sequence[dt.date], outcome: Outcome, today: dt.date, progress: Progress = quiet
) -> list[pa.Table]:
    """The accounts of each of these nights with what became of them; NULL where that is not known `today`."""
    runs = [open_run(source, day, RunKind.BACKFILL) for day in days]
    matured = [
        open_run(source, outcome.matures_on(day), RunKind.BACKFILL) if outcome.matures_on(day) <= today else None
        for day in days
    ]
    make_nights([*runs, *(run for run in matured if run)], quiet, stages=("pull",))
    make_nights(runs, part(progress, 0, 0.8), stages=("features",))
    lake, tables = lake_of(source), list[pa.Table]()
    with lake.reading():
        for done, (run, then) in enumerate(zip(runs, matured, strict=True)):
            progress(f"what became of the accounts of {run.as_of}", 0.8 + 0.2 * done / len(days))
            tables.append(rows_of(run, then, outcome, lake))
    return tables


def outcome_of(as_of: dt.date) -> Outcome:
    """What is predicted, by the policy in force."""
    values = load_rules(as_of)[1].values
    return Outcome(int(values.horizon_days.value), values.collection_amount.value)


def rows_of(run: Run, matured: Run | None, outcome: Outcome, lake: Lake) -> pa.Table:
    """One row for each account that was not in collection, in order of account: what may be scored, and nothing that is
    kept out."""
    here = settings()
    scored = [name for name, each in load_catalogue(here.sql).features.items() if each.role == "risk"]
    columns = ", ".join((SEGMENT, "district", *scored))
    became = "CAST(NULL AS BOOLEAN)" if matured is None else "became.is_arrears"
    known = "" if matured is None else "JOIN became USING (account_id)"
    sql = f"""SELECT
    account_id, customer_id, DATE '{run.as_of}' AS as_of, overdue_amount > 0 AS {OVERDUE}, {columns}, {became} AS {TARGET}
FROM features {known}
WHERE overdue_15_days_amount < CAST($least AS DECIMAL(18, 2))
ORDER BY account_id"""  # noqa: S608 - names of our own catalogue
    with engine.reading(lake.stage("features", run).files, "features") as con:
        if matured is not None:
            con.register("became", labels(run, matured, outcome, here, lake))
        found: pa.Table = con.sql(sql, params={"least": str(outcome.least_amount)}).to_arrow_table()
    return found


def write_rows(path: Path, tables: list[pa.Table]) -> None:
    """Whole or not at all; the same rows are the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    with pq.ParquetWriter(aside, tables[0].schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table, row_group_size=65_536)
    aside.replace(path)
