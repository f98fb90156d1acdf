"""The open cases: who works on which, what is due, the largest expected loss first."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Engine

from arrears.casebook import read
from arrears.domain.episode import Episode
from arrears.domain.episode_events import State
from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.lake.lake import Lake


@dataclass(frozen=True, slots=True)
class Listed:
    """A case, and what the latest night says of its account; nothing when it has left the cohort."""

    episode: Episode
    district: str | None
    expected_loss_amount: Decimal | None

    @property
    def due_on(self) -> dt.date | None:
        """The first day on which somebody has to look at it: its follow-up, or the day after an open promise's."""
        promise = self.episode.open_promise
        days = [self.episode.follow_up_on, promise.due_on + dt.timedelta(days=1) if promise else None]
        return min((day for day in days if day is not None), default=None)


def cases(
    casebook: Engine,
    lake: Lake,
    run: Run | None,
    *,
    owner: str | None = None,
    due: dt.date | None = None,
    state: State | None = None,
    district: str | None = None,
) -> list[Listed]:
    """The open cases that are this owner's, due by this day, in this state, in this district. `run`: the night whose signals
    say where they are and what they may cost."""
    episodes = read.open_episodes(casebook)
    facts = _facts(lake, run, [each.account_id for each in episodes]) if run else {}
    found = [Listed(each, *facts.get(each.account_id, (None, None))) for each in episodes]
    chosen = [
        each
        for each in found
        if owner in (None, each.episode.owner)
        and (due is None or (each.due_on is not None and each.due_on <= due))
        and state in (None, each.episode.state)
        and district in (None, each.district)
    ]
    return sorted(chosen, key=lambda each: (-(each.expected_loss_amount or Decimal(0)), each.episode.account_id))


def _facts(lake: Lake, run: Run, accounts: list[str]) -> dict[str, tuple[str, Decimal]]:
    with engine.reading(lake.stage("signals", run).files, "signals") as con:
        rows = con.execute(
            "SELECT account_id, district, expected_loss_amount FROM signals "
            "WHERE account_id IN (SELECT unnest(CAST(? AS VARCHAR[])))",
            [accounts],
        ).fetchall()
    return {account_id: (district, loss) for account_id, district, loss in rows}
