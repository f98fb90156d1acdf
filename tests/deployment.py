"""A small deployment: the demo utility with a few hundred accounts, in a state folder of its own."""

import datetime as dt
from pathlib import Path

from arrears.settings import Settings
from arrears.sources.simulate import simulate

LAST_DAY = dt.date(2026, 10, 31)
NIGHT = LAST_DAY + dt.timedelta(days=1)
"""As of this morning the last day of the books is known."""


def small_demo(state: Path) -> Settings:
    simulate(
        url=f"sqlite:///{state}/demo/billing.db",
        meter_folder=state / "demo" / "meter",
        accounts=200,
        start=dt.date(2026, 1, 1),
        until=LAST_DAY,
        seed=1,
        meter_from=dt.date(2026, 10, 1),
        progress=None,
    )
    return Settings(state=state)
