"""A night's signals become events and episodes, in one transaction.

Nightly runs fold into the live timeline, each as-of once and never backwards. Backfills share one shadow, restates
have one for each known-at; a shadow is folded anew from its first night whenever a night is put between others, so
that the order in which its nights were run leaves no trace.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Engine

from arrears.casebook import read, store
from arrears.casebook.read import Night
from arrears.casebook.schema import lock
from arrears.casebook.tables import LIVE
from arrears.domain.episode import Episode, Event, FoldRules, Level, LevelChanged, Raised, Resolved, Signal, fold_night
from arrears.domain.run import Receipt, Run, RunKind, midnight

SignalsOf = Callable[[Run], Iterable[pa.Table]]
"""The signals of a run, in any number of pieces; a shadow asks for those of its earlier nights too."""

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


def fold(run: Run, signals_of: SignalsOf, engine: Engine, rules: FoldRules, zone: ZoneInfo) -> Receipt:
    """Folds the run's signals into its timeline. A night that is folded already gives its stored receipt."""
    (receipt,) = fold_nights([(run, rules)], signals_of, engine, zone)
    return receipt


def fold_nights(
    nights: Sequence[tuple[Run, FoldRules]], signals_of: SignalsOf, engine: Engine, zone: ZoneInfo
) -> list[Receipt]:
    """Folds several runs of one timeline, in as-of order, in one transaction; a shadow that has to be folded anew is
    folded anew once for all of them. The receipts come in as-of order."""
    ordered = sorted(nights, key=lambda night: night[0].as_of)
    if ordered[0][0].kind is RunKind.DRY_RUN:
        return [Receipt(STAGE, run.run_key, 0, 0, remarks=("a dry run folds nothing",)) for run, _ in ordered]
    timeline = timeline_of(ordered[0][0])
    with engine.begin() as connection:
        lock(connection, f"casebook of {ordered[0][0].source}")
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
        receipts |= _fold_nights(connection, timeline, to_fold, signals_of, zone, from_the_first=from_the_first)
        for run, _ in ordered:
            store.write_receipt(connection, run, receipts[run.run_key])
    return [receipts[run.run_key] for run, _ in ordered]


def _fold_nights(
    connection: Connection,
    timeline: str,
    runs: Sequence[Run],
    signals_of: SignalsOf,
    zone: ZoneInfo,
    *,
    from_the_first: bool,
) -> dict[str, Receipt]:
    """Folds these nights on top of what is there, or every night of a shadow; the receipts of `runs` by run key."""
    if from_the_first:
        store.clear_shadow(connection, timeline)
    wanted = {run.run_key for run in runs}
    standing = {episode.account_id: episode for episode in read.open_now(connection, timeline)}
    receipts = {}
    for night in read.nights(connection, timeline):
        key = night.run.run_key
        if from_the_first or key in wanted:
            rows, changes = _fold_one(night, signals_of(night.run), standing)
            store.write_changes(connection, timeline, night.run, changes, midnight(night.run.as_of, zone))
            for _, episode in changes:
                _stand(standing, episode)
            if key in wanted:
                receipts[key] = Receipt(STAGE, key, rows, rows, remarks=_remarks(changes, len(standing)))
    return receipts


def _fold_one(
    night: Night, tables: Iterable[pa.Table], standing: dict[str, Episode]
) -> tuple[int, list[tuple[Event, Episode]]]:
    """How many signals there were, and what they change."""
    rows = 0
    signals: list[Signal] = []
    for table in tables:
        rows += table.num_rows
        signals.extend(_that_matter(table, standing.keys()))
    return rows, fold_night(standing, signals, night.run.as_of, night.rules)


def _that_matter(table: pa.Table, standing: Collection[str]) -> Iterator[Signal]:
    """Rows with a level, and rows of accounts with an open episode; to all others nothing can happen tonight."""
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


def _stand(standing: dict[str, Episode], episode: Episode) -> None:
    if episode.is_open:
        standing[episode.account_id] = episode
    else:
        standing.pop(episode.account_id, None)


def _remarks(changes: Iterable[tuple[Event, Episode]], standing: int) -> tuple[str, ...]:
    counts: Counter[str] = Counter()
    for event, _ in changes:
        match event:
            case Raised():
                counts["raised"] += 1
            case LevelChanged(before=before, after=after):
                counts["up" if after > before else "down"] += 1
            case Resolved(outcome=outcome):
                counts[outcome.value] += 1
    return (*(f"{name}: {count}" for name, count in sorted(counts.items())), f"open: {standing}")
