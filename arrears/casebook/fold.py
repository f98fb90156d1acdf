"""A night's signals become events and episodes, in one transaction.

Nightly runs fold into the live timeline, each as-of once and never backwards; promises to pay are judged there too.
Backfills share one shadow, restates have one for each known-at; a shadow is folded anew from its first night whenever a
night is put between others, so that the order in which its nights were run leaves no trace.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Engine

from arrears.casebook import read, store
from arrears.casebook.read import Night
from arrears.casebook.schema import lock
from arrears.casebook.tables import LIVE
from arrears.domain.episode import Episode
from arrears.domain.episode_events import (
    CoolDownEnded,
    Level,
    LevelChanged,
    PromiseBroken,
    PromiseKept,
    Raised,
    Resolved,
)
from arrears.domain.episode_fold import Change, FoldRules, Signal, awaits_verdict, fold_night, judge_promises
from arrears.domain.run import Receipt, Run, RunKind, midnight

SignalsOf = Callable[[Run], Iterable[pa.Table]]
"""The signals of a run, in any number of pieces; a shadow asks for those of its earlier nights too."""

PaidOf = Callable[[Run, Sequence[Episode]], Mapping[str, Decimal]]
"""By promise of these episodes: what was paid from the day it was made to the day it is due, as the run knows it."""

EPISODES = "live episodes"
"""What a fold holds alone, and acts of people hold together."""

STAGE = "fold"
SHADOW = "shadow"
COLUMNS = ("account_id", "level", "level_rule", "is_in_collection", "overdue_amount")


def timeline_of(run: Run) -> str:
    """Where a run's episodes and notices belong: only a nightly run's are live."""
    if run.kind is RunKind.NIGHTLY:
        return LIVE
    if run.kind is RunKind.RESTATE:
        return f"restate-{run.known_at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
    return SHADOW


def nothing_paid(_run: Run, _episodes: Sequence[Episode]) -> Mapping[str, Decimal]:
    """Where no payment is known."""
    return {}


def fold(
    run: Run,
    signals_of: SignalsOf,
    engine: Engine,
    rules: FoldRules,
    zone: ZoneInfo,
    paid_of: PaidOf = nothing_paid,
) -> Receipt:
    """Folds the run's signals into its timeline. A night that is folded already gives its stored receipt."""
    (receipt,) = fold_nights([(run, rules)], signals_of, engine, zone, paid_of)
    return receipt


def fold_nights(
    nights: Sequence[tuple[Run, FoldRules]],
    signals_of: SignalsOf,
    engine: Engine,
    zone: ZoneInfo,
    paid_of: PaidOf = nothing_paid,
) -> list[Receipt]:
    """Folds several runs of one timeline, in as-of order, in one transaction; a shadow that has to be folded anew is
    folded anew once for all of them. The receipts come in as-of order."""
    ordered = sorted(nights, key=lambda night: night[0].as_of)
    if ordered[0][0].kind is RunKind.DRY_RUN:
        return [Receipt(STAGE, run.run_key, 0, 0, remarks=("a dry run folds nothing",)) for run, _ in ordered]
    timeline = timeline_of(ordered[0][0])
    with engine.begin() as connection:
        lock(connection, f"casebook of {ordered[0][0].source}")
        if timeline == LIVE:
            lock(connection, f"{EPISODES} of {ordered[0][0].source}")
        receipts = {}
        to_fold: list[Run] = []
        from_the_first = False
        for run, rules in ordered:
            there = read.nights(connection, timeline)
            is_folded = any(night.run.run_key == run.run_key for night in there)
            stored = read.receipt_of(connection, run, STAGE) if is_folded else None
            later = [night.run.as_of for night in there if night.run.as_of >= run.as_of]
            if stored is not None:
                receipts[run.run_key] = stored
            elif later and timeline == LIVE:
                remark = f"not folded: live stands at {max(later)}"
                receipts[run.run_key] = Receipt(STAGE, run.run_key, 0, 0, remarks=(remark,))
            else:
                store.write_night(connection, timeline, run, rules)
                to_fold.append(run)
                from_the_first = from_the_first or bool(later)
        receipts |= _fold_nights(
            connection, timeline, to_fold, signals_of, zone, paid_of, from_the_first=from_the_first
        )
        store.analyze_grown(connection)
        for run, _ in ordered:
            store.write_receipt(connection, run, receipts[run.run_key])
    return [receipts[run.run_key] for run, _ in ordered]


def _fold_nights(
    connection: Connection,
    timeline: str,
    runs: Sequence[Run],
    signals_of: SignalsOf,
    zone: ZoneInfo,
    paid_of: PaidOf,
    *,
    from_the_first: bool,
) -> dict[str, Receipt]:
    """Folds these nights on top of what is there, or every night of a shadow; the receipts of `runs` by run key."""
    if from_the_first:
        store.clear_shadow(connection, timeline)
    wanted = {run.run_key for run in runs}
    there = {episode.episode_id: episode for episode in read.standing_now(connection, timeline)}
    receipts = {}
    for night in read.nights(connection, timeline):
        key = night.run.run_key
        if from_the_first or key in wanted:
            rows, changes = _fold_one(night, signals_of(night.run), there, paid_of)
            store.write_changes(connection, timeline, night.run, changes, midnight(night.run.as_of, zone))
            if key in wanted:
                standing = sum(episode.is_open for episode in there.values())
                receipts[key] = Receipt(STAGE, key, rows, rows, remarks=_remarks(changes, standing))
    return receipts


def _fold_one(
    night: Night, tables: Iterable[pa.Table], there: dict[str, Episode], paid_of: PaidOf
) -> tuple[int, list[Change]]:
    """How many signals there were, and what they change. `there`, by id, is brought up to date."""
    as_of = night.run.as_of
    promised = [episode for episode in there.values() if awaits_verdict(episode)]
    judged = judge_promises(promised, paid_of(night.run, promised), as_of) if promised else []
    _bring_up(there, judged)
    standing = {episode.account_id: episode for episode in there.values() if episode.is_standing}
    rows = 0
    signals: list[Signal] = []
    for table in tables:
        rows += table.num_rows
        signals.extend(_that_matter(table, standing.keys()))
    folded = fold_night(standing, signals, as_of, night.rules)
    _bring_up(there, folded)
    return rows, [*judged, *folded]


def _bring_up(there: dict[str, Episode], changes: Iterable[Change]) -> None:
    for _, episode in changes:
        if episode.is_standing or awaits_verdict(episode):
            there[episode.episode_id] = episode
        else:
            there.pop(episode.episode_id, None)


def _that_matter(table: pa.Table, standing: Collection[str]) -> Iterator[Signal]:
    """Rows with a level, and rows of accounts with a standing episode; to all others nothing can happen tonight."""
    has_episode = pc.is_in(table["account_id"], value_set=pa.array(sorted(standing), pa.string()))
    matters = pc.or_(pc.is_valid(table["level"]), has_episode)
    for row in table.select(list(COLUMNS)).filter(matters).to_pylist():
        yield _signal(row)


def _signal(row: dict[str, Any]) -> Signal:
    return Signal(
        account_id=row["account_id"],
        level=Level.of(row["level"]),
        level_rule=row["level_rule"],
        is_in_collection=row["is_in_collection"],
        overdue_amount=row["overdue_amount"],
    )


def _remarks(changes: Iterable[Change], standing: int) -> tuple[str, ...]:
    counts: Counter[str] = Counter()
    for event, _ in changes:
        match event:
            case Raised():
                counts["raised"] += 1
            case LevelChanged(before=before, after=after):
                counts["up" if after > before else "down"] += 1
            case Resolved(outcome=outcome):
                counts[outcome.value] += 1
            case CoolDownEnded():
                counts["may be raised again"] += 1
            case PromiseKept():
                counts["promises kept"] += 1
            case PromiseBroken():
                counts["promises broken"] += 1
    return (*(f"{name}: {count}" for name, count in sorted(counts.items())), f"open: {standing}")
