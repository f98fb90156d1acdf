"""The warning list of a night: every account that its signals warn of, the largest expected loss first."""

import datetime as dt
from dataclasses import dataclass, fields
from decimal import Decimal

from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.lake.lake import Lake


@dataclass(frozen=True, slots=True)
class Warned:
    """One account that is warned of; amounts in the source's currency."""

    level: str
    account_id: str
    customer_id: str
    district: str
    voltage_class: str | None
    tariff: str | None
    grade: str
    points: Decimal
    probability: Decimal
    exposure_amount: Decimal
    expected_loss_amount: Decimal
    open_amount: Decimal
    overdue_amount: Decimal
    oldest_days_past_due: int | None
    next_due_on: dt.date | None
    next_due_amount: Decimal
    level_rule: str
    payment_mode: str
    treatment: str
    reason_1: str | None
    reason_2: str | None
    reason_3: str | None
    reason_4: str | None

    @property
    def reasons(self) -> list[str]:
        """Feature names, the costliest first."""
        return [name for name in (self.reason_1, self.reason_2, self.reason_3, self.reason_4) if name]


@dataclass(frozen=True, slots=True)
class Count:
    """Warnings of one level in one district, and what they are expected to lose."""

    district: str
    level: str
    accounts: int
    expected_loss_amount: Decimal


def warnings(
    lake: Lake, run: Run, *, level: str | None = None, district: str | None = None, most: int | None = None
) -> list[Warned]:
    """The warned accounts, by expected loss, then account id."""
    columns = ", ".join(field.name for field in fields(Warned))
    with engine.reading(lake.stage("signals", run).files, "signals") as con:
        rows = con.execute(
            f"SELECT {columns} FROM signals WHERE level IS NOT NULL "
            "AND (CAST($level AS VARCHAR) IS NULL OR level = $level) "
            "AND (CAST($district AS VARCHAR) IS NULL OR district = $district) "
            "ORDER BY expected_loss_amount DESC, account_id LIMIT $most",
            {"level": level, "district": district, "most": most if most is not None else 2**62},
        ).fetchall()
    return [Warned(*row) for row in rows]


def districts(lake: Lake, run: Run) -> list[str]:
    """Those that have an open account."""
    with engine.reading(lake.stage("signals", run).files, "signals") as con:
        return [district for (district,) in con.execute("SELECT DISTINCT district FROM signals ORDER BY 1").fetchall()]


def counts(lake: Lake, run: Run) -> list[Count]:
    """Warnings by district and level."""
    with engine.reading(lake.stage("signals", run).files, "signals") as con:
        rows = con.execute(
            "SELECT district, level, count(*), sum(expected_loss_amount) FROM signals WHERE level IS NOT NULL "
            "GROUP BY district, level ORDER BY district, level"
        ).fetchall()
    return [Count(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """All open accounts of the night: how many, what they owe, how many are in collection already."""

    accounts: int
    open_amount: Decimal
    overdue_amount: Decimal
    in_collection: int
    in_collection_amount: Decimal
    warned: int
    warned_expected_loss_amount: Decimal


def portfolio(lake: Lake, run: Run) -> Portfolio:
    """The night in seven figures."""
    with engine.reading(lake.stage("signals", run).files, "signals") as con:
        row = engine.one(
            con,
            """SELECT count(*), coalesce(sum(open_amount), 0), coalesce(sum(overdue_amount), 0),
    count(*) FILTER (WHERE is_in_collection), coalesce(sum(overdue_amount) FILTER (WHERE is_in_collection), 0),
    count(level), coalesce(sum(expected_loss_amount) FILTER (WHERE level IS NOT NULL), 0)
FROM signals""",
        )
    return Portfolio(*row)
