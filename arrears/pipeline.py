"""The stages of a run in order; the only module that knows them all. Stages are imported when they run."""

import datetime as dt
from collections.abc import Callable, Mapping
from contextlib import nullcontext
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
        receipt = shadow(run, progress)
    else:
        receipt = lake_stage(name, run, progress) if name in STAGE_TABLES else _casebook_stage(name, run)
    if run.kind is not RunKind.DRY_RUN and name in (*STAGE_TABLES, "shadow"):
        _record(run, receipt)
    return receipt


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


def lake_stage(name: str, run: Run, progress: Progress) -> Receipt:
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


def shadow(run: Run, progress: Progress) -> Receipt:
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
