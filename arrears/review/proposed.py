"""What a night proposes on each axis, counted: for its summary."""

from dataclasses import dataclass

from arrears.domain.decision import hurts
from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.lake.lake import Lake
from arrears.policy.axes import AXES

ANEW = {
    "payment_mode": "JOIN features USING (account_id) "
    "WHERE payment_mode <> coalesce(features.payment_mode_in_force, 'postpay')"
}
"""By axis which proposals are news: who pays in a way already, and goes on to, is none."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """Accounts for which the night proposes a value that is not the axis's calm one."""

    axis: str
    value: str
    accounts: int

    @property
    def hurts(self) -> bool:
        """Whether a person must confirm it."""
        return hurts(self.axis, self.value)


def proposed(lake: Lake, run: Run) -> list[Proposed]:
    """By axis and value, in the order in which the axes are decided."""
    counted = " UNION ALL ".join(
        f"SELECT '{axis}' AS axis, {axis} AS value, count(*) AS accounts FROM signals {ANEW.get(axis, '')} GROUP BY {axis}"
        for axis in AXES
    )
    with engine.reading(lake.stage("signals", run).files, "signals") as con:
        con.execute(f"CREATE VIEW features AS FROM {engine.parquet(lake.stage('features', run).files)}")
        found = {(axis, value): accounts for axis, value, accounts in con.execute(counted).fetchall()}
    return [
        Proposed(axis, value, found[axis, value])
        for axis, values in AXES.items()
        for value in values[1:]
        if (axis, value) in found
    ]
