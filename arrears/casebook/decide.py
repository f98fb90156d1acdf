"""The stage that keeps decisions: what each account's proposals changed to tonight, in one transaction.

Live nights are decided in as-of order, each once. A shadow is decided anew from the earliest of the given nights on, so that
the order in which its nights were run leaves no trace."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, Engine

from arrears.casebook import read, store
from arrears.casebook.fold import timeline_of
from arrears.casebook.proposals import Changed, Night, Proposals
from arrears.casebook.schema import lock
from arrears.casebook.tables import LIVE
from arrears.domain.run import Receipt, Run, RunKind
from arrears.engine import duckdb as engine_of_lake
from arrears.errors import CasebookError
from arrears.settings import Settings

STAGE = "decide"

NightOf = Callable[[Run], Night]
"""The stored night of a run; a shadow asks for its later nights too."""


def decide(run: Run, night_of: NightOf, engine: Engine, settings: Settings) -> Receipt:
    """Keep what the run proposes anew. A night that is decided already gives its stored receipt."""
    (receipt,) = decide_nights([run], night_of, engine, settings)
    return receipt


def decide_nights(runs: Sequence[Run], night_of: NightOf, engine: Engine, settings: Settings) -> list[Receipt]:
    """The same for several folded runs of one timeline; the receipts come in as-of order. Rows in are proposals: one for
    each account and axis; repeated are those that stood already."""
    ordered = sorted(runs, key=lambda run: run.as_of)
    if ordered[0].kind is RunKind.DRY_RUN:
        return [Receipt(STAGE, run.run_key, 0, 0, remarks=("a dry run keeps no decision",)) for run in ordered]
    timeline = timeline_of(ordered[0])
    with engine.begin() as connection:
        lock(connection, f"casebook of {ordered[0].source}")
        receipts = _stored(connection, timeline, ordered)
        to_decide = [run for run in ordered if run.run_key not in receipts]
        if timeline != LIVE and to_decide:
            first = to_decide[0].as_of
            store.clear_shadow_decisions(connection, timeline, first)
            to_decide = [night.run for night in read.nights(connection, timeline) if night.run.as_of >= first]
        wanted = {run.run_key for run in ordered}
        for run, changed in _decided(connection, timeline, to_decide, night_of, settings):
            if run.run_key in wanted:
                receipts[run.run_key] = _receipt(run, changed)
        store.analyze_grown(connection)
        for run in ordered:
            store.write_receipt(connection, run, receipts[run.run_key])
    return [receipts[run.run_key] for run in ordered]


def _stored(connection: Connection, timeline: str, runs: Sequence[Run]) -> dict[str, Receipt]:
    """Of the nights that need nothing: what they said. CasebookError for a night that is not folded."""
    nights = [night.run for night in read.nights(connection, timeline)]
    folded = {night.run_key for night in nights}
    decided = [night.as_of for night in nights if read.receipt_of(connection, night, STAGE) is not None]
    latest = max(decided, default=None)
    receipts = {}
    for run in runs:
        stored = read.receipt_of(connection, run, STAGE)
        if timeline == LIVE and stored is not None:
            receipts[run.run_key] = stored
        elif (
            timeline == LIVE
            and nights
            and (
                (latest is not None and latest >= run.as_of)
                or (run.run_key not in folded and nights[-1].as_of >= run.as_of)
            )
        ):
            remark = f"not decided: live stands at {latest or nights[-1].as_of}"
            receipts[run.run_key] = Receipt(STAGE, run.run_key, 0, 0, remarks=(remark,))
        elif run.run_key not in folded:
            raise CasebookError(f"the night of {run.as_of} is not folded yet: no decision of it can be kept")
    return receipts


def _decided(
    connection: Connection, timeline: str, runs: Sequence[Run], night_of: NightOf, settings: Settings
) -> list[tuple[Run, Changed]]:
    if not runs:
        return []
    spill = settings.state / "spill"
    con = engine_of_lake.connect(threads=settings.threads, memory=settings.memory, spill=spill)
    made = []
    try:
        with TemporaryDirectory(dir=spill) as folder:
            standing = Path(folder) / "standing.csv"
            store.write_out_standing(connection, timeline, standing)
            proposals = Proposals(con, standing)
            for run in runs:
                changed = proposals.changed(night_of(run), timeline, Path(folder) / "changed.csv")
                store.write_proposals(connection, changed.file)
                made.append((run, changed))
    finally:
        con.close()
    return made


def _receipt(run: Run, changed: Changed) -> Receipt:
    remarks = [f"{count.axis} {count.value}: {count.accounts:,}" for count in changed.counts]
    if changed.waiting:
        remarks.append(f"wait for a person's confirmation: {changed.waiting:,}")
    return Receipt(
        STAGE,
        run.run_key,
        rows_in=changed.proposals,
        rows_out=changed.rows,
        rows_repeated=changed.proposals - changed.rows,
        remarks=tuple(remarks),
    )
