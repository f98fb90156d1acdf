"""Trying a policy: on a stored night, and on past ones against what really happened. Nothing of a night is changed."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from arrears.deployment import lake_of, load_source
from arrears.domain.run import Run, RunKind
from arrears.errors import UsageError
from arrears.lake.lake import Lake
from arrears.nights.many import make_nights
from arrears.nights.training import outcome_of
from arrears.outcomes.labels import labels
from arrears.pipeline import Progress, open_run, part, quiet
from arrears.policy.decide import reasons
from arrears.policy.files import Capacity
from arrears.policy.rules import Policy, load_policy
from arrears.policy.simulate import Files, compared
from arrears.review.simulation import Came, PastNight, Simulation
from arrears.review.simulation_page import Heading, page
from arrears.scorecard.card import Card, from_json
from arrears.scorecard.expert import load_card
from arrears.settings import settings
from arrears.snapshot.catalogue import load_catalogue

NEWEST = dt.date.max
"""The day on which the simulated folder's newest files are in force."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A stored night with the policy in force on it and the one that is tried; `card_after` is None where scores stand."""

    run: Run
    files: Files
    before: Policy
    after: Policy
    card_before: Card
    card_after: Card | None


def simulate_night(
    run: Run,
    folder: Path,
    out: Path,
    examples: int,
    past: Sequence[PastNight],
    language: str,
    progress: Progress = quiet,
) -> Simulation:
    """Write report.html, moves.csv and totals.csv into `out`; gives what the report tells."""
    here, lake = settings(), lake_of(run.source)
    with lake.reading():
        trial = trial_of(run, folder, lake)
        with compared(
            trial.files, trial.before, trial.after, here, card=trial.card_after, progress=part(progress, 0.6, 0.9)
        ) as told:
            accounts, moved = told.accounts()
            found = Simulation(
                accounts,
                moved,
                told.totals(),
                told.whys(),
                told.examples(examples),
                hours_of(trial.before),
                hours_of(trial.after),
            )
            told.write_moves(out / "moves.csv")
    found.write_totals(out / "totals.csv")
    heading = Heading(
        run,
        str(folder),
        trial.before.version,
        trial.after.version,
        trial.card_before.version,
        (trial.card_after or trial.card_before).version,
        load_source(run.source).declared.currency,
    )
    text = page(found, heading, past, reasons(trial.after), here.templates, language)
    aside = out / ".report.html.part"
    aside.write_text(text, encoding="utf-8")
    aside.replace(out / "report.html")
    return found


def past_nights(
    source: str, folder: Path, first: dt.date, last: dt.date, today: dt.date, progress: Progress = quiet
) -> list[PastNight]:
    """The stored nights from `first` to `last` whose horizon has passed `today`; UsageError when there is none."""
    lake = lake_of(source)
    stored = [Run.from_json(found.manifest["run"]) for _, found in lake.nights("signals")]
    runs = [run for run in stored if run.kind is not RunKind.RESTATE and first <= run.as_of <= last]
    judged = [run for run in runs if outcome_of(run.as_of).matures_on(run.as_of) <= today]
    if not judged:
        told = "whose outcome is known by now" if runs else "in the lake"
        raise UsageError(
            f"{source}: from {first} to {last} there is no night {told}; `arrears backfill run` makes nights"
        )
    matured = [open_run(source, outcome_of(run.as_of).matures_on(run.as_of), RunKind.BACKFILL) for run in judged]
    make_nights(matured, quiet, stages=("pull",))
    found = []
    with lake.reading():
        for done, (run, then) in enumerate(zip(judged, matured, strict=True)):
            progress(f"what became of {run.as_of}", 0.6 * done / len(judged))
            found.append(_past(run, then, folder, lake))
    return found


def trial_of(run: Run, folder: Path, lake: Lake) -> Trial:
    """Both policies checked whole. The folder's scorecard counts when it is neither the night's own nor the one that lies
    in the policy in force."""
    here = settings()
    catalogue = load_catalogue(here.sql)
    scores = lake.stage("scores", run)
    stored = from_json(json.dumps(scores.manifest["card"]))
    tried, live = load_card(folder, NEWEST, catalogue), load_card(here.policy, run.as_of, catalogue)
    is_other = tried.version not in (stored.version, live.version)
    after = load_policy(folder, NEWEST, catalogue, tried if is_other else stored)
    return Trial(
        run,
        Files(lake.stage("features", run).files, scores.files),
        load_policy(here.policy, run.as_of, catalogue, stored),
        replace(after, as_of=run.as_of),
        stored,
        tried if is_other else None,
    )


def hours_of(policy: Policy) -> dict[str, Decimal]:
    return {str(name): hours for name, hours in policy.credit.capacity.hours.items()}


def _past(run: Run, matured: Run, folder: Path, lake: Lake) -> PastNight:
    trial = trial_of(run, folder, lake)
    became = labels(run, matured, outcome_of(run.as_of), settings(), lake)
    with compared(trial.files, trial.before, trial.after, settings(), card=trial.card_after) as told:
        warned = told.warned()
    came = [
        came_of(warned, became, run.as_of, policy.credit.capacity, side)
        for policy, side in ((trial.before, "before"), (trial.after, "after"))
    ]
    return PastNight(run.as_of, *came)


def came_of(warned: pa.Table, became: pa.Table, as_of: dt.date, capacity: Capacity, side: str) -> Came:
    """What came of one side's warnings. Accounts without an outcome, those in collection already, are left out."""
    with duckdb.connect(":memory:", config={"threads": 1}) as con:
        con.register("warned", warned)
        con.register("became", became)
        con.register("capacity", _by_district(capacity))
        row = con.execute(
            f"""WITH told AS (
    SELECT became.is_arrears, became.most_owed_amount, became.arrears_on - CAST($as_of AS DATE) AS lead_days,
        level_{side} <> 'none' AS is_warned,
        level_{side} <> 'none' AND row_number() OVER (
            PARTITION BY warned.district ORDER BY level_{side} = 'none', expected_loss_{side} DESC, warned.account_id
        ) <= coalesce(capacity.cases, $cases) AS is_worked
    FROM became JOIN warned USING (account_id) LEFT JOIN capacity ON capacity.district = warned.district
)
SELECT count(*) FILTER (is_warned), count(*) FILTER (is_warned AND is_arrears),
    coalesce(sum(most_owed_amount) FILTER (is_warned AND is_arrears), 0), count(*) FILTER (is_arrears),
    coalesce(sum(most_owed_amount) FILTER (is_arrears), 0), count(*) FILTER (is_worked),
    count(*) FILTER (is_worked AND is_arrears), coalesce(sum(most_owed_amount) FILTER (is_worked AND is_arrears), 0),
    CAST(coalesce(sum(lead_days) FILTER (is_worked AND is_arrears), 0) AS BIGINT)
FROM told""",  # noqa: S608 - `side` is before or after
            {"as_of": as_of, "cases": capacity.cases_per_district_day},
        ).fetchall()[0]
    return Came(*row)


def _by_district(capacity: Capacity) -> pa.Table:
    names = sorted(capacity.by_district)
    cases = pa.array([capacity.by_district[name] for name in names], pa.int64())
    return pa.table({"district": pa.array(names, pa.string()), "cases": cases})
