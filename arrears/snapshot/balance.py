"""Conservation: money that comes into the features comes out of them, account by account and in total, or the night stops."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path

import duckdb

from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.errors import BalanceError

NAMED = 5
"""How many of the accounts that do not balance are named."""

_TOTALS = """SELECT
    (SELECT coalesce(sum(cents), 0) FROM adjustment_booked WHERE kind = 'opening_balance'),
    (SELECT coalesce(sum(cents), 0) FROM bill_issued),
    (SELECT coalesce(sum(cents), 0) FROM payment_made WHERE undone_on IS NULL),
    (SELECT coalesce(sum(cents), 0) FROM adjustment_booked WHERE kind = 'credit'),
    (SELECT coalesce(sum(cents), 0) FROM adjustment_booked WHERE kind = 'write_off'),
    (SELECT coalesce(CAST(sum(open_amount) * 100 AS HUGEINT), 0) FROM own_features),
    (SELECT coalesce(CAST(sum(credit_amount) * 100 AS HUGEINT), 0) FROM own_features)"""


@dataclass(frozen=True, slots=True)
class Totals:
    """In cents: opening + billed - paid - credited - written_off = open - credit."""

    opening: int = 0
    billed: int = 0
    paid: int = 0
    credited: int = 0
    written_off: int = 0
    open: int = 0
    credit: int = 0

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    @property
    def booked(self) -> Decimal:
        """What the entries leave to pay, prepaid money taken off."""
        return in_money(self.opening + self.billed - self.paid - self.credited - self.written_off)

    @property
    def told(self) -> Decimal:
        """What the features say is left to pay, prepaid money taken off."""
        return in_money(self.open - self.credit)

    def to_json(self) -> dict[str, str]:
        return {each.name: str(in_money(getattr(self, each.name))) for each in fields(self)}


def in_money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def check_balance(con: duckdb.DuckDBPyConnection, folder: Path, run: Run) -> None:
    """Run every query of `folder`, each of which yields `place` and `difference_cents` where something is wrong; BalanceError
    when one yields a row. The tables of a bucket must be there."""
    for path in sorted(folder.glob("*.sql")):
        rows = engine.execute(con, path.read_text(encoding="utf-8"), {"as_of": run.as_of}).fetchall()
        if rows:
            raise BalanceError(_sentence(path, run, sorted(rows)))


def totals(con: duckdb.DuckDBPyConnection) -> Totals:
    """Of the bucket whose tables are there."""
    return Totals(*map(int, engine.one(con, _TOTALS)))


def _sentence(path: Path, run: Run, rows: Sequence[tuple[str, int]]) -> str:
    named = ", ".join(f"{place} by {in_money(int(cents))}" for place, cents in rows[:NAMED])
    more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    off = in_money(sum(int(cents) for _, cents in rows))
    return (
        f"{run.source}: features as of {run.as_of} do not balance: {named}{more} ({len(rows)} in all, together {off}); "
        f"the rule is in {path}, nothing was written"
    )
