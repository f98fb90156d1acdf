"""What became of the accounts of a night: did they fall into arrears within the horizon?

Known when the horizon has passed, from what is known then. An account that is in collection on the night itself, or was not
open, has no outcome."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import duckdb
import pyarrow as pa

from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.errors import LakeError
from arrears.lake.buckets import passes
from arrears.lake.lake import Lake
from arrears.settings import Settings
from arrears.snapshot.features import accounts_known, narrow_gates, open_gates

LATE_DAYS = 15
"""Days past due from which an unpaid bill is arrears; the same as in the feature `overdue_15_days_amount`."""

STEPS = (
    "account_number",
    "cohort",
    "bill_issued",
    "payment_made",
    "adjustment_booked",
    "bill_axis",
    "payment_axis",
    "allocation",
    "contested_bill",
)
"""The files of sql/features that an outcome needs."""

QUIET_DAYS = 14
"""Without a payment for so long nobody can say who paid: the source's books end earlier."""


class BooksEndError(LakeError):
    """What became of a night cannot be known: nothing was paid, or nothing was pulled, at the end of its horizon."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to be predicted, as the policy of a night has it."""

    horizon_days: int
    least_amount: Decimal

    def matures_on(self, as_of: dt.date) -> dt.date:
        """The night on which the outcome of `as_of` is known."""
        return as_of + dt.timedelta(days=self.horizon_days)


def labels(run: Run, matured: Run, outcome: Outcome, settings: Settings, lake: Lake) -> pa.Table:
    """`account_id`, `is_arrears`, `arrears_on`, `most_owed_amount` of every account of the night `run` that was not in
    collection then, in order of account; `matured` is the run, pulled, at the end of the horizon."""
    with engine.reading(lake.stage("features", run).files, "features") as con:
        con.register("became", became(run, matured, outcome, settings, lake))
        made: pa.Table = con.sql(
            """SELECT
    account_id,
    coalesce(is_arrears, FALSE) AS is_arrears,
    arrears_on,
    coalesce(most_owed_amount, 0) AS most_owed_amount
FROM features
LEFT JOIN became USING (account_id)
WHERE overdue_15_days_amount < CAST($least AS DECIMAL(18, 2))
ORDER BY account_id""",
            params={"least": str(outcome.least_amount)},
        ).to_arrow_table()
    return made


def became(run: Run, matured: Run, outcome: Outcome, settings: Settings, lake: Lake) -> pa.Table:
    """The rows of `arrears_outcome`, of the whole cohort of `run`, in order of account; BooksEndError when nobody can say."""
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        open_gates(con, matured, settings, lake)
        latest = engine.one(con, "SELECT max(paid_on) FROM payment_known")[0]
        if latest is None or latest < matured.as_of - dt.timedelta(days=QUIET_DAYS):
            raise BooksEndError(
                f"{run.source}: no payment is known of the {QUIET_DAYS} days before {matured.as_of}, so nobody can say what "
                f"became of {run.as_of}; ask for outcomes of earlier nights, or pull what is missing"
            )
        made = []
        for buckets in passes(accounts_known(con)):
            narrow_gates(con, matured, settings, lake, buckets)
            make_outcomes(con, settings, run.as_of, matured.as_of, outcome)
            made.append(con.sql("SELECT * FROM arrears_outcome").to_arrow_table())
        return pa.concat_tables(made).sort_by("account_id")
    finally:
        con.close()


def make_outcomes(
    con: duckdb.DuckDBPyConnection, settings: Settings, as_of: dt.date, matured_on: dt.date, outcome: Outcome
) -> None:
    """Leaves the temporary table `arrears_outcome`; the gates must stand at `matured_on`. The cohort is that of `as_of`: who
    closed an account since may well have left a debt."""
    for step in STEPS:
        day = as_of if step == "cohort" else matured_on
        engine.create_from_file(con, settings.sql / "features" / f"{step}.sql", {"as_of": day})
    values = {
        "as_of": as_of,
        "horizon_days": outcome.horizon_days,
        "late_days": LATE_DAYS,
        "least_cents": int(outcome.least_amount * 100),
    }
    engine.create_from_file(con, settings.sql / "outcomes" / "arrears_outcome.sql", values)
