"""The stages of a run in order; the only module that knows them all. Stages are imported when they run."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from arrears import __version__, casebook_stages
from arrears.deployment import casebook_of, champion, has_casebook, lake_of, load_rules, load_source
from arrears.domain.run import Receipt, Run, RunKind, midnight
from arrears.errors import ArrearsError, UsageError
from arrears.settings import Settings, settings

if TYPE_CHECKING:
    import pyarrow as pa

    from arrears.lake.lake import Lake
    from arrears.lake.quarantine import Decision
    from arrears.scorecard.card import Card

STAGES = ("pull", "features", "scores", "signals", "shadow", "fold", "decide", "law", "worklist", "draft")
"""Up to `signals` a run only writes the lake; those from `fold` on write the casebook. `shadow` scores by challengers, which
nothing else reads."""

STAGE_TABLES = {"pull": "inputs", "features": "features", "scores": "scores", "signals": "signals"}
"""The partition whose manifest says that a lake stage is done."""

Progress = Callable[[str, float], None]


def quiet(_what: str, _share: float) -> None:
    """Tells nobody."""


def part(progress: Progress, first: float, last: float) -> Progress:
    """For a piece of work that is the part from `first` to `last` of the whole."""
    return lambda what, share: progress(what, first + (last - first) * share)


def open_run(source: str, as_of: dt.date, kind: RunKind = RunKind.NIGHTLY, known_at: dt.datetime | None = None) -> Run:
    """The run of `source` as of `as_of`, with the versions in force then.

    `known_at` is for a restatement and lies after as-of midnight; every other kind knows what was known at as-of.
    UsageError for a night that has not begun; PolicyError when a file in force is wrong."""
    zone = load_source(source).zone
    begins = midnight(as_of, zone)
    known = known_at or begins
    if known != midnight(known.astimezone(zone).date(), zone):
        raise UsageError(
            f"{source}: known-at is {known.isoformat()}; it must be a midnight of {zone.key}, when a pull ends"
        )
    if (kind is RunKind.RESTATE) != (known > begins):
        raise UsageError("a restatement, and nothing else, needs a known-at that lies after its as-of")
    if max(begins, known) > dt.datetime.now(dt.UTC):
        raise UsageError(f"{source}: the night of {as_of} has not begun; what is recorded by then is not known yet")
    card, policy = load_rules(as_of, champion(source, as_of))
    return Run(source, as_of, known, kind, __version__, policy.version, card.version)


def run_stage(name: str, run: Run, progress: Progress = quiet) -> Receipt:
    """Run one stage, whole or not at all. One that is done already gives its receipt again and changes nothing."""
    if name not in STAGES:
        raise UsageError(f"there is no stage '{name}'; the stages are {', '.join(STAGES)}")
    if name == "shadow":
        receipt = _shadow(run, progress)
    else:
        receipt = _lake_stage(name, run, progress) if name in STAGE_TABLES else _casebook_stage(name, run)
    if run.kind is not RunKind.DRY_RUN and name in (*STAGE_TABLES, "shadow"):
        _record(run, receipt)
    return receipt


def make_nights(
    runs: Sequence[Run], progress: Progress = quiet, *, stages: Sequence[str] = tuple(STAGE_TABLES)
) -> None:
    """The stages of several nights of one source that write the lake, in this order; the casebook is not touched. Nights
    that stand stay. The nights are those that single runs give, byte for byte.

    The latest night is pulled first: what a pull brings of the days before its own is known from the end of each, but for
    rows that are stamped back, which nobody knew before it."""
    if "pull" in stages:
        for run in sorted(runs, key=lambda run: run.known_at, reverse=True):
            _lake_stage("pull", run, quiet)
    if "features" in stages:
        _features_together(runs)
    for done, run in enumerate(runs):
        for name in stages:
            if name not in ("pull", "features"):
                _lake_stage(name, run, quiet)
        progress(f"the night of {run.as_of}", (done + 1) / len(runs))


def nights_together(runs: Sequence[Run], most: int) -> list[list[Run]]:
    """These nights, pulled, in groups of at most so many that are made together for less than one by one; oldest first."""
    from arrears.snapshot.nights import shared

    return shared(runs, lake_of(runs[0].source), most)


def _features_together(runs: Sequence[Run]) -> None:
    """Those that are missing; each night is held as a stage by itself holds it."""
    from arrears.lake import partition
    from arrears.snapshot.nights import AT_ONCE, run_nights

    lake = lake_of(runs[0].source)
    folders = {run: lake.stage_folder("features", run) for run in runs}

    def missing(some: Sequence[Run]) -> list[Run]:
        return [
            run for run in some if partition.read(folders[run]) is None and partition.read_removed(folders[run]) is None
        ]

    if not (to_make := missing(runs)):
        return
    for nights in nights_together(to_make, AT_ONCE):
        with ExitStack() as held:
            for run in nights:
                held.enter_context(partition.exclusive(folders[run].parent))
            held.enter_context(lake.reading())
            if left := missing(nights):
                run_nights(left, settings(), lake, quiet)


def file_nights(runs: Sequence[Run], progress: Progress = quiet) -> None:
    """Tell the casebook of several nights of one timeline that stand in the lake: receipts, then folds in as-of order.

    Live nights that are told of together were missed, and get no letters: a night after them has those. In a shadow
    letters are rendered anew from the first of these nights on, since a night put between others may move an episode."""
    from arrears.casebook import read, store
    from arrears.casebook.fold import timeline_of

    ordered = sorted(runs, key=lambda run: run.as_of)
    with casebook_of(ordered[0].source) as engine:
        for run in ordered:
            store.record_run(engine, run)
            for name in STAGE_TABLES:
                store.record_receipt(engine, run, _lake_stage(name, run, quiet))
            store.record_receipt(engine, run, _shadow(run, quiet))
        progress("folding", 0.0)
        casebook_stages.fold(ordered, engine)
        casebook_stages.decide(ordered, engine)
        if ordered[0].kind is RunKind.NIGHTLY:
            for run in ordered:
                waits = "nothing is done in any case: the night was caught up with, and a later one acts"
                store.record_receipt(engine, run, Receipt("law", run.run_key, 0, 0, remarks=(waits,)))
                casebook_stages.worklist(run, engine)
                remark = "not drafted: the night was caught up with, and a later one has the letters"
                store.record_receipt(engine, run, Receipt("draft", run.run_key, 0, 0, remarks=(remark,)))
                store.finish_run(engine, run)
            return
        with engine.connect() as connection:
            there = [night.run for night in read.nights(connection, timeline_of(ordered[0]))]
        to_draft = [run for run in there if run.as_of >= ordered[0].as_of]
        for done, run in enumerate(to_draft):
            progress(f"letters of {run.as_of}", done / len(to_draft))
            casebook_stages.draft(run, engine)


def refresh(run: Run, progress: Progress = quiet) -> Receipt:
    """Pull the run's night once more. Later runs read the new version; runs that were made keep what they read."""
    from arrears.sources.pull import pull

    lake = lake_of(run.source)
    source, decisions = load_source(run.source), _decisions(run, lake)
    return pull(run, settings(), source, lake, progress, decisions, _recorded(run), refresh=True)


def _card_of(run: Run) -> "Card":
    """The card that the run was opened with, whatever was promoted since; UsageError when it is nowhere to be found."""
    from arrears.casebook.cards import registered

    expert, _ = load_rules(run.as_of)
    if expert.version == run.card_version:
        return expert
    if has_casebook():
        with casebook_of(run.source) as engine, engine.connect() as connection:
            found = registered(connection).get(run.card_version)
        if found is not None:
            return found.read()
    raise UsageError(
        f"{run.source}: card {run.card_version[:12]}, with which the night of {run.as_of} was opened, is neither the expert "
        "card in force nor in the register: policy/scorecard was changed meanwhile; run the night again"
    )


def _lake_stage(name: str, run: Run, progress: Progress) -> Receipt:
    from arrears.lake import partition

    here, lake = settings(), lake_of(run.source)
    folder = lake.stage_folder(STAGE_TABLES[name], run)
    # A pull writes raw rows and is kept from compaction by its own lock; every other stage only reads them.
    reading = nullcontext() if name == "pull" else lake.reading()
    with partition.exclusive(folder.parent), reading:
        done = partition.read(folder)
        if done is not None and run.kind is not RunKind.DRY_RUN:
            done.verify()
            return _standing(done.manifest["receipt"], Run.from_json(done.manifest["run"]), run)
        gone = partition.read_removed(folder)
        if gone is not None and run.kind is not RunKind.DRY_RUN:
            receipt = _standing(gone.manifest["receipt"], Run.from_json(gone.manifest["run"]), run)
            said = f"the data of {name} of {run.as_of} were removed by retention; what they were is kept"
            return replace(receipt, remarks=(*receipt.remarks, said))
        return _make(name, run, here, lake, progress)


def _make(name: str, run: Run, here: Settings, lake: "Lake", progress: Progress) -> Receipt:
    if name == "pull":
        from arrears.sources.pull import pull

        return pull(run, here, load_source(run.source), lake, progress, _decisions(run, lake), _recorded(run))
    if name == "features":
        from arrears.snapshot.features import run_features

        return run_features(run, here, lake, progress)
    card, policy = load_rules(run.as_of, _card_of(run))
    if name == "scores":
        from arrears.scorecard.apply import run_scores

        return run_scores(run, here, lake, card, progress)
    from arrears.policy.decide import run_signals

    return run_signals(run, here, lake, policy, progress)


def challenger_table(version: str) -> str:
    """Where a card's scores of the shadow lie in the lake; signals are made of `scores` alone."""
    return f"challengers/{version}"


def _shadow(run: Run, progress: Progress) -> Receipt:
    """Score the night by every challenger. One that cannot be scored by is told, and keeps nobody from their letters."""
    from arrears.casebook.cards import register_of, registered

    if run.kind is RunKind.DRY_RUN:
        return Receipt("shadow", run.run_key, 0, 0)
    with casebook_of(run.source) as engine, engine.connect() as connection:
        cards = registered(connection)
        challengers = [cards[version] for version in register_of(connection).in_shadow()]
    rows, remarks = 0, []
    for each in challengers:
        try:
            made = score_by(run, each.read(), progress)
            rows += made.rows_out
            remarks.append(f"challenger {each.version[:12]} ({each.name}) scored {made.rows_out:,} accounts")
        except ArrearsError as error:
            remarks.append(f"challenger {each.version[:12]} ({each.name}) could not score this night: {error}")
    return Receipt("shadow", run.run_key, rows, rows, remarks=tuple(remarks))


def score_by(run: Run, card: "Card", progress: Progress = quiet) -> Receipt:
    """What a challenger says of a night that has features; scores that stand stay."""
    from arrears.lake import partition
    from arrears.outcomes.promotion import check_features
    from arrears.scorecard.apply import run_scores
    from arrears.snapshot.catalogue import load_catalogue

    lake, table = lake_of(run.source), challenger_table(card.version)
    folder = lake.stage_folder(table, run)
    with partition.exclusive(folder.parent), lake.reading():
        done = partition.read(folder)
        if done is not None:
            done.verify()
            return Receipt.from_json(done.manifest["receipt"])
        check_features(card, load_catalogue(settings().sql))
        return run_scores(run, settings(), lake, card, progress, stage=table)


def _decisions(run: Run, lake: "Lake") -> "Mapping[str, Decision]":
    """What people said, before the run's known-at, of rows in quarantine. Where there are none, nobody is asked."""
    from arrears.casebook.quarantined import said_by
    from arrears.lake.quarantine import NO_DECISIONS, Decision

    if run.kind is RunKind.DRY_RUN or not (lake.folder / "quarantine").exists():
        return NO_DECISIONS
    with casebook_of(run.source) as engine:
        return {
            each.quarantine_id: Decision(each.quarantine_id, each.is_dropped, each.corrections, each.waived_rules)
            for each in said_by(engine, run.known_at).values()
        }


def _recorded(run: Run) -> "Mapping[str, pa.Table]":
    """What people recorded in the casebook before the run's known-at, by table of the contract."""
    from arrears.casebook import arrangements, holds

    if run.kind is RunKind.DRY_RUN or not has_casebook():
        return {}
    zone = load_source(run.source).zone
    with casebook_of(run.source) as engine:
        found = {
            "arrangement": arrangements.recorded_before(engine, run.known_at),
            "hold": holds.recorded_before(engine, zone, run.known_at),
        }
    return {table: rows for table, rows in found.items() if rows.num_rows}


def _standing(stored: dict[str, object], made: Run, run: Run) -> Receipt:
    """The receipt of a partition that stands, given to a run that came later; it says when the rules differ."""
    receipt = replace(Receipt.from_json(stored), run_key=run.run_key)
    if (made.policy_version, made.card_version, made.code_version) == (
        run.policy_version,
        run.card_version,
        run.code_version,
    ):
        return receipt
    said = (
        f"{receipt.stage} of {run.as_of} stand as they were made, under other rules than today's; a dry run shows those"
    )
    return replace(receipt, remarks=(*receipt.remarks, said))


def _casebook_stage(name: str, run: Run) -> Receipt:
    with casebook_of(run.source) as engine:
        if name == "draft":
            return casebook_stages.draft(run, engine)
        if name == "law":
            return casebook_stages.law(run, engine)
        if name == "worklist":
            return casebook_stages.worklist(run, engine)
        (receipt,) = casebook_stages.decide([run], engine) if name == "decide" else casebook_stages.fold([run], engine)
        return receipt


def _record(run: Run, receipt: Receipt) -> None:
    from arrears.casebook import store

    with casebook_of(run.source) as engine:
        if receipt.stage == STAGES[0]:
            store.record_run(engine, run)
        store.record_receipt(engine, run, receipt)
