"""The stages of a run in order; the only module that knows them all. Stages are imported when they run."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from arrears import __version__
from arrears.domain.run import Receipt, Run, RunKind, midnight
from arrears.errors import ArrearsError, UsageError
from arrears.settings import ROOT, Settings, settings

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path

    import pyarrow as pa
    import sqlalchemy as sa

    from arrears.domain.approval import ApprovalRules
    from arrears.domain.episode import Episode
    from arrears.domain.law.rules import Pack
    from arrears.lake.lake import Lake
    from arrears.lake.quarantine import Decision
    from arrears.notices.candidates import Candidate
    from arrears.notices.draft import Stationery
    from arrears.policy.rules import Policy
    from arrears.review.lawful import LawDesk
    from arrears.scorecard.card import Card
    from arrears.sources.mapping import Source

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
    for done, run in enumerate(runs):
        for name in stages:
            if name != "pull":
                _lake_stage(name, run, quiet)
        progress(f"the night of {run.as_of}", (done + 1) / len(runs))


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
        _fold(ordered, engine)
        _decide(ordered, engine)
        if ordered[0].kind is RunKind.NIGHTLY:
            for run in ordered:
                waits = "nothing is done in any case: the night was caught up with, and a later one acts"
                store.record_receipt(engine, run, Receipt("law", run.run_key, 0, 0, remarks=(waits,)))
                _worklist(run, engine)
                remark = "not drafted: the night was caught up with, and a later one has the letters"
                store.record_receipt(engine, run, Receipt("draft", run.run_key, 0, 0, remarks=(remark,)))
                store.finish_run(engine, run)
            return
        with engine.connect() as connection:
            there = [night.run for night in read.nights(connection, timeline_of(ordered[0]))]
        to_draft = [run for run in there if run.as_of >= ordered[0].as_of]
        for done, run in enumerate(to_draft):
            progress(f"letters of {run.as_of}", done / len(to_draft))
            _draft(run, engine)


def refresh(run: Run, progress: Progress = quiet) -> Receipt:
    """Pull the run's night once more. Later runs read the new version; runs that were made keep what they read."""
    from arrears.sources.pull import pull

    lake = lake_of(run.source)
    source, decisions = load_source(run.source), _decisions(run, lake)
    return pull(run, settings(), source, lake, progress, decisions, _recorded(run), refresh=True)


def load_source(name: str) -> "Source":
    """The source's mapping."""
    from arrears.sources.mapping import load_source as load

    return load(settings().sql, name)


def load_rules(as_of: dt.date, card: "Card | None" = None) -> "tuple[Card, Policy]":
    """The policy in force on `as_of`, checked for `card`; without one for the policy's own, the expert card."""
    from arrears.policy.rules import load_policy
    from arrears.scorecard.expert import load_card
    from arrears.snapshot.catalogue import load_catalogue

    here = settings()
    catalogue = load_catalogue(here.sql)
    card = card or load_card(here.policy, as_of, catalogue)
    return card, load_policy(here.policy, as_of, catalogue, card)


def champion(source: str, as_of: dt.date) -> "Card | None":
    """The card of the register that is in force on `as_of`; None: the policy's expert card is."""
    from arrears.casebook.cards import register_of, registered

    if not has_casebook():
        return None
    with casebook_of(source) as engine, engine.connect() as connection:
        version = register_of(connection).in_force(as_of)
        return None if version is None else registered(connection)[version].read()


def has_casebook() -> bool:
    """Whether there is a casebook to be asked; where none was ever made, nobody said anything."""
    here = settings()
    return here.casebook_url is not None or (here.state / "postgres").exists()


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


def lake_of(source: str) -> "Lake":
    """The source's lake in the state folder."""
    from arrears.lake.lake import Lake

    return Lake(settings().state / "lake" / source, settings().state / "dry-run" / source)


@contextmanager
def casebook_of(source: str) -> "Iterator[sa.Engine]":
    """The source's casebook, its server started when it has to be."""
    from arrears.casebook.schema import open_casebook
    from arrears.casebook.server import casebook_url

    with casebook_url(settings()) as url:
        engine = open_casebook(url, source)
        try:
            yield engine
        finally:
            engine.dispose()


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
            return _draft(run, engine)
        if name == "law":
            return _law(run, engine)
        if name == "worklist":
            return _worklist(run, engine)
        (receipt,) = _decide([run], engine) if name == "decide" else _fold([run], engine)
        return receipt


def _fold(runs: Sequence[Run], engine: "sa.Engine") -> list[Receipt]:
    from arrears.casebook import store
    from arrears.casebook.fold import fold_nights
    from arrears.domain.episode_fold import FoldRules

    rules = []
    for run in runs:
        values = load_rules(run.as_of)[1].values
        numbers = (values.calmer_nights, values.horizon_days, values.cool_down_days)
        rules.append(FoldRules(*(int(number.value) for number in numbers)))
    zone = load_source(runs[0].source).zone
    told = {run.run_key for run in runs if store.stored_receipt(engine, run, "fold")}
    receipts = fold_nights(list(zip(runs, rules, strict=True)), _signals_of, engine, zone, _paid_of)
    return [
        _settle(run, each, engine, is_new=run.run_key not in told) for run, each in zip(runs, receipts, strict=True)
    ]


def _settle(run: Run, folded: Receipt, engine: "sa.Engine", *, is_new: bool) -> Receipt:
    """Plans and requests after a live night, told with what it folded, and once with what waits for a person."""
    from arrears.casebook import store
    from arrears.review.plans import settle

    if run.kind is not RunKind.NIGHTLY:
        return folded
    remarks = settle(engine, run, settings(), lake_of(run.source))
    if is_new:
        remarks += waiting(run, engine)
    if not remarks:
        return folded
    receipt = replace(folded, remarks=(*folded.remarks, *remarks))
    store.record_receipt(engine, run, receipt)
    return receipt


def waiting(run: Run, engine: "sa.Engine") -> tuple[str, ...]:
    """Holds that expired, approvals and contests that wait, in sentences, as of the run."""
    from arrears.domain.law.acts import RUN
    from arrears.review.law_waiting import waits

    def rules() -> "tuple[ApprovalRules, Pack]":
        desk = law_desk(run.source, engine, RUN, run.known_at)
        return desk.rules, desk.pack

    return waits(engine, run, rules)


def _decide(runs: Sequence[Run], engine: "sa.Engine") -> list[Receipt]:
    from arrears.casebook.decide import decide_nights
    from arrears.casebook.proposals import stored_night

    lake = lake_of(runs[0].source)
    with lake.reading():
        receipts = decide_nights(runs, lambda run: stored_night(run, lake), engine, settings())
    if runs[-1].kind is RunKind.NIGHTLY:
        _keep_case_facts(runs[-1], engine)
    return receipts


def _keep_case_facts(run: Run, engine: "sa.Engine") -> None:
    """What the pages of cases show of the night: of every account that it warns of, and of those whose case still stands."""
    from arrears.casebook.read import standing_now
    from arrears.casebook.tables import LIVE
    from arrears.review.case_facts import keep

    with engine.connect() as connection:
        standing = {each.account_id for each in standing_now(connection, LIVE)}
    keep(run, standing, settings(), lake_of(run.source))


def _law(run: Run, engine: "sa.Engine") -> Receipt:
    from arrears.domain.law.acts import RUN
    from arrears.review.law_night import law

    return law(run, lambda: law_desk(run.source, engine, RUN, run.known_at), engine)


def law_desk(source: str, engine: "sa.Engine", actor: str, at: dt.datetime) -> "LawDesk":
    """Where somebody acts in cases of the law at an instant: by the pack that the source names (`jurisdiction`) and the rules
    of approval in force on that local day. PolicyError when one of them is wrong, or the day's year has no calendar."""
    from arrears.policy.approvals import load_approvals
    from arrears.policy.law import load_pack
    from arrears.policy.notices import load_notices
    from arrears.review.law_facts import known_of
    from arrears.review.lawful import LawDesk

    here, declared = settings(), load_source(source)
    day = at.astimezone(declared.zone).date()
    return LawDesk(
        engine,
        source,
        actor,
        at,
        load_pack(here.policy, declared.declared.jurisdiction, day),
        load_approvals(here.policy, day),
        lambda run, accounts: known_of(run, here, lake_of(source), accounts),
        load_notices(here.policy if (here.policy / "notices").is_dir() else ROOT / "policy", day).stop_hour,
    )


def _worklist(run: Run, engine: "sa.Engine") -> Receipt:
    from arrears.review.worklist_fill import fill

    capacity = load_rules(run.as_of)[1].credit.capacity
    return fill(run, engine, settings(), lake_of(run.source), capacity)


def _draft(run: Run, engine: "sa.Engine") -> Receipt:
    from arrears.casebook import store
    from arrears.notices.draft import draft
    from arrears.notices.facts import open_facts
    from arrears.review.plans import in_force

    here, lake = settings(), lake_of(run.source)
    with lake.reading(), open_facts(run, here, lake) as facts_of:
        stationery = stationery_of(run)
        folder = notices_folder(run.source)
        more = partial(_letters, run=run, engine=engine, service_days=stationery.sender.rules.service_days.value)
        receipt = draft(run, _signals_of, facts_of, engine, stationery, folder, in_force(engine), more)
    if run.kind is not RunKind.DRY_RUN:
        store.finish_run(engine, run)
    return receipt


def stationery_of(run: Run) -> "Stationery":
    """What the run's notices are written with, tried whole; PolicyError with file and line for the first that is wrong."""
    from arrears.notices.draft import Stationery
    from arrears.notices.stationery import load_sender, load_templates, try_out_anew
    from arrears.policy.credit import load_credit
    from arrears.review.decided import decided_of
    from arrears.snapshot.catalogue import load_catalogue

    here, source = settings(), load_source(run.source)
    own, labels = here.templates / "notices", load_catalogue(here.sql).labels()
    sender, templates = load_sender(here.policy, source.declared, labels, run.as_of), load_templates(own)
    try_out_anew(own, templates, sender)
    reasons = lake_of(run.source).stage("signals", run).manifest["reasons"]
    return Stationery(sender, templates, decided_of(reasons), load_credit(here.policy, run.as_of).plans.rules)


def _letters(connection: "sa.Connection", *, run: Run, engine: "sa.Engine", service_days: int) -> "list[Candidate]":
    """What cases of the law and answered contests have to tell."""
    from arrears.domain.law.acts import RUN
    from arrears.review.contest_letters import answers
    from arrears.review.law_letters import letters

    of_cases = letters(connection, run, lambda: law_desk(run.source, engine, RUN, run.known_at), service_days)
    return [*of_cases, *answers(connection, run)]


def _signals_of(night: Run) -> "Iterator[pa.Table]":
    import pyarrow.parquet as pq

    for path in lake_of(night.source).stage("signals", night).files:
        yield pq.read_table(path, partitioning=None)


def _paid_of(night: Run, episodes: "Sequence[Episode]") -> "Mapping[str, Decimal]":
    from arrears.casebook.promises import paid_by_promise

    return paid_by_promise(night, episodes, settings(), lake_of(night.source))


def notices_folder(source: str) -> "Path":
    """Where rendered notices lie to be looked at."""
    return settings().state / "notices" / source


def _record(run: Run, receipt: Receipt) -> None:
    from arrears.casebook import store

    with casebook_of(run.source) as engine:
        if receipt.stage == STAGES[0]:
            store.record_run(engine, run)
        store.record_receipt(engine, run, receipt)
